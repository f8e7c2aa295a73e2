"""What the entry point can reach, judged generously: by imports between modules and by names between functions.

A wrong "unreachable" would hide a flaw, so a function counts as reached as soon as reached code mentions its name, also
in a string; only what nothing mentions is set aside.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final, cast

from scanner.code import ir
from scanner.code.project import Project
from scanner.code.walking import walk

_DYNAMIC: Final = ("importlib", "pkgutil", "runpy")
_IDENTIFIER_LIMIT: Final = 80
_AMBIGUOUS: Final = 4


def reached_modules(project: Project, starts: Iterable[str]) -> frozenset[str]:
    """Names of the modules that the files in `starts` import, directly or not; all of them when no start is known."""
    by_path = {m.path: m for m in project.modules}
    queue = [by_path[p] for p in starts if p in by_path]
    if not queue:
        return frozenset(m.name for m in project.modules)
    reached: set[str] = set()
    while queue:
        module = queue.pop()
        if module.name in reached:
            continue
        reached.add(module.name)
        if any(i.module.partition(".")[0] in _DYNAMIC for i in module.imports):
            return frozenset(m.name for m in project.modules if not _is_test(m.path))
        queue.extend(_imported(project, module))
    return frozenset(reached)


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        name.startswith(("test_", "conftest"))
        or "/tests/" in f"/{path}"
        or name.endswith(("_test.py", ".test.js", ".test.ts"))
    )


def _imported(project: Project, module: ir.Module) -> Iterator[ir.Module]:
    for bound in module.imports:
        names = [bound.module] if bound.symbol is None else [f"{bound.module}.{bound.symbol}", bound.module]
        for name in names:
            target = project.target(module, name)
            if target is not None:
                yield target
                yield from _packages(project, target)


def _packages(project: Project, module: ir.Module) -> Iterator[ir.Module]:
    """Importing a module runs the packages around it."""
    parts = module.name.split(".")
    for end in range(1, len(parts)):
        package = project.by_name.get(".".join(parts[:end]))
        if package is not None and package.is_package:
            yield package


def reached_functions(project: Project, modules: frozenset[str], roots: Iterable[str]) -> frozenset[str]:
    """Canonical names of the functions that the top levels of `modules` or any of `roots` can come to call."""
    by_word: dict[str, list[str]] = {}
    for ref, routine in project.routines.items():
        if routine.module.name in modules:
            by_word.setdefault(routine.function.name, []).append(ref)
    for ref, (module, class_) in project.classes.items():
        if module.name in modules:
            methods = [f"{ref}.{f}" for f in _special(project, ref)]
            by_word.setdefault(class_.name, []).extend(methods)
    queue: list[str] = []
    seen_words: set[str] = set()
    reached: set[str] = set()

    def mention(words: set[str]) -> None:
        for word in words - seen_words:
            seen_words.add(word)
            queue.extend(by_word.get(word, ()))

    for name in modules:
        mention(mentioned(project.by_name[name].body, into_functions=False))
    queue.extend(roots)
    while queue:
        ref = queue.pop()
        if ref in reached or ref not in project.routines:
            continue
        reached.add(ref)
        function = project.routines[ref].function
        mention(mentioned((function.body, function.params, function.decorators), into_functions=True))
    return frozenset(reached)


def _special(project: Project, class_ref: str) -> Iterator[str]:
    """Methods that are called without being named."""
    prefix = f"{class_ref}."
    for ref in project.routines:
        if ref.startswith(prefix) and "." not in ref[len(prefix) :]:
            name = ref[len(prefix) :]
            if name.startswith(("__", "do_", "visit_", "on_")) or name in ("run", "dispatch", "constructor", "emit"):
                yield name


def mentioned(tree: Any, *, into_functions: bool) -> set[str]:
    """Every name, attribute and identifier-like string in a piece of code. Functions declared inside are skipped, and
    their decorators read, unless `into_functions`; lambdas are always entered.
    """
    if into_functions:
        return {word for node in walk(tree) if (word := _word(node))}
    words: set[str] = set()
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, ir.Name):
            words.add(node.id)
        elif isinstance(node, ir.Const):
            if isinstance(node.value, str) and len(node.value) < _IDENTIFIER_LIMIT and node.value.isidentifier():
                words.add(node.value)
        elif isinstance(node, ir.Function) and not node.name.startswith("<"):
            stack.extend((node.decorators, node.params))
            if node.decorators:
                # A decorator may hand the function to a framework that calls it.
                words.add(node.name)
        elif node.__class__.__module__ == ir.__name__:
            if isinstance(node, (ir.Attribute, ir.Keyword)) and node.name:
                words.add(node.name)
            kind = cast("Hashable", type(node))
            stack.extend(getattr(node, name) for name in _names_of(kind))
    return words


def _word(node: object) -> str | None:
    """The name that a node mentions by itself."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attribute | ir.Keyword):
        return node.name
    text = node.value if isinstance(node, ir.Const) else None
    return text if isinstance(text, str) and len(text) < _IDENTIFIER_LIMIT and text.isidentifier() else None


@cache
def _names_of(kind: Hashable) -> tuple[str, ...]:
    return tuple(
        f.name for f in fields(cast("type[ir.Name]", kind)) if f.name not in ("line", "end", "doc", "name", "qualname")
    )


def callees_first(project: Project) -> list[str]:
    """All functions, callees before callers as far as names tell, nested functions last."""
    by_word: dict[str, list[str]] = {}
    for ref, routine in project.routines.items():
        by_word.setdefault(routine.function.name, []).append(ref)
    ordered: list[str] = []
    seen: set[str] = set()
    for start in project.routines:
        stack: list[tuple[str, Iterator[str]]] = []
        if start not in seen:
            seen.add(start)
            stack.append((start, _callees(project, start, by_word)))
        while stack:
            ref, callees = stack[-1]
            following = next((c for c in callees if c not in seen), None)
            if following is None:
                ordered.append(ref)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, _callees(project, following, by_word)))
    ordered.sort(key=lambda ref: ref.count("<locals>"))
    return ordered


def _callees(project: Project, ref: str, by_word: dict[str, list[str]]) -> Iterator[str]:
    # In one order, since what is followed first decides what is told of two ways.
    for word in sorted(mentioned(project.routines[ref].function.body, into_functions=True)):
        named = by_word.get(word, ())
        if len(named) <= _AMBIGUOUS:
            yield from named
