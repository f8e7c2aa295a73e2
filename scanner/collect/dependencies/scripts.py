"""Code that runs because somebody installs or starts a package: npm life cycle scripts, setup.py, manifest
commands.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from scanner.collect.dependencies.reading import finding, line_of, word
from scanner.collect.members import basename, shown
from trust.facts import Command, Declaration
from trust.finding import Finding
from trust.vocabulary import Confidence, Severity, Weakness

_HOOKS = ("preinstall", "install", "postinstall", "prepare")
_HARMLESS = re.compile(
    r"^(?:(?:npx\s+)?husky(?:\s+install)?|is-ci\s*\|\|\s*husky[\w ]*|tsc\b[^|;&]*|simple-git-hooks|patch-package"
    r"|(?:npm|pnpm|yarn)(?:\s+run)?\s+build[\w:-]*|lefthook install|(?:npx\s+)?only-allow\s+\w+|exit 0|true"
    r"|echo\s[^|;&`$]*|(?:shx\s+)?chmod[^|;&]*)"
    r"(?:\s*(?:&&|\|\|)\s*(?:true|exit 0|(?:npm|pnpm) run build[\w:-]*|shx chmod[^|;&]*))*\s*$"
)
_NATIVE_BUILD = re.compile(
    r"^(?:node-gyp(?:-build)?\b|prebuild-install\b|node-pre-gyp\b|cmake-js\b|napi-postinstall\b)[^;`$]*$"
)
_SUSPICIOUS = re.compile(
    r"(?i)\bcurl\b|\bwget\b|https?://|\bnode\s+(?:-e|--eval|-p)\b|\bpython3?\s+-c\b|\bbash\s+-c\b|\bsh\s+-c\b|powershell|\beval\b|base64|\bnc\b|/dev/tcp|child_process|\bbitsadmin\b|certutil"
)

_FETCHES = re.compile(r"(?i)\bcurl\b|\bwget\b|https?://|base64|/dev/tcp|powershell")


def install_findings(path: str, text: str, scripts: Mapping[str, object], *, own: bool) -> Iterator[Finding]:
    """What npm would run on installation. Vendored packages' ordinary hooks are information: the bundle is
    already built.
    """
    for hook in _HOOKS:
        script = word(scripts.get(hook)).strip()
        if not script or (hook == "prepare" and not own):
            continue
        suspicious = _SUSPICIOUS.search(script) is not None
        if suspicious:
            # Old packages print thanks with `node -e`; in a package only what goes to the network is more.
            severity = Severity.HIGH if own or _FETCHES.search(script) else Severity.LOW
        elif _HARMLESS.match(script) or _NATIVE_BUILD.match(script):
            severity = Severity.INFO
        else:
            severity = Severity.MEDIUM if own and hook != "prepare" else Severity.INFO
        yield finding(
            Weakness.INSTALL_SCRIPT,
            severity,
            f"Installing this package runs `{shown(script, 120)}` ({hook})"
            + ("; it fetches or builds a command, which a release must not do." if suspicious else "."),
            path,
            line_of(text, f'"{hook}"'),
            shown(script),
            Confidence.FIRM,
        )


_SETUP_HOOK = re.compile(
    r"(?m)^[^#\n]*\bcmdclass\s*=|^[^#\n]*\b(?:os\.system|subprocess\.\w+|urlopen|requests\.(?:get|post)|exec|eval)\s*\("
)


def setup_findings(path: str, text: str) -> Iterator[Finding]:
    """A setup.py that does more than describe the package."""
    match = _SETUP_HOOK.search(text)
    if basename(path) == "setup.py" and match is not None:
        yield finding(
            Weakness.INSTALL_SCRIPT,
            Severity.MEDIUM,
            f"{shown(path)} runs its own code when the package is built or installed.",
            path,
            text.count("\n", 0, match.start()) + 1,
            shown(match[0].strip()),
            Confidence.TENTATIVE,
        )


_NPX = re.compile(r"(?i)^(?:npx|bunx|pnpx)(?:\.cmd)?$")
_UVX = re.compile(r"(?i)^(?:uvx|pipx)(?:\.exe)?$")
_PINNED = re.compile(r"^(?:@[^/@]+/)?[^@\s]+@\d+\.\d+\.\d+[\w.+-]*$|^[\w.\[\],-]+(?:==|@)\d[\w.+!-]*$")
_PIPE_TO_SHELL = re.compile(
    r"(?i)\b(?:curl|wget|fetch|iwr|invoke-webrequest|invoke-restmethod|irm)\b[^\n]{0,300}?(?:\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b|\|\s*(?:python|node|iex)|\biex\b|-o\s*\S+\s*(?:&&|;))"
)
_INSTALLS = re.compile(
    r"(?i)\b(?:npm\s+(?:i|install|ci)|pip3?\s+install|uv\s+(?:pip\s+install|add)|gem\s+install|cargo\s+install|go\s+install|apt(?:-get)?\s+install|brew\s+install)\b"
)


def command_findings(declaration: Declaration) -> Iterator[Finding]:
    """Commands of the manifest that fetch what they run, on any platform."""
    for command in declaration.commands:
        reason = _remote(command)
        if reason is not None:
            severity, what = reason
            words = shown(" ".join((command.command, *command.args)))
            yield finding(
                Weakness.REMOTE_CODE,
                severity,
                f"On {shown(command.platform, 20)} the server is started with `{words}`: {what}; what runs is not what "
                "was examined.",
                "manifest.json",
                None,
                words,
            )


def _remote(command: Command) -> tuple[Severity, str] | None:
    program, args = basename(command.command.replace("\\", "/")), command.args
    line = " ".join((command.command, *args))
    if _PIPE_TO_SHELL.search(line):
        return Severity.CRITICAL, "it downloads a script and runs it"
    package = _fetched_package(program, args)
    if package is not None:
        pinned = _PINNED.match(package) is not None
        return (
            (Severity.MEDIUM, "it fetches the package at every first start")
            if pinned
            else (Severity.HIGH, "it fetches whatever version is newest")
        )
    if _INSTALLS.search(line):
        return Severity.HIGH, "it installs packages before it starts"
    if program in ("deno", "bun", "node") and any(re.match(r"https?://|npm:", a) for a in args):
        return Severity.HIGH, "it loads its code from the network"
    if program in ("docker", "podman") and "run" in args and not any("@sha256:" in a for a in args):
        return Severity.MEDIUM, "it runs a container image that is not fixed by digest"
    return None


_TAKES_VALUE = ("-p", "--package", "--from", "--with", "--python", "--index-url", "--directory", "-c")


def _fetched_package(program: str, args: tuple[str, ...]) -> str | None:
    """The package that a runner fetches, None when the command is no such runner."""
    words = list(args)
    two = (program.lower(), words[0] if words else "")
    if _NPX.match(program) or _UVX.match(program):
        words = words[1:] if two == ("pipx", "run") else words
    elif two in (("npm", "exec"), ("npm", "x"), ("pnpm", "dlx"), ("yarn", "dlx"), ("bun", "x")):
        words = words[1:]
    elif two == ("uv", "tool") and words[1:2] == ["run"]:
        words = words[2:]
    else:
        return None
    for flag, value in pairwise(words):
        if flag in ("-p", "--package", "--from"):
            return value
    skip = False
    for item in words:
        if skip or item.startswith("-"):
            skip = item in _TAKES_VALUE and not skip
            continue
        return None if item.startswith((".", "/", "${__dirname}")) else item
    return None
