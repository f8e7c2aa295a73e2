"""Typed reading of the process environment. A wrong value stops the start and says which variable and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class Environment:
    """A mapping of variable names to text, read through accessors that check what they return.

    An empty value counts as not set, the way compose files and shells produce it.
    Every accessor raises `ImproperlyConfigured` for a value it cannot read.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str) -> str:
        return self._values.get(name) or default

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`; the first is the default."""
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise ImproperlyConfigured(f"{name} is {value!r}; use one of: {', '.join(allowed)}.")
        return value

    def integer(self, name: str, default: int, *, at_least: int, at_most: int | None = None) -> int:
        value = self._values.get(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number.") from None
        if number < at_least or (at_most is not None and number > at_most):
            upper = "" if at_most is None else f" and at most {at_most}"
            raise ImproperlyConfigured(f"{name} is {number}; use at least {at_least}{upper}.")
        return number

    def flag(self, name: str) -> bool:
        """True or False; False when not set."""
        value = self.text(name, "0").lower()
        if value not in _TRUE | _FALSE:
            raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")
        return value in _TRUE

    def names(self, name: str) -> list[str]:
        """A comma-separated list, without blanks."""
        return [part.strip() for part in self.text(name, "").split(",") if part.strip()]

    def path(self, name: str, default: Path) -> Path:
        """An absolute path; a relative one counts from the working directory, `~` is the home directory."""
        return Path(self.text(name, str(default))).expanduser().absolute()

    def http_url(self, name: str, default: str) -> str:
        """An http or https URL of a host, without a trailing slash."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ImproperlyConfigured(f"{name} is {value!r}; use a URL such as https://registry.example.org.")
        return value

    def secret(self, name: str, default_file: Path | None = None) -> str:
        """`name`, or the content of the file named by `name`_FILE, or of `default_file` where it exists.

        Returns an empty string when none is there; Django then refuses to sign anything. Both variables at
        once, or a file that cannot be read or is empty, is an error: a secret that falls back is a hole.
        """
        value, file = self._values.get(name), self._values.get(f"{name}_FILE")
        if value and file:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
        if value:
            return value
        if file:
            return _read_secret(f"{name}_FILE", Path(file))
        if default_file is None:
            return ""
        try:
            there = default_file.exists()
        except OSError as error:  # another user's state directory, say
            raise ImproperlyConfigured(f"{name}: cannot look for {default_file}: {error.strerror}") from error
        return _read_secret(name, default_file) if there else ""


def _read_secret(name: str, file: Path) -> str:
    try:
        value = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}: cannot read {file}: {error}") from error
    if not value:
        raise ImproperlyConfigured(f"{name}: {file} is empty; write the secret into it.")
    return value


def database(url: str, *, password: str, pool: int) -> dict[str, Any]:
    """Django's database settings for a PostgreSQL URL.

    `url`: `postgresql://user:password@host:port/name?option=value`; `host` may be a socket directory given
    as an option, every other option goes to libpq as it is. `password` counts where the URL has none.
    `pool`: the largest number of pooled connections of this process, 0 for a plain connection per thread (a
    pool's threads do not survive a worker's fork).
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise ImproperlyConfigured(
            f"DATABASE_URL is {shown!r}; use postgresql://user:password@host:port/name. Other databases lack "
            "the row locks and the text search that the catalog is built on."
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    if pool:
        options["pool"] = {"min_size": min(2, pool), "max_size": pool}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or password,
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
    }
