"""The files of the pages: nothing inline, nothing from elsewhere, nothing unescaped, nothing unaccounted for."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

FORBIDDEN = {
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|javascript:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+off|mark_safe", re.IGNORECASE),
    "something from another host": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_keep_the_policy(template: Path) -> None:
    text = template.read_text("utf-8")
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("sheet", sorted((ROOT / "static").glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_load_nothing(sheet: Path) -> None:
    text = sheet.read_text("utf-8")
    assert "@import" not in text
    assert "url(" not in text
    assert text.count("{") == text.count("}")


def test_vendored_files_are_the_ones_that_were_noted() -> None:
    noted = (ROOT / "static/vendor/README.md").read_text("utf-8")
    files = [path for path in (ROOT / "static/vendor").iterdir() if path.suffix == ".js"]
    assert files
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert re.search(rf"`{re.escape(path.name)}`.*`{digest}`", noted), path.name
        assert path.with_name(path.name.split(".")[0] + ".LICENSE").is_file()


def test_nothing_marks_text_as_safe_in_code() -> None:
    for path in (ROOT / "registry/web").rglob("*.py"):
        assert not re.search(r"mark_safe|SafeString|format_html", path.read_text("utf-8")), path
