"""What looks wrong in the commands of a manifest, for every platform: each override replaces the default entirely.

None of this refuses a bundle. A registry shows it, and the scanner's own collectors judge it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scanner.archive.names import shown
from scanner.manifest.paths import DIRNAME, escapes
from scanner.manifest.secrets import is_a_secret, looks_filled_in, names_a_secret
from scanner.manifest.start import program
from scanner.manifest.view import Command, Manifest, judged_commands
from scanner.notice import Notebook

_FILE: Final = "manifest.json"
_PLATFORMS: Final = frozenset({"darwin", "win32", "linux"})
_VARIABLE: Final = re.compile(r"\$\{([^{}]{0,200})\}")
_KNOWN: Final = frozenset({"__dirname", "HOME", "DESKTOP", "DOCUMENTS", "DOWNLOADS", "pathSeparator", "/"})
_SETTING: Final = "user_config."

_SHELLS: Final = frozenset(
    {
        *("sh", "bash", "zsh", "dash", "ksh", "fish", "csh", "tcsh", "cmd", "powershell", "pwsh", "busybox"),
        *("wscript", "cscript", "mshta", "osascript", "rundll32", "regsvr32", "curl", "wget", "nc", "ncat", "socat"),
        *("eval", "exec", "sudo", "doas", "su", "start", "env", "xargs", "certutil", "bitsadmin", "ssh"),
    }
)
_INLINE: Final[Mapping[str, frozenset[str]]] = {
    "node": frozenset({"-e", "--eval", "-p", "--print", "-pe"}),
    "bun": frozenset({"-e", "--eval"}),
    "deno": frozenset({"eval"}),
    "python": frozenset({"-c"}),
    "ruby": frozenset({"-e"}),
    "perl": frozenset({"-e", "-E"}),
    "php": frozenset({"-r"}),
}
_SHELL_SYNTAX: Final = re.compile(r"\$\((?!\{)|`|&&|\|\||[;|]\s*\S|>\s*/")
_ADDRESS: Final = re.compile(r"https?://\S+")  # where & and ; are at home
_ABSOLUTE: Final = re.compile(r"/|~|[A-Za-z]:[\\/]|\\\\|\$\{(?:HOME|DESKTOP|DOCUMENTS|DOWNLOADS)\}")

_FETCHERS: Final = frozenset({"npx", "pnpx", "bunx", "uvx", "pipx", "dlx", "docker", "podman", "nix", "pip", "cargo"})
_FETCHING: Final[Mapping[str, frozenset[str]]] = {
    "npm": frozenset({"exec", "x", "install", "i", "ci", "create", "init"}),
    "pnpm": frozenset({"dlx", "exec", "install", "add", "create"}),
    "yarn": frozenset({"dlx", "install", "add", "create"}),
    "bun": frozenset({"x", "install", "add", "create"}),
    "uv": frozenset({"tool", "pip", "--with", "--with-requirements", "--from", "add"}),
    "go": frozenset({"run", "install", "get"}),
    "python": frozenset({"pip"}),
}
_REMOTE_ARGUMENT: Final = re.compile(
    r"(?:git|hg|svn)\+|git://|github:|https?://\S{1,500}?\.(?:m?js|ts|py|sh|ps1|whl|tgz|tar\.gz|zip|exe)(?:[?#]|\Z)|@latest\Z"
    r"|(?:jsr|npm):",
    re.IGNORECASE,
)
_LOADER: Final = re.compile(
    r"LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|DYLD_\w+|PYTHON(?:STARTUP|HOME|BREAKPOINT|WARNINGS)|BASH_ENV|ENV|PROMPT_COMMAND"
    r"|PERL5(?:OPT|LIB|DB)|RUBY(?:OPT|LIB)|_?JAVA(?:_TOOL)?_OPTIONS|GCONV_PATH|GIT_SSH(?:_COMMAND)?|IFS|COR_PROFILER\w*"
    r"|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|npm_config_\w+|(?:PIP|UV)_(?:EXTRA_)?INDEX(?:_URL)?",
    re.IGNORECASE,
)
_NODE_LOADERS: Final = re.compile(
    r"(?:\A|\s)(?:-r|--require|--import|--loader|--experimental-loader|--inspect\S*)(?:[\s=]|\Z)"
)


def check_commands(manifest: Manifest, notes: Notebook) -> None:
    settings = {field.key: field for field in manifest.user_config}
    secrets = {key for key, field in settings.items() if field.sensitive}
    told: set[tuple[str, str]] = set()
    for command in manifest.commands:
        if command.platform != "default" and command.platform not in _PLATFORMS:
            notes.add(
                "manifest.policy",
                f"`platform_overrides.{shown(command.platform)}` is no platform: use darwin, win32 or linux.",
                path=_FILE,
            )
    for command in judged_commands(manifest):
        where = "" if command.platform == "default" else f" on {shown(command.platform)}"
        for code, problem in _problems(command, set(settings), secrets, manifest.commands[0]):
            # An override usually repeats the default; what is the same is said once.
            if (code, problem) not in told:
                told.add((code, problem))
                notes.add(code, f"`mcp_config`{where} {problem}.", path=_FILE)


def _problems(command: Command, settings: set[str], secrets: set[str], default: Command) -> Iterator[tuple[str, str]]:
    yield from _program_problems(command, default)
    for argument in command.args:
        yield from _argument_problems(command, argument, secrets)
    for name, value in command.env.items():
        yield from _environment_problems(name, value)
    for text in (command.command, *command.args, *command.env.values()):
        yield from _variable_problems(text, settings)


def _program_problems(command: Command, default: Command) -> Iterator[tuple[str, str]]:
    name = program(command.command)
    label = shown(command.command)
    if not command.command.strip():
        yield "scan.command", "has an empty command, so nothing starts: name the program"
        return
    if name in _SHELLS:
        yield "scan.command", f"starts `{label}`, which can run anything: start your program directly"
    elif _SHELL_SYNTAX.search(command.command):
        yield "scan.command", f"has shell syntax in its command `{label}`: name one program and pass arguments"
    if _ABSOLUTE.match(command.command):
        yield "scan.command", f"starts `{label}`, a place outside the bundle: use `${{__dirname}}` or a plain name"
    elif escapes(command.command):
        yield "scan.command", f"starts `{label}`, which leaves the bundle: use a path below `${{__dirname}}`"
    if command is not default and program(default.command) != name:
        yield (
            "scan.command",
            f"starts `{label}` instead of `{shown(default.command)}`: start the same server everywhere",
        )
    arguments = set(command.args)
    if name in _FETCHERS or arguments & _FETCHING.get(name, frozenset()):
        line = shown(" ".join((command.command, *command.args[:4])))
        yield "scan.remote_code", f"runs `{line}`, code that is not in the bundle and can change at any time: bundle it"
    if arguments & _INLINE.get(name, frozenset()):
        yield "scan.command", f"passes code to `{label}` as an argument: put it into a file of the bundle"


def _argument_problems(command: Command, argument: str, secrets: set[str]) -> Iterator[tuple[str, str]]:
    label = shown(argument)
    if _SHELL_SYNTAX.search(_ADDRESS.sub("", argument)):
        yield "scan.command", f"has shell syntax in the argument `{label}`: pass plain values"
    yield from _leaving(argument, f"the argument `{label}`")
    fetcher = program(command.command) in _FETCHERS
    if not fetcher and _REMOTE_ARGUMENT.search(argument):
        yield "scan.remote_code", f"refers to code outside the bundle in the argument `{label}`: bundle it"
    used = {key.removeprefix(_SETTING) for key in _VARIABLE.findall(argument)}
    for key in sorted(used & secrets):
        yield (
            "scan.sensitive_in_args",
            f"passes the secret `{shown(key)}` as an argument, where every process can read it: pass it in `env`",
        )
    if is_a_secret(argument):
        yield "scan.secret", "has what looks like a real credential among its arguments: remove it and revoke it"


def _environment_problems(name: str, value: str) -> Iterator[tuple[str, str]]:
    label = shown(name)
    if _LOADER.fullmatch(name) or (name.upper() == "NODE_OPTIONS" and _NODE_LOADERS.search(value)):
        yield "scan.command", f"sets `{label}`, which changes what code runs or whom it trusts: leave it out"
    yield from _leaving(value, f"the value of `{label}`")
    if is_a_secret(value) or (names_a_secret(name) and looks_filled_in(value)):
        yield "scan.secret", f"sets `{label}` to what looks like a real credential: ask for it in `user_config`"


def _leaving(text: str, what: str) -> Iterator[tuple[str, str]]:
    at = text.find(DIRNAME)
    climbs = at >= 0 and escapes(text[at:].split(":", maxsplit=1)[0])
    if climbs or text.startswith(("../", "..\\", "${/}..")):
        yield "scan.command", f"leaves the bundle in {what}: use paths below `${{__dirname}}`"


def _variable_problems(text: str, settings: set[str]) -> Iterator[tuple[str, str]]:
    for name in _VARIABLE.findall(text):
        if name in _KNOWN:
            continue
        if not name.startswith(_SETTING):
            yield "manifest.undefined_variable", f"uses `${{{shown(name)}}}`, which clients do not replace: remove it"
        elif name.removeprefix(_SETTING) not in settings:
            yield (
                "manifest.undefined_variable",
                f"uses `${{{shown(name)}}}`, which `user_config` does not define: add it",
            )
