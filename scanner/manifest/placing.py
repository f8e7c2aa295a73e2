"""Where a manifest was expected and what is there instead."""

from collections.abc import Collection

from scanner.archive.names import shown
from scanner.errors import BundleError

_NAME = "manifest.json"


def manifest_absent(names: Collection[str]) -> BundleError:
    """The refusal for an archive without a file manifest.json at its top. ``names``: directories end in ``/``."""
    if f"{_NAME}/" in names or any(name.startswith(f"{_NAME}/") for name in names):
        return _missing("manifest.json is a directory: it must be a file at the top of the archive")
    other_case = next((name for name in names if name.lower() == _NAME), None)
    if other_case:
        return _missing(f"The manifest is named {shown(other_case)}: rename it to manifest.json, all in lower case")
    deeper = sorted(
        (name for name in names if name.endswith(f"/{_NAME}") and "node_modules/" not in name),
        key=lambda name: name.count("/"),
    )
    if deeper:
        folder = deeper[0].removesuffix(_NAME)
        return BundleError(
            "manifest.not_at_root",
            f"manifest.json was found at {shown(deeper[0])}: pack the content of {shown(folder)}, "
            "not the folder itself.",
            path=shown(deeper[0]),
        )
    if "server.json" in names:
        return _missing(
            "There is a server.json, which describes a server to a registry, but no manifest.json, which a bundle "
            "needs: run `mcpb init` to create one"
        )
    if not names:
        return _missing("The archive is empty: pack the folder of your server with `mcpb pack`")
    return _missing("The archive has no manifest.json at its top: run `mcpb init`, then `mcpb pack`")


def _missing(what: str) -> BundleError:
    return BundleError("manifest.missing", f"{what}.")
