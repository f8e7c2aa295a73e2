"""Sentences with a number in them, right for one and for many."""

import re

_CHOICE = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


def counted(text: str, n: int) -> str:
    """`text` with `{n}` filled in and each `[one|many]` resolved, as in "{n} [file is|files are] large"."""
    return _CHOICE.sub(lambda m: m.group(1 if n == 1 else 2), text).replace("{n}", str(n))
