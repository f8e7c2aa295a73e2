# ruff: noqa: E501  (a case is a bundle, and reads as its bundler wrote it)
"""Compiled and bundled servers: what esbuild, webpack, ncc, rollup and TypeScript make of one."""

import pytest

from tests.unit.javascript_servers import FLAWED, MAKE, SDK, SOUND, runs, scanned, with_helper

Files = dict[str, str]
BUNDLES: dict[str, tuple[set[str], Files]] = {
    "bundle-esbuild": (
        {"t"},
        {
            "index.js": """var __create = Object.create; var __defProp = Object.defineProperty; var __commonJS = (cb, mod) => function __require() { return mod || (0, cb[Object.keys(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports; };
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, target);
var require_helper = __commonJS({ "src/helper.js"(exports, module) { var cp = require("child_process"); function go(x) { return cp.execSync("ls " + x); } module.exports = { go }; } });
var import_helper = __toESM(require_helper(), 1);
var import_mcp = require("@modelcontextprotocol/sdk/server/mcp.js");
var import_zod = require("zod");
var server = new import_mcp.McpServer({ name: "s" });
server.tool("t", { v: import_zod.z.string() }, async ({ v }) => import_helper.go(v));"""
        },
    ),
    "bundle-esbuild-inline-sdk": (
        {"t"},
        {
            "index.js": """var import_child_process = require("child_process");
var McpServer = class { constructor(i) { this._t = {}; } tool(name, ...rest) { this._t[name] = rest; } };
var z = { object: (x) => x, string: () => ({}) };
var server = new McpServer({ name: "s" });
server.tool("t", "d", { v: z.string() }, async ({ v }) => (0, import_child_process.execSync)(`ls ${v}`));"""
        },
    ),
    "bundle-webpack": (
        {"t"},
        {
            "index.js": """(()=>{"use strict";var __webpack_modules__={317:e=>{e.exports=require("child_process")},481:(e,t,n)=>{const r=n(317);t.run=function(o){return r.execSync(`ls ${o}`)}},900:e=>{e.exports=require("@modelcontextprotocol/sdk/server/mcp.js")},901:e=>{e.exports=require("zod")}};var __webpack_module_cache__={};function __webpack_require__(e){var t=__webpack_module_cache__[e];if(t!==undefined)return t.exports;var n=__webpack_module_cache__[e]={exports:{}};__webpack_modules__[e](n,n.exports,__webpack_require__);return n.exports}
var a=__webpack_require__(481),b=__webpack_require__(900),c=__webpack_require__(901);const s=new b.McpServer({name:"s"});s.tool("t",{v:c.z.string()},async({v:e})=>a.run(e));})();"""
        },
    ),
    "bundle-ncc": (
        {"t"},
        {
            "index.js": """/******/ (() => { // webpackBootstrap
/******/ 	var __webpack_modules__ = ({
/***/ 10: /***/ (function(__unused_webpack_module, exports, __nccwpck_require__) {
"use strict"; Object.defineProperty(exports, "__esModule", ({ value: true })); exports.run = run; const cp = __nccwpck_require__(20); function run(x) { return cp.execSync("ls " + x); }
/***/ }),
/***/ 20: /***/ ((module) => { module.exports = require("child_process"); /***/ }),
/***/ 30: /***/ ((module) => { module.exports = require("@modelcontextprotocol/sdk/server/mcp.js"); }),
/***/ 40: /***/ ((module) => { module.exports = require("zod"); }) });
/******/ 	function __nccwpck_require__(moduleId) { var module = {exports: {}}; __webpack_modules__[moduleId].call(module.exports, module, module.exports, __nccwpck_require__); return module.exports; }
var exports = __webpack_exports__; const helper_1 = __nccwpck_require__(10); const mcp_js_1 = __nccwpck_require__(30); const zod_1 = __nccwpck_require__(40);
const server = new mcp_js_1.McpServer({ name: "s" }); server.tool("t", { v: zod_1.z.string() }, async ({ v }) => (0, helper_1.run)(v)); })();"""
        },
    ),
    "bundle-minified-esm": (
        {"t"},
        {
            "index.js": 'import{McpServer as a}from"@modelcontextprotocol/sdk/server/mcp.js";import{z as b}from"zod";import{execSync as c}from"child_process";var d=e=>c(`ls ${e}`),f=new a({name:"s"}),g=class{constructor(h){this.h=h}r(i){return this.h(i)}},k=new g(d);f.tool("t","d",{v:b.string()},async({v:e})=>k.r(e));'
        },
    ),
    "commonjs-tools-dir": (
        {"t"},
        {
            "index.js": 'const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js"); const server = new McpServer({}); require("./tools")(server);',
            "tools/index.js": 'module.exports = function (server) { require("./t").register(server); };',
            "tools/t.js": 'const { z } = require("zod"); const { sink } = require("../sink"); exports.register = (server) => { server.tool("t", { v: z.string() }, async ({ v }) => sink(v)); };',
        },
    ),
    "commonjs-ts-compiled": (
        {"t"},
        {
            "index.js": '"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); const mcp_js_1 = require("@modelcontextprotocol/sdk/server/mcp.js"); const zod_1 = require("zod"); const svc_1 = require("./svc"); const server = new mcp_js_1.McpServer({}); const svc = new svc_1.Svc(); server.tool("t", "d", { v: zod_1.z.string() }, (_a) => __awaiter(void 0, [_a], void 0, function* ({ v }) { return yield svc.doIt(v); }));',
            "svc.js": '"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.Svc = void 0; const sink_1 = require("./sink"); class Svc { doIt(x) { return __awaiter(this, void 0, void 0, function* () { return (0, sink_1.sink)(x); }); } } exports.Svc = Svc;',
        },
    ),
    "jsx-tsx-mjs": (
        {"t"},
        {
            "index.mjs": SDK + MAKE + 'import { r } from "./a.mjs"; r(server);',
            "a.mjs": 'import { z } from "zod"; import { go } from "./b.cjs"; export const r = (s) => s.tool("t", { v: z.string() }, async (a) => go(a.v));',
            "b.cjs": 'const { sink } = require("./sink.js"); module.exports.go = (x) => sink(x);',
        },
    ),
}


@pytest.mark.parametrize(("tools", "files"), BUNDLES.values(), ids=BUNDLES.keys())
def test_bundled_tools_are_followed(tools: set[str], files: Files) -> None:
    helped = any("/sink" in text for text in files.values())
    part = with_helper(files, FLAWED) if helped else scanned(files)
    assert {t.name for t in part.tools} == tools
    assert runs(part)
    if helped:
        assert not runs(with_helper(files, SOUND))
        return
    text = files["index.js"].replace("child_process", "other_process")
    assert not runs(scanned({"index.js": text}))


def test_a_table_of_handlers_is_no_table_of_modules() -> None:
    text = 'const methods = { "a/b": (m) => m, "c/d": (m) => m };\nfunction answer(m) { return methods[m.method](m); }'
    assert scanned({"index.js": text}).tools == ()
