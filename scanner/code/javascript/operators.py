"""What operators mean in the intermediate form."""

from scanner.code import ir

COMPARISONS = {
    "==": "==", "===": "==", "!=": "!=", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in",
    "instanceof": "is",
}  # fmt: skip
LOGIC = {"&&": "and", "||": "or", "??": "or"}


def combine(line: int, op: str, target: ir.Expr, value: ir.Expr) -> ir.Expr:
    """The value that `target op= value` stores."""
    if op in LOGIC:
        return ir.Logic(line, "and" if op == "&&" else "or", (target, value))
    if op == "+":
        return add(line, [target, value])
    return ir.Binary(line, op, target, value)


def statement_of(value: ir.Expr) -> ir.Stmt:
    """An expression as a statement; an assignment keeps its own form."""
    if isinstance(value, ir.Assigned):
        return ir.Assign(value.line, (value.target,), value.value)
    return ir.Do(value.line, value)


def add(line: int, values: list[ir.Expr]) -> ir.Expr:
    """`+` over values in order: text building when any of them is text, arithmetic otherwise."""
    if any(isinstance(v, ir.Concat) or (isinstance(v, ir.Const) and isinstance(v.value, str)) for v in values):
        parts: list[ir.Expr] = []
        for value in values:
            parts.extend(value.parts if isinstance(value, ir.Concat) else (value,))
        return ir.Concat(line, tuple(parts))
    result = values[0]
    for value in values[1:]:
        result = ir.Binary(line, "+", result, value)
    return result
