# ruff: noqa: E501  (a case is a line of JavaScript, and reads as one)
"""Spellings of running a command: aliases, promises, options, fields, and texts put together in many ways."""

import pytest

from tests.unit.javascript_servers import BARE, MAKE, runs, scanned

SINKS: dict[str, tuple[str, str]] = {
    "promisify-alias": (
        'import { exec as cb } from "child_process"; import util from "util"; const run = util.promisify(cb);',
        "return run(`ls ${v}`)",
    ),
    "promisify-inline-star": (
        'import * as util from "node:util"; import * as cp from "node:child_process"; const run = util.promisify(cp.exec);',
        'return run("ls " + v)',
    ),
    "promisify-require": (
        'const run = require("util").promisify(require("child_process").exec);',
        'return run("ls " + v)',
    ),
    "execa-shell": ('import { execa } from "execa";', 'return execa("ls " + v, { shell: true })'),
    "execaCommand": ('import { execaCommand } from "execa";', "return execaCommand(`ls ${v}`, { shell: true })"),
    "shelljs": ('import shell from "shelljs";', "return shell.exec(`ls ${v}`)"),
    "shelljs-named": ('import { exec } from "shelljs";', "return exec(`ls ${v}`)"),
    "cross-spawn-shell": ('import spawn from "cross-spawn";', 'return spawn("ls " + v, { shell: true })'),
    "spawn-sh-c": ('import { spawn } from "child_process";', 'return spawn("sh", ["-c", `ls ${v}`])'),
    "spawn-bash-array-var": (
        'import { spawn } from "child_process";',
        'const args = ["-c"]; args.push("ls " + v); return spawn("/bin/bash", args)',
    ),
    "spawn-shell-options-var": (
        'import { spawn } from "child_process"; const opts = { shell: true, stdio: "pipe" };',
        'return spawn("ls", [v], opts)',
    ),
    "cmd-exe": ('import { execFile } from "child_process";', 'return execFile("cmd.exe", ["/c", "dir " + v])'),
    "exec-in-deps-object": (
        'import { exec } from "child_process"; const deps = { exec, log: console.error };',
        "return deps.exec(`ls ${v}`)",
    ),
    "exec-default-param": (
        'import { exec } from "child_process"; function run(cmd, runner = exec) { return runner(cmd); }',
        "return run(`ls ${v}`)",
    ),
    "exec-class-field": (
        'import { exec } from "child_process"; import { promisify } from "util"; class R { constructor() { this.execAsync = promisify(exec); } async go(x) { return this.execAsync(`ls ${x}`); } } const r = new R();',
        "return r.go(v)",
    ),
    "exec-class-field2": (
        'import { exec } from "child_process"; import { promisify } from "util"; class R { #run = promisify(exec); async go(x) { return this.#run(`ls ${x}`); } } const r = new R();',
        "return r.go(v)",
    ),
    "array-join": (
        'import { execSync } from "child_process";',
        'const parts = ["ls", "-l"]; parts.push(v); return execSync(parts.join(" "))',
    ),
    "plus-equals": (
        'import { execSync } from "child_process";',
        'let cmd = "ls"; if (v) cmd += ` -d ${v}`; return execSync(cmd)',
    ),
    "map-join": (
        'import { execSync } from "child_process";',
        'const q = v.split(",").map((f) => `"${f}"`).join(" "); return execSync(`ls ${q}`)',
    ),
    "reduce": (
        'import { execSync } from "child_process";',
        'const q = v.split(",").reduce((acc, f) => acc + " " + f, ""); return execSync(`ls ${q}`)',
    ),
    "string-concat-method": ('import { execSync } from "child_process";', 'return execSync("ls ".concat(v))'),
    "template-replace": ('import { execSync } from "child_process";', 'return execSync("ls {x}".replace("{x}", v))'),
    "util.format": (
        'import { execSync } from "child_process"; import util from "util";',
        'return execSync(util.format("ls %s", v))',
    ),
    "new-promise-exec": (
        'import { exec } from "child_process";',
        "return new Promise((res, rej) => { exec(`ls ${v}`, (e, so) => e ? rej(e) : res(so)); })",
    ),
    "promisify-manual": (
        'import { exec } from "child_process"; const run = (cmd) => new Promise((res, rej) => exec(cmd, (e, o) => e ? rej(e) : res(o)));',
        "return run(`ls ${v}`)",
    ),
    "quote-weak": (
        'import { execSync } from "child_process";',
        r"""return execSync(`ls "${v.replace(/"/g, '\\"')}"`)""",
    ),
    "execFile-promisified-shell": (
        'import { execFile } from "child_process"; import { promisify } from "util"; const run = promisify(execFile);',
        'return run("ls", [v], { shell: true })',
    ),
    "process-binding-destructured": (
        'import cp from "child_process"; const { execSync: sh } = cp;',
        "return sh(`ls ${v}`)",
    ),
    "spawn-shell-env-conditional": (
        'import { spawn } from "child_process";',
        'return spawn("npm", ["run", v], { shell: process.platform === "win32" })',
    ),
    "vm": ('import vm from "node:vm";', "return vm.runInNewContext(v)"),
    "new-Function-alias": ("const F = Function;", 'return new F("return " + v)()'),
}


@pytest.mark.parametrize(("head", "body"), SINKS.values(), ids=SINKS.keys())
def test_a_parameter_becomes_a_command(head: str, body: str) -> None:
    tool = 'server.tool("t", { v: z.%s }, async ({ v }) => { %s });'
    assert runs(scanned({"index.js": f"{BARE}{MAKE}{head}\n{tool % ('string()', body)}"}))
    assert not runs(scanned({"index.js": f"{BARE}{MAKE}{head}\n{tool % ('enum([1])', body)}"}))
