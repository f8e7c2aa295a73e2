"""Lists of commands in front of a shell, written around or not; tools that change what limits them."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found, server
from trust.vocabulary import Confidence, Signal, Weakness

W = Weakness
HOLES = {
    "python": {
        "first word of a shell command": """
            import subprocess
            BLOCKED = {"rm", "dd", "mkfs"}
            @mcp.tool()
            def run(command: str) -> str:
                if command.split()[0] in BLOCKED:
                    return "blocked"
                return subprocess.run(command, shell=True, capture_output=True, timeout=9).stdout.decode()
        """,
        "allowed first word": """
            import subprocess
            ALLOWED_COMMANDS = ["ls", "cat"]
            def check(cmd):
                program = cmd.strip().split(" ")[0]
                return program in ALLOWED_COMMANDS
            @mcp.tool()
            def shell(cmd: str) -> str:
                if not check(cmd):
                    raise PermissionError(cmd)
                return os.popen(cmd).read()
        """,
        "list of separators but no substitution": """
            import re, subprocess
            dangerous_commands = ["shutdown", "reboot"]
            def parts(line):
                return [p.strip().split()[0] for p in re.split(r"&&|;", line)]
            @mcp.tool()
            def execute(command: str) -> str:
                for name in parts(command):
                    if name in dangerous_commands:
                        raise PermissionError(name)
                return subprocess.check_output(command, shell=True, timeout=5).decode()
        """,
    },
    "javascript": {
        "first word of a shell command": """
            import { execSync } from "node:child_process";
            const deniedCommands = ["rm", "sudo"];
            server.tool("run", "Runs.", { command: z.string() }, async ({ command }) => {
              const base = command.trim().split(/\\s+/)[0].toLowerCase();
              if (deniedCommands.includes(base)) throw new Error("denied");
              return { content: [{ type: "text", text: execSync(command).toString() }] };
            });
        """,
        "set in a class, kept in the configuration": """
            import { exec } from "node:child_process";
            class Guard {
              constructor(config) { this.blacklist = new Set(config.blacklist); }
              permits(text) {
                for (const piece of text.split(";")) {
                  const word = piece.trim().split(" ")[0];
                  if (this.blacklist.has(word)) return false;
                }
                return true;
              }
            }
            const guard = new Guard(JSON.parse(process.env.GUARD));
            server.tool("run", "Runs.", { cmd: z.string() }, async ({ cmd }) => {
              if (!guard.permits(cmd)) return { content: [], isError: true };
              return new Promise((done) => exec(cmd, (e, out) => done({ content: [{ type: "text", text: out }] })));
            });
        """,
    },
}
TIGHT = {
    "python": {
        "no shell": """
            import shlex, subprocess
            ALLOWED = {"ls", "cat"}
            @mcp.tool()
            def run(command: str) -> str:
                words = shlex.split(command)
                if words[0] not in ALLOWED:
                    raise PermissionError
                return subprocess.run(words, capture_output=True, timeout=9).stdout.decode()
        """,
        "shell characters refused": """
            import re, subprocess
            ALLOWED = {"ls", "cat"}
            @mcp.tool()
            def run(command: str) -> str:
                if re.search(r"[;&|`$<>()]", command):
                    raise ValueError
                if command.split()[0] not in ALLOWED:
                    raise PermissionError
                return subprocess.run(command, shell=True, capture_output=True, timeout=9).stdout.decode()
        """,
        "list of tools": """
            import subprocess
            DISABLED_TOOLS = {"x"}
            @mcp.tool()
            def run(command: str) -> str:
                if "run" in DISABLED_TOOLS:
                    raise PermissionError
                return subprocess.run(command, shell=True, timeout=9).stdout
        """,
    },
    "javascript": {
        "no shell": """
            import { execFileSync } from "node:child_process";
            const ALLOWED = new Set(["git", "npm"]);
            server.tool("run", "Runs.", { command: z.string(), args: z.array(z.string()) }, async ({ command, args }) => {
              if (!ALLOWED.has(command)) throw new Error("not allowed");
              return { content: [{ type: "text", text: execFileSync(command, args).toString() }] };
            });
        """,
        "everything taken apart": """
            import path from "node:path";
            import { execSync } from "node:child_process";
            const blocked = ["rm", "sudo"];
            function names(text) {
              const inner = [...text.matchAll(/\\$\\((.*?)\\)|`(.*?)`/g)].flatMap((m) => names(m[1] || m[2]));
              return [...text.split(/[;&|\\n]+/).map((p) => path.basename(p.trim().split(/\\s+/)[0])), ...inner];
            }
            server.tool("run", "Runs.", { command: z.string() }, async ({ command }) => {
              if (names(command).some((n) => blocked.includes(n))) throw new Error("denied");
              return { content: [{ type: "text", text: execSync(command).toString() }] };
            });
        """,
    },
}
OWN = {
    "python": {
        "any setting": """
            config = {"allowed_directories": ["/srv"], "theme": "dark"}
            def is_allowed(path):
                return any(path.startswith(d) for d in config["allowed_directories"])
            @mcp.tool()
            def set_option(name: str, value: str) -> str:
                config[name] = value
                return "ok"
        """,
        "attribute by name": """
            class Settings:
                read_only = True
            settings = Settings()
            @mcp.tool()
            def write(text: str) -> str:
                if settings.read_only:
                    raise PermissionError
                return text
            @mcp.tool()
            def configure(key: str, value: bool) -> str:
                setattr(settings, key, value)
                return "done"
        """,
        "grows the list itself": """
            ALLOWED_PATHS = ["/srv/a"]
            @mcp.tool()
            def read(path: str) -> str:
                if not any(path.startswith(p) for p in ALLOWED_PATHS):
                    raise PermissionError
                return "x"
            @mcp.tool()
            def trust_path(folder: str) -> str:
                ALLOWED_PATHS.append(folder)
                return "trusted"
        """,
    },
    "javascript": {
        "any setting through a class": """
            class Store {
              constructor() { this.config = { blockedCommands: ["rm"], fontSize: 12 }; }
              set(key, value) { this.config[key] = value; }
              get blocked() { return this.config.blockedCommands; }
            }
            const configStore = new Store();
            server.tool("set_config", "Sets.", { key: z.string(), value: z.any() }, async ({ key, value }) => {
              configStore.set(key, value);
              return { content: [] };
            });
        """,
        "switches the read-only mode off": """
            const settings = { readOnly: true };
            server.tool("write", "Writes.", {}, async () => { if (settings.readOnly) throw new Error("no"); return { content: [] }; });
            server.tool("mode", "Mode.", { readOnly: z.boolean() }, async ({ readOnly }) => {
              settings.readOnly = readOnly;
              return { content: [] };
            });
        """,
    },
}
HELD = {
    "python": {
        "named settings only": """
            config = {"allowed_directories": ["/srv"], "theme": "dark"}
            CHANGEABLE = {"theme", "font"}
            @mcp.tool()
            def set_option(name: str, value: str) -> str:
                if name not in CHANGEABLE:
                    raise PermissionError
                config[name] = value
                return "ok"
        """,
        "no limits among the settings": """
            config = {"theme": "dark"}
            @mcp.tool()
            def set_option(name: str, value: str) -> str:
                config[name] = value
                return "ok"
        """,
        "asks first": """
            config = {"allowed_directories": ["/srv"]}
            @mcp.tool()
            async def allow(name: str, value: str, ctx: Context) -> str:
                answer = await ctx.elicit("Really?", schema=dict)
                config[name] = value
                return "ok"
        """,
        "somebody else's data": """
            ALLOWED_DIRECTORIES = ["/srv"]
            rows = {}
            @mcp.tool()
            def put(key: str, value: str) -> str:
                rows[key] = value
                return "ok"
        """,
    },
    "javascript": {
        "enum in the schema": """
            const config = { blockedCommands: ["rm"], theme: "x" };
            server.tool("set_config", "Sets.", { key: z.enum(["theme", "font"]), value: z.string() }, async ({ key, value }) => {
              config[key] = value;
              return { content: [] };
            });
        """,
    },
}


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(HOLES))
def test_a_list_that_can_be_written_around_is_found(language: str, label: str) -> None:
    hits = found(language, HOLES[language][label], W.BYPASSABLE_FILTER)
    assert hits
    assert all(hit.confidence is Confidence.FIRM for hit in hits)


@pytest.mark.parametrize(("language", "label"), rows(TIGHT))
def test_a_list_that_holds_is_not_accused(language: str, label: str) -> None:
    assert not found(language, TIGHT[language][label], W.BYPASSABLE_FILTER)


@pytest.mark.parametrize(("language", "label"), rows(HOLES))
def test_a_list_of_commands_is_noted(language: str, label: str) -> None:
    assert server(language, HOLES[language][label]).saw(Signal.COMMAND_FILTER)


@pytest.mark.parametrize(("language", "label"), rows(OWN))
def test_a_tool_that_changes_what_limits_it_is_found(language: str, label: str) -> None:
    hits = found(language, OWN[language][label], W.SELF_CONFIGURATION)
    assert len(hits) == 1, hits
    assert hits[0].confidence is Confidence.FIRM


@pytest.mark.parametrize(("language", "label"), rows(HELD))
def test_settings_that_limit_nothing_or_cannot_be_named_are_no_matter(language: str, label: str) -> None:
    assert not found(language, HELD[language][label], W.SELF_CONFIGURATION)


def test_a_limit_among_the_settings_that_may_be_named_is_a_guess() -> None:
    source = HELD["python"]["named settings only"].replace('"font"', '"allowed_directories"')
    (hit,) = found("python", source, W.SELF_CONFIGURATION)
    assert hit.confidence is Confidence.TENTATIVE
    assert "allowed_directories" in hit.message
