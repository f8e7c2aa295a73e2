"""What Python's library calls make of the values they are given, and what predicates prove about them."""

from typing import Final

from scanner.code.rules import RECEIVER, Check, Matching, Transform
from scanner.code.safety import Safe

_BUILT: Final = Safe.WHOLE
_PART: Final = Safe.FRESH
_PATH: Final = "pathlib.Path()"
_SAME: Final = Transform()
_CLEAN: Final = Transform(clean=True)
_CHANGED: Final = Transform(drops=_PART)
_NUMBER: Final = Transform(clean=True, raises=Safe.WORDS, needs=Safe.FAITHFUL)
_RESOLVED: Final = Transform(adds=Safe.RESOLVED)
_ABSOLUTE: Final = Transform(adds=Safe.RESOLVED | Safe.OPTION)
_REAL: Final = Transform(adds=Safe.RESOLVED | Safe.REAL | Safe.OPTION)
_REAL_PATH: Final = Transform(adds=Safe.RESOLVED | Safe.REAL | Safe.OPTION, result=_PATH)
_JOINED: Final = Transform(drops=_BUILT | Safe.RESOLVED | Safe.REAL)
_BASENAME: Final = Transform(adds=Safe.PATH | Safe.NOT_ABSOLUTE, drops=_PART)

TRANSFORMS: Final[dict[str, Transform]] = {
    "str": _SAME, "bytes": _SAME, "list": _SAME, "tuple": _SAME, "dict": _SAME, "set": _SAME, "sorted": _SAME,
    "reversed": _SAME, "repr": Transform(drops=_BUILT), "ascii": Transform(drops=_BUILT),
    "enumerate": _CHANGED, "zip": _CHANGED, "map": _CHANGED, "filter": _CHANGED,
    "neo4j.Query": _SAME, "copy.copy": _SAME, "copy.deepcopy": _SAME, "typing.cast": _SAME, "cast": _SAME,
    "int": _NUMBER, "float": _NUMBER, "decimal.Decimal": _NUMBER, "uuid.UUID": _NUMBER, "ord": _CLEAN,
    "bool": _CLEAN, "len": _CLEAN, "isinstance": _CLEAN, "type": _CLEAN, "hash": _CLEAN, "id": _CLEAN, "round": _NUMBER,
    "any": _CLEAN, "all": _CLEAN, "callable": _CLEAN, "hasattr": _CLEAN,
    "hashlib.sha256": Transform(clean=True), "hashlib.sha1": Transform(clean=True),
    "hashlib.md5": Transform(clean=True),
    "hashlib.blake2b": Transform(clean=True), "hmac.new": Transform(clean=True), "hmac.compare_digest": _CLEAN,
    "secrets.compare_digest": _CLEAN, "datetime.datetime.fromisoformat": _NUMBER,
    "datetime.date.fromisoformat": _NUMBER,
    "datetime.datetime.strptime": _NUMBER, "zoneinfo.ZoneInfo": _NUMBER,
    # text
    **{f"*.{m}": Transform() for m in ("strip", "lstrip", "rstrip", "lower", "upper", "casefold", "encode", "decode",
                                       "expanduser", "removesuffix", "copy", "model_dump", "dict", "as_posix",
                                       "getvalue", "unwrap")},
    **{f"*.{m}": _CHANGED for m in ("split", "rsplit", "splitlines", "partition", "rpartition", "get", "pop", "items",
                                    "values", "keys", "removeprefix", "replace", "translate", "group", "groups")},
    "*.join": Transform(drops=_PART),
    "*.format": Transform(drops=_BUILT),
    "*.hexdigest": _CLEAN, "*.isdigit": _CLEAN, "*.startswith": _CLEAN, "*.endswith": _CLEAN, "*.exists": _CLEAN,
    "*.is_file": _CLEAN, "*.is_dir": _CLEAN, "*.count": _CLEAN, "*.find": _CLEAN, "*.is_relative_to": _CLEAN,
    "shlex.quote": Transform(adds=Safe.SHELL, drops=Safe.NONE),
    "pipes.quote": Transform(adds=Safe.SHELL),
    "shlex.join": Transform(adds=Safe.SHELL),
    "shlex.split": Transform(adds=Safe.NONE, drops=_BUILT | Safe.OPTION),
    "re.escape": Transform(adds=Safe.PATTERN, drops=_BUILT), "fnmatch.translate": Transform(adds=Safe.PATTERN),
    "html.escape": Transform(drops=_BUILT),
    "urllib.parse.quote": Transform(adds=Safe.URL | Safe.SHELL),
    "urllib.parse.quote_plus": Transform(adds=Safe.URL | Safe.SHELL | Safe.PATH),
    "urllib.parse.urlencode": Transform(adds=Safe.URL),
    "urllib.parse.unquote": Transform(drops=Safe.PATH | Safe.URL | Safe.SHELL | Safe.NO_DOTS),
    "json.dumps": Transform(drops=_BUILT),
    "jwt.decode": Transform(drops=_PART),
    "json.loads": Transform(drops=_PART),
    "ast.literal_eval": Transform(adds=Safe.CODE, drops=_PART),
    "yaml.safe_load": Transform(drops=_PART),
    "re.sub": Transform(drops=_PART), "re.findall": _CHANGED, "re.split": _CHANGED,
    "re.compile": Transform(drops=_BUILT),
    # paths
    "pathlib.Path": Transform(result=_PATH), "pathlib.PurePath": Transform(result=_PATH),
    "pathlib.PurePosixPath": Transform(result=_PATH), "anyio.Path": Transform(result=_PATH),
    "pathlib.Path.home": Transform(clean=True, result=_PATH), "pathlib.Path.cwd": Transform(clean=True, result=_PATH),
    "pathlib.Path().resolve": _REAL_PATH, "pathlib.Path().samefile": _CLEAN,
    "pathlib.Path().absolute": Transform(result=_PATH), "pathlib.Path().expanduser": Transform(result=_PATH),
    "pathlib.Path().joinpath": Transform(drops=_BUILT | Safe.RESOLVED | Safe.REAL, result=_PATH),
    "pathlib.Path().with_suffix": Transform(drops=_BUILT, result=_PATH),
    "pathlib.Path().with_name": Transform(drops=_BUILT, result=_PATH),
    "pathlib.Path().relative_to": Transform(raises=Safe.INSIDE, needs=Safe.RESOLVED, result=_PATH),
    "pathlib.Path().parent": Transform(result=_PATH), "pathlib.Path().name": _BASENAME,
    "pathlib.Path().stem": _BASENAME,
    "pathlib.Path().parts": Transform(result="pathlib.Path().parts"),
    "pathlib.Path().suffix": _BASENAME, "pathlib.Path().parents": Transform(result="pathlib.Path().parents"),
    "*.relative_to": Transform(raises=Safe.INSIDE, needs=Safe.RESOLVED, result=_PATH),
    "*.resolve": _REAL_PATH,
    "os.path.realpath": _REAL, "os.path.abspath": _ABSOLUTE, "os.path.normpath": _RESOLVED,
    "os.path.expanduser": Transform(drops=Safe.NOT_ABSOLUTE), "os.path.expandvars": Transform(drops=Safe.NOT_ABSOLUTE),
    "os.path.join": _JOINED, "posixpath.join": _JOINED, "os.fspath": _SAME, "posixpath.normpath": _RESOLVED,
    "os.path.basename": _BASENAME, "ntpath.basename": _BASENAME, "os.path.dirname": _SAME,
    "os.path.splitext": _CHANGED, "os.path.relpath": Transform(adds=Safe.RESOLVED, drops=_PART),
    "os.path.exists": _CLEAN,
    "os.path.isfile": _CLEAN, "os.path.isdir": _CLEAN, "os.path.getsize": _CLEAN, "os.path.islink": _CLEAN,
    "werkzeug.utils.secure_filename": Transform(adds=Safe.PATH | Safe.OPTION | Safe.SHELL, drops=_PART),
    "werkzeug.security.safe_join": Transform(adds=Safe.PATH),
    "pathvalidate.sanitize_filename": Transform(adds=Safe.PATH, drops=_PART),
    # addresses
    "urllib.parse.urlparse": Transform(drops=_PART), "urllib.parse.urlsplit": Transform(drops=_PART),
    "urllib.parse.urljoin": Transform(drops=_BUILT),
    "socket.gethostbyname": Transform(adds=Safe.RESOLVED, drops=_PART),
    "socket.getaddrinfo": Transform(adds=Safe.RESOLVED, drops=_PART),
    "*.getaddrinfo": Transform(adds=Safe.RESOLVED, drops=_PART),
    "socket.gethostbyname_ex": Transform(adds=Safe.RESOLVED, drops=_PART),
    "dns.resolver.resolve": Transform(adds=Safe.RESOLVED, drops=_PART),
    # Raises for anything but an address, so what comes out is one.
    "ipaddress.ip_address": Transform(adds=Safe.RESOLVED, drops=_PART),
    "io.BytesIO": Transform(adds=Safe.PATH | Safe.URL | Safe.SHELL),
    "io.StringIO": Transform(adds=Safe.PATH | Safe.URL | Safe.SHELL),
    "git.Repo": _CLEAN,
    # The system chooses the name, whatever is written into the file.
    "tempfile.NamedTemporaryFile().name": _CLEAN, "tempfile.TemporaryDirectory().name": _CLEAN,
    "aiofiles.tempfile.NamedTemporaryFile().name": _CLEAN,
    # commands
    "*.rev_parse": Transform(raises=Safe.OPTION, needs=Safe.FAITHFUL, drops=_PART),
}  # fmt: skip

_URL_RESOLVED: Final = Check(when=False, proves=Safe.PUBLIC, needs=Safe.RESOLVED)
_WORD: Final = Check(when=True, proves=Safe.WORDS)

CHECKS: Final[dict[str, Check]] = {
    "*.is_relative_to": Check(when=True, proves=Safe.PATH, needs=Safe.RESOLVED),
    "*.isdigit": _WORD, "*.isdecimal": _WORD, "*.isnumeric": _WORD, "*.isalnum": _WORD, "*.isalpha": _WORD,
    "*.isidentifier": _WORD,
    "*.is_absolute": Check(when=False, proves=Safe.NOT_ABSOLUTE),
    "os.path.isabs": Check(when=False, proves=Safe.NOT_ABSOLUTE, subject="0"),
    "re.match": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "re.fullmatch": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "re.search": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "re.compile().match": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "re.compile().fullmatch": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "re.compile().search": Check(when=True, proves=Safe.NONE, subject="pattern"),
    "ipaddress.ip_address().is_private": _URL_RESOLVED,
    "*.is_private": _URL_RESOLVED,
    "*.is_global": Check(when=True, proves=Safe.PUBLIC, needs=Safe.RESOLVED),
    "ipaddress.ip_address().is_global": Check(when=True, proves=Safe.PUBLIC, needs=Safe.RESOLVED),
}  # fmt: skip

MATCHING: Final[dict[str, Matching]] = {
    **{f"{m}.compile": Matching(0) for m in ("re", "regex")},
    **{f"{m}.{f}": Matching(0, 1) for m in ("re", "regex")
       for f in ("match", "search", "fullmatch", "findall", "finditer", "split")},
    **{f"{m}.{f}": Matching(0, 2) for m in ("re", "regex") for f in ("sub", "subn")},
    **{f"{m}.compile().{f}": Matching(RECEIVER, 0, given=False) for m in ("re", "regex")
       for f in ("match", "search", "fullmatch", "findall", "finditer", "split")},
    **{f"{m}.compile().{f}": Matching(RECEIVER, 1, given=False) for m in ("re", "regex") for f in ("sub", "subn")},
}  # fmt: skip

HOSTS: Final = ("*.hostname", "*.netloc")
ENVIRONMENT: Final = ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault", "decouple.config",
                      "environ.Env().str", "*.environ.get")  # fmt: skip
SECRETS: Final = ("keyring.get_password", "keyring.get_credential", "getpass.getpass", "*.get_secret_value")
CALLERS: Final[dict[str, int]] = {
    "asyncio.to_thread": 0, "*.run_in_executor": 1, "functools.partial": 0, "*.submit": 0,
    "anyio.to_thread.run_sync": 0,
    "anyio.run": 0, "asyncio.run": 0, "asyncio.wait_for": 0, "asyncio.gather": 0, "asyncio.create_task": 0,
    "threading.Thread": 99, "starlette.concurrency.run_in_threadpool": 0,
    "asyncio.get_event_loop().run_until_complete": 0,
    "map": 0, "filter": 0, "anyio.from_thread.run": 0, "contextvars.copy_context().run": 0,
}  # fmt: skip
STOPS: Final = frozenset({"sys.exit", "os._exit", "exit", "quit", "os.abort"})
GLOBALS: Final = frozenset(
    [
        "open",
        "eval",
        "exec",
        "compile",
        "print",
        "input",
        "int",
        "float",
        "bool",
        "str",
        "bytes",
        "list",
        "tuple",
        "dict",
        "set",
        "frozenset",
        "sorted",
        "reversed",
        "repr",
        "ascii",
        "enumerate",
        "zip",
        "map",
        "filter",
        "len",
        "isinstance",
        "issubclass",
        "type",
        "hash",
        "id",
        "round",
        "any",
        "all",
        "callable",
        "hasattr",
        "getattr",
        "setattr",
        "min",
        "max",
        "sum",
        "abs",
        "range",
        "iter",
        "next",
        "vars",
        "dir",
        "super",
        "object",
        "property",
        "staticmethod",
        "classmethod",
        "globals",
        "locals",
        "ord",
        "chr",
        "hex",
        "__import__",
        "__builtins__",
        "exit",
        "quit",
        "ValueError",
        "TypeError",
        "Exception",
        "RuntimeError",
        "KeyError",
        "OSError",
        "PermissionError",
        "FileNotFoundError",
        "memoryview",
        "bytearray",
        "slice",
        "format",
    ]
)
