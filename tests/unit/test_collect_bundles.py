"""The collectors together on real bundles, read through the product's own reader."""

import pytest

from scanner.bundle import open_bundle
from scanner.collect.declaration import declare, describe_archive
from scanner.collect.dependencies import collect_dependencies
from scanner.collect.inventory import collect_inventory
from scanner.collect.malice import collect_malice
from scanner.collect.secrets import collect_secrets
from scanner.collect.texts import collect_texts
from tests.unit.collect_members import CORPUS
from trust.facts import Code
from trust.vocabulary import Severity


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_no_real_bundle_raises_a_high_alarm_and_every_file_is_accounted_for() -> None:
    paths = [*(CORPUS / "bundles").glob("*.mcpb"), *(CORPUS / "bundles" / "signed").glob("*.mcpb")]
    assert len(paths) == 30
    for path in paths:
        with open_bundle(path) as bundle:
            declaration, archive = declare(bundle), describe_archive(bundle)
            inventory = collect_inventory(bundle, declaration)
            dependencies = collect_dependencies(bundle, inventory, declaration)
            facts = (
                inventory,
                dependencies,
                collect_secrets(bundle, inventory),
                collect_malice(bundle, inventory),
                collect_texts(bundle, declaration, Code(())),
            )
            assert {f.path for f in inventory.files} == set(bundle.names())
            assert archive.members == len(inventory.files)
            assert (archive.signature is None) == ("signed" not in path.name)
            assert [f for fact in facts for f in fact.findings if f.severity.rank >= Severity.HIGH.rank] == [], (
                path.name
            )
            if declaration.server_type != "binary":
                assert dependencies.locked, path.name
                assert all(c.version and c.hashed for c in dependencies.components if c.direct and c.scope == "runtime")
