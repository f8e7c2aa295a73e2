"""The Django app of the catalog."""

from django.apps import AppConfig

from registry import checks


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = "Assay"

    def ready(self) -> None:
        checks.register()
