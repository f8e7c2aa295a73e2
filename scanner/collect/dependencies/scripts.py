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

_HOOKS = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare", "prepublish", "dependencies")
_OWN_HOOKS = ("prepare", "preprepare", "postprepare", "prepublish", "dependencies")
"""What npm runs only in the package's own folder, or when it is installed from its repository."""
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
        if not script or (hook in _OWN_HOOKS and not own):
            continue
        suspicious = _SUSPICIOUS.search(script) is not None
        if suspicious:
            # Old packages print thanks with `node -e`; in a package only what goes to the network is more.
            severity = Severity.HIGH if own or _FETCHES.search(script) else Severity.LOW
        elif _HARMLESS.match(script) or _NATIVE_BUILD.match(script):
            severity = Severity.INFO
        else:
            severity = Severity.MEDIUM if own and hook not in _OWN_HOOKS else Severity.INFO
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


_SETUP_CLASS = re.compile(r"(?m)^[^#\n]*\bcmdclass\s*=")
_SETUP_ACTS = re.compile(
    r"(?m)^[^#\n]*(?<![\w.])(?:os\.(?:system|popen|exec\w+)|subprocess\.\w+|(?:urllib\.request\.)?url(?:open|retrieve)|(?:requests|httpx|niquests)\.\w+"
    r"|aiohttp\.\w+|socket\.(?:socket|create_connection)|http\.client\.\w+|exec|eval|__import__|compile)\s*\("
)
_GIT_VERSION = re.compile(r"git['\"]?\s*,?\s*['\"]?(?:describe|rev-parse|log|rev-list)")


def setup_findings(path: str, text: str) -> Iterator[Finding]:
    """A setup.py that does more than describe the package."""
    acts = next(
        (m for m in _SETUP_ACTS.finditer(text) if not _GIT_VERSION.search(text, m.start(), m.end() + 120)), None
    )
    classes = _SETUP_CLASS.search(text)
    match = acts or classes
    if basename(path) == "setup.py" and match is not None:
        yield finding(
            Weakness.INSTALL_SCRIPT,
            Severity.HIGH if acts is not None and classes is not None else Severity.MEDIUM,
            f"{shown(path)} runs its own code when the package is built or installed.",
            path,
            text.count("\n", 0, match.start()) + 1,
            shown(match[0].strip()),
            Confidence.FIRM if acts is not None else Confidence.TENTATIVE,
        )


_BUILD_HOOKS = re.compile(
    r"(?m)^\s*backend-path\s*=.*$|^\s*\[tool\.hatch\.build(?:\.targets\.\w+)?\.hooks\.custom\].*$|^\s*\[tool\.poetry\.build\].*$"
    r"|^\s*\[tool\.pdm\.build\].*$|^\s*\[tool\.setuptools\.cmdclass\].*$|^\s*cmdclass\s*=.*$"
)


def build_findings(path: str, text: str) -> Iterator[Finding]:
    """A pyproject.toml whose build runs a script of the project itself."""
    for match in _BUILD_HOOKS.finditer(text):
        said = match[0].strip()
        if "tool.pdm" in said and "run-setuptools" not in text and "custom-hook" not in text:
            continue
        if "tool.poetry" in said and not re.search(r"(?m)^\s*script\s*=", text[match.end() : match.end() + 400]):
            continue
        yield finding(
            Weakness.INSTALL_SCRIPT,
            Severity.MEDIUM,
            f"{shown(path)} runs a script of the project when the package is built or installed.",
            path,
            text.count("\n", 0, match.start(0) + len(match[0]) - len(match[0].lstrip())) + 1,
            shown(said),
            Confidence.TENTATIVE,
        )


_GYP_COMMAND = re.compile(
    r"<!@?\([^)\n]{0,300}?(?:\bcurl\b|\bwget\b|https?://|fetch\(|base64|/dev/tcp|powershell)[^\n]{0,200}|[\"']action[\"']\s*:\s*\[[^\]]{0,300}?(?:[\"']-e[\"']|[\"']-c[\"']|curl|wget)[^\]]{0,200}"
)


def gyp_findings(path: str, text: str) -> Iterator[Finding]:
    """A binding.gyp, which npm builds on installation, that does more than compile."""
    for match in _GYP_COMMAND.finditer(text):
        yield finding(
            Weakness.INSTALL_SCRIPT,
            Severity.HIGH,
            f"{shown(path)} runs a command of its own when the package is installed.",
            path,
            text.count("\n", 0, match.start()) + 1,
            shown(match[0].strip()),
            Confidence.FIRM,
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
