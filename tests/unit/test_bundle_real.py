"""Bundles of real servers, packed with the official packer: all of them are read."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from scanner.bundle import open_bundle
from tests.unit.corpus import corpus

BUNDLES = corpus("bundles")
INDEX: list[Mapping[str, Any]] = json.loads((BUNDLES / "index.json").read_text("utf-8"))


@pytest.mark.parametrize("entry", INDEX, ids=[entry["file"] for entry in INDEX])
def test_read_as_it_is(entry: Mapping[str, Any]) -> None:
    with open_bundle(BUNDLES / entry["file"]) as bundle:
        assert bundle.sha256 == entry["sha256"]
        assert len(bundle.names()) == entry["n_files"]
        assert sum(member.size for member in bundle.members) == entry["unpacked_bytes"]
        assert (bundle.manifest.name, bundle.manifest.version) == (entry["name"], entry["version"])
        assert bundle.manifest.server_type == entry["server_type"]
        assert len(bundle.manifest.tools) == entry["tools_in_manifest"]
        assert not [notice for notice in bundle.notices if notice.tier == "strict_client"]
        signed = entry.get("signature_variant")
        assert (bundle.signature.variant if bundle.signature else None) == (signed[0] if signed else None)


def test_the_same_bytes_as_the_standard_library_reads_from_a_benign_bundle() -> None:
    path = BUNDLES / "modelcontextprotocol-server-memory-2025.8.4.mcpb"
    with open_bundle(path) as bundle, zipfile.ZipFile(path) as plain:
        assert list(bundle.names()) == plain.namelist()
        for name in bundle.names():
            assert bundle.member_sha256(name) == hashlib.sha256(plain.read(name)).hexdigest()
