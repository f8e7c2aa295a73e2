"""The sample servers: packed the same everywhere, valid as bundles, and saying what they claim to say."""

import importlib.util
import io
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SCHEMAS = ROOT / "scanner" / "schemas"


def load_packer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("examples_pack", EXAMPLES / "pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


packer = load_packer()
SAMPLES = packer.samples()
IDS = [sample.file_name for sample in SAMPLES]
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=IDS)


def bundle_of(sample: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packer.pack(sample.folder)))


def test_catalog_lists_every_folder_that_has_a_manifest() -> None:
    on_disk = {path.parent for path in EXAMPLES.glob("*/manifest.json")}
    on_disk |= {path.parent for path in EXAMPLES.glob("*/*/manifest.json")}
    assert {sample.folder for sample in SAMPLES} == on_disk
    assert len(SAMPLES) >= 6


def test_no_two_samples_share_namespace_name_and_version() -> None:
    keys = [(sample.namespace, sample.name, sample.version) for sample in SAMPLES]
    assert len(set(keys)) == len(keys)


def test_committed_digests_are_those_of_the_committed_sources() -> None:
    packed = [(sample, packer.pack(sample.folder)) for sample in SAMPLES]
    assert packer.differences(packer.SUMS.read_text(encoding="utf-8"), packer.sums(packed)) == []


@each_sample
def test_times_modes_and_creation_order_do_not_change_the_bytes(sample: Any, tmp_path: Path) -> None:
    source: Path = sample.folder
    copy = tmp_path / "copy"
    for path in sorted((p for p in source.rglob("*") if p.is_file()), reverse=True):
        target = copy / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(0o755)
        os.utime(target, (1_700_000_001, 1_700_000_001))
    assert packer.pack(copy) == packer.pack(source)


def test_a_changed_file_changes_the_bytes(tmp_path: Path) -> None:
    source = SAMPLES[0].folder
    copy = shutil.copytree(source, tmp_path / "copy")
    (copy / "README.md").write_bytes(b"other")
    assert packer.pack(copy) != packer.pack(source)


@each_sample
def test_members_are_stored_sorted_and_carry_fixed_metadata(sample: Any) -> None:
    infos = bundle_of(sample).infolist()
    names = [info.filename for info in infos]
    assert names == sorted(names, key=str.encode)
    assert "manifest.json" in names
    for info in infos:
        assert info.compress_type == zipfile.ZIP_STORED
        assert info.date_time == (1980, 1, 1, 0, 0, 0)
        assert info.external_attr >> 16 == 0o100644
        assert info.extra == b""
        assert info.flag_bits & 0x08 == 0


@pytest.mark.parametrize(
    "leftover", ["node_modules/a/index.js", "server/__pycache__/x.pyc", ".venv/bin/python", ".env"]
)
def test_what_a_developer_leaves_behind_is_not_packed(leftover: str, tmp_path: Path) -> None:
    source = SAMPLES[0].folder
    copy = shutil.copytree(source, tmp_path / "copy")
    (copy / leftover).parent.mkdir(parents=True, exist_ok=True)
    (copy / leftover).write_text("left behind", encoding="utf-8")
    assert packer.pack(copy) == packer.pack(source)


@pytest.mark.parametrize("target", ["/etc/hostname", "manifest.json"])
def test_symbolic_links_are_refused(target: str, tmp_path: Path) -> None:
    copy = shutil.copytree(SAMPLES[0].folder, tmp_path / "copy")
    (copy / "link.txt").symlink_to(target)
    with pytest.raises(packer.PackError, match=r"link\.txt is a symbolic link"):
        packer.pack(copy)


@each_sample
def test_manifest_is_valid_for_its_version(sample: Any) -> None:
    manifest = json.loads(bundle_of(sample).read("manifest.json"))
    schema_file = SCHEMAS / f"mcpb-manifest-v{manifest['manifest_version']}.schema.json"
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    errors = Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(manifest)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@each_sample
def test_what_the_manifest_points_at_is_in_the_bundle(sample: Any) -> None:
    bundle = bundle_of(sample)
    names = set(bundle.namelist())
    manifest = json.loads(bundle.read("manifest.json"))
    assert manifest["server"]["entry_point"] in names
    if "icon" in manifest:
        assert bundle.read(manifest["icon"]).startswith(b"\x89PNG\r\n\x1a\n")
    if manifest["server"]["type"] == "uv":
        assert "pyproject.toml" in names


@each_sample
def test_lock_files_name_public_registries_only(sample: Any) -> None:
    bundle = bundle_of(sample)
    for name in {"uv.lock", "package-lock.json"} & set(bundle.namelist()):
        text = bundle.read(name).decode()
        hosts = {part.split("/")[0] for part in text.split("https://")[1:] if ".tgz" in part or ".whl" in part}
        allowed = {"registry.npmjs.org", "files.pythonhosted.org", "pypi.org"}
        assert hosts
        assert hosts <= allowed, hosts - allowed
        assert "file:" not in text


def test_check_passes_on_the_tree_and_names_the_bundle_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert packer.main(["--check"]) == 0
    wrong = tmp_path / "SHA256SUMS"
    lines = packer.SUMS.read_text(encoding="utf-8").splitlines(keepends=True)
    wrong.write_text("0" * 64 + lines[0][64:] + "".join(lines[2:]), encoding="utf-8")
    monkeypatch.setattr(packer, "SUMS", wrong)
    capsys.readouterr()
    assert packer.main(["--check"]) == 1
    out = capsys.readouterr().out
    assert IDS[0] in out
    assert f"{IDS[1]} is not in SHA256SUMS" in out
    assert IDS[2] not in out


def test_bundles_are_written_where_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))
    assert packer.main([]) == 0
    assert packer.main([str(tmp_path / "given")]) == 0
    by_default = {path.name: path.read_bytes() for path in (tmp_path / "var" / "examples").iterdir()}
    given = {path.name: path.read_bytes() for path in (tmp_path / "given").iterdir()}
    assert by_default == given
    assert sorted(given) == sorted(IDS)
