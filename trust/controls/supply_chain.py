"""Supply chain: what is in the bundle, where it came from, and what is known against it."""

from trust.control import Verdict, by_findings, control, failed, not_applicable, partial, passed
from trust.facts import (
    Archive,
    Code,
    Declaration,
    Dependencies,
    Inventory,
    Malice,
    Publisher,
    Texts,
    Vulnerabilities,
)
from trust.finding import Gap, found
from trust.provenance import Provenance, source_key
from trust.vocabulary import Evidence, Weakness
from trust.wording import counted


@control(
    "SC-01",
    (Archive, Declaration),
    title="The manifest is valid and agrees with the archive",
    why="A manifest that names files which are not there, or that clients refuse, was never tried by its publisher.",
    fix="Fix each notice of the manifest check; `assay scan` lists them with the change to make.",
    mtf=("AI-01", "AI-05"),
    best=Evidence.PROVED,
)
def manifest_is_valid(archive: Archive, declaration: Declaration) -> Verdict:
    notices = dict.fromkeys((*archive.notices, *declaration.notices))
    bad = [n for n in notices if n.tier in ("warning", "strict_client")]
    if not bad:
        return passed("The archive is unambiguous and the manifest is valid.", evidence=Evidence.PROVED)
    share = max(1, 80 - 20 * (len(bad) - 1))
    return partial(counted("{n} [notice|notices]; first: ", len(bad)) + bad[0].detail, share, evidence=Evidence.PROVED)


@control(
    "SC-02",
    (Dependencies,),
    title="Dependencies are pinned with hashes",
    why="A loose version lets a release that nobody scanned run with the user's rights.",
    fix="Ship a lock file that names exact versions and hashes, or vendor the dependencies.",
    mtf=("SC-03", "SC-04"),
    best=Evidence.PROVED,
)
def dependencies_are_pinned(dependencies: Dependencies) -> Verdict:
    parts = [c for c in dependencies.components if c.scope == "runtime"]
    bad = found(dependencies.findings, Weakness.UNPINNED_DEPENDENCY, Weakness.UNHASHED_DEPENDENCY)
    if not parts and not bad:
        return not_applicable("The bundle declares, vendors and imports no third-party package.")
    fixed = [c for c in parts if c.vendored or (c.exact and c.hashed)]
    if bad:
        return by_findings(
            bad, clean="", found="{n} [dependency is|dependencies are] not fixed.", evidence=Evidence.PROVED
        )
    if len(fixed) == len(parts):
        return passed(f"All {len(parts)} components are fixed by hash or lie in the bundle.", evidence=Evidence.PROVED)
    share = max(1, min(99, 100 * len(fixed) // len(parts)))
    return partial(f"{len(fixed)} of {len(parts)} components are fixed.", share, evidence=Evidence.PROVED)


@control(
    "SC-03",
    (Vulnerabilities, Dependencies),
    title="No dependency has a known vulnerability",
    why="Published flaws are the first thing an attacker tries.",
    fix="Update each affected dependency to a fixed version and publish a new release.",
    mtf=("SC-02",),
    best=Evidence.PROVED,
)
def no_known_vulnerabilities(vulnerabilities: Vulnerabilities, dependencies: Dependencies) -> Verdict:
    if not dependencies.components and not vulnerabilities.findings:
        return not_applicable("The bundle declares, vendors and imports no third-party package.")
    return by_findings(
        vulnerabilities.findings,
        clean=f"None of {vulnerabilities.assessed} components has a known vulnerability.",
        found="{n} known [vulnerability|vulnerabilities] in dependencies.",
        evidence=Evidence.PROVED,
    )


@control(
    "SC-04",
    (Dependencies, Inventory),
    lacks=(Code,),
    title="Nothing runs at install or import time",
    why="Install hooks run before anyone has looked, with all rights.",
    fix="Remove install scripts and import-time side effects from the bundle.",
    mtf=("CQ-05",),
    best=Evidence.PROVED,
)
def nothing_runs_at_install(dependencies: Dependencies, inventory: Inventory, code: Code | Gap) -> Verdict:
    return by_findings(
        (
            *(() if isinstance(code, Gap) else code.found(Weakness.INSTALL_SCRIPT)),
            *found(dependencies.findings, Weakness.INSTALL_SCRIPT),
            *found(inventory.findings, Weakness.INSTALL_SCRIPT),
        ),
        clean="The server's own package declares no install hook.",
        found="{n} [hook runs|hooks run] at install or import time.",
        evidence=Evidence.PROVED,
    )


@control(
    "SC-05",
    (Declaration, Publisher),
    title="The name belongs to its publisher and imitates nobody",
    why="A look-alike name is the cheapest attack on a registry.",
    fix="Publish under a namespace you have proved, with a name that is your own.",
    mtf=("RG-02",),
)
def name_is_its_own(declaration: Declaration, publisher: Publisher) -> Verdict:
    bad = [n for n in declaration.notices if n.code.startswith("name.")]
    if bad:
        return partial(bad[0].detail, 30)
    if publisher.proof:
        return passed(f"Namespace {publisher.namespace} is proved by {publisher.proof}.", evidence=Evidence.PROVED)
    return partial(f"Namespace {publisher.namespace} is claimed but not proved.", 40)


@control(
    "SC-06",
    (Declaration, Inventory),
    title="The source is open and the licence is clear",
    why="Code that nobody may read or change cannot be checked or mended by those who depend on it.",
    fix="Put a LICENSE file into the bundle, name its SPDX id in the manifest, and link the repository.",
    mtf=("PR-01",),
    best=Evidence.PROVED,
)
def licence_is_clear(declaration: Declaration, inventory: Inventory) -> Verdict:
    has_text, named, linked = bool(inventory.licences), bool(declaration.licence), bool(declaration.repository)
    if has_text and linked:
        return passed(f"Licence text {inventory.licences[0]}, repository linked.", evidence=Evidence.PROVED)
    missing = [
        word
        for word, there in (("a licence text", has_text), ("a licence id", named), ("a repository link", linked))
        if not there
    ]
    if len(missing) == 3:
        return failed("The bundle has no licence and links no source.", evidence=Evidence.PROVED)
    return partial(f"Missing: {', '.join(missing)}.", 100 - 30 * len(missing), evidence=Evidence.PROVED)


@control(
    "SC-07",
    (Provenance, Declaration),
    title="Verified provenance says who built the bundle from which source",
    why="Without it nobody can tell the published bytes from somebody else's.",
    fix="Build in CI with attestations and upload the Sigstore bundle beside the .mcpb.",
    mtf=("AI-03", "PR-03", "PR-04"),
    best=Evidence.PROVED,
)
def provenance_is_verified(provenance: Provenance, declaration: Declaration) -> Verdict:
    proved = Evidence.PROVED
    if provenance.refused:
        return failed(f"A statement that was uploaded does not hold. {provenance.refused[0]}", evidence=proved)
    if not provenance.attestations:
        return failed("No provenance was uploaded with this bundle.", evidence=proved)
    if not provenance.built:
        who = provenance.attestations[0].identity
        return partial(f"Signed by {who}, but nothing says what it was built from.", 40, evidence=proved)
    sources = {source_key(a.repository) for a in provenance.built}
    named, built = source_key(declaration.repository), provenance.built[0]
    if named and sources != {named}:
        return failed(
            f"Built from {built.repository}, but the manifest names {declaration.repository}.", evidence=proved
        )
    where = f"{built.repository}@{built.commit[:12]} by {built.builder}"
    if not named:
        return partial(f"Built from {where}; the manifest names no repository to compare.", 70, evidence=proved)
    if any(a.runner == "self-hosted" for a in provenance.built):
        return partial(f"Built from {where}, on a machine that the publisher runs itself.", 80, evidence=proved)
    return passed(f"Built from {where}.", evidence=proved)


@control(
    "SC-08",
    (Publisher,),
    title="The publisher is verified",
    why="A name that anyone could have registered says nothing about who stands behind it.",
    fix="Prove the namespace by DNS, by an HTTP well-known file, or by a verified CI identity.",
    mtf=("PR-02",),
    best=Evidence.PROVED,
)
def publisher_is_verified(publisher: Publisher) -> Verdict:
    if publisher.proof:
        return passed(f"{publisher.namespace} is proved by {publisher.proof}.", evidence=Evidence.PROVED)
    return failed(f"Nobody has proved to own {publisher.namespace}.", evidence=Evidence.PROVED)


@control(
    "SC-09",
    (Code,),
    title="Tool definitions cannot change after approval",
    why="A tool that rewrites its own description after a few calls was approved as something else.",
    fix="Define tools statically; never load their texts from the network or change them at run time.",
    mtf=("CQ-02",),
    seeks=(Weakness.RUG_PULL,),
)
def tool_definitions_are_stable(code: Code) -> Verdict:
    return by_findings(
        code.found(Weakness.RUG_PULL),
        clean="Tool definitions are fixed in the code.",
        found="{n} [place changes|places change] tool definitions while the server runs.",
    )


@control(
    "SC-10",
    (Texts,),
    title="No tool text gives the model hidden instructions",
    why="The model reads descriptions as instructions; a poisoned one acts with the user's rights.",
    fix="Describe what the tool does, all of it. Remove instructions about other tools, files, secrecy or precedence, "
    "and parameters that no code reads.",
    mtf=("CD-03",),
)
def tool_texts_are_clean(texts: Texts) -> Verdict:
    if texts.examined == 0:
        return partial("No tool text was found to examine.", 20)
    return by_findings(
        texts.findings,
        clean=f"{texts.examined} texts were read; none instructs the model.",
        found="{n} [place instructs or misleads|places instruct or mislead] the model.",
    )


@control(
    "SC-11",
    (Inventory, Malice),
    lacks=(Code,),
    title="Nothing in the bundle is hidden from readers",
    why="Code that cannot be read cannot be trusted, and hiding it is work that somebody had a reason for.",
    fix="Ship readable source or source maps; leave out binaries that no declared package explains.",
    mtf=("CQ-02",),
)
def nothing_is_hidden(inventory: Inventory, malice: Malice, code: Code | Gap) -> Verdict:
    seen = () if isinstance(code, Gap) else code.findings
    return by_findings(
        found((*inventory.findings, *malice.findings, *seen), Weakness.OBFUSCATION, Weakness.UNEXPLAINED_BINARY),
        clean="No disguised code and no unexplained binary.",
        found="{n} [place hides|places hide] what they do.",
    )


@control(
    "SC-12",
    (Code, Dependencies),
    title="No code is loaded from the network at run time",
    why="What is downloaded tomorrow was not scanned today.",
    fix="Vendor the code, and start the bundled file instead of npx, uvx or pip.",
    mtf=("CQ-02",),
    seeks=(Weakness.REMOTE_CODE,),
)
def no_remote_code(code: Code, dependencies: Dependencies) -> Verdict:
    return by_findings(
        (*code.found(Weakness.REMOTE_CODE), *found(dependencies.findings, Weakness.REMOTE_CODE)),
        clean="Everything that runs is in the bundle or fixed by its lock file.",
        found="{n} [place loads|places load] code from the network.",
    )


@control(
    "SC-13",
    (Dependencies,),
    title="Every component has a known version and source",
    why="A component that nobody lists is one that nobody updates.",
    fix="Take dependencies from a package registry, and ship the lock file.",
    mtf=("SC-01", "SC-05"),
    best=Evidence.PROVED,
)
def components_are_known(dependencies: Dependencies) -> Verdict:
    bad = found(dependencies.findings, Weakness.UNTRUSTED_SOURCE)
    unknown = [c for c in dependencies.components if c.version is None and c.scope == "runtime"]
    if not bad and unknown:
        total = sum(c.scope == "runtime" for c in dependencies.components)
        share = max(1, 100 * (total - len(unknown)) // total)
        summary = f"{len(unknown)} of {total} components have no known version."
        return partial(summary, min(99, share), evidence=Evidence.PROVED)
    return by_findings(
        bad,
        clean=f"{len(dependencies.components)} components, each with a version and a source.",
        found="{n} [component comes|components come] from outside a package registry.",
        evidence=Evidence.PROVED,
    )


@control(
    "SC-14",
    (Malice, Code),
    title="No sign of malicious behaviour",
    why="Reverse shells, persistence and credential theft have no place in a tool server.",
    fix="Remove the code. If it is a security tool's own test data, leave it out of the release.",
    mtf=("CQ-02",),
    seeks=(Weakness.MALWARE,),
)
def no_malware(malice: Malice, code: Code) -> Verdict:
    return by_findings(
        (*found(malice.findings, Weakness.MALWARE), *code.found(Weakness.MALWARE)),
        clean=f"None of the {malice.files_searched} files searched shows malicious behaviour.",
        found="{n} [sign|signs] of malicious behaviour.",
    )


@control(
    "SC-15",
    (Inventory, Declaration),
    title="Flaws can be reported",
    why="A flaw that cannot be reported is published instead.",
    fix="Add a SECURITY.md with a contact, or a support link in the manifest.",
    mtf=("PR-05",),
    best=Evidence.PROVED,
)
def flaws_can_be_reported(inventory: Inventory, declaration: Declaration) -> Verdict:
    if inventory.security_files:
        return passed(f"{inventory.security_files[0]} says how.", evidence=Evidence.PROVED)
    if declaration.support or declaration.repository:
        return partial("There is a support or repository link, but no security contact.", 50, evidence=Evidence.PROVED)
    return failed("Neither a security contact nor a support link.", evidence=Evidence.PROVED)


@control(
    "SC-16",
    (Inventory,),
    title="The bundle holds only what the server needs",
    why="Left-over repositories, tests and archives hide what matters and sometimes hold secrets.",
    fix="List the left-overs in .mcpbignore and pack again.",
    best=Evidence.PROVED,
)
def bundle_is_clean(inventory: Inventory) -> Verdict:
    return by_findings(
        found(inventory.findings, Weakness.BUNDLE_HYGIENE),
        clean="No left-over files.",
        found="{n} left-over [file or folder|files or folders].",
        evidence=Evidence.PROVED,
    )


@control(
    "SC-17",
    (Provenance,),
    title="Two independent builders made the same bytes",
    why="One builder can be broken into; two that agree byte for byte prove that the source alone made the bundle.",
    fix="Build reproducibly, and upload provenance from a second, independent builder.",
    mtf=("AI-04",),
    best=Evidence.PROVED,
)
def build_is_reproducible(provenance: Provenance) -> Verdict:
    if len(provenance.builders) >= 2:
        return passed(f"{len(provenance.builders)} builders attest the same digest.", evidence=Evidence.PROVED)
    return failed("No second builder attests these bytes.", evidence=Evidence.PROVED)
