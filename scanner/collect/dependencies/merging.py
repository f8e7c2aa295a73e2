"""Many files name the same package: one component per name and version, with what all of them together
say.
"""

from collections.abc import Iterable
from dataclasses import replace

from scanner.collect.dependencies.reading import Named, Reading, Scope, canonical
from trust.facts import Component

_Key = tuple[str, str, str]
_SCOPE_ORDER = ("runtime", "optional", "dev")


def merged(readings: Iterable[Reading]) -> list[Named]:
    """Components with a version, one per version; then ranges that nothing resolves. The first file to name
    one wins.

    Give the readings in the order of their authority: locks, requirements, vendored metadata, ranges.
    """
    exact: dict[_Key, Named] = {}
    ranges: list[Named] = []
    for reading in readings:
        for named in reading.named:
            item = named.component
            if item.version is None:
                ranges.append(named)
                continue
            key: _Key = (item.ecosystem, canonical(item.ecosystem, item.name), item.version)
            exact[key] = _together(exact[key], named) if key in exact else named
    by_name: dict[tuple[str, str], list[_Key]] = {}
    for resolved in exact:
        by_name.setdefault(resolved[:2], []).append(resolved)
    loose: dict[tuple[str, str], Named] = {}
    for named in ranges:
        item = named.component
        name = (item.ecosystem, canonical(item.ecosystem, item.name))
        if name in by_name and item.source == "registry":
            for found in _meant(by_name[name], exact):
                exact[found] = _wanted(exact[found], named)
        elif name not in loose:
            loose[name] = named
    return [*exact.values(), *loose.values()]


def _meant(keys: list[_Key], exact: dict[_Key, Named]) -> list[_Key]:
    top = [k for k in keys if exact[k].top]
    return top or keys


def _wanted(found: Named, wish: Named) -> Named:
    """A resolved component that a range asks for: it is a direct one."""
    item, want = found.component, wish.component
    if not want.direct:
        return found
    return replace(
        found,
        component=replace(
            item, direct=True, requirement=item.requirement or want.requirement, scope=_scope(item, want)
        ),
    )


def _scope(one: Component, other: Component) -> Scope:
    return min((one.scope, other.scope), key=_SCOPE_ORDER.index)


def _together(first: Named, second: Named) -> Named:
    a, b = first.component, second.component
    return Named(
        replace(
            a,
            exact=a.exact or b.exact,
            hashed=a.hashed or b.hashed,
            vendored=a.vendored or b.vendored,
            direct=a.direct or b.direct,
            scope=_scope(a, b),
            licence=a.licence or b.licence,
            requirement=a.requirement or b.requirement,
            install_script=a.install_script or b.install_script,
        ),
        first.line,
        top=first.top or second.top,
    )
