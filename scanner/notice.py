"""A message about an accepted bundle: nothing here stops a publication."""

from dataclasses import dataclass, field
from typing import Final, Literal

Tier = Literal["strict_client", "hint", "warning"]

_PER_CODE: Final = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One non-fatal message about a bundle.

    ``code`` is a dotted family ("archive.ratio"), ``detail`` one sentence with the place and what to do, ``path``
    the member it is about. ``tier``: "strict_client" means that Claude Desktop and other strict readers will not
    install this bundle, "warning" that something deserves a look, "hint" that something could be nicer.
    """

    code: str
    detail: str
    path: str | None = None
    tier: Tier = "warning"


@dataclass(slots=True)
class Notebook:
    """Collects notices and keeps a bundle from filling pages with thousands of the same one."""

    _kept: list[Notice] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, detail: str, *, path: str | None = None, tier: Tier = "warning") -> None:
        count = self._seen.get(code, 0) + 1
        self._seen[code] = count
        if count <= _PER_CODE:
            self._kept.append(Notice(code, detail, path, tier))

    def extend(self, notices: tuple[Notice, ...]) -> None:
        for notice in notices:
            self.add(notice.code, notice.detail, path=notice.path, tier=notice.tier)

    def all(self) -> tuple[Notice, ...]:
        """Every notice kept, with one closing line for each code that had more than the limit."""
        more = tuple(
            Notice(code, f"{count - _PER_CODE} more of the same kind are not listed.")
            for code, count in self._seen.items()
            if count > _PER_CODE
        )
        return (*self._kept, *more)
