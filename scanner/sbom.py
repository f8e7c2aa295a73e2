"""The CycloneDX document of a bundle: its components as scanned, written by the project that owns the format's library.

Source: CycloneDX specification 1.6 (ECMA-424). The same facts give the same bytes: the serial number comes from the
bundle's digest, the time from the scan.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from trust.facts import Component, Facts
from trust.finding import Gap

MEDIA_TYPE: Final = "application/vnd.cyclonedx+json; version=1.6"
NAMESPACE: Final = UUID("6f1d3f0c-6d0a-5b7e-9a59-0d2f3c4b5a69")
_SCOPES: Final = {
    "runtime": ComponentScope.REQUIRED,
    "optional": ComponentScope.OPTIONAL,
    "dev": ComponentScope.EXCLUDED,
}


def sbom(facts: Facts, scanned_at: datetime) -> str:
    """A CycloneDX 1.6 JSON document. Where the dependencies could not be read, the document says so in a property."""
    subject = facts.subject
    bom = Bom(serial_number=uuid5(NAMESPACE, subject.sha256))
    bom.metadata.timestamp = scanned_at
    bundle = Part(
        name=subject.name,
        version=subject.version,
        type=ComponentType.APPLICATION,
        bom_ref="bundle",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=subject.sha256)],
        properties=[Property(name="assay:platform", value=subject.platform)],
    )
    bom.metadata.component = bundle
    known = facts.dependencies
    components = () if isinstance(known, Gap) else known.components
    gaps = (known,) if isinstance(known, Gap) else known.gaps
    for gap in gaps:
        bundle.properties.add(Property(name="assay:not-assessed", value=_reason(gap)))
    parts = [_part(number, c) for number, c in enumerate(components)]
    bom.components.update(parts)
    bom.register_dependency(bundle, [p for p, c in zip(parts, components, strict=True) if c.direct])
    return str(JsonV1Dot6(bom).output_as_string(indent=2))


def _part(number: int, component: Component) -> Part:
    licences = LicenseFactory()
    properties = [
        Property(name="assay:declared-in", value=component.declared_in),
        Property(name="assay:source", value=component.source),
        Property(name="assay:pinned", value=str(component.exact).lower()),
        Property(name="assay:hash-known", value=str(component.hashed).lower()),
        Property(name="assay:in-bundle", value=str(component.vendored).lower()),
    ]
    if component.marker:
        properties.append(Property(name="assay:marker", value=component.marker))
    if component.requirement:
        properties.append(Property(name="assay:requirement", value=component.requirement))
    return Part(
        name=component.name,
        version=component.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{component.purl}#{number}",
        purl=PackageURL.from_string(component.purl),
        scope=_SCOPES[component.scope],
        licenses=[licences.make_from_string(component.licence)] if component.licence else None,
        properties=properties,
    )


def _reason(gap: Gap) -> str:
    return f"{gap.path}: {gap.reason}" if gap.path else gap.reason
