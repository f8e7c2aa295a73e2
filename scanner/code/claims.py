"""Inputs by which a caller states its own rights: `role == "admin"`, `is_admin`, `user == "root"`.

A role is a claim when a branch decides by it and nothing proves it; it is data when it is stored, sent on or only
checked to be one of the known roles.
"""

from typing import Final

from scanner.code import ir
from scanner.code.handling import Handling, Site, callee_name, refuses
from scanner.code.identity import POWERFUL, Identity, names_person, names_role
from scanner.code.secret_names import is_secret, words

_FLAGS: Final = frozenset({"admin", "superuser", "isadmin", "privileged", "sudo"})


class Claims:
    """Finds the branches of a tool that believe its caller."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def believed(self, handling: Handling, sites: list[Site]) -> tuple[str, Site, int] | None:
        """An input that states rights, the function and the line of the branch that believes it; None without one."""
        proofs = {p.name for p in handling.params if is_secret(p.name)}
        for site in sites:
            for node in site.nodes:
                if isinstance(node, ir.If):
                    param = self._believed(site, node.test)
                    decides = refuses(node.then) or refuses(node.other)
                elif isinstance(node, ir.Conditional):
                    param, decides = self._believed(site, node.test), True
                else:
                    continue
                if param is None or not decides or proofs or self._stored(sites, param):
                    continue
                return param, site, node.line
        return None

    def _believed(self, site: Site, test: ir.Expr) -> str | None:
        """The input that a test takes for the caller's rights."""
        local = self._identity.locals(site)
        parts = [test]
        while parts:
            node = parts.pop()
            if isinstance(node, ir.Logic):
                parts.extend(node.values)
            elif isinstance(node, ir.Not):
                parts.append(node.operand)
            elif isinstance(node, ir.Compare):
                if any(self._identity.is_known(s, site, local) for s in (node.left, node.right)):
                    return None
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    param = site.input(one)
                    if param is not None and (names_role(param) or names_person(param)) and self._is_power(other, site):
                        return param
            elif isinstance(node, ir.Call) and callee_name(node) in ("includes", "has") and node.args:
                param = site.input(node.args[0])
                base = node.callee.base if isinstance(node.callee, ir.Attribute) else None
                if param is not None and names_role(param) and base is not None and self._is_power(base, site):
                    return param
            else:
                param = site.input(node)
                if param is not None and set(words(param)) & _FLAGS:
                    return param
        return None

    def _is_power(self, node: ir.Expr, site: Site) -> bool:
        if isinstance(node, ir.Name):
            for statement in site.routine.module.body:
                if isinstance(statement, ir.Assign) and any(
                    isinstance(t, ir.Name) and t.id == node.id for t in statement.targets
                ):
                    return _is_power(statement.value)
        return _is_power(node)

    def _stored(self, sites: list[Site], param: str) -> bool:
        """Whether a stated role is data: kept in a record, sent on, or a part of a new account."""
        for site in sites:
            for node in site.nodes:
                values: list[ir.Expr] = []
                if isinstance(node, ir.Table):
                    values = [v for _, v in node.entries]
                elif isinstance(node, ir.Assign) and not isinstance(node.targets[0], ir.Name):
                    values = [node.value]
                elif isinstance(node, ir.Call) and callee_name(node) in (
                    "append",
                    "add",
                    "push",
                    "insert",
                    "execute",
                    "query",
                    "post",
                    "put",
                    "patch",
                    "update",
                    "save",
                    "create",
                ):
                    values = [*node.args, *(k.value for k in node.keywords)]
                if any(
                    site.input(v) == param
                    or (isinstance(v, ir.Collection) and param in {site.input(i) for i in v.items})
                    for v in values
                ):
                    return True
        return False


def _is_power(node: ir.Expr) -> bool:
    """A role word that gives rights, or a choice of nothing but such words."""
    if isinstance(node, ir.Const):
        return isinstance(node.value, str) and node.value.lower() in POWERFUL
    if isinstance(node, ir.Collection):
        return bool(node.items) and all(_is_power(item) for item in node.items)
    if isinstance(node, ir.Call) and callee_name(node) in ("set", "frozenset", "Set") and node.args:
        return _is_power(node.args[0])
    return isinstance(node, ir.Attribute) and node.name.lower() in POWERFUL
