"""The script that runs before anything is installed: it must work, or say what is missing, on any Python."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "environment.py"


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment_tool", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_read_it_as_far_as_the_sentence_that_refuses_it() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_an_old_python_is_told_what_to_do(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "NEEDED", (9, 1))
    assert tool.main(["--venv", str(tmp_path / "venv")]) == 2
    said = capsys.readouterr().err
    assert "Assay needs Python 9.1 or newer" in said
    assert "make up PYTHON=" in said
    assert not (tmp_path / "venv").exists()


def test_what_is_installed_already_is_not_installed_again(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[tuple[str, ...]] = []

    def install(_: Path, locks: tuple[str, ...]) -> bool:
        installed.append(locks)
        return True

    monkeypatch.setattr(tool, "install", install)
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    assert [tool.main(["--venv", str(venv)]) for _ in range(2)] == [0, 0]
    assert installed == [("requirements.txt",)]
    assert tool.main(["--dev", "--venv", str(venv)]) == 0
    assert installed[1:] == [("requirements.txt", "requirements-dev.txt")]


def test_a_failed_installation_is_tried_again(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = iter([False, True])
    monkeypatch.setattr(tool, "install", lambda *_: next(outcomes))
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    assert tool.main(["--venv", str(venv)]) == 2
    assert "Run the same command again" in capsys.readouterr().err
    assert tool.main(["--venv", str(venv)]) == 0


def test_the_stamp_changes_with_everything_that_matters(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("requirements.txt", "requirements.in", "pyproject.toml")
    for name in names:
        (tmp_path / name).write_text("a")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    seen = {tool.fingerprint("3.11", tool.RUN), tool.fingerprint("3.12", tool.RUN)}
    for name in names:
        (tmp_path / name).write_text("b")
        seen.add(tool.fingerprint("3.11", tool.RUN))
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").touch()
    seen.add(tool.fingerprint("3.11", tool.RUN))
    assert len(seen) == 2 + len(names) + 1
