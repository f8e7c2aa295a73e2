"""Guards that stand beside a handler: decorators, wrappers, validators of models, refinements of schemas, switches."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.guard_code import Left, javascript, left, python
from trust.vocabulary import Weakness

PATH, SHELL = Weakness.PATH_TRAVERSAL, Weakness.COMMAND_INJECTION

DECORATOR = """
import functools
def confined(fn):
    @functools.wraps(fn)
    async def inner({params}):
        p = (BASE / v).resolve()
        {check}
        return await fn({args})
    return inner
"""
REFUSES = "if not p.is_relative_to(BASE): raise ValueError(v)"


@pytest.mark.parametrize(
    ("params", "check", "args", "open_"),
    [
        ("v: str", REFUSES, "v", "nothing"),
        ("v: str", REFUSES, "v=v", "nothing"),
        ("v: str", "logging.info('called')", "v", "all"),
        ("v: str", "p.is_relative_to(BASE)", "v", "all"),
        ("other: str, v: str", REFUSES, "other", "all"),
    ],
)
def test_a_decorator_that_looks_at_the_input(params: str, check: str, args: str, open_: Left) -> None:
    before = DECORATOR.format(params=params, check=check, args=args)
    found = python("return (BASE / v).read_text()", before=before, decorator="@mcp.tool()\n@confined")
    assert left(found, PATH) == open_


MODEL = """
from pydantic import field_validator
class Order(BaseModel):
    name: str
    other: str
    @field_validator("name")
    @classmethod
    def check(cls, v):
        {check}
        return v
"""


@pytest.mark.parametrize(
    ("check", "field", "open_"),
    [
        ('if not re.fullmatch(r"^[a-z]+$", v): raise ValueError("no")', "name", "nothing"),
        ('if v not in ALLOWED: raise ValueError("no")', "name", "nothing"),
        ('if not re.match(r"[a-z]+", v): raise ValueError("no")', "name", "all"),
        ('if len(v) > 40: raise ValueError("no")', "name", "all"),
        ('if v not in ALLOWED: raise ValueError("no")', "other", "all"),
    ],
)
def test_a_validator_of_a_model(check: str, field: str, open_: Left) -> None:
    found = python(f"os.system('ls ' + v.{field})", "v: Order", MODEL.format(check=check))
    assert left(found, SHELL) == open_


def test_a_validator_in_a_type() -> None:
    before = "from pydantic import AfterValidator\ndef word(v):\n    if not v.isalnum():\n        raise ValueError(v)\n    return v\ndef seen(v):\n    return v\n"
    assert left(python("os.system('ls ' + v)", "v: Annotated[str, AfterValidator(word)]", before), SHELL) == "nothing"
    assert left(python("os.system('ls ' + v)", "v: Annotated[str, AfterValidator(seen)]", before), SHELL) == "all"


@pytest.mark.parametrize(
    ("shape", "open_"),
    [
        ("{ v: z.string().refine((s) => /^[a-z]+$/.test(s)) }", "nothing"),
        ("{ v: z.string().refine(isWord) }", "nothing"),
        ("{ v: z.string().refine((s) => !s.includes(';')) }", "all"),
        ("{ v: z.string().refine((s) => s.length < 10) }", "all"),
    ],
)
def test_a_refinement_of_a_schema(shape: str, open_: Left) -> None:
    before = "const isWord = (s) => /^[a-z]+$/.test(s);"
    assert left(javascript("exec(`ls ${v}`);", shape, before), SHELL) == open_


@pytest.mark.parametrize(
    ("check", "open_"),
    [
        ('const full = fs.realpathSync(path.join(ROOT, p));\n  if (!full.startsWith(ROOT + path.sep)) throw new Error("no");\n  return fn(full);', "nothing"),
        ('console.error("called");\n  return fn(path.join(ROOT, p));', "all"),
    ],
)  # fmt: skip
def test_a_wrapper_in_javascript(check: str, open_: Left) -> None:
    before = f"const guarded = (fn) => (p) => {{\n  {check}\n}};"
    assert left(javascript('return guarded((p) => fs.readFileSync(p, "utf8"))(v);', before=before), PATH) == open_


@pytest.mark.parametrize(
    ("switch", "signature", "open_"),
    [
        # the operator can switch the check off
        ("os.environ.get('INSECURE') != '1'", "v: str", "nothing"),
        ("os.environ.get('STRICT', '1') == '1'", "v: str", "nothing"),
        # the operator has to switch it on
        ("os.environ.get('STRICT')", "v: str", "half"),
        ("os.environ.get('NOTES') is not None", "v: str", "half"),
        # the caller chooses, or nobody can
        ("strict", "v: str, strict: bool = True", "all"),
        ("v.startswith('x')", "v: str", "all"),
        ("False", "v: str", "all"),
    ],
)
def test_a_switch_in_front_of_a_check(switch: str, signature: str, open_: Left) -> None:
    body = f"p = (BASE / v).resolve()\nif {switch}:\n    if not p.is_relative_to(BASE):\n        raise ValueError\nreturn p.read_text()"
    assert left(python(body, signature), PATH) == open_
