"""The Django app of the advisory mirror; its tables and migrations are its own."""

from django.apps import AppConfig


class AdvisoriesConfig(AppConfig):
    name = "registry.advisories"
    label = "advisories"
    verbose_name = "Advisories"
