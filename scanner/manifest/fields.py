"""Rules for single fields that the schemas miss: name, version, links, texts, settings."""

from scanner.manifest.view import Manifest
from scanner.notice import Notebook


def check_fields(manifest: Manifest, notes: Notebook) -> None:
    pass
