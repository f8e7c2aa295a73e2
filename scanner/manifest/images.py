"""Icons and screenshots: inside the bundle, and really images. Nothing is ever fetched."""

import struct
from collections.abc import Collection
from typing import Final

from scanner.archive.limits import Limits
from scanner.archive.names import shown
from scanner.errors import BundleError
from scanner.manifest.contents import Contents
from scanner.manifest.paths import PathEscapeError, has_scheme, inside, is_remote, nearest
from scanner.manifest.view import Manifest
from scanner.notice import Notebook

_FILE: Final = "manifest.json"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_IHDR: Final = struct.Struct(">4xI4sII")
_HEADER: Final = len(_PNG) + 4 + 4 + 8


def check_images(
    manifest: Manifest, names: Collection[str], contents: Contents | None, limits: Limits, notes: Notebook
) -> None:
    """Refuse a broken ``icon`` and paths that leave the bundle; note what only ``icons`` and ``screenshots`` miss."""
    if manifest.icon is not None:
        _check_icon(manifest.icon, names, contents, limits, notes)
    for index, icon in enumerate(manifest.icons):
        _check_listed(f"icons[{index}].src", icon.src, names, notes, "icon")
    for index, screenshot in enumerate(manifest.screenshots):
        _check_listed(f"screenshots[{index}]", screenshot, names, notes, "screenshot")


def _check_icon(icon: str, names: Collection[str], contents: Contents | None, limits: Limits, notes: Notebook) -> None:
    if is_remote(icon):
        _note_remote("icon", icon, notes)
        return
    if "${" in icon:
        raise _refused("icon.path", icon, "contains a variable: write the plain path in the bundle, e.g. `icon.png`")
    path = _plain("icon", icon, unknown_scheme="icon.missing")
    if path not in names:
        near = nearest(icon, names)
        hint = f"did you mean `{shown(near)}`?" if near else "add the file or remove the field"
        raise _refused("icon.missing", icon, f"is not in the bundle: {hint}")
    if contents is not None:
        _check_png(icon, path, contents, limits)


def _check_png(icon: str, path: str, contents: Contents, limits: Limits) -> None:
    head = contents.head(path)
    if not head.startswith(_PNG):
        raise _refused("icon.not_png", icon, "is not a PNG image, whatever its name says: convert it to PNG")
    if len(head) < _HEADER:
        raise _refused("icon.not_png", icon, "is a PNG image without a header: export it again")
    _length, kind, width, height = _IHDR.unpack_from(head, len(_PNG) - 4)
    if kind != b"IHDR" or not width or not height:
        raise _refused("icon.not_png", icon, "is a damaged PNG image: export it again")
    if max(width, height) > limits.icon_pixels:
        raise _refused(
            "icon.too_large",
            icon,
            f"has {width:,} by {height:,} pixels, the limit is {limits.icon_pixels:,}: 512 by 512 is recommended",
        )


def _check_listed(field: str, path: str, names: Collection[str], notes: Notebook, family: str) -> None:
    if is_remote(path):
        _note_remote(field, path, notes)
        return
    plain = _plain(field, path, unknown_scheme="manifest.path_escape")
    if plain not in names:
        near = nearest(path, names)
        hint = f"did you mean `{shown(near)}`?" if near else "add the file or remove the entry."
        notes.add(f"{family}.missing", f"`{field}` (`{shown(path)}`) is not in the bundle: {hint}", path=_FILE)


def _plain(field: str, path: str, *, unknown_scheme: str) -> str:
    if has_scheme(path):
        raise BundleError(
            unknown_scheme,
            f"`{field}` (`{shown(path)}`) is an address, not a file of the bundle: write a relative path.",
            path=_FILE,
        )
    try:
        return inside(path)
    except PathEscapeError:
        raise BundleError(
            "manifest.path_escape",
            f"`{field}` (`{shown(path)}`) leads out of the bundle: write a relative path without '..'.",
            path=_FILE,
        ) from None


def _note_remote(field: str, url: str, notes: Notebook) -> None:
    notes.add(
        "icon.remote",
        f"`{field}` (`{shown(url)}`) is on another computer; it is not fetched and Claude Desktop shows local files "
        "only: put the image into the bundle.",
        path=_FILE,
    )


def _refused(code: str, icon: str, what: str) -> BundleError:
    return BundleError(code, f"`icon` (`{shown(icon)}`) {what}.", path=_FILE)
