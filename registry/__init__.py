"""The catalog: a Django project that stores, publishes and serves what the scanner and the framework say."""

from registry.celery import app as celery_app

__all__ = ["celery_app"]
