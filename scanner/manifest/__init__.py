"""The manifest of a bundle: parsing, schemas, the rules they miss, and the typed view."""

from scanner.manifest.reading import ParsedManifest, parse_manifest, read_manifest
from scanner.manifest.rules import check_manifest
from scanner.manifest.view import (
    Author,
    Command,
    ConfigField,
    DeclaredPrompt,
    DeclaredTool,
    Icon,
    Localization,
    Manifest,
)

__all__ = [
    "Author",
    "Command",
    "ConfigField",
    "DeclaredPrompt",
    "DeclaredTool",
    "Icon",
    "Localization",
    "Manifest",
    "ParsedManifest",
    "check_manifest",
    "parse_manifest",
    "read_manifest",
]
