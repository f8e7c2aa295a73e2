# ruff: noqa: E501  (a case is a line of JavaScript, and reads as one)
"""JavaScript and TypeScript to the intermediate form: names, imports, shapes, hostile input."""

import time

import pytest

from scanner.code import ir
from scanner.code.javascript.lower import front_end
from trust.finding import Gap


def lowered(text: str, path: str = "server.js", files: tuple[str, ...] = ()) -> ir.Module:
    module = front_end((path, *files))(path, text.encode())
    assert isinstance(module, ir.Module), module
    return module


def bound(text: str, **kwargs: object) -> set[tuple[str, str | None, str]]:
    return {(i.module, i.symbol, i.local) for i in lowered(text, **kwargs).imports}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import {exec as x} from "node:child_process"', ("child_process", "exec", "x")),
        ('import * as cp from "child_process"', ("child_process", None, "cp")),
        ('import express from "express"', ("express", None, "express")),
        ('const {exec} = require("child_process")', ("child_process", "exec", "exec")),
        ('const {exec: run} = require("node:child_process")', ("child_process", "exec", "run")),
        ('const cp = require("child_process")', ("child_process", None, "cp")),
        ('const fs = await import("node:fs/promises")', ("fs.promises", None, "fs")),
        ('const run = require("child_process").execSync', ("child_process", "execSync", "run")),
        ('const a = __importStar(require("child_process"))', ("child_process", None, "a")),
        ('var b = __toESM(require("fs"), 1)', ("fs", None, "b")),
        (
            'import {McpServer} from "@modelcontextprotocol/sdk/server/mcp.js"',
            ("@modelcontextprotocol/sdk/server/mcp", "McpServer", "McpServer"),
        ),
        ('export {a as z} from "pkg"', ("pkg", "a", "z~1")),
        ('export * from "pkg"', ("pkg", "*", "*")),
    ],
)
def test_imports_are_bound_to_their_library(text: str, expected: tuple[str, str | None, str]) -> None:
    assert expected in bound(text)


@pytest.mark.parametrize(
    ("specifier", "file"),
    [
        ("./util.js", "src/util.ts"),
        ("./util", "src/util.mjs"),
        ("./tools", "src/tools/index.js"),
        ("../lib.cjs", "lib.cjs"),
        ("@/x", "src/x.ts"),
    ],
)
def test_relative_imports_find_the_file_that_the_compiler_meant(specifier: str, file: str) -> None:
    assert (f"./{file}", "a", "a") in bound(f'import {{a}} from "{specifier}"', path="src/server.ts", files=(file,))


def test_no_file_of_the_bundle_can_pose_as_a_library() -> None:
    assert ("child_process", "exec", "exec") in bound('import {exec} from "child_process"', files=("child_process.js",))


@pytest.mark.parametrize(
    ("text", "exports"),
    [
        ("export const a = 1", {("a", "a")}),
        ("export default function run() {}", {("default", "run")}),
        ("function f() {}\nexport {f as g}", {("g", "f")}),
        ("const a = 1; module.exports = {a}", {("a", "a")}),
        ("exports.run = function () {}", {("run", "run~1")}),
        ("function f() {}\nmodule.exports = f", {("default", "f")}),
        ("var x = 1; __export(target, {shown: () => x})", {("shown", "x")}),
    ],
)
def test_exports(text: str, exports: set[tuple[str, str]]) -> None:
    assert set(lowered(text).exports) == exports


def test_a_variable_that_hides_another_gets_its_own_name() -> None:
    module = lowered("const t = require('child_process').exec;\nfunction f(t) { return t }")
    returned = module.functions[0].body[0]
    assert isinstance(returned, ir.Return)
    assert isinstance(returned.value, ir.Name)
    assert returned.value.id == module.functions[0].params[0].name != "t"


def test_promisify_and_compiled_calls_are_the_function_itself() -> None:
    module = lowered(
        'const {promisify} = require("util"); const cp_1 = require("child_process");\nconst run = promisify(cp_1.exec);\n(0, cp_1.exec)(x)'
    )
    assigned, called = module.body
    assert isinstance(assigned, ir.Assign)
    assert isinstance(assigned.value, ir.Attribute)
    assert assigned.value.name == "exec"
    assert isinstance(called, ir.Do)
    assert isinstance(called.value, ir.Call)
    assert isinstance(called.value.callee, ir.Attribute)


def test_switch_is_a_chain_and_shared_labels_join() -> None:
    statement = lowered("switch (n) { case 'a': case 'b': f(); break; default: g() }").body[0]
    assert isinstance(statement, ir.If)
    assert isinstance(statement.test, ir.Logic)
    assert len(statement.then) == 1
    assert len(statement.other) == 1


def test_template_literals_keep_their_parts() -> None:
    statement = lowered("run(`ls ${dir} -l`)").body[0]
    assert isinstance(statement, ir.Do)
    assert isinstance(statement.value, ir.Call)
    text = statement.value.args[0]
    assert isinstance(text, ir.Concat)
    assert [type(part).__name__ for part in text.parts] == ["Const", "Name", "Const"]


def test_typescript_disappears_and_constructor_parameters_are_stored() -> None:
    module = lowered(
        "class A { constructor(private readonly db: Pool) {} m(x?: string): void { this.db.query(x as string) } }",
        path="a.ts",
    )
    constructor = next(f for f in module.functions if f.name == "constructor")
    assert isinstance(constructor.body[0], ir.Assign)
    assert module.gaps == ()


N = 60_000


@pytest.mark.parametrize(
    "text",
    ["(" * N, "[" * N, "{a:" * N, "f(" * N, "`${" * N, "a=>" * N, "if(a){}else " * N, "a+" * N + "1", "a" + ".b()" * N, "!" * N + "a", "a?b:" * N + "c",
     "x=" * N + "1", "class A{m(){" * N, "\x00" * N, "<a>" * N, "function f(){" * (N // 10), "a," * N + "b"],
    ids=lambda text: text[:6].replace("\x00", "nul"),
)  # fmt: skip
def test_hostile_nesting_ends_quickly_and_says_so(text: str) -> None:
    started = time.thread_time()
    module = front_end(["x.js"])("x.js", text.encode())
    assert time.thread_time() - started < 20
    assert isinstance(module, Gap | ir.Module)


def test_what_is_too_deep_is_a_gap_of_the_module() -> None:
    module = lowered("f(" * 400 + "1" + ")" * 400)
    assert any("nests deeper" in gap.reason for gap in module.gaps)


@pytest.mark.parametrize(
    ("data", "word"), [(b"a" * (2 * 1024 * 1024 + 1), "larger than"), (b"\xff\xfea\x00", "not UTF-8")]
)
def test_unreadable_files_are_one_gap(data: bytes, word: str) -> None:
    gap = front_end(["x.js"])("x.js", data)
    assert isinstance(gap, Gap)
    assert word in gap.reason
    assert gap.path == "x.js"


def test_a_broken_place_costs_that_place_only() -> None:
    module = lowered("const a = ;;; }\nfunction still() { return 1 }\n")
    assert [f.name for f in module.functions] == ["still"]
    assert "could not be parsed" in module.gaps[0].reason


def test_a_megabyte_on_one_line_is_read() -> None:
    started = time.thread_time()
    module = lowered("var a=[" + "{x:1,y:'b'}," * 60_000 + "];function f(){return a}")
    assert time.thread_time() - started < 30
    assert len(module.functions) == 1
