# One image for web, worker and beat: docker-compose.yml says which command each runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# bubblewrap is the sandbox that the probe runs servers in, nodejs the interpreter of most of them. Without either the
# probe is a gap with its reason, never a pass.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap nodejs \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin assay

WORKDIR /app

# The locked wheels change less often than the code, so they are a layer of their own.
COPY requirements.txt ./
RUN pip install --require-hashes --only-binary :all: --requirement requirements.txt

COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
    && ASSAY_STATIC_ROOT=/app/static-collected python manage.py collectstatic --noinput --verbosity 0 \
    && install --directory --owner=assay --mode=0700 /var/lib/assay

# The application belongs to root: what runs it cannot change it. Only the state directory is writable.
ENV ASSAY_VAR=/var/lib/assay \
    ASSAY_STATIC_ROOT=/app/static-collected \
    ASSAY_LOG=json
USER assay
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--blocking-threads", "4", "--no-access-log", "--no-ws", "registry.wsgi:application"]
