"""What stands before a route: how a middleware or a handler checks its caller."""

import re
from typing import Literal

from scanner.code import ir
from scanner.code.javascript.index import Scope
from scanner.code.javascript.reading import Reader
from scanner.code.walking import walk

Auth = Literal["none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls"]
KNOWN_AUTH: dict[str, Auth] = {
    "requireBearerAuth": "bearer", "mcpAuthRouter": "oauth", "mcpAuthMetadataRouter": "oauth",
    "bearerAuth": "bearer", "expressjwt": "jwt",
    "auth0": "oauth", "authenticate": "bearer", "basicAuth": "shared-secret", "jwtCheck": "jwt",
    "passport": "bearer", "clerkMiddleware": "oauth",
    "verifyJwt": "jwt", "jwt": "jwt", "requireAuth": "bearer", "mcpAuthClerk": "oauth",
    "ProxyOAuthServerProvider": "oauth", "withMcpAuth": "bearer",
}  # fmt: skip
RANK: tuple[Auth, ...] = ("none", "optional", "shared-secret", "bearer", "jwt", "oauth", "mtls")
PER_CALLER = frozenset({"bearer", "jwt", "oauth", "mtls"})
"""Mechanisms that tell one caller from another; behind one shared key everybody is the same caller."""
CREDENTIAL_HEADERS = re.compile(
    r"authorization|x-api-key|api[-_]?key|x-mcp-auth|x-auth|access[-_]?token|bearer", re.IGNORECASE
)

SETTING = re.compile(r"secret|(?:api|auth|access|server|mcp)_?(?:key|token)|password|^key$|^token$", re.IGNORECASE)


class Protection:
    """Judges middlewares by what they are known as, or by what they do."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def protection(self, node: ir.Expr, scope: Scope, depth: int = 3) -> Auth:
        """How a middleware or handler checks the caller; optional when it may be nothing or something else."""
        inner = node.value if isinstance(node, ir.Spread) else node
        thing = self.reader.resolve(inner, scope) if depth > 0 else None
        if thing is not None and isinstance(thing.node, ir.Collection):
            kinds = [self.protection(item, thing.scope, depth - 1) for item in thing.node.items]
            return max(kinds, key=RANK.index, default="none")
        if thing is not None and isinstance(thing.node, ir.Conditional):
            kinds = [self.protection(n, thing.scope, depth - 1) for n in (thing.node.then, thing.node.other)]
            return "optional" if "none" in kinds and set(kinds) != {"none"} else min(kinds, key=RANK.index)
        library = self.reader.library(node, scope) or ""
        for name in re.findall(r"\w+", library.removesuffix("()")):
            if name in KNOWN_AUTH and not library.startswith(("express.", "cors")):
                return KNOWN_AUTH[name]
        if (
            isinstance(node, ir.Call)
            and isinstance(node.callee, ir.Name | ir.Attribute)
            and spelled(node.callee) in KNOWN_AUTH
        ):
            return KNOWN_AUTH[spelled(node.callee)]
        function = self.reader.function(node, scope)
        if function is None or depth == 0:
            named = spelled(node.callee if isinstance(node, ir.Call) else node)
            return (
                "bearer"
                if re.search(r"auth(?!or)|verify.?token|api.?key", named, re.IGNORECASE) and "un" not in named[:2]
                else "none"
            )
        return self.checks(function, depth)

    def checks(self, function: Scope, depth: int) -> Auth:
        index = self.reader.indexes[function.module.name]
        header = refuses = token = optional = False
        strongest: Auth = "none"
        for place in index.inside(function):
            node = place.node
            if isinstance(node, ir.Const) and isinstance(node.value, str):
                header = header or bool(CREDENTIAL_HEADERS.search(node.value))
            elif isinstance(node, ir.Const) and node.value in {401, 403}:
                refuses = True
            elif isinstance(node, ir.Attribute):
                header = header or node.name == "authorization"
            elif isinstance(node, ir.Call):
                library = self.reader.library(node.callee, place.scope) or ""
                token = token or library in {"jsonwebtoken.verify", "jose.jwtVerify", "jsonwebtoken.default.verify"}
                if depth > 1 and library == "":
                    inner = self.reader.function(node.callee, place.scope)
                    if (
                        inner is not None
                        and inner is not function
                        and re.search(
                            r"auth|verify|token|key|check", inner.function.name if inner.function else "", re.IGNORECASE
                        )
                    ):
                        strongest = max(strongest, self.checks(inner, depth - 1), key=RANK.index)
                        header = header or strongest != "none"
            elif isinstance(node, ir.If):
                optional = optional or self._skips(node, place.scope) or self._only_when_set(node, place.scope)
        if not header or not (refuses or token):
            # A verification that throws refuses by itself.
            return strongest
        if optional:
            return "optional"
        return max("jwt" if token else "shared-secret", strongest, key=RANK.index)

    def _skips(self, node: ir.If, scope: Scope) -> bool:
        """`if (!SECRET) return next()`: without configuration nothing is checked."""
        if not isinstance(node.test, ir.Not) or len(node.then) > 2:
            return False
        calls = [s.value for s in node.then if isinstance(s, ir.Do | ir.Return) and isinstance(s.value, ir.Call)]
        if not any(isinstance(c.callee, ir.Name) and c.callee.id.partition("~")[0] == "next" for c in calls):
            return False
        library = self.reader.library(node.test.operand, scope) or ""
        return "headers" not in library

    def _only_when_set(self, node: ir.If, scope: Scope) -> bool:
        """`if (KEY && header !== KEY) return 401`: without the key nobody is refused."""
        if not isinstance(node.test, ir.Logic) or node.test.op != "and":
            return False
        if not any(isinstance(n, ir.Const) and n.value in {401, 403} for n in walk(node.then)):
            return False
        for value in node.test.values:
            if isinstance(value, ir.Subscript) and self.reader.library(value.base, scope) == "process.env":
                return True
            name = spelled(value)
            if SETTING.search(name) and (name.isupper() or not CREDENTIAL_HEADERS.search(name)):
                return True
        return False


def spelled(node: ir.Expr) -> str:
    if isinstance(node, ir.Attribute):
        return node.name
    return node.id.partition("~")[0] if isinstance(node, ir.Name) else ""
