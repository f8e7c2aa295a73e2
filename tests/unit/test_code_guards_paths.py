"""Paths held in a folder: guards that hold, guards with a hole, and guards that are none, in both languages."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.guard_code import Left, javascript, left, python
from trust.vocabulary import Severity, Weakness

W = Weakness.PATH_TRAVERSAL

PYTHON: list[tuple[str, str, str, Left]] = [
    # the real path is compared, and what was compared is opened
    ("pathlib, relative", "", "p = (BASE / v).resolve()\nif not p.is_relative_to(BASE):\n    raise ValueError\nreturn p.read_text()", "nothing"),
    ("parents of the real path", "", "p = (BASE / v).resolve()\nif BASE not in p.parents:\n    raise ValueError\nreturn p.read_text()", "nothing"),
    ("relative_to raises", "", "p = (BASE / v).resolve(strict=True)\np.relative_to(BASE)\nreturn p.read_text()", "nothing"),
    ("realpath and commonpath", "", "p = os.path.realpath(os.path.join('/srv', v))\nif os.path.commonpath([p, '/srv']) != '/srv':\n    return 'no'\nreturn open(p).read()", "nothing"),
    ("realpath and a closed prefix", "", "p = os.path.realpath(os.path.join('/srv', v))\nif not (p + os.sep).startswith('/srv/') and not p.startswith('/srv/'):\n    return 'no'\nreturn open(p).read()", "nothing"),
    ("relpath begins with dots", "", "p = os.path.realpath(os.path.join('/srv', v))\nif os.path.relpath(p, '/srv').startswith('..'):\n    raise ValueError\nreturn open(p).read()", "nothing"),
    ("a list of folders", "", "p = Path(v).resolve()\nif not any(p.is_relative_to(d) for d in [BASE, Path('/tmp')]):\n    raise PermissionError\nreturn p.read_text()", "nothing"),
    ("a helper that raises", "def inside(p):\n    full = p.resolve()\n    if not full.is_relative_to(BASE):\n        raise PermissionError\n    return full", "return inside(BASE / v).read_text()", "nothing"),
    ("a helper that answers, heeded", "def ok(p):\n    try:\n        p.resolve().relative_to(BASE)\n        return True\n    except ValueError:\n        return False", "p = BASE / v\nif not ok(p):\n    return 'no'\nreturn p.read_text()", "nothing"),
    ("the real folder of a file to be made", "", "folder = os.path.realpath(os.path.dirname(os.path.join('/srv', v)))\nif not (folder + '/').startswith('/srv/') and folder != '/srv' and not folder.startswith('/srv/'):\n    raise ValueError\nopen(os.path.join(folder, os.path.basename(v)), 'w').write('x')\nreturn ''", "nothing"),
    ("the last part of a name", "", "return (BASE / Path(v).name).read_text()", "nothing"),
    ("a name out of a list", "", "if v not in ALLOWED:\n    raise ValueError\nreturn (BASE / v).read_text()", "nothing"),
    ("letters only", "", "if not re.fullmatch(r'^[a-z0-9_]+$', v):\n    raise ValueError\nreturn (BASE / v).read_text()", "nothing"),
    ("a wrapper around the handler is no guard by itself", "", "return (BASE / v).read_text()", "all"),
    # the spelling is compared: a link in the folder leads out
    ("abspath", "", "p = os.path.abspath(os.path.join('/srv', v))\nif not p.startswith('/srv/'):\n    raise ValueError\nreturn open(p).read()", "half"),
    ("normpath and commonpath", "", "p = os.path.normpath(os.path.join('/srv', v))\nif os.path.commonpath([p, '/srv']) != '/srv':\n    raise ValueError\nreturn open(p).read()", "half"),
    ("compared first, links followed after", "", "p = os.path.abspath(os.path.join('/srv', v))\nif not p.startswith('/srv/'):\n    raise ValueError\nreturn open(os.path.realpath(p)).read()", "half"),
    # only some endings
    ("only one ending", "", "p = BASE / v\nif p.suffix not in ('.md', '.txt'):\n    raise ValueError\nreturn p.read_text()", "half"),
    # none
    ("a prefix without a separator", "", "p = os.path.realpath(os.path.join('/srv', v))\nif not p.startswith('/srv'):\n    raise ValueError\nreturn open(p).read()", "all"),
    ("a prefix of what was not resolved", "", "p = os.path.join('/srv', v)\nif not p.startswith('/srv/'):\n    raise ValueError\nreturn open(p).read()", "all"),
    ("absolute() works no dots out", "", "p = (BASE / v).absolute()\nif BASE not in p.parents:\n    raise ValueError\nreturn p.read_text()", "all"),
    ("dots taken out once", "", "return (BASE / v.replace('../', '')).read_text()", "all"),
    ("leading slashes taken off", "", "return (BASE / v.lstrip('/')).read_text()", "all"),
    ("one way round", "", "p = (BASE / v).resolve()\nif len(v) > 8 and not p.is_relative_to(BASE):\n    raise ValueError\nreturn p.read_text()", "all"),
    ("the answer is dropped", "", "p = (BASE / v).resolve()\np.is_relative_to(BASE)\nreturn p.read_text()", "all"),
    ("refusal that goes on", "", "p = (BASE / v).resolve()\nif not p.is_relative_to(BASE):\n    logging.warning('outside')\nreturn p.read_text()", "all"),
    ("the helper swallows its own refusal", "def ok(p):\n    try:\n        p.resolve().relative_to(BASE)\n    except ValueError:\n        pass\n    return True", "p = BASE / v\nif not ok(p):\n    return 'no'\nreturn p.read_text()", "all"),
    ("a switch that is off", "STRICT = False", "p = (BASE / v).resolve()\nif STRICT:\n    if not p.is_relative_to(BASE):\n        raise ValueError\nreturn p.read_text()", "all"),
    ("one is compared, another opened", "", "p = (BASE / 'index.md').resolve()\nif not p.is_relative_to(BASE):\n    raise ValueError\nreturn (BASE / v).read_text()", "all"),
    ("folders tried in turn", "def inside(v):\n    p = Path(v).expanduser().resolve()\n    for root in [BASE, Path('/tmp')]:\n        try:\n            p.relative_to(root)\n            return p\n        except ValueError:\n            continue\n    raise PermissionError(v)", "return inside(v).read_text()", "nothing"),
    ("a method", "class Store:\n    def __init__(self, root):\n        self.root = Path(root).resolve()\n    def inside(self, name):\n        p = (self.root / name).resolve()\n        if self.root not in p.parents:\n            raise ValueError(name)\n        return p", "return Store('/srv').inside(v).read_text()", "nothing"),
    ("a verdict and a path", "def check(v):\n    p = os.path.realpath(os.path.join('/srv', v))\n    if not p.startswith('/srv/'):\n        return False, ''\n    return True, p", "ok, p = check(v)\nif not ok:\n    return 'no'\nreturn open(p).read()", "nothing"),
    ("no dots among the parts, and no root", "", "if '..' in Path(v).parts or Path(v).is_absolute():\n    raise ValueError\nreturn (BASE / v).read_text()", "nothing"),
    ("commonprefix compares letters", "", "p = os.path.realpath(os.path.join('/srv', v))\nif os.path.commonprefix([p, '/srv']) != '/srv':\n    raise ValueError\nreturn open(p).read()", "all"),
    ("the last link only", "", "p = Path(os.path.abspath(BASE / v))\nif not p.is_relative_to(BASE) or p.is_symlink():\n    raise ValueError\nreturn p.read_text()", "half"),
]  # fmt: skip

JAVASCRIPT: list[tuple[str, str, str, Left]] = [
    ("realpath and a closed prefix", "", 'const p = fs.realpathSync(path.join(ROOT, v));\nif (!p.startsWith(ROOT + path.sep)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("realpath and relative", "", 'const p = await fsp.realpath(path.resolve(ROOT, v));\nconst rel = path.relative(ROOT, p);\nif (rel.startsWith("..") || path.isAbsolute(rel)) throw new Error("no");\nreturn fsp.readFile(p, "utf8");', "nothing"),
    ("a prefix closed in a variable", "const PREFIX = `${ROOT}/`;", 'const p = fs.realpathSync(path.join(ROOT, v));\nif (!p.startsWith(PREFIX)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("closed where it was not yet", "", 'const p = fs.realpathSync(path.join(ROOT, v));\nconst base = process.cwd();\nconst prefix = base.endsWith(path.sep) ? base : base + path.sep;\nif (p !== base && !p.startsWith(prefix)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("a helper that throws", 'function inside(p) {\n  const full = fs.realpathSync(path.resolve(ROOT, p));\n  if (!full.startsWith(ROOT + path.sep)) throw new Error("no");\n  return full;\n}', 'return fs.readFileSync(inside(v), "utf8");', "nothing"),
    ("a helper that answers, heeded", 'const within = (base, p) => {\n  const rel = path.relative(base, p);\n  return rel === "" || (!rel.startsWith("..") && !path.isAbsolute(rel));\n};', 'const p = fs.realpathSync(path.join(ROOT, v));\nif (!within(ROOT, p)) return { isError: true };\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("the real path as far as it exists", "function canonical(p) {\n  const full = path.resolve(p);\n  let known = full;\n  const rest = [];\n  while (!fs.existsSync(known)) {\n    rest.unshift(path.basename(known));\n    known = path.dirname(known);\n  }\n  return path.join(fs.realpathSync(known), ...rest);\n}", 'const p = canonical(path.join(ROOT, v));\nif (!p.startsWith(ROOT + path.sep)) throw new Error("no");\nfs.writeFileSync(p, "x");', "nothing"),
    ("the real path, or the spelled one where there is none", "", 'const full = path.resolve(ROOT, v);\nlet real = null;\ntry { real = fs.realpathSync(full); } catch (e) { if (e.code !== "ENOENT") throw e; }\nconst p = real ?? full;\nif (!p.startsWith(ROOT + path.sep)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("the last part of a name", "", 'return fs.readFileSync(path.join(ROOT, path.basename(v)), "utf8");', "nothing"),
    ("a name out of a list", "", 'if (!["a.md", "b.md"].includes(v)) throw new Error("no");\nreturn fs.readFileSync(path.join(ROOT, v), "utf8");', "nothing"),
    # spelling only
    ("resolve", "", 'const p = path.resolve(ROOT, v);\nif (!p.startsWith(ROOT + path.sep)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "half"),
    ("normalize of join", "", 'const p = path.normalize(path.join(ROOT, v));\nif (!p.startsWith(ROOT + "/")) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "half"),
    ("relative of the spelled path", "", 'const p = path.resolve(ROOT, v);\nif (path.relative(ROOT, p).startsWith("..")) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "half"),
    ("compared first, links followed after", 'async function inside(p) {\n  const full = path.resolve(ROOT, p);\n  if (!full.startsWith(ROOT + path.sep)) throw new Error("no");\n  return fsp.realpath(full);\n}', 'return fsp.readFile(await inside(v), "utf8");', "half"),
    ("only one ending", "", 'if (![".md", ".txt"].includes(path.extname(v))) throw new Error("no");\nreturn fs.readFileSync(v, "utf8");', "half"),
    ("a folder that the operator may set", "", 'const p = fs.realpathSync(path.resolve(v));\nif (process.env.NOTES_DIR) {\n  if (!p.startsWith(process.env.NOTES_DIR + path.sep)) throw new Error("no");\n}\nreturn fs.readFileSync(p, "utf8");', "half"),
    # none
    ("a prefix without a separator", "", 'const p = fs.realpathSync(path.join(ROOT, v));\nif (!p.startsWith(ROOT)) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("a prefix of what was not resolved", "", 'const p = ROOT + "/" + v;\nif (!p.startsWith(ROOT + "/")) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("dots taken out once", "", 'return fs.readFileSync(path.join(ROOT, v.replace("..", "")), "utf8");', "all"),
    ("the answer is dropped", "const within = (p) => p.startsWith(ROOT + path.sep);", 'const p = fs.realpathSync(path.join(ROOT, v));\nwithin(p);\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("refusal that goes on", "", 'const p = fs.realpathSync(path.join(ROOT, v));\nif (!p.startsWith(ROOT + path.sep)) console.error("outside");\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("a switch that is off", "const STRICT = false;", 'const p = fs.realpathSync(path.join(ROOT, v));\nif (STRICT) { if (!p.startsWith(ROOT + path.sep)) throw new Error("no"); }\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("a flag set in a loop", "const DIRS = process.argv.slice(2).map((d) => path.resolve(d));", 'const p = fs.realpathSync(path.resolve(v));\nlet ok = false;\nfor (const d of DIRS) { if (p.startsWith(d + path.sep)) { ok = true; break; } }\nif (!ok) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "nothing"),
    ("a flag set in a loop without a separator", "const DIRS = process.argv.slice(2).map((d) => path.resolve(d));", 'const p = fs.realpathSync(path.resolve(v));\nlet ok = false;\nfor (const d of DIRS) { if (p.startsWith(d)) { ok = true; break; } }\nif (!ok) throw new Error("no");\nreturn fs.readFileSync(p, "utf8");', "all"),
    ("a method", 'class Store {\n  constructor(root) { this.root = path.resolve(root); }\n  inside(p) { const f = fs.realpathSync(path.join(this.root, p)); if (!f.startsWith(this.root + path.sep)) throw new Error("no"); return f; }\n  read(p) { return fs.readFileSync(this.inside(p), "utf8"); }\n}\nconst store = new Store(process.argv[2]);', "return store.read(v);", "nothing"),
    ("a method that compares the spelling", 'class Store {\n  constructor(root) { this.root = path.resolve(root); }\n  inside(p) { const f = path.normalize(path.join(this.root, p)); if (!f.startsWith(this.root + path.sep)) throw new Error("no"); return f; }\n  read(p) { return fs.readFileSync(this.inside(p), "utf8"); }\n}\nconst store = new Store(process.argv[2]);', "return store.read(v);", "half"),
    ("a method without a separator", 'class Store {\n  constructor(root) { this.root = path.resolve(root); }\n  inside(p) { const f = fs.realpathSync(path.join(this.root, p)); if (!f.startsWith(this.root)) throw new Error("no"); return f; }\n  read(p) { return fs.readFileSync(this.inside(p), "utf8"); }\n}\nconst store = new Store(process.argv[2]);', "return store.read(v);", "all"),
    ("an answer with a verdict in it", "function check(p) {\n  const f = fs.realpathSync(path.join(ROOT, p));\n  if (!f.startsWith(ROOT + path.sep)) return { ok: false };\n  return { ok: true, path: f };\n}", 'const r = check(v);\nif (!r.ok) return { isError: true };\nreturn fs.readFileSync(r.path, "utf8");', "nothing"),
    ("neither dots nor a root", "", 'if (v.includes("..") || path.isAbsolute(v)) throw new Error("no");\nreturn fs.readFileSync(path.join(ROOT, v), "utf8");', "nothing"),
    ("no dots, but any root", "", 'if (v.includes("..")) throw new Error("no");\nreturn fs.readFileSync(v, "utf8");', "all"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in PYTHON], ids=[r[0] for r in PYTHON])
def test_a_guarded_path_in_python(before: str, body: str, open_: Left) -> None:
    assert left(python(body, before=before), W) == open_


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in JAVASCRIPT], ids=[r[0] for r in JAVASCRIPT])
def test_a_guarded_path_in_javascript(before: str, body: str, open_: Left) -> None:
    assert left(javascript(body, before=before), W) == open_


def test_a_comparison_that_leaves_links_open_is_told_where_it_is_made() -> None:
    body = "p = os.path.abspath(os.path.join('/srv', v))\nif not p.startswith('/srv/'):\n    raise ValueError\nreturn open(p).read()"
    (finding,) = [f for f in python(body) if f.weakness is W]
    assert "startswith" in finding.snippet
    assert finding.severity is Severity.MEDIUM


def test_the_order_is_mended_where_links_are_followed_too_late() -> None:
    before = 'function within(p) { return path.normalize(p).startsWith(ROOT + path.sep); }\nasync function inside(p) {\n  const full = path.resolve(ROOT, p);\n  if (!within(full)) throw new Error("no");\n  return fsp.realpath(full);\n}'
    findings = [
        f for f in javascript('return fsp.readFile(await inside(v), "utf8");', before=before) if f.weakness is W
    ]
    assert [f.snippet for f in findings] == ['if (!within(full)) throw new Error("no");']


def test_a_file_that_was_made_here_may_be_removed() -> None:
    body = 'let file; let mine = false;\nif (v.startsWith("http")) { file = path.join("/tmp", "x"); mine = true; } else { file = v; }\n'
    assert left(javascript(body + "if (mine) fs.unlinkSync(file);"), W) == "nothing"
    assert left(javascript(body + "if (!mine) fs.unlinkSync(file);"), W) == "all"
    assert left(javascript(body + "fs.unlinkSync(file);"), W) == "all"


def test_a_folder_that_only_the_operator_chooses_confines_a_path_that_is_passed_on() -> None:
    before = """
    def check(p, allowed):
        if allowed is None:
            return
        if not p.resolve().is_relative_to(allowed.resolve()):
            raise ValueError(p)
    def serve(folder: Path | None):
        @mcp.tool()
        def act(v: str) -> str:
            p = Path(v)
            check(p, folder)
            return p.read_text()
    serve(parser.parse_args().folder)
    """
    assert left(python("return v", before=before, signature="other: str"), W) == "nothing"
    chosen = before.replace("def act(v: str)", "def act(v: str, folder: Path)").replace("folder: Path | None", "other")
    assert left(python("return v", before=chosen, signature="v: str"), W) == "all"
