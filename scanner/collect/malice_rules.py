"""The rules of the malice search, as data.

`pattern` finds the place; `also` patterns must occur in the same file; `unless` spares a match. Of `words`,
in lower
case, one must occur in the file at all: most files cost no more than that search. Distances are bounded, so
matching time is too.
"""

# ruff: noqa: E501 - one rule reads best on few lines

import re
from dataclasses import dataclass

from trust.vocabulary import Confidence, Severity, Weakness


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of malice."""

    name: str
    weakness: Weakness
    severity: Severity
    confidence: Confidence
    message: str
    pattern: re.Pattern[bytes]
    words: frozenset[bytes]
    also: tuple[re.Pattern[bytes], ...] = ()
    unless: re.Pattern[bytes] | None = None
    language: tuple[str, ...] = ()
    mild_vendored: bool = False


_PY, _JS = ("python",), ("javascript", "minified")
_C, _H, _M, _L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
_SURE, _FIRM, _MAYBE = Confidence.CONFIRMED, Confidence.FIRM, Confidence.TENTATIVE

_PY_DECODE = rb"(?:b(?:64|32|85|16)decode|a85decode|bytes\.fromhex|unhexlify|marshal\.loads|zlib\.decompress|codecs\.decode|lzma\.decompress)\s*\("
_PY_RUN = rb"(?<![\w.])(?:exec|eval)\s*\("
_SEND = rb"(?:requests\.(?:post|put|get)|httpx\.(?:post|put|AsyncClient|Client)|urlopen|urllib\.request|http\.client|aiohttp|socket\.(?:create_connection|socket)|fetch\s*\(|axios|XMLHttpRequest|https?\.request|net\.connect|net\.Socket|sendBeacon|nodemailer|smtplib)"
_STORES = (
    rb"(?:\.ssh/(?:id_(?:rsa|ed25519|ecdsa|dsa)|[\w*]*['\"`])|\.aws/credentials|\.config/gcloud|\.kube/config|\.docker/config\.json|\.netrc|\.git-credentials|\.npmrc"
    rb"|(?:Google/Chrome|Chromium|BraveSoftware|Microsoft/Edge|Mozilla/Firefox)[^\n'\"]{0,60}|Login Data|Local State|cookies\.sqlite|key4\.db|logins\.json"
    rb"|Library/Keychains|wallet\.dat|(?:Exodus|Electrum|Atomic|Ethereum|MetaMask)/?[^\n'\"]{0,30}wallet|nkbihfbeogaeaoehlefnkodbefgpgknn|\.bash_history|/etc/shadow|claude_desktop_config\.json|\.cursor/mcp\.json)"
)


def _r(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


def _c(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


def _w(*words: bytes) -> frozenset[bytes]:
    return frozenset(words)


_STORE_WORDS = _w(
    b".ssh/", b".aws/", b"gcloud", b".kube/", b".docker/", b".netrc", b".git-credentials", b"chrome", b"chromium", b"bravesoftware", b"edge", b"firefox",
    b"login data", b"local state", b"cookies.sqlite", b"key4.db", b"logins.json", b"keychain", b"wallet", b"nkbihfbeog", b"bash_history", b"/etc/shadow",
    b"claude_desktop_config", b".cursor/",
)  # fmt: skip

RULES: tuple[Rule, ...] = (
    Rule(
        "py-decoded-exec", Weakness.OBFUSCATION, _C, _FIRM, "Decodes text and runs it as code",
        _c(_PY_RUN + rb"[^\n;]{0,120}?" + _PY_DECODE), _w(b"eval", b"exec"), language=_PY,
    ),
    Rule(
        "py-decoded-then-exec", Weakness.OBFUSCATION, _H, _FIRM, "Decodes a long text and runs the result as code",
        _c(rb"\b(\w{1,40})\s*=\s*[^\n=]{0,60}?" + _PY_DECODE + rb"[^\n]{0,20000}\n(?:[^\n]{0,400}\n){0,6}?[^\n]{0,80}?" + _PY_RUN + rb"\s*(?:compile\s*\(\s*)?\1\b"),
        _w(b"eval", b"exec"), language=_PY,
    ),
    Rule(
        "py-hidden-import", Weakness.OBFUSCATION, _H, _FIRM, "Builds the name of a system module at run time and calls it",
        _c(rb"__import__\s*\(\s*(?:" + _PY_DECODE + rb"|''\.join|\"\"\.join|(?:chr\(\d+\)\s*\+\s*){2}|['\"][a-z]{1,8}['\"]\s*(?:\+\s*['\"][a-z]{1,8}['\"]|\[::-1\]))"),
        _w(b"__import__"), language=_PY,
    ),
    Rule(
        "py-lambda-chain", Weakness.OBFUSCATION, _C, _FIRM, "Runs a reversed and compressed text as code",
        _c(rb"_\s*=\s*lambda\s+__\s*:\s*__import__\('zlib'\)|exec\(\(_\)\("), _w(b"__import__", b"exec"), language=_PY,
    ),
    Rule(
        "js-decoded-eval", Weakness.OBFUSCATION, _C, _FIRM, "Decodes text and runs it as code",
        _c(rb"(?<![\w.$])(?:eval|(?:new\s+)?Function|setTimeout|setInterval)\s*\(\s*(?:(?:window|globalThis|global)\.)?(?:atob\s*\(|unescape\s*\(|decodeURIComponent\s*\(\s*(?:atob|escape)|Buffer\.from\s*\([^)\n]{1,4000},\s*['\"](?:base64|hex)['\"]\s*\)|String\.fromCharCode\s*\()"),
        _w(b"eval", b"atob", b"base64", b"fromcharcode"), language=_JS,
    ),
    Rule(
        "js-decoded-then-eval", Weakness.OBFUSCATION, _H, _FIRM, "Decodes a long text and runs the result as code",
        _c(rb"\b(?:const|let|var)\s+(\w{1,40})\s*=\s*(?:atob\s*\(\s*['\"][A-Za-z0-9+/=]{24,}|Buffer\.from\s*\(\s*['\"][A-Za-z0-9+/=]{24,20000}['\"]\s*,\s*['\"](?:base64|hex)['\"]\s*\))[^\n]{0,200}[\n;](?:[^\n]{0,400}\n){0,6}?[^\n]{0,80}?(?<![\w.$])(?:eval|(?:new\s+)?Function)\s*\(\s*\1\b"),
        _w(b"atob", b"base64"), language=_JS,
    ),
    Rule(
        "js-char-host", Weakness.OBFUSCATION, _H, _FIRM, "Spells out an address or a command in character codes",
        # 104,116,116,112 is "http", 99,117,114,108 "curl", 99,104,105,108 "chil(d_process)"
        _c(rb"String\.fromCharCode\s*\(\s*(?:104\s*,\s*116\s*,\s*116\s*,\s*112|0x68\s*,\s*0x74\s*,\s*0x74\s*,\s*0x70|99\s*,\s*117\s*,\s*114\s*,\s*108|99\s*,\s*104\s*,\s*105\s*,\s*108|101\s*,\s*118\s*,\s*97\s*,\s*108)[\d\s,x]{0,2000}\)"),
        _w(b"fromcharcode"), language=_JS,
    ),
    Rule(
        "encoded-address", Weakness.OBFUSCATION, _M, _FIRM, "Hides a web address in base64",
        # base64 of "https://" and "http://"
        _c(rb"(?:b64decode\s*\(\s*b?|atob\s*\(\s*|Buffer\.from\s*\(\s*)['\"](?:aHR0cHM6Ly9|aHR0cDovL)[A-Za-z0-9+/=_-]{6,400}['\"]"),
        _w(b"b64decode", b"atob", b"base64"),
    ),
    Rule(
        "js-packed", Weakness.OBFUSCATION, _H, _FIRM, "Was run through an obfuscator",
        _c(rb"parseInt\s*\(\s*_0x[0-9a-f]{4,6}\s*\(\s*0x|\[['\"]push['\"]\]\s*\(\s*_0x[0-9a-f]{4,6}\[['\"]shift['\"]\]|eval\s*\(\s*function\s*\(\s*p\s*,\s*a\s*,\s*c\s*,\s*k\s*,\s*e\s*,\s*[dr]\s*\)"),
        _w(b"eval", b"_0x"), language=_JS,
    ),
    Rule(
        "py-reverse-shell", Weakness.MALWARE, _C, _FIRM, "Connects a shell to a network socket",
        _c(rb"os\.dup2\s*\(\s*\w{1,40}\.fileno\(\)\s*,\s*[012]\s*\)"), _w(b"dup2"), language=_PY,
        also=(_c(rb"socket\.socket|socket\.create_connection|import\s+socket"), _c(rb"/bin/(?:ba|z|da)?sh|pty\.spawn|cmd\.exe")),
    ),
    Rule(
        "shell-reverse-shell", Weakness.MALWARE, _C, _FIRM, "Connects a shell to a network socket",
        _c(rb"(?:bash|sh)\s+-i\s*(?:>|&>|>&)[^\n]{0,20}/dev/tcp/[\w.${}-]+/\d|/dev/tcp/[\w.${}-]+/\d{2,5}\s*0>&1|\bnc(?:at)?\s+(?:-\w+\s+)*[\w.-]+\s+\d{2,5}\s+-e\s*/bin/\w*sh|rm\s+/tmp/f\s*;\s*mkfifo\s+/tmp/f"),
        _w(b"/dev/tcp", b"-e /bin", b"/tmp/f"),
    ),
    Rule(
        "js-reverse-shell", Weakness.MALWARE, _C, _FIRM, "Connects a shell to a network socket",
        _c(rb"\.pipe\s*\(\s*(\w{1,40})\.stdin\s*\)[\s\S]{0,200}?\1\.stdout\.pipe\s*\("), _w(b".stdin"), language=_JS,
        also=(_c(rb"net\.(?:Socket|connect|createConnection)|require\s*\(\s*['\"](?:node:)?net['\"]\s*\)"), _c(rb"spawn\s*\(\s*['\"](?:/bin/(?:ba)?sh|cmd(?:\.exe)?|powershell)")),
    ),
    Rule(
        "download-and-run", Weakness.REMOTE_CODE, _C, _FIRM, "Downloads a script and runs it in a shell",
        _c(rb"(?:os\.system|subprocess\.\w+|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|check_output|Popen|run|shell)\s*\(\s*(?:[frb]*['\"`]|\[\s*['\"][^\n]{0,40})[^\n'\"`]{0,80}\b(?:curl|wget)\b[^\n'\"`]{0,300}?\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"),
        _w(b"curl", b"wget"),
    ),
    Rule(
        "script-download-and-run", Weakness.REMOTE_CODE, _H, _FIRM, "Downloads a script and runs it in a shell",
        _c(rb"(?m)^[ \t]{0,80}(?:sudo[ \t]{1,9})?(?:curl|wget)\s[^\n|#]{0,300}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|DownloadString\s*\([^\n]{0,300}\)[^\n]{0,40}\|?\s*(?:iex|Invoke-Expression)|(?:iex|Invoke-Expression)\s*\(?[^\n]{0,80}(?:DownloadString|Invoke-WebRequest|iwr)"),
        _w(b"curl", b"wget", b"iwr", b"invoke-", b"downloadstring"), language=("text",),
    ),
    Rule(
        "py-fetch-exec", Weakness.REMOTE_CODE, _C, _FIRM, "Fetches code from the network and runs it",
        _c(_PY_RUN + rb"\s*(?:compile\s*\(\s*)?(?:requests\.get|httpx\.get|urllib\.request\.urlopen|urlopen)\s*\("), _w(b"eval", b"exec"), language=_PY,
    ),
    Rule(
        "js-fetch-eval", Weakness.REMOTE_CODE, _C, _FIRM, "Fetches code from the network and runs it",
        _c(rb"(?<![\w.$])(?:eval|new\s+Function)\s*\(\s*(?:await\s+)?\(?\s*(?:await\s+)?(?:\(\s*await\s+)?(?:fetch|axios\.get|got|request)\s*\("), _w(b"eval", b"function"), language=_JS,
    ),
    Rule(
        "js-fetched-then-eval", Weakness.REMOTE_CODE, _C, _FIRM, "Fetches code from the network and runs it",
        _c(rb"\b(\w{1,40})\s*=\s*[^\n;=]{0,40}?(?:fetch|axios\.get)\s*\([^\n]{0,300}[\n;](?:[^\n]{0,300}\n){0,4}?[^\n]{0,80}?(?<![\w.$])(?:eval|new\s+Function)\s*\(\s*\1\b"),
        _w(b"eval", b"function"), language=_JS,
    ),
    Rule(
        "store-and-send", Weakness.EXFILTRATION, _H, _MAYBE, "Reads a credential store, in a file that also sends data to the network",
        _c(rb"(?:open|readFile(?:Sync)?|read_text|read_bytes|copyfile|copyFile(?:Sync)?|glob|Path|expanduser|path\.join|createReadStream|homedir\(\)\s*\+)\s*\(?[^\n;]{0,100}?" + _STORES),
        _STORE_WORDS, also=(_c(_SEND),), mild_vendored=False,
        # The path alone of a client's settings is what an installer writes to; the rule below asks for the reading of them.
        unless=_c(rb"\.npmrc|\.app$|^(?!open|read|copy|createRead).*(?:claude_desktop_config\.json|\.cursor/mcp\.json)"),
    ),
    Rule(
        "store-read-and-posted", Weakness.EXFILTRATION, _C, _FIRM, "Reads a credential store and sends what it read",
        _c(rb"(?:open|readFileSync|readFile|read_text|read_bytes)\s*\(?[^\n;]{0,100}?" + _STORES + rb"[\s\S]{0,1500}?(?:requests\.(?:post|put)|httpx\.post|fetch\s*\(\s*['\"`]https?://|axios\.post|https?\.request\s*\(|urlopen\s*\(|smtplib|webhook)"),
        _STORE_WORDS, unless=_c(rb"\.npmrc"),
    ),
    Rule(
        "environment-posted", Weakness.EXFILTRATION, _C, _FIRM, "Sends the whole environment to the network",
        _c(rb"(?:requests\.(?:post|put)|httpx\.post|urlopen|axios\.post|fetch)\s*\([^;]{0,300}?(?:json\.dumps\s*\(\s*(?:dict\s*\(\s*)?os\.environ\b(?!\s*[.\[])|JSON\.stringify\s*\(\s*process\.env\s*[),]|(?:json|data|body|params)\s*[=:]\s*(?:dict\s*\(\s*)?os\.environ\b(?!\s*[.\[])|\.\.\.process\.env\b|(?:body|data)\s*:\s*process\.env\s*[,}])"),
        _w(b"os.environ", b"process.env"),
    ),
    Rule(
        "drop-hook", Weakness.EXFILTRATION, _H, _FIRM, "Sends data to an anonymous drop box",
        _c(rb"['\"`]https?://(?:[\w.-]{0,60}\.)?(?:(?:discord|discordapp)\.com/api/webhooks/\d{10,}|api\.telegram\.org/bot\d{6,}:|webhook\.site/[0-9a-f-]{8,}|requestbin\.(?:com|net)|\w+\.m\.pipedream\.net|[a-z0-9]{10,}\.(?:oast\.\w+|burpcollaborator\.net|interact\.sh)|\w{4,}\.ngrok(?:-free)?\.(?:io|app))"),
        _w(b"webhook", b"telegram", b"requestbin", b"pipedream", b"oast.", b"burpcollaborator", b"interact.sh", b"ngrok"),
    ),
    Rule(
        "paste-code", Weakness.REMOTE_CODE, _H, _FIRM, "Fetches text from a paste site and may run it",
        _c(rb"['\"`]https?://(?:pastebin\.com/raw/|paste\.ee/r/|rentry\.co/\w+/raw|hastebin\.com/raw/|gist\.githubusercontent\.com/\w+/[0-9a-f]{20,}/raw)\w*"),
        _w(b"pastebin", b"paste.ee", b"rentry.co", b"hastebin", b"gist.githubusercontent"), also=(_c(rb"(?<![\w.])(?:exec|eval)\s*\(|child_process|subprocess|os\.system|new\s+Function"),),
    ),
    Rule(
        "miner", Weakness.MALWARE, _C, _FIRM, "Mines cryptocurrency",
        _r(rb"stratum\+(?:tcp|ssl)://[\w.-]{3,}|['\"`/]xmrig(?:\.exe)?['\"`\s]|coinhive\.min\.js|CoinHive\.Anonymous|\bminerd\s+-[ao]\b|--donate-level[= ]\d"),
        _w(b"stratum+", b"xmrig", b"coinhive", b"minerd", b"--donate-level"),
    ),
    Rule(
        "persistence", Weakness.MALWARE, _H, _FIRM, "Makes itself start again with the user's session or opens the account to others",
        _c(rb"(?:open|appendFile(?:Sync)?|writeFile(?:Sync)?|write_text)\s*\(?[^\n;]{0,120}?(?:\.ssh/authorized_keys|Library/LaunchAgents/|\.config/autostart/|/etc/cron\.\w+/)|(?:os\.system|exec(?:Sync)?|run|Popen|system)\s*\([^\n]{0,120}?(?:\|\s*crontab\s+-|CurrentVersion\\{1,4}Run\b)"),
        _w(b"authorized_keys", b"launchagents", b"crontab", b"currentversion\\run", b"exec", b"eval"),
    ),
    Rule(
        "shell-startup", Weakness.MALWARE, _M, _FIRM, "Writes into the user's shell start-up file",
        _c(rb"(?:open|appendFile(?:Sync)?|writeFile(?:Sync)?|Path)\s*\([^\n]{0,120}?\.(?:bashrc|zshrc|bash_profile|zprofile|zshenv)['\"`]\)?\s*(?:,\s*['\"]a|,\s*['\"`\w]|\)\s*\.(?:write_text|open\s*\(\s*['\"]a))"),
        _w(b".bashrc", b".zshrc", b".bash_profile", b".zprofile", b".zshenv"), mild_vendored=True, unless=_c(rb"readFile|['\"]r['\"]"),
    ),
    Rule(
        "key-listener", Weakness.MALWARE, _M, _MAYBE, "Listens to every key that is pressed on the machine",
        _c(rb"from\s+pynput(?:\.keyboard)?\s+import\s[^\n]{0,60}?Listener|\bkeyboard\.(?:Listener|on_press|hook|record|read_event)\s*\(|(?:require\(|from\s+)['\"](?:iohook|uiohook-napi|node-global-key-listener)['\"]"),
        _w(b"pynput", b"keyboard.", b"iohook", b"node-global-key-listener"), mild_vendored=True,
    ),
    Rule(
        "powershell-encoded", Weakness.MALWARE, _H, _FIRM, "Runs an encoded PowerShell command",
        _r(rb"powershell(?:\.exe)?['\"]?[^\n]{0,80}?\s-(?:e|en|enc|encodedcommand)['\"]?[\s,]+['\"]?[A-Za-z0-9+/=]{40,}"),
        _w(b"powershell"),
    ),
)  # fmt: skip

WORDS = tuple(sorted({word for rule in RULES for word in rule.words}))
"""Every rule's words: what is looked for in each file before any pattern is."""
