"""Rules that hold a manifest against the files of its bundle."""

import re
from collections.abc import Collection
from typing import Final

from scanner.archive.limits import Limits
from scanner.archive.names import shown
from scanner.errors import BundleError
from scanner.manifest.commands import check_commands
from scanner.manifest.contents import Contents
from scanner.manifest.images import check_images
from scanner.manifest.packages import check_packages
from scanner.manifest.paths import PathEscapeError, has_scheme, inside, is_directory, nearest
from scanner.manifest.start import Started, entry_file, started
from scanner.manifest.view import Command, Manifest, judged_commands
from scanner.notice import Notebook, Notice

_FILE: Final = "manifest.json"
_EXECUTABLE: Final = 0o111
_PROGRAMS: Final = (
    *(b"\x7fELF", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    b"\xca\xfe\xba\xbe",
)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_]\w*)?")


def check_manifest(
    manifest: Manifest,
    names: Collection[str],
    contents: Contents | None = None,
    limits: Limits | None = None,
) -> tuple[Notice, ...]:
    """Hold ``manifest`` against the files ``names`` of its bundle.

    Without ``contents`` only names are looked at. Raises BundleError "manifest.path_escape", "entry_point.missing",
    "icon.*" or "uv.pyproject_missing"; returns the notices.
    """
    files = frozenset(names)
    notes = Notebook()
    entry = _check_entry_point(manifest, files, notes)
    check_images(manifest, files, contents, limits or Limits(), notes)
    _check_localization(manifest, files, notes)
    if manifest.server_type == "uv":
        _check_uv(files, notes)
    check_commands(manifest, notes)
    for command in judged_commands(manifest):
        _check_started(manifest, command, entry, files, notes)
    if contents is not None:
        _check_binary(manifest, entry, contents, notes)
        check_packages(manifest, entry, files, contents, notes)
    return notes.all()


def _check_entry_point(manifest: Manifest, files: frozenset[str], notes: Notebook) -> str:
    """The member that ``entry_point`` names."""
    written = manifest.entry_point
    try:
        path = inside(written)
    except PathEscapeError:
        # ``module:function`` looks like an address; it is one unless it is a module of this bundle.
        if not (has_scheme(written) and entry_file(manifest, files)):
            raise BundleError(
                "manifest.path_escape",
                f"`server.entry_point` (`{shown(written)}`) leads out of the bundle: write a relative path "
                "without '..'.",
                path=_FILE,
            ) from None
        path = written
    found = entry_file(manifest, files)
    if found is None:
        raise _no_entry_point(manifest, path, files)
    if found == path and path != written:
        notes.add(
            "entry_point.style",
            f"`server.entry_point` is `{shown(written)}`: write `{shown(path)}`, without variables or './'.",
            path=_FILE,
        )
    elif _DOTTED.fullmatch(written) and found != path:
        notes.add(
            "entry_point.style",
            f"`server.entry_point` is the module `{shown(written)}`: clients expect the file, `{shown(found)}`.",
            path=_FILE,
        )
    return found


def _no_entry_point(manifest: Manifest, path: str, files: frozenset[str]) -> BundleError:
    written = shown(manifest.entry_point)
    if not manifest.entry_point.strip():
        what = "is empty: name the file that starts the server"
    elif path and is_directory(path, files):
        what = "is a directory: name the file in it that starts the server"
    elif not path:
        what = "is the bundle itself: name the file that starts the server"
    else:
        near = nearest(path, files)
        what = f"is not in the bundle: did you mean `{shown(near)}`?" if near else "is not in the bundle: add the file"
    return BundleError("entry_point.missing", f"`server.entry_point` (`{written}`) {what}.", path=_FILE)


def _check_localization(manifest: Manifest, files: frozenset[str], notes: Notebook) -> None:
    if manifest.localization is None:
        return
    pattern = manifest.localization.resources
    path = re.sub(r"\$\{locale\}", manifest.localization.default_locale, pattern, flags=re.IGNORECASE)
    try:
        plain = inside(path)
    except PathEscapeError:
        raise BundleError(
            "manifest.path_escape",
            f"`localization.resources` (`{shown(pattern)}`) leads out of the bundle: write a relative path "
            "without '..'.",
            path=_FILE,
        ) from None
    if plain not in files:
        notes.add(
            "localization.missing",
            f"`localization.resources`: {shown(plain)} is not in the bundle: add it, or remove `localization`.",
            path=_FILE,
        )


def _check_uv(files: frozenset[str], notes: Notebook) -> None:
    if "pyproject.toml" not in files:
        raise BundleError(
            "uv.pyproject_missing",
            "A server of type `uv` needs a pyproject.toml at the top of the bundle, from which its dependencies come: "
            "add it.",
            path=_FILE,
        )
    for folder in ("server/lib", "server/venv", ".venv", "venv"):
        if is_directory(folder, files):
            notes.add(
                "uv.vendored",
                f"A server of type `uv` must not ship {folder}/, the host installs its dependencies: leave it out.",
                path=folder,
            )


def _check_started(manifest: Manifest, command: Command, entry: str, files: frozenset[str], notes: Notebook) -> None:
    """Hosts start mcp_config; an entry point that is not what starts describes another program."""
    start = started(command, files)
    where = "" if command.platform == "default" else f" on {shown(command.platform)}"
    target = shown(start.target)
    if start.kind in {"file", "module"} and start.found is None:
        if start.kind == "module" and manifest.server_type == "uv":
            return  # may come from a dependency that the host installs
        what = f"starts `{target}`, which is not in the bundle: correct it or add the file"
    elif start.found is not None and not _same_program(start, entry):
        what = f"starts `{shown(start.found)}`, not the entry point `{shown(entry)}`: name the same file in both"
    else:
        return
    notes.add("entry_point.mismatch", f"`mcp_config`{where} {what}.", path=_FILE)


def _same_program(start: Started, entry: str) -> bool:
    found = start.found or ""
    if found in {entry, f"{entry}.exe"} or entry == f"{found}.exe":
        return True
    if start.kind == "module":
        package = found.rpartition("/")[0]
        return bool(package) and entry.startswith(f"{package}/")
    return False


def _check_binary(manifest: Manifest, entry: str, contents: Contents, notes: Notebook) -> None:
    if manifest.server_type != "binary":
        return
    head = contents.head(entry)
    if not head.startswith(_PROGRAMS):
        what = "a script" if head.startswith(b"#!") else "no program that a system can start"
        notes.add(
            "entry_point.mismatch",
            f"`server.type` is binary but {shown(entry)} is {what}: ship the compiled program or change the type.",
            path=shown(entry),
        )
    mode = contents.mode(entry)
    if not head.startswith(b"MZ") and not (mode and mode & _EXECUTABLE):
        notes.add(
            "entry_point.not_executable",
            f"{shown(entry)} is not marked executable, so it cannot start on macOS and Linux: `chmod 755` it and pack "
            "on one of these.",
            path=shown(entry),
        )
