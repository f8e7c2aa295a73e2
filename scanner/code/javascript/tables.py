"""What Node.js and the common npm libraries do, in the terms of the flow analysis.

Names are canonical: `child_process.exec`, `express().post`; a method of something unknown begins with the name it is
called on,
so endings such as `*.query` are judged by their arguments. Sources: nodejs.org/api (24), the packages' own
documentation.
"""

from scanner.code.rules import RECEIVER, Check, Matching, Patterns, Rules, Sink, Transform
from scanner.code.safety import Safe
from scanner.code.secret_names import is_secret
from trust.vocabulary import Signal

P = Signal.PROCESS


def _each(prefixes: str, names: str, sink: Sink) -> dict[str, Sink]:
    return {f"{prefix}.{name}": sink for prefix in prefixes.split() for name in names.split()}


_SHELL = Sink(P, "shell", (0,))
_SPAWN = Sink(P, "spawn", (0, 1))
_READ = Sink(Signal.FILE_READ, "path", (0,))
_WRITE = Sink(Signal.FILE_WRITE, "path", (0,))
_DELETE = Sink(Signal.FILE_DELETE, "path", (0,))
_BOTH = Sink(Signal.FILE_WRITE, "path", (0, 1))
_CODE = Sink(Signal.EVAL, "code", (0,))
_HOPS = (
    ("redirect", "manual"), ("redirect", "error"), ("maxRedirects", 0), ("followRedirect", False),
    ("maxRedirections", 0), ("follow", 0), ("follow_max", 0),
)  # fmt: skip
_URL = Sink(Signal.HTTP, "url", (0,), ("url", "baseURL", "uri", "hostname", "host"), follows=True, hops=_HOPS)
_ONE = Sink(Signal.HTTP, "url", (0,), ("url", "hostname", "host"), hops=_HOPS)
"""A request that is not sent on to where the answer points."""
_SQL = Sink(Signal.SQL, "sql", (0,), ("sql", "text"))
_FS = "fs fs.promises fs-extra graceful-fs fs-extra/esm"

_DATABASES = (
    "$db $database $pool $conn $connection $knex $sequelize $pg $mysql $sqlite $pgClient $dbClient $tx $trx $cursor "
    "$sqliteDb $DB $sqlClient "
    "*.createPool() *.createConnection() *.getConnection() *.Pool() *.Client() better-sqlite3() *.Database() "
    "*.DatabaseSync() *.Sequelize() "
    "*.Connection() knex() postgres() *.connect() *.PrismaClient() *.DataSource() *.neon()"
)

SINKS: dict[str, Sink] = {
    "child_process.exec": _SHELL, "child_process.execSync": _SHELL, "shelljs.exec": _SHELL,
    "execa.execaCommand": _SHELL,
    "execa.execaCommandSync": _SHELL, "execa.command": _SHELL, "execa.commandSync": _SHELL, "node-cmd.run": _SHELL,
    "node-cmd.runSync": _SHELL, "Bun.$.raw": _SHELL, "child-process-promise.exec": _SHELL, "sudo-prompt.exec": _SHELL,
    "promisify-child-process.exec": _SHELL, "@actions/exec.exec": _SHELL,
    "child_process.spawn": _SPAWN, "child_process.spawnSync": _SPAWN, "child_process.execFile": _SPAWN,
    "child_process.execFileSync": _SPAWN, "child_process.fork": _SPAWN, "cross-spawn": _SPAWN,
    "cross-spawn.spawn": _SPAWN,
    "cross-spawn.sync": _SPAWN, "execa": _SPAWN, "execa.execa": _SPAWN, "execa.sync": _SPAWN, "execa.execaSync": _SPAWN,
    "node-pty.spawn": _SPAWN, "tinyexec.x": _SPAWN, "tinyexec.exec": _SPAWN, "nano-spawn": _SPAWN,
    "Bun.spawn": Sink(P, "argv", (0,), ("cmd",)), "Bun.spawnSync": Sink(P, "argv", (0,), ("cmd",)),
    "Deno.Command": Sink(P, "program", (0,)),
    "eval": _CODE, "Function": _CODE, "vm.runInNewContext": _CODE, "vm.runInContext": _CODE,
    "vm.runInThisContext": _CODE,
    "vm.Script": _CODE, "vm.compileFunction": _CODE, "vm.SourceTextModule": _CODE, "import": _CODE, "require": _CODE,
    "vm2.VM().run": _CODE, "vm2.NodeVM().run": _CODE, "module._load": _CODE, "safe-eval": _CODE, "static-eval": _CODE,
    "node-serialize.unserialize": Sink(Signal.DESERIALIZE, "data"),
    "serialize-to-js.deserialize": Sink(Signal.DESERIALIZE, "data"),
    "v8.deserialize": Sink(Signal.DESERIALIZE, "data"), "funcster.deepDeserialize": Sink(Signal.DESERIALIZE, "data"),
    "ejs.render": Sink(Signal.TEMPLATE, "template"), "ejs.compile": Sink(Signal.TEMPLATE, "template"),
    "pug.render": Sink(Signal.TEMPLATE, "template"), "pug.compile": Sink(Signal.TEMPLATE, "template"),
    "handlebars.compile": Sink(Signal.TEMPLATE, "template"), "nunjucks.renderString": Sink(Signal.TEMPLATE, "template"),
    "lodash.template": Sink(Signal.TEMPLATE, "template"), "eta.renderString": Sink(Signal.TEMPLATE, "template"),
    **_each(_DATABASES,
    "query execute raw unsafe exec prepare run all get each any many one none queryRaw executeMultiple batch", _SQL),
    "*.$queryRawUnsafe": _SQL, "*.$executeRawUnsafe": _SQL, "sequelize.literal": _SQL,
    **_each(_FS,
    "readFile readFileSync createReadStream open openSync readdir readdirSync opendir readlink readlinkSync "
    "readJson readJSON "
                 "readJsonSync watch readAsBlob openAsBlob", _READ),
    **_each(_FS,
    "writeFile writeFileSync appendFile appendFileSync createWriteStream mkdir mkdirSync mkdtemp mkdtempSync truncate "
    "chmod chmodSync "
                 "outputFile outputFileSync writeJson writeJSON writeJsonSync outputJson ensureDir ensureDirSync "
                 "ensureFile utimes chown",
            _WRITE),
    **_each(_FS,
    "copyFile copyFileSync rename renameSync link symlink symlinkSync cp cpSync copy copySync move moveSync "
    "linkSync", _BOTH),
    **_each(_FS, "unlink unlinkSync rm rmSync rmdir rmdirSync remove removeSync emptyDir emptyDirSync", _DELETE),
    "rimraf": _DELETE, "rimraf.rimraf": _DELETE, "rimraf.sync": _DELETE, "del": _DELETE, "del.deleteAsync": _DELETE,
    "shelljs.rm": Sink(Signal.FILE_DELETE, "path", (0, 1)), "shelljs.cat": _READ,
    "shelljs.cp": Sink(Signal.FILE_WRITE, "path", (0, 1, 2)),
    "trash": _DELETE, "Deno.readTextFile": _READ, "Deno.writeTextFile": _WRITE, "Deno.remove": _DELETE,
    "Bun.file": _READ,
    "Bun.write": _WRITE, "*.sendFile": _READ, "*.download": Sink(Signal.FILE_READ, "none"),
    "fetch": _URL, "globalThis.fetch": _URL, "node-fetch": _URL, "node-fetch.fetch": _URL, "undici.fetch": _URL,
    "undici.request": _ONE,
    "undici.stream": _ONE, "cross-fetch": _URL, "cross-fetch.fetch": _URL, "isomorphic-fetch": _URL, "axios": _URL,
    "axios.request": _URL,
    **_each("axios got ky superagent axios.create() got.extend() ky.create() ofetch request",
    "get post put patch delete head "
            "options", _URL),
    "got": _URL, "got.got": _URL, "ky": _URL, "got.stream": _URL, "http.request": _ONE, "https.request": _ONE,
    **_each("http https needle", "get post put patch delete head options", _ONE),
    "needle": _ONE,
    "ofetch.ofetch": _URL, "ofetch.$fetch": _URL, "request": _URL, "phin": _URL, "bent": _URL,
    "make-fetch-happen": _URL, "*.goto": _URL,
    "WebSocket": _ONE, "ws": _ONE, "ws.WebSocket": _ONE, "EventSource": _URL, "eventsource.EventSource": _URL,
    "http2.connect": _ONE,
    "net.connect": Sink(Signal.HTTP, "none"), "net.createConnection": Sink(Signal.HTTP, "none"),
    "open": Sink(Signal.OPEN_URL, "open-url"), "open.default": Sink(Signal.OPEN_URL, "open-url"),
    "opn": Sink(Signal.OPEN_URL, "open-url"),
    "open.open": Sink(Signal.OPEN_URL, "open-url"), "opener": Sink(Signal.OPEN_URL, "open-url"),
    "open.openApp": Sink(Signal.OPEN_URL, "open-url"), "better-opn": Sink(Signal.OPEN_URL, "open-url"),
    "electron.shell.openExternal": Sink(Signal.OPEN_URL, "open-url"),
    "*.sendMail": Sink(Signal.MESSAGE, "none"), "*.sendEmail": Sink(Signal.MESSAGE, "none"),
    "*.chat.postMessage": Sink(Signal.MESSAGE, "none"),
    "*.sendMessage": Sink(Signal.MESSAGE, "none"), "*.messages.create": Sink(Signal.MESSAGE, "none"),
}  # fmt: skip
"""Calls that do something to the world."""

_LOGGERS = "$logger $log $LOGGER $Logger $pino $winston pino() winston.createLogger() log4js.getLogger() loglevel consola bunyan.createLogger()"  # noqa: E501
LOGS = (
    *(f"console.{name}" for name in ["error", "warn", "info", "debug", "log", "trace", "dir", "table"]),
    *(
        f"{base}.{name}"
        for base in _LOGGERS.split()
        for name in ["trace", "debug", "info", "warn", "warning", "error", "fatal", "log", "notice"]
    ),
    "process.stderr.write",
    "process.stdout.write",
    "*.sendLoggingMessage",
)
_LOGGED = Sink(Signal.LOG_CALL, "log", ())

_NUMBER = Transform(clean=True)
TRANSFORMS: dict[str, Transform] = {
    # numbers and truth values carry no text
    **dict.fromkeys(["Number", "parseInt", "parseFloat", "Number.parseInt", "Number.parseFloat", "Boolean", "typeof",
    "Math.floor", "Math.round", "Math.min", "Math.max", "Math.abs", "Math.ceil", "BigInt", "Array.isArray", "isNaN",
    "Number.isInteger", "Number.isFinite", "Object.is", "fs.existsSync"], _NUMBER),
    "*.length": _NUMBER, "*.size": _NUMBER, "*.indexOf": _NUMBER, "*.includes": _NUMBER, "*.startsWith": _NUMBER,
    "*.endsWith": _NUMBER,
    "*.test": _NUMBER, "*.has": _NUMBER, "*.charCodeAt": _NUMBER, "*.getTime": _NUMBER, "*.localeCompare": _NUMBER,
    "*.isDirectory": _NUMBER,
    "*.isFile": _NUMBER,
    # what masks a secret: a part of it, or its characters replaced
    **{f"*.{name}": Transform(adds=Safe.LOG, drops=Safe.FAITHFUL) for name in ["slice", "substring", "substr",
    "replace", "replaceAll", "at", "charAt"]},
    "*.repeat": _NUMBER,
    # a digest reveals nothing of a secret and carries no chosen text
    "*.digest": _NUMBER, "crypto.randomUUID": _NUMBER, "crypto.timingSafeEqual": _NUMBER,
    "crypto.createHash": Transform(result="crypto.Hash()"),
    # the same value
    "String": Transform(), "Object": Transform(), "structuredClone": Transform(), "*.toString": Transform(),
    "*.valueOf": Transform(), "*.trim": Transform(), "*.normalize": Transform(), "Buffer.from": Transform(),
    "*.parse": Transform(), "*.parseAsync": Transform(), "*.safeParse": Transform(), "Object.freeze": Transform(),
    "Promise.resolve": Transform(),
    "*.href": Transform(),
    # encoded for one use
    "encodeURIComponent": Transform(adds=Safe.URL | Safe.OPTION | Safe.PATH | Safe.SHELL | Safe.NOT_ABSOLUTE,
    drops=Safe.FAITHFUL),
    "querystring.escape": Transform(adds=Safe.URL | Safe.PATH, drops=Safe.FAITHFUL),
    "URLSearchParams": Transform(adds=Safe.URL | Safe.PATH, drops=Safe.FRESH),
    "querystring.stringify": Transform(adds=Safe.URL | Safe.PATH, drops=Safe.FRESH),
    "qs.stringify": Transform(adds=Safe.URL | Safe.PATH, drops=Safe.FRESH),
    "JSON.stringify": Transform(adds=Safe.CODE, drops=Safe.WHOLE),
    "shell-quote.quote": Transform(adds=Safe.SHELL), "shell-escape": Transform(adds=Safe.SHELL),
    "shescape.quote": Transform(adds=Safe.SHELL),
    "*.escape": Transform(adds=Safe.SQL, drops=Safe.FAITHFUL), "*.escapeId": Transform(adds=Safe.SQL,
    drops=Safe.FAITHFUL),
    "*.escapeLiteral": Transform(adds=Safe.SQL, drops=Safe.FAITHFUL), "*.escapeIdentifier": Transform(adds=Safe.SQL,
    drops=Safe.FAITHFUL),
    "pg-format": Transform(adds=Safe.SQL), "sqlstring.escape": Transform(adds=Safe.SQL),
    "sqlstring.format": Transform(adds=Safe.SQL),
    # paths
    "path.basename": Transform(adds=Safe.PATH, drops=Safe.FAITHFUL), "path.posix.basename": Transform(adds=Safe.PATH,
    drops=Safe.FAITHFUL),
    "path.extname": Transform(adds=Safe.PATH | Safe.URL | Safe.OPTION, drops=Safe.FAITHFUL),
    "path.resolve": Transform(adds=Safe.RESOLVED | Safe.OPTION), "path.normalize": Transform(adds=Safe.RESOLVED),
    "path.join": Transform(adds=Safe.RESOLVED | Safe.OPTION, drops=Safe.WHOLE | Safe.REAL),
    "path.relative": Transform(result="path.relative()"), "path.dirname": Transform(),
    "path.posix.join": Transform(adds=Safe.RESOLVED, drops=Safe.WHOLE | Safe.REAL),
    **{f"{base}.{name}": Transform(adds=Safe.RESOLVED | Safe.REAL | Safe.OPTION) for base in _FS.split()
       for name in ["realpath", "realpathSync", "realpath.native", "realpathSync.native"]},
    # addresses behind a name
    **{f"{base}.{name}": Transform(adds=Safe.RESOLVED, drops=Safe.FRESH) for base in ["dns", "dns.promises"]
       for name in ["lookup", "resolve", "resolve4", "resolve6"]},
    # a text made safe for a regular expression
    **dict.fromkeys(["lodash.escapeRegExp", "escape-string-regexp", "RegExp.escape", "regexp.escape",
    "escape-string-regexp.default", "lodash.escapeRegExp.default", "lodash.escaperegexp"],
    Transform(adds=Safe.PATTERN, drops=Safe.FAITHFUL)),
    "sanitize-filename": Transform(adds=Safe.PATH),
    "url.fileURLToPath": Transform(), "url.pathToFileURL": Transform(), "URL": Transform(result="URL()"),
    "URL().hostname": Transform(result="URL().hostname", drops=Safe.FRESH),
    "URL().host": Transform(result="URL().host", drops=Safe.FRESH),
    "URL().protocol": Transform(result="URL().protocol", drops=Safe.FRESH),
    "URL().origin": Transform(result="URL().origin", drops=Safe.FRESH),
    "URL().pathname": Transform(adds=Safe.URL, drops=Safe.FAITHFUL), "URL().search": Transform(adds=Safe.URL,
    drops=Safe.FAITHFUL),
}  # fmt: skip

CHECKS: dict[str, Check] = {
    "*.test": Check(True, Safe.WORDS, subject="pattern"),
    "*.match": Check(True, Safe.WORDS, subject="pattern"),
    "Number.isInteger": Check(True, Safe.WORDS, subject="0"),
    "Number.isFinite": Check(True, Safe.WORDS, subject="0"),
    "Number.isSafeInteger": Check(True, Safe.WORDS, subject="0"),
    "uuid.validate": Check(True, Safe.WORDS, subject="0"),
    "is-path-inside": Check(True, Safe.PATH, Safe.NONE, subject="0"),
    "path.isAbsolute": Check(False, Safe.NOT_ABSOLUTE, subject="0"),
    "net.BlockList().check": Check(False, Safe.PUBLIC, Safe.RESOLVED, subject="0"),
    "private-ip": Check(False, Safe.PUBLIC, Safe.NONE, subject="0"),
    "ipaddr.js.isValid": Check(True, Safe.SHELL | Safe.OPTION, subject="0"),
}

_ANSWERS = (
    "fetch globalThis.fetch node-fetch node-fetch.fetch undici.fetch undici.request axios axios.get axios.post",
    "axios.request got got.get https.get http.get ky ky.get cross-fetch superagent.get needle ofetch.ofetch",
)
NETWORK = {name: True for row in _ANSWERS for name in row.split()}

CALLERS = {
    "setTimeout": 0,
    "setImmediate": 0,
    "process.nextTick": 0,
    "queueMicrotask": 0,
    "Promise": 0,
    "Reflect.apply": 0,
}

WATCHED: dict[str, str] = {
    **{f"console.{name}": f"console-{name}" for name in ["log", "info", "debug", "dir", "table", "error", "warn"]},
    "process.stdout.write": "stdout-write",
    "jsonwebtoken.decode": "jwt-decode", "jose.decodeJwt": "jwt-decode", "jwt-decode": "jwt-decode",
    "jwt-decode.jwtDecode": "jwt-decode",
    "jwt-simple.decode": "jwt-simple", "jsonwebtoken.verify": "jwt-verify", "jose.jwtVerify": "jwt-verify",
    "jose.compactVerify": "jwt-verify",
    "crypto.timingSafeEqual": "constant-time", "tsscmp": "constant-time", "safe-compare": "constant-time",
    "Math.random": "random", "setTimeout": "timer", "AbortSignal.timeout": "timeout", "AbortSignal.any": "timeout",
    "express-rate-limit": "rate-limit", "express-rate-limit.rateLimit": "rate-limit",
    "express-slow-down": "rate-limit", "bottleneck": "rate-limit",
    "p-limit": "rate-limit", "hono-rate-limiter.rateLimiter": "rate-limit", "@fastify/rate-limit": "rate-limit",
    "p-queue": "rate-limit",
    "*.elicitInput": "confirmation", "*.elicit": "confirmation", "*.createElicitation": "confirmation",
    "keytar.getPassword": "keyring", "keytar.setPassword": "keyring", "@napi-rs/keyring.Entry": "keyring",
    "cross-keychain.getPassword": "keyring",
    "electron.safeStorage.encryptString": "encrypted", "crypto.createCipheriv": "encrypted",
    "@modelcontextprotocol/sdk/server/stdio.StdioServerTransport": "stdio",
    "*.registerTool": "registration", "*.tool": "registration", "*.addTool": "registration",
}  # fmt: skip

MATCHING = {
    "RegExp": Matching(0),
    **{f"*.{name}": Matching(RECEIVER, 0, given=False) for name in ["test", "exec"]},
    **{f"*.{name}": Matching(0, RECEIVER, given=False) for name in ["match", "matchAll", "search", "replace",
    "replaceAll", "split"]},
}  # fmt: skip

GLOBALS = frozenset(
    [
        "console",
        "process",
        "Buffer",
        "JSON",
        "Math",
        "Number",
        "String",
        "Boolean",
        "Object",
        "Array",
        "Promise",
        "URL",
        "URLSearchParams",
        "fetch",
        "eval",
        "Function",
        "setTimeout",
        "setInterval",
        "setImmediate",
        "clearTimeout",
        "queueMicrotask",
        "Reflect",
        "Symbol",
        "Map",
        "Set",
        "WeakMap",
        "Date",
        "RegExp",
        "Error",
        "AbortController",
        "AbortSignal",
        "globalThis",
        "global",
        "encodeURIComponent",
        "decodeURIComponent",
        "encodeURI",
        "escape",
        "unescape",
        "parseInt",
        "parseFloat",
        "isNaN",
        "structuredClone",
        "WebSocket",
        "EventSource",
        "Headers",
        "Request",
        "Response",
        "FormData",
        "Blob",
        "TextEncoder",
        "TextDecoder",
        "crypto",
        "performance",
        "require",
        "import",
        "module",
        "exports",
        "any",
        "all",
        "typeof",
        "delete",
        "BigInt",
        "Bun",
        "Deno",
        "atob",
        "btoa",
        "Uint8Array",
        "import.meta",
    ]
)

RULES = Rules(
    sinks=Patterns({**SINKS, **dict.fromkeys(LOGS, _LOGGED)}),
    transforms=Patterns(TRANSFORMS),
    checks=Patterns(CHECKS),
    environment=Patterns({}),
    whole_environment=frozenset({"process.env", "import.meta.env"}),
    secrets=Patterns({"keytar.getPassword": True, "cross-keychain.getPassword": True}),
    network=Patterns(NETWORK),
    callers=Patterns(CALLERS),
    hosts=Patterns({"*.hostname": True, "*.host": True, "*.origin": True}),
    watched=Patterns(WATCHED),
    globals=GLOBALS,
    stops=frozenset({"process.exit", "process.abort"}),
    is_secret=is_secret,
    matching=Patterns(MATCHING),
)
