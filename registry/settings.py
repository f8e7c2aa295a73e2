"""Settings, all from the environment. Without any, they fit what `make up` starts."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from registry.embedded.places import Places
from registry.environment import Environment, database
from scanner.provenance.pinned import SHIPPED, SHIPPED_SHA256

env = Environment(os.environ)
BASE_DIR = Path(__file__).resolve().parent.parent

# --- our own -----------------------------------------------------------------

ASSAY_VAR = env.path("ASSAY_VAR", BASE_DIR / "var")
_places = Places(ASSAY_VAR)

ASSAY_BASE_URL = env.http_url("ASSAY_BASE_URL", f"http://127.0.0.1:{env.integer('PORT', 8000, at_least=1)}")
ASSAY_MAX_UPLOAD_BYTES = env.integer("ASSAY_MAX_UPLOAD_BYTES", 100 * 1000 * 1000, at_least=1)
ASSAY_UPLOADS_PER_HOUR = env.integer("ASSAY_UPLOADS_PER_HOUR", 1000, at_least=1)  # by one account, refused ones too
# By one address, so that many accounts are no way around it, and what a guesser of passwords or tokens gets.
ASSAY_ADDRESS_UPLOADS_PER_HOUR = env.integer("ASSAY_ADDRESS_UPLOADS_PER_HOUR", 2000, at_least=1)
ASSAY_ADDRESS_ACCOUNTS_PER_HOUR = env.integer("ASSAY_ADDRESS_ACCOUNTS_PER_HOUR", 200, at_least=1)
ASSAY_ADDRESS_FAILURES_PER_HOUR = env.integer("ASSAY_ADDRESS_FAILURES_PER_HOUR", 100, at_least=1)
# A client may be late by so much, beyond the time its bytes take at 16 kB/s (`registry.pacing`).
ASSAY_BODY_SECONDS = env.integer("ASSAY_BODY_SECONDS", 20, at_least=1)

ASSAY_STORE = env.choice("ASSAY_STORE", ("file", "s3"))
ASSAY_STORE_PATH = env.path("ASSAY_STORE_PATH", _places.store)
ASSAY_S3_BUCKET = env.text("ASSAY_S3_BUCKET", "")
ASSAY_S3_ENDPOINT = env.text("ASSAY_S3_ENDPOINT", "")  # empty: AWS itself
ASSAY_S3_REGION = env.text("ASSAY_S3_REGION", "us-east-1")
ASSAY_S3_ACCESS_KEY = env.secret("ASSAY_S3_ACCESS_KEY")  # empty: boto3's own chain (instance role, profile)
ASSAY_S3_SECRET_KEY = env.secret("ASSAY_S3_SECRET_KEY")

# A worker holds a scan's row for this long and renews while it works; after that anybody may take it over.
ASSAY_SCAN_LEASE_SECONDS = env.integer("ASSAY_SCAN_LEASE_SECONDS", 30, at_least=2)
ASSAY_SWEEP_SECONDS = env.integer("ASSAY_SWEEP_SECONDS", 5, at_least=1)
# Stored files that no release names, and files left on their way in, are removed when they are this old.
ASSAY_KEEP_UNUSED_SECONDS = env.integer("ASSAY_KEEP_UNUSED_SECONDS", 24 * 3600, at_least=1)
ASSAY_CLEANUP_SECONDS = env.integer("ASSAY_CLEANUP_SECONDS", 3600, at_least=1)
# Where the advisory mirror is renewed from: OSV exports, KEV and EPSS files, as paths or https addresses, with commas
# between them, and how often. Without any, `manage.py import_advisories` is the only way in.
ASSAY_ADVISORIES = env.names("ASSAY_ADVISORIES")
ASSAY_ADVISORIES_SECONDS = env.integer("ASSAY_ADVISORIES_SECONDS", 6 * 3600, at_least=60)

# Provenance is verified against this file and no other; its digest is pinned, so nobody can slip in another root.
ASSAY_TRUSTED_ROOT = env.path("ASSAY_TRUSTED_ROOT", SHIPPED)
ASSAY_TRUSTED_ROOT_SHA256 = env.text("ASSAY_TRUSTED_ROOT_SHA256", SHIPPED_SHA256)
ASSAY_TEST_ROOT = env.flag("ASSAY_TEST_ROOT")  # accept the root of a test instance; never in production

# --- Django ------------------------------------------------------------------

_base = urlsplit(ASSAY_BASE_URL)
_https = _base.scheme == "https"

SECRET_KEY = env.secret("ASSAY_SECRET_KEY", _places.secret_key)
DEBUG = env.flag("ASSAY_DEBUG")
ALLOWED_HOSTS = sorted({_base.hostname or "", "127.0.0.1", "localhost", "[::1]", *env.names("ASSAY_ALLOWED_HOSTS")})

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "registry",
    "registry.advisories",
]
MIDDLEWARE = [
    "registry.api.edge.ApiEdge",  # outermost: it also translates what the others refuse
    "django.middleware.security.SecurityMiddleware",
    "registry.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "registry.urls"
WSGI_APPLICATION = "registry.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"assay": "registry.web.templatetags.assay"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

_database_url = env.secret("DATABASE_URL")
DATABASES = {
    "default": database(
        _database_url or _places.database_url(),
        password=env.secret("DATABASE_PASSWORD", None if _database_url else _places.postgres_password),
        pool=env.integer("ASSAY_DATABASE_POOL", 0, at_least=0),  # the web process asks for one; workers fork
    )
}

# --- files -------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("ASSAY_STATIC_ROOT", _places.static)
STATICFILES_DIRS = [directory for directory in (BASE_DIR / "static",) if directory.is_dir()]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ASSAY_STORE_PATH},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]  # memory stays flat

# --- the queue ---------------------------------------------------------------

CELERY_BROKER_URL = env.secret("BROKER_URL") or _places.broker_url()
_redis_broker = CELERY_BROKER_URL.startswith(("redis", "valkey", "unix"))

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True  # the scan's row is the result
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"registry.tasks.run_scan": {"queue": "scan"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below is the one format
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Redis and Valkey only: a lost worker's message returns after the visibility timeout. With kombu's own
# intervals the look for such messages would run every 100 seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 1800, "unacked_restore_interval": 5, "unacked_restore_throttle": 1} if _redis_broker else {}
)
CELERY_BEAT_SCHEDULER = "registry.beat:TickingScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep-scans": {"task": "registry.tasks.sweep_scans", "schedule": float(ASSAY_SWEEP_SECONDS)},
    "sweep-reassessments": {"task": "registry.tasks.sweep_reassessments", "schedule": float(ASSAY_SWEEP_SECONDS)},
    "watch-advisories": {"task": "registry.tasks.watch_advisories", "schedule": 60.0},
    "sweep-store": {"task": "registry.tasks.sweep_store", "schedule": float(ASSAY_CLEANUP_SECONDS)},
}
CELERY_TIMEZONE = TIME_ZONE

_cache = env.secret("CACHE_URL") or (CELERY_BROKER_URL if _redis_broker else "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache.replace("redis+socket://", "unix://", 1),
        "KEY_PREFIX": "assay",
    }
    if _cache
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- the API -----------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "registry.api.problems.problem_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "An open registry of MCP servers with trust scoring.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used, with the words that belong there
}

# --- security ----------------------------------------------------------------

SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by the container runtime over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Only for a proxy that sets X-Forwarded-Proto and adds to X-Forwarded-For itself: any client can send these.
ASSAY_BEHIND_PROXY = env.flag("ASSAY_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ASSAY_BEHIND_PROXY else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [ASSAY_BASE_URL]
X_FRAME_OPTIONS = "DENY"

# --- logging -----------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "registry.logs.JsonLines"},
        "text": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": env.choice("ASSAY_LOG", ("json", "text"))},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
