"""Coverage-guided fuzzing of the bundle reader: every input ends in a Bundle or a BundleError, in nothing else.

``python fuzz/bundle.py archive|manifest [libFuzzer options] [corpus folder]``; ``make fuzz`` installs atheris and runs
both. The archive target mutates whole files, the manifest target the text of manifest.json, as libFuzzer sees fit.
"""

import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["scanner"]):
    from scanner.archive.limits import Limits
    from scanner.bundle import BundleError, open_bundle
    from scanner.manifest import parse_manifest

from tests.unit.bundle_builder import BundleBuilder, manifest

LIMITS = Limits(upload=1 << 20, unpacked_member=1 << 20, unpacked_total=4 << 20)
SCRATCH = Path(tempfile.mkdtemp(prefix="assay-fuzz-"))


def archive(data: bytes) -> None:
    path = SCRATCH / "input.mcpb"
    path.write_bytes(data)
    with suppress(BundleError), open_bundle(path, LIMITS) as bundle:
        for name in bundle.names():
            bundle.read(name, LIMITS.unpacked_member)
    strangers = [p.name for p in SCRATCH.iterdir() if p != path]
    if strangers:
        raise RuntimeError(f"the reader left files behind: {strangers}")


def manifest_text(data: bytes) -> None:
    with suppress(BundleError):
        parse_manifest(data, LIMITS)


TARGETS = {"archive": archive, "manifest": manifest_text}


def seeds(target: str) -> Path:
    """A folder with a few valid inputs to start from."""
    folder = Path(tempfile.mkdtemp(prefix="assay-seeds-"))
    variants: tuple[dict[str, Any], ...] = ({}, {"manifest_version": "0.1"}, {"icon": None}, {"tools": []})
    texts = [json.dumps(manifest(**changes)).encode() for changes in variants]
    files = [BundleBuilder(changes).build() for changes in variants]
    for index, data in enumerate(files if target == "archive" else texts):
        (folder / str(index)).write_bytes(data)
    return folder


def main() -> None:
    target = sys.argv[1] if len(sys.argv) > 1 else ""
    if target not in TARGETS:
        raise SystemExit(f"name a target: {' or '.join(TARGETS)}")
    atheris.Setup([sys.argv[0], *sys.argv[2:], str(seeds(target))], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
