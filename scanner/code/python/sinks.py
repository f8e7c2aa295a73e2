"""Python calls that do something to the world.

Sources: the standard library reference (3.11 to 3.14) and the documentation of each named library.
"""

from dataclasses import replace
from typing import Final

from scanner.code.python.databases import QUERIES
from scanner.code.python.fetching import FETCHES
from scanner.code.rules import Sink
from trust.vocabulary import Signal

_RUN: Final = Sink(Signal.PROCESS, "argv", (0,), ("args", "cmd"))
_SHELL: Final = Sink(Signal.PROCESS, "shell", (0,), ("cmd", "command"))
_LINE: Final = Sink(Signal.PROCESS, "line", (0,), ("command",))
_PROGRAM: Final = Sink(Signal.PROCESS, "program")
_EVAL: Final = Sink(Signal.EVAL, "code", (0,), ("source", "expr"))
_READ: Final = Sink(Signal.FILE_READ, "path", (0,), ("file", "path", "filename", "filepath_or_buffer", "io"))
_READ_SELF: Final = Sink(Signal.FILE_READ, "path", (), (), receiver=True)
_WRITE: Final = Sink(Signal.FILE_WRITE, "path", (0,), ("path", "filename", "name", "dst"))
_STORE: Final = Sink(Signal.FILE_WRITE, "store", (0,), ("data",))
_WRITE_SELF: Final = Sink(Signal.FILE_WRITE, "path", (), (), receiver=True)
_WRITE_TEXT: Final = Sink(Signal.FILE_WRITE, "path", (), (), receiver=True, also=_STORE)
_MOVE: Final = Sink(Signal.FILE_WRITE, "path", (0, 1), ("src", "dst"))
_DELETE: Final = Sink(Signal.FILE_DELETE, "path", (0,), ("path", "name"))
_DELETE_SELF: Final = Sink(Signal.FILE_DELETE, "path", (), (), receiver=True)
_MESSAGE: Final = Sink(Signal.MESSAGE, "none")
_LOG: Final = Sink(Signal.LOG_CALL, "log")
_SAFE_YAML: Final = (("Loader", "SafeLoader"), ("Loader", "BaseLoader"))
_LOAD: Final = Sink(Signal.DESERIALIZE, "data", (0,), ("file", "data", "stream", "fp"))

_LEVELS: Final = (
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "fatal",
    "trace",
    "success",
)
_LOGGERS: Final = (
    "logging", "logging.getLogger()", "$logger", "$log", "$_logger", "$LOGGER", "$_log", "$audit", "$audit_logger",
    "$audit_log", "loguru.logger", "structlog.get_logger()", "mcp.server.fastmcp.utilities.logging.get_logger()",
    "fastmcp.utilities.logging.get_logger()", "$ctx", "$context", "mcp.server.fastmcp.Context()", "fastmcp.Context()",
    "mcp.server.fastmcp.server.Context()",
)  # fmt: skip
_OPENS: Final = ("open", "io.open", "codecs.open", "aiofiles.open", "gzip.open", "bz2.open", "lzma.open")


def _logs() -> dict[str, Sink]:
    table: dict[str, Sink] = {
        "print": _LOG,
        "sys.stderr.write": _LOG,
        "sys.stdout.write": _LOG,
        "warnings.warn": _LOG,
        "traceback.print_exception": _LOG,
    }
    for base in _LOGGERS:
        for level in _LEVELS:
            table[f"{base}.{level}"] = _LOG
    return table


def _git() -> dict[str, Sink]:
    """GitPython turns each argument of `repo.git.x(...)` into one of the command line."""
    commands = (
        "add", "diff", "show", "log", "checkout", "commit", "branch", "reset", "merge", "rebase", "push", "pull",
        "fetch",
        "clone", "tag", "stash", "blame", "grep", "ls_remote", "rev_parse", "cherry_pick", "revert", "archive",
        "execute",
    )  # fmt: skip
    options = Sink(Signal.PROCESS, "options")
    table = {f"*.git.{c}": options for c in commands}
    table["git.Repo.clone_from"] = options
    table["git.Repo.init"] = Sink(Signal.FILE_WRITE, "path", (0,), ("path",))
    # Only what is a repository already can be opened as one.
    table["git.Repo"] = Sink(Signal.FILE_READ, "path", (0,), ("path",), limited=True)
    return table


SINKS: Final[dict[str, Sink]] = {
    **{f"subprocess.{f}": _RUN for f in ("run", "Popen", "call", "check_call", "check_output")},
    "subprocess.getoutput": _SHELL,
    "subprocess.getstatusoutput": _SHELL,
    "os.system": _SHELL,
    "os.popen": _SHELL,
    "commands.getoutput": _SHELL,
    "asyncio.create_subprocess_shell": _SHELL,
    "asyncio.subprocess.create_subprocess_shell": _SHELL,
    "asyncio.create_subprocess_exec": _PROGRAM,
    "asyncio.subprocess.create_subprocess_exec": _PROGRAM,
    "anyio.run_process": _LINE,
    "anyio.open_process": _LINE,
    "trio.run_process": _RUN,
    **{f"os.{f}": replace(_PROGRAM, style="spawnl") for f in ("spawnl", "spawnle", "spawnlp", "spawnlpe")},
    **{f"os.{f}": Sink(Signal.PROCESS, "argv", (2,)) for f in ("spawnv", "spawnve", "spawnvp", "spawnvpe")},
    **{f"os.{f}": Sink(Signal.PROCESS, "argv", (1,)) for f in ("posix_spawn", "posix_spawnp")},
    **{f"os.{f}": _PROGRAM for f in ("execl", "execle", "execlp", "execlpe")},
    **{f"os.{f}": Sink(Signal.PROCESS, "argv", (1,)) for f in ("execv", "execve", "execvp", "execvpe")},
    "pty.spawn": _RUN,
    "pexpect.spawn": _SHELL,
    "pexpect.run": _SHELL,
    "pexpect.popen_spawn.PopenSpawn": _RUN,
    "pexpect.pxssh.pxssh().sendline": _SHELL,
    **{f"fabric.Connection().{f}": _SHELL for f in ("run", "sudo", "local")},
    **{f"invoke.Context().{f}": _SHELL for f in ("run", "sudo")},
    "invoke.context.Context().run": _SHELL,
    **{f"${name}.run": _SHELL for name in ("ssh", "ssh_conn", "ssh_client", "ssh_connection")},
    "asyncssh.connect().run": _SHELL,
    "asyncssh.connect().create_process": _SHELL,
    "sh.Command": _RUN,
    "*.exec_run": Sink(Signal.PROCESS, "argv", (0,), ("cmd",)),
    "applescript.AppleScript": _EVAL,
    "applescript.run": _EVAL,
    "*.exec_command": _SHELL,
    "invoke.run": _SHELL,
    "sh.bash": _PROGRAM,
    "docker.from_env().containers.run": Sink(Signal.PROCESS, "none"),
    "eval": _EVAL,
    "exec": _EVAL,
    "builtins.eval": _EVAL,
    "builtins.exec": _EVAL,
    "compile": Sink(Signal.EVAL, "none"),
    "pandas.eval": _EVAL,
    "numexpr.evaluate": _EVAL,
    "*.DataFrame().eval": _EVAL,
    "$df.eval": _EVAL,
    "$df.query": _EVAL,
    "sympy.sympify": _EVAL,
    "sympy.parse_expr": _EVAL,
    "sympy.parsing.sympy_parser.parse_expr": _EVAL,
    "importlib.import_module": Sink(Signal.EVAL, "code", (0,)),
    "__import__": Sink(Signal.EVAL, "code", (0,)),
    "runpy.run_path": _EVAL,
    "runpy.run_module": _EVAL,
    **{f"code.{c}().{f}": _EVAL for c in ("InteractiveInterpreter", "InteractiveConsole")
       for f in ("runsource", "runcode", "push")},
    "timeit.timeit": replace(_EVAL, args=(0, 1), keywords=("stmt", "setup")),
    "timeit.Timer": replace(_EVAL, args=(0, 1), keywords=("stmt", "setup")),
    "cProfile.run": _EVAL,
    **dict.fromkeys(("js2py.eval_js", "dukpy.evaljs", "py_mini_racer.MiniRacer().eval", "execjs.eval",
                     "quickjs.Context().eval", "rpy2.robjects.r", "lupa.LuaRuntime().execute",
                     "lupa.LuaRuntime().eval"), _EVAL),
    "importlib.util.spec_from_file_location": replace(_EVAL, args=(1,), keywords=("location",)),
    "importlib.machinery.SourceFileLoader": replace(_EVAL, args=(1,), keywords=("path",)),
    "importlib.reload": Sink(Signal.EVAL, "none"),
    "*.run_cell": _EVAL,
    "*.run_cell_async": _EVAL,
    **{f"${name}.execute": _EVAL for name in ("kernel_client", "kc", "kernel", "kernel_manager")},
    **{f"pandas.read_{r}().{f}": _EVAL for r in ("csv", "excel", "json", "parquet") for f in ("query", "eval")},
    "polars.sql_expr": _EVAL,
    "types.FunctionType": _EVAL,
    **{f"{m}.{f}": _LOAD for m in ("pickle", "cPickle", "_pickle", "dill", "cloudpickle",
    "marshal") for f in ("load", "loads")},
    "pickle.Unpickler": _LOAD,
    "shelve.open": _LOAD,
    "joblib.load": _LOAD,
    "torch.load": replace(_LOAD, keywords=("f",), unless=(("weights_only", True),)),
    "numpy.load": Sink(Signal.FILE_READ, "path", (0,), ("file",), also=replace(_LOAD, when=(("allow_pickle", True),))),
    "pandas.read_pickle": _LOAD,
    "jsonpickle.decode": replace(_LOAD, unless=(("safe", True),)),
    "jsonpickle.loads": _LOAD,
    "joblib.numpy_pickle.load": _LOAD,
    "keras.models.load_model": replace(_LOAD, keywords=("filepath",), unless=(("safe_mode", True),)),
    "ruamel.yaml.YAML().load": replace(_LOAD, when=(("typ", "unsafe"),)),
    "sklearn.externals.joblib.load": _LOAD,
    "yaml.load": replace(_LOAD, unless=_SAFE_YAML),
    "yaml.load_all": replace(_LOAD, unless=_SAFE_YAML),
    "yaml.unsafe_load": _LOAD,
    "yaml.full_load": _LOAD,
    "jinja2.Template": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "*.Environment().from_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "$env.from_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    **{f"{m}.Template": Sink(Signal.TEMPLATE, "template", (0,), ("source", "template_string")) for m in (
        "jinja2.environment", "tornado.template", "django.template", "django.template.base")},
    "*.Environment().overlay().from_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "$jinja_env.from_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "quart.render_template_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "flask.render_template_string": Sink(Signal.TEMPLATE, "template", (0,), ("source",)),
    "mako.template.Template": Sink(Signal.TEMPLATE, "template", (0,), ("text",)),
    **dict.fromkeys(_OPENS, _READ),
    **{
        f"pathlib.Path().{f}": _READ_SELF
        for f in ("read_text", "read_bytes", "open", "iterdir", "glob", "rglob", "stat", "readlink")
    },
    **{f"pathlib.Path().{f}": _WRITE_SELF for f in ("mkdir", "touch", "chmod")},
    "pathlib.Path().write_text": _WRITE_TEXT,
    "pathlib.Path().write_bytes": _WRITE_TEXT,
    **{f"pathlib.Path().{f}": Sink(Signal.FILE_WRITE, "path", (0,), ("target",), receiver=True) for f in ("rename",
    "replace", "symlink_to", "hardlink_to")},
    **{f"pathlib.Path().{f}": _DELETE_SELF for f in ("unlink", "rmdir")},
    "os.open": _READ,
    "os.listdir": _READ,
    "os.scandir": _READ,
    "os.walk": Sink(Signal.FILE_READ, "path", (0,), ("top",)),
    "glob.glob": _READ,
    "glob.iglob": _READ,
    "os.remove": _DELETE,
    "os.unlink": _DELETE,
    "os.rmdir": _DELETE,
    "os.removedirs": _DELETE,
    "shutil.rmtree": _DELETE,
    "send2trash.send2trash": _DELETE,
    "aiofiles.os.remove": _DELETE,
    "os.mkdir": _WRITE,
    "os.makedirs": _WRITE,
    "os.rename": _MOVE,
    "os.replace": _MOVE,
    "os.renames": _MOVE,
    "os.link": _MOVE,
    "os.symlink": _MOVE,
    "os.chmod": _WRITE,
    "os.truncate": _WRITE,
    **{f"shutil.{f}": _MOVE for f in ("copy", "copy2", "copyfile", "copytree", "move")},
    "shutil.unpack_archive": Sink(Signal.FILE_WRITE, "path", (0, 1)),
    "shutil.make_archive": _WRITE,
    "zipfile.ZipFile": _READ,
    "tarfile.open": _READ,
    "tempfile.NamedTemporaryFile": Sink(Signal.FILE_WRITE, "none"),
    "tempfile.mkstemp": Sink(Signal.FILE_WRITE, "none"),
    "tempfile.mkdtemp": Sink(Signal.FILE_WRITE, "none"),
    "tempfile.mktemp": Sink(Signal.FILE_WRITE, "none"),
    "PIL.Image.open": _READ,
    **dict.fromkeys(("linecache.getlines", "linecache.getline", "fileinput.input", "numpy.loadtxt", "numpy.genfromtxt",
                     "numpy.fromfile", "wave.open", "pdfplumber.open", "cv2.imread", "pptx.Presentation", "h5py.File",
                     "sqlite3.connect", "configparser.ConfigParser().read", "dotenv.load_dotenv", "xlrd.open_workbook",
                     "xml.etree.ElementTree.parse", "lxml.etree.parse", "tomllib.load", "librosa.load"), _READ),
    **dict.fromkeys(("numpy.save", "numpy.savez", "numpy.savetxt", "cv2.imwrite", "*.savefig", "PIL.Image.open().save",
                     "PIL.Image.new().save", "$img.save", "$image.save", "docx.Document().save",
                     "pptx.Presentation().save", "$doc.save", "$prs.save", "$document.save"), _WRITE),
    "zipfile.ZipFile().extract": Sink(Signal.FILE_WRITE, "path", (1,), ("path",)),
    "zipfile.ZipFile().extractall": Sink(Signal.FILE_WRITE, "path", (0,), ("path",)),
    "tarfile.open().extract": Sink(Signal.FILE_WRITE, "path", (1,), ("path",)),
    "tarfile.open().extractall": Sink(Signal.FILE_WRITE, "path", (0,), ("path",)),
    "os.utime": _WRITE,
    "os.chown": _WRITE,
    "openpyxl.load_workbook": _READ,
    "docx.Document": _READ,
    "pypdf.PdfReader": _READ,
    "PyPDF2.PdfReader": _READ,
    "fitz.open": _READ,
    "$wb.save": _WRITE,
    "$workbook.save": _WRITE,
    "openpyxl.load_workbook().save": _WRITE,
    "openpyxl.Workbook().save": _WRITE,
    **{f"pandas.read_{f}": _READ for f in ("csv", "excel", "json", "parquet", "feather", "hdf", "xml")},
    **{f"{d}.to_{f}": Sink(Signal.FILE_WRITE, "path", (0,), ("path_or_buf", "excel_writer",
    "path")) for f in ("csv", "excel", "parquet") for d in ("$df", "$data", "$frame", "$result_df",
    "pandas.DataFrame()")},
    "fastapi.responses.FileResponse": _READ,
    "starlette.responses.FileResponse": _READ,
    "flask.send_file": _READ,
    "webbrowser.open": Sink(Signal.OPEN_URL, "open-url", (0,), ("url",)),
    "webbrowser.open_new": Sink(Signal.OPEN_URL, "open-url", (0,), ("url",)),
    "webbrowser.open_new_tab": Sink(Signal.OPEN_URL, "open-url", (0,), ("url",)),
    "os.startfile": Sink(Signal.OPEN_URL, "open-url", (0,), ("path",)),
    "smtplib.SMTP().send_message": _MESSAGE,
    "smtplib.SMTP().sendmail": _MESSAGE,
    "smtplib.SMTP_SSL().send_message": _MESSAGE,
    "smtplib.SMTP_SSL().sendmail": _MESSAGE,
    "aiosmtplib.send": _MESSAGE,
    "*.chat_postMessage": _MESSAGE,
    "*.messages().send": _MESSAGE,
    "*.messages.create": _MESSAGE,
    "*.send_email": _MESSAGE,
    "*.send_mail": _MESSAGE,
    "json.dump": _STORE,
    "yaml.dump": _STORE,
    "yaml.safe_dump": _STORE,
    "pickle.dump": _STORE,
    "toml.dump": _STORE,
    "open().write": _STORE,
    "io.open().write": _STORE,
    "aiofiles.open().write": _STORE,
    "pathlib.Path().open().write": _STORE,
    **_git(),
    **FETCHES,
    **QUERIES,
    **_logs(),
}  # fmt: skip
