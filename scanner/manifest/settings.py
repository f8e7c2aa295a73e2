"""Rules for ``user_config`` that the schemas miss."""

import re
from typing import Final

from scanner.archive.names import shown
from scanner.manifest.secrets import is_a_secret, looks_filled_in, names_a_secret
from scanner.manifest.view import ConfigField, Manifest, judged_commands
from scanner.notice import Notebook

_FILE: Final = "manifest.json"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_REFERENCE: Final = re.compile(r"\$\{user_config\.([^{}]{0,200})\}")


def check_settings(manifest: Manifest, notes: Notebook) -> None:
    used = {key for text in _texts(manifest) for key in _REFERENCE.findall(text)}
    for field in manifest.user_config:
        place = f"user_config.{shown(field.key)}"
        for problem in _problems(field):
            notes.add("manifest.policy", f"`{place}` {problem}.", path=_FILE)
        _check_secret(field, place, notes)
        if field.key not in used:
            notes.add(
                "manifest.policy",
                f"`{place}` is asked for but never used: refer to it as `${{user_config.{shown(field.key)}}}` "
                "or remove it.",
                path=_FILE,
                tier="hint",
            )


def _texts(manifest: Manifest) -> list[str]:
    return [
        text
        for command in judged_commands(manifest)
        for text in (command.command, *command.args, *command.env.values())
    ]


def _problems(field: ConfigField) -> list[str]:
    found = []
    if not _KEY.fullmatch(field.key):
        found.append("has a key that some clients cannot replace: use letters, digits and '_'")
    if field.default is not None and not _default_fits(field):
        found.append(f"has a default that is not a {'list of texts' if field.multiple else field.type}: correct it")
    if field.min is not None and field.max is not None and field.min > field.max:
        found.append(f"has a min of {field.min} above its max of {field.max}: exchange them")
    if field.type != "number" and (field.min is not None or field.max is not None):
        found.append("has min or max, which count for numbers only: remove them")
    if isinstance(field.default, (int, float)) and not isinstance(field.default, bool) and not _in_range(field):
        found.append(f"has a default of {field.default} outside its own range: correct it")
    if field.sensitive and field.type != "string":
        found.append("is sensitive, which only texts can be: make its type `string`")
    return found


def _default_fits(field: ConfigField) -> bool:
    value = field.default
    if isinstance(value, tuple):
        return field.multiple or field.type in {"directory", "file"}
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, str)


def _in_range(field: ConfigField) -> bool:
    value = field.default
    if not isinstance(value, (int, float)):
        return True
    return (field.min is None or value >= field.min) and (field.max is None or value <= field.max)


def _check_secret(field: ConfigField, place: str, notes: Notebook) -> None:
    secret = field.type == "string" and (names_a_secret(field.key) or names_a_secret(field.title))
    if secret and not field.sensitive:
        notes.add(
            "scan.sensitive_not_marked",
            f'`{place}` looks like a secret but is not marked: add "sensitive": true, so that clients hide it.',
            path=_FILE,
        )
    default = field.default
    if isinstance(default, str) and (
        is_a_secret(default) or ((secret or field.sensitive) and looks_filled_in(default))
    ):
        notes.add(
            "scan.secret",
            f"`{place}.default` holds what looks like a real credential: remove it and revoke it.",
            path=_FILE,
        )
