"""Reads every text that a model will see and looks for instructions planted in it.

`collect_texts` takes the open bundle (its manifest and README), the declaration, and the tools found in
code. A tool text is
judged as a whole; long prose for people (README, long description) paragraph by paragraph and more
cautiously, because an
ordinary manual also says what one must run first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from scanner.collect.members import Members, files, read_text, shown
from scanner.collect.texts.classifier import shipped
from scanner.collect.texts.features import evidence
from scanner.collect.texts.reading import LIMIT, Read, read
from scanner.collect.texts.verdict import Verdict, judge
from scanner.manifest.view import Manifest
from trust.facts import Code, Declaration, Texts, Tool
from trust.finding import Finding, Gap
from trust.vocabulary import Confidence, Severity, Weakness

WITNESS = "text"
_MOST = 5000
_META_DEPTH = 8
_SURE_IN_PROSE = frozenset({"secrecy", "ignore", "foreign"})
_README = ("readme.md", "readme", "readme.txt", "readme.rst")
_TRICKS = {
    "invisible tag characters": Severity.HIGH,
    "characters that reverse the order of the text": Severity.HIGH,
    "terminal escape sequences": Severity.HIGH,
}


_PATHS = {"manifest": "manifest.json", "code": "", "served": ""}


class WithManifest(Members, Protocol):
    """A bundle whose manifest has been read."""

    @property
    def manifest(self) -> Manifest: ...


@dataclass(frozen=True, slots=True)
class _Text:
    """One text with the words that tell a reader where it stands; `prose` is written for people in the
    first place.
    """

    what: str
    text: str
    path: str
    line: int | None = None
    prose: bool = False


def collect_texts(bundle: WithManifest, declaration: Declaration | Gap, code: Code | Gap) -> Texts:
    """Every text examined, with findings; texts in code that nobody read are a Gap."""
    gaps: list[Gap] = []
    if isinstance(code, Gap):
        gaps.append(Gap(f"Tool texts in the code were not read: {code.reason}"))
    declared = () if isinstance(declaration, Gap) else declaration.tools
    tools = () if isinstance(code, Gap) else code.tools
    found = (*_tools(declared), *_manifest(bundle.manifest), *_tools(tools), *_readme(bundle, gaps))
    texts = [t for t in found if t.text.strip()]
    unique = list({(t.what, t.text, t.path): t for t in texts}.values())
    if len(unique) > _MOST:
        gaps.append(Gap(f"Only the first {_MOST} of {len(unique)} texts were examined."))
    gaps.extend(
        Gap(f"Only the first {LIMIT} characters of {t.what} were read.", t.path) for t in unique if len(t.text) > LIMIT
    )
    findings = [f for t in unique[:_MOST] for f in _examine(t)]
    return Texts(min(len(unique), _MOST), tuple(findings), tuple(gaps))


def _manifest(manifest: Manifest) -> Iterator[_Text]:
    path = "manifest.json"
    for prompt in manifest.prompts:
        words = (prompt.description or "", prompt.text, *prompt.arguments)
        yield _Text(f"the prompt {shown(prompt.name, 60)}", "\n".join(words), path)
    for field in manifest.user_config:
        yield _Text(f"the setting {shown(field.key, 60)}", f"{field.title}\n{field.description}", path)
    yield _Text("the description", manifest.description, path)
    yield _Text("the long description", manifest.long_description or "", path, prose=True)
    for what, text in _described(manifest.meta, _META_DEPTH):
        yield _Text(f"the description of {shown(what, 60)} in _meta", text, path)


def _described(value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Tool lists inside `_meta` (for instance recorded answers to tools/list): every object's own
    description.
    """
    if depth and isinstance(value, Mapping):
        text = value.get("description")
        if isinstance(text, str):
            yield str(value.get("name", "an entry")), text
        for inner in value.values():
            yield from _described(inner, depth - 1)
    elif depth and isinstance(value, list):
        for inner in value:
            yield from _described(inner, depth - 1)


def _tools(tools: Iterable[Tool]) -> Iterator[_Text]:
    for tool in tools:
        words = [tool.description]
        for param in tool.params or ():
            words.extend((param.description, *param.enum))
        yield _Text(
            f"the description of the tool {shown(tool.name, 60)}",
            "\n".join(words),
            tool.path or _PATHS[tool.origin],
            tool.line,
        )


def _readme(bundle: Members, gaps: list[Gap]) -> Iterator[_Text]:
    for member in files(bundle):
        if member.path.lower() in _README:
            text = read_text(bundle, member.path, member.size)
            if isinstance(text, Gap):
                gaps.append(text)
            else:
                yield _Text(shown(member.path), text, member.path, prose=True)


def _examine(text: _Text) -> Iterator[Finding]:
    whole = read(text.text)
    for trick in whole.tricks:
        yield Finding(
            WITNESS,
            Weakness.HIDDEN_TEXT,
            _TRICKS.get(trick, Severity.MEDIUM),
            Confidence.FIRM,
            f"There are {trick} in {text.what}; write it in plain characters.",
            text.path or None,
            text.line,
            shown(text.text, 180),
        )
    if not text.prose:
        yield from _poisoned(text, whole, judge(whole, shipped()), 0)
        return
    if whole.hidden:
        hidden = judge(Read("", whole.hidden, ()), shipped())
        if hidden.level != "none":
            yield from _poisoned(text, whole, hidden, 0)
    start = 1
    for paragraph in text.text[:LIMIT].split("\n\n"):
        verdict = judge(Read(read(paragraph).plain, "", ()), shipped())
        if verdict.level == "clear" and _SURE_IN_PROSE & set(verdict.signs):
            yield from _poisoned(text, read(paragraph), verdict, start)
        start += paragraph.count("\n") + 2


def _poisoned(text: _Text, whole: Read, verdict: Verdict, line: int) -> Iterator[Finding]:
    if verdict.level == "none":
        return
    boast = verdict.signs == ("promotion",)
    severity, confidence = Severity.HIGH, Confidence.TENTATIVE
    if boast:
        severity, confidence = Severity.MEDIUM, Confidence.FIRM
    elif verdict.level == "clear" and not text.prose:
        severity, confidence = Severity.CRITICAL, Confidence.FIRM
    source = whole.hidden if verdict.hidden or not whole.plain else whole.plain
    where = "hidden in " if verdict.hidden else "in "
    yield Finding(
        WITNESS,
        Weakness.TOOL_POISONING,
        severity,
        confidence,
        f"Words addressed to the model stand {where}{text.what} ({', '.join(verdict.signs)}); "
        "a description should only say what the tool does.",
        text.path or None,
        text.line or (line or None),
        shown(evidence(source), 180),
    )
