"""Searches every text file of a bundle for secrets: known formats everywhere, assigned values in the
server's own files.

`collect_secrets` returns `Secrets`. A secret is never stored: a snippet shows its first four characters and
its length.
Lock files are left out: their integrity strings are random by design and secret to nobody.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from scanner.collect.members import TEXT_LIMIT, Members, basename, shown
from scanner.collect.placeholders import entropy, is_placeholder, masked
from scanner.collect.secret_patterns import BY_ANCHOR, TRIGGER, Format
from scanner.collect.secret_texts import named_values
from trust.facts import File, Inventory, Secrets
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

WITNESS = "secrets"
_PER_FILE = 20
_WINDOW = 6000
_BEFORE = 80
_PLACES = 20_000
"""Places per file that are looked at; real files have a few dozen, and one with more is reported as not
fully searched."""
LOCK_FILES = frozenset(
    {"package-lock.json", "npm-shrinkwrap.json", ".package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"}
    | {"uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock", "deno.lock", "Cargo.lock", "go.sum", "RECORD"}
)
_SEARCHED = ("python", "javascript", "minified", "text")
_TEST_PLACE = re.compile(
    r"(?i)(?:^|/)(?:tests?|__tests__|spec|specs|fixtures?|examples?|samples?|docs?|mocks?)/|\.(?:test|spec)\.|(?:^|/)test_"
)
_PROSE = re.compile(r"(?i)\.(?:md|markdown|rst|txt|adoc|html?)$")


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    secret: str
    what: str
    severity: Severity
    confidence: Confidence


def collect_secrets(bundle: Members, inventory: Inventory) -> Secrets:
    """Every secret in the text files of the bundle; a file too large to read is a Gap."""
    findings: list[Finding] = []
    gaps: list[Gap] = []
    searched = searched_bytes = 0
    for file in inventory.files:
        if file.kind not in _SEARCHED or basename(file.path) in LOCK_FILES:
            continue
        if file.size > TEXT_LIMIT:
            gaps.append(
                Gap(f"The file has {file.size} bytes; at most {TEXT_LIMIT} are searched for secrets.", file.path)
            )
            continue
        data = bundle.read(file.path, TEXT_LIMIT)
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        searched += 1
        searched_bytes += len(data)
        findings.extend(_in_file(file, data))
        if _crowded(data):
            gaps.append(Gap(f"Only the first {_PLACES} places that look like a secret were examined.", file.path))
    return Secrets(searched, searched_bytes, tuple(findings), tuple(gaps))


def _crowded(data: bytes) -> bool:
    return len(data) > _PLACES and next(islice(TRIGGER.finditer(data), _PLACES, None), None) is not None


def _in_file(file: File, data: bytes) -> Iterator[Finding]:
    hits = list(_known(file, data))
    taken = {h.secret for h in hits}
    if file.role != "vendored":
        for more in (_assigned(file, data), _named(file, data)):
            new = [h for h in more if not any(h.secret in t or t in h.secret for t in taken)]
            hits.extend(new)
            taken.update(h.secret for h in new)
    seen: set[str] = set()
    for hit in sorted(hits, key=lambda h: h.start):
        if hit.secret in seen or len(seen) >= _PER_FILE:
            continue
        seen.add(hit.secret)
        yield Finding(
            WITNESS,
            Weakness.HARDCODED_SECRET,
            hit.severity,
            hit.confidence,
            f"{shown(file.path)} contains a value that looks like a {hit.what}: revoke it, and let users enter theirs "
            "through a sensitive user_config field.",
            file.path,
            data.count(b"\n", 0, hit.start) + 1,
            masked(hit.secret),
        )


def _known(file: File, data: bytes) -> Iterator[_Hit]:
    end = 0
    for place in islice(TRIGGER.finditer(data), _PLACES):
        if place.start() < end:
            continue
        for form in BY_ANCHOR[place[0][:1]]:
            match = _around(form, data, max(end, place.start() - form.before), place)
            if match is None:
                continue
            end = match.end()
            hit = _judge(file, data, form, match)
            if hit is not None:
                yield hit
            break


def _around(form: Format, data: bytes, first: int, place: re.Match[bytes]) -> re.Match[bytes] | None:
    """The format at the earliest start between `first` and the end of `place`, or None. A start is tried
    where it can be:
    a search would run on to the end of its window at every place. Far back, that is where the word begins.
    """
    if place.start() - first > _NEAR:
        run = data[first : place.start()]
        starts = range(first + len(run.rstrip(_WORD_BYTES)), first + len(run.rstrip(_WORD_BYTES)) + 1)
    else:
        starts = range(first, place.end())
    for start in starts:
        if data[start] in form.starts and (match := form.pattern.match(data, start, start + _WINDOW)) is not None:
            return match
    return None


_NEAR = 100
_WORD_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_WORD = re.compile(rb"[A-Za-z0-9_]")


def _judge(file: File, data: bytes, form: Format, match: re.Match[bytes]) -> _Hit | None:
    start = match.start()
    if start and not form.pattern.pattern.startswith(b"://") and _WORD.match(data, start - 1):
        return None  # the middle of a longer word, for instance of base64 data
    secret = match[1].decode("ascii", "replace")
    before = data[max(0, start - _BEFORE) : start].decode("utf-8", "replace")
    if form.name != "private key" and (is_placeholder(secret) or _says_example(before)):
        return None
    verdict = form.verdict(secret)
    if verdict == "none" or (file.role == "vendored" and (not form.vendored or verdict == "tentative")):
        return None
    confidence = Confidence(verdict)
    # Keys that a test or a document shows are seldom live; a package's own fixtures are not this
    # publisher's secret.
    mild = _TEST_PLACE.search(file.path) is not None or _PROSE.search(file.path) is not None
    severity = (
        Severity.LOW if file.role == "vendored" and (mild or confidence is not Confidence.CONFIRMED) else form.severity
    )
    if mild and severity.rank > Severity.MEDIUM.rank:
        severity = Severity.MEDIUM
    return _Hit(start, secret, form.name, severity, confidence)


_EXAMPLE_BEFORE = re.compile(
    r"(?i)\b(?:e\.g\.|example|sample|format|looks? like|such as|placeholder|regex|pattern|match(?:es)?)\b[^\n]{0,40}$"
)


def _says_example(before: str) -> bool:
    return _EXAMPLE_BEFORE.search(before) is not None


_SECRET_WORD = re.compile(rb"secret|passw|pwd|passphrase|key|token|bearer|credential")
_NAME_BEFORE = re.compile(rb"[A-Za-z0-9_.$-]{0,40}$")
_ASSIGNED = re.compile(
    rb"""(?x)
    (?P<rest>[A-Za-z0-9_]{0,16})["']?\]?
    \s{0,4}(?::\s{0,3}(?:str|string)\s{0,3}=|:=|\?\?=|\|\|=|=(?![=>])|:(?!:)|,(?=\s{0,3}["']))\s{0,4}
    (?:process\.env\.\w{1,60}\s{0,3}(?:\|\||\?\?)\s{0,3}|os\.(?:getenv|environ\.get)\(\s{0,3}["']\w{1,60}["']\s{0,3},\s{0,3})?
    [rbu]?(?P<quote>["'`])(?P<value>[^"'`\r\n\\]{8,200})(?P=quote)
    """
)
_SECRET_NAME = re.compile(
    r"(?i)secret|passw|pwd|passphrase|api_?-?key|access_?key|private_?key|signing_?key|encryption_?key|master_?key|credential"
    r"|bearer|token$|token_?value|auth_?token|^key$"
)
_NOT_SECRET_NAME = re.compile(
    r"(?i)(?:name|field|header|label|prompt|placeholder|message|url|uri|endpoint|path|file|type|key_?id|client_?id|public|csrf"
    r"|posthog|sentry|segment|amplitude|mixpanel|analytics|measurement|write_?key|publishable|site_?key|algolia"
    r"|pattern|regex|prefix|suffix|expired|count|limit|env|var|param|desc|title|hint|help|error|info|column|hash|next|page|grant|schema)"
)
_PUBLIC = re.compile(r"^(?:phc_|pk_(?:live|test)_|pk\.eyJ|G-[A-Z0-9]{8,}$|UA-\d+|GTM-|sha\d{3}-|https?:)")
"""Keys that a service hands out to be published: they can only send events, or only name a project."""
_HASH = re.compile(r"^(?:sha\d{1,3}[-:=])|^(?:[a-f0-9]{32}|[a-f0-9]{40}|[a-f0-9]{64}|[a-f0-9]{96}|[a-f0-9]{128})$")
_CODE_LIKE = re.compile(
    r"\s|^[a-z]+(?:[-_.:/][a-z]+)*$|^[A-Z]+(?:_[A-Z0-9]+)*$|^[a-z]+(?:[A-Z][a-z]+)+$|^[/.~]|://|[(){}\[\];<>]|^\w+\.\w+(?:\.\w+)*$|^--?\w"
)
_GENERIC_BITS = 3.3
_SHORT = 12


def _assigned(file: File, data: bytes) -> Iterable[_Hit]:
    """Values given to a name that says secret: tentative, because only the name and the randomness speak
    for it.
    """
    for word in islice(_SECRET_WORD.finditer(data.lower()), _PLACES):
        match = _ASSIGNED.match(data, word.end())
        if match is None:
            continue
        before = _NAME_BEFORE.search(data, max(0, word.start() - 40), word.start())
        name = ((before[0] if before else b"") + data[word.start() : word.end()] + match["rest"]).decode("ascii")
        name = name.rpartition(".")[2]
        value = match["value"].decode("utf-8", "replace")
        password = re.search(r"(?i)passw|pwd|passphrase", name) is not None
        if (
            not _SECRET_NAME.search(name)
            or _NOT_SECRET_NAME.search(name)
            or _PUBLIC.search(value)
            or is_placeholder(value)
            or _CODE_LIKE.search(value)
        ):
            continue
        if (_HASH.search(value) and not re.search(r"(?i)secret|key|token", name)) or _TEST_PLACE.search(file.path):
            continue
        digits_and_letters = re.search(r"\d", value) is not None and re.search(r"[A-Za-z]", value) is not None
        random = entropy(value) >= _GENERIC_BITS and digits_and_letters and len(value) >= _SHORT
        if not (random or (password and digits_and_letters)):
            continue
        prose = _PROSE.search(file.path) is not None
        yield _Hit(
            match.start("value"),
            value,
            "password" if password else "secret key or token",
            Severity.MEDIUM if prose else Severity.HIGH,
            Confidence.TENTATIVE if prose or not random else Confidence.FIRM,
        )


def _named(file: File, data: bytes) -> Iterator[_Hit]:
    """Secrets that a text gives by name, in code and settings of the server's own."""
    if _TEST_PLACE.search(file.path) or _PROSE.search(file.path):
        return
    for named in named_values(file.path, file.kind, data):
        before = data[max(0, named.start - _BEFORE) : named.start].decode("utf-8", "replace")
        if not _says_example(before) and not _PUBLIC.search(named.value):
            confidence = Confidence.FIRM if named.random else Confidence.TENTATIVE
            yield _Hit(named.start, named.value, named.what, Severity.HIGH, confidence)
