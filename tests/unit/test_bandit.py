"""Bandit as a witness: what it says in our words, and what happens when it cannot be asked."""

from pathlib import Path

import pytest

from scanner.collect.bandit import Bounds, run_bandit, with_bandit
from tests.unit.collect_members import box
from trust.facts import Code, File, Inventory
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

FLAWED = "import yaml, ssl\n\ndef f(x):\n    yaml.load(x)  # nosec\n    ssl._create_unverified_context()\n"


def inventory(*paths: str, role: str = "own", size: int = 10) -> Inventory:
    return Inventory(tuple(File(p, size, "", "python", role) for p in paths))  # type: ignore[arg-type]


def finding(weakness: Weakness, line: int, witness: str = "py", path: str = "a.py") -> Finding:
    return Finding(
        witness, weakness, Severity.HIGH, Confidence.FIRM, "m", path, line, aliases=() if witness == "py" else ("B506",)
    )


def test_findings_carry_our_words_the_bundles_paths_and_the_test_id() -> None:
    found = run_bandit(box({"src/deep dir/a.py": FLAWED}), inventory("src/deep dir/a.py"))
    assert isinstance(found, tuple)
    said = {(f.weakness, f.line, f.aliases[0]) for f in found}
    assert (Weakness.DESERIALIZATION, 4, "B506") in said  # in spite of the `nosec` comment
    assert (Weakness.TLS_VERIFY_OFF, 5, "B323") in said
    assert {f.path for f in found} == {"src/deep dir/a.py"}
    assert {f.confidence for f in found} == {Confidence.TENTATIVE}
    assert {f.severity for f in found} <= {Severity.LOW, Severity.INFO}
    assert next(f for f in found if f.line == 4).snippet == "yaml.load(x)  # nosec"


def test_only_own_python_is_asked_about() -> None:
    assert run_bandit(box({"a.py": FLAWED}), inventory("a.py", role="vendored")) == ()
    assert run_bandit(box({}), Inventory(())) == ()


def test_names_from_a_bundle_never_touch_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = "../../escape.py"
    found = run_bandit(box({name: FLAWED}), inventory(name))
    assert isinstance(found, tuple)
    assert {f.path for f in found} == {name}
    assert list(tmp_path.rglob("*")) == []
    assert not (tmp_path.parent / "escape.py").exists()


def test_a_module_beside_the_code_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    trap = f"open({str(tmp_path / 'trapped')!r}, 'w')\n"
    files = {"bandit.py": trap, "sitecustomize.py": trap, "yaml.py": trap, "a.py": FLAWED}
    assert isinstance(run_bandit(box(files), inventory(*files)), tuple)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    "bounds", [Bounds(wall_seconds=0.01), Bounds(memory=8 << 20), Bounds(output=16), Bounds(cpu_seconds=0)]
)
def test_a_witness_out_of_its_bounds_is_a_gap(bounds: Bounds) -> None:
    gap = run_bandit(box({"a.py": FLAWED}), inventory("a.py"), bounds)
    assert isinstance(gap, Gap)
    assert gap.reason.startswith("bandit")


def test_a_missing_interpreter_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    gap = run_bandit(box({"a.py": FLAWED}), inventory("a.py"))
    assert isinstance(gap, Gap)
    assert "could not be started" in gap.reason


def test_files_that_cannot_be_parsed_and_nothing_but_large_ones() -> None:
    assert run_bandit(box({"a.py": "def f(:\n"}), inventory("a.py")) == ()
    assert isinstance(run_bandit(box({"a.py": ""}), inventory("a.py", size=1 << 30)), Gap)


def test_the_same_place_and_class_is_said_once() -> None:
    code = Code((), findings=(finding(Weakness.DESERIALIZATION, 4),))
    joined = with_bandit(code, (finding(Weakness.DESERIALIZATION, 5, "bandit"),))
    assert isinstance(joined, Code)
    (only,) = joined.findings
    assert (only.witness, only.aliases) == ("py", ("B506",))


@pytest.mark.parametrize(
    "other",
    [
        finding(Weakness.DESERIALIZATION, 9, "bandit"),
        finding(Weakness.CODE_INJECTION, 4, "bandit"),
        finding(Weakness.DESERIALIZATION, 4, "bandit", "b.py"),
    ],
)
def test_another_place_or_class_is_said_too(other: Finding) -> None:
    joined = with_bandit(Code((), findings=(finding(Weakness.DESERIALIZATION, 4),)), (other,))
    assert isinstance(joined, Code)
    assert len(joined.findings) == 2


def test_a_gap_of_the_witness_is_kept_beside_the_code_and_no_code_stays_none() -> None:
    joined = with_bandit(Code(()), Gap("bandit was asleep."))
    assert isinstance(joined, Code)
    assert joined.gaps == (Gap("bandit was asleep."),)
    assert with_bandit(Gap("no code"), ()) == Gap("no code")
