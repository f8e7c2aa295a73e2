"""Recognises licence texts by phrases that only that licence has, after case, punctuation and line breaks
are dropped.

Identifiers are SPDX short identifiers (SPDX License List 3.25). A text that matches nothing is an unknown
licence, never a
guess.
"""

# ruff: noqa: E501 - the tables read best with one row on one line

import re

LICENCE_NAME = re.compile(r"(?i)^(?:un)?(?:licen[cs]e|copying)(?:[-_.][\w.-]*)?$")
SECURITY_NAME = re.compile(r"(?i)^security(?:\.(?:md|txt|rst|adoc))?$")

_TEXT_READ = 200_000
_MORE_THAN_A_TITLE = 40
_SPDX_LINE = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]{2,80}?)\s*(?:\*/|-->|$)", re.MULTILINE)

# Every phrase of a row must occur; the first row that fits names the licence, so the narrower licence comes
# first.
_PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AGPL-3.0-only", ("gnu affero general public license", "version 3 19 november 2007")),
    ("LGPL-3.0-only", ("gnu lesser general public license", "version 3 29 june 2007")),
    ("LGPL-2.1-only", ("gnu lesser general public license", "version 2 1 february 1999")),
    ("GPL-3.0-only", ("gnu general public license", "version 3 29 june 2007")),
    ("GPL-2.0-only", ("gnu general public license", "version 2 june 1991")),
    ("Apache-2.0", ("apache license", "version 2 0 january 2004")),
    ("Apache-2.0", ("licensed under the apache license version 2 0",)),
    ("MPL-2.0", ("mozilla public license version 2 0",)),
    ("EPL-2.0", ("eclipse public license v 2 0",)),
    ("BSL-1.0", ("boost software license version 1 0",)),
    ("BUSL-1.1", ("business source license 1 1",)),
    ("Elastic-2.0", ("elastic license 2 0",)),
    ("SSPL-1.0", ("server side public license", "version 1 october 16 2018")),
    ("PolyForm-Noncommercial-1.0.0", ("polyform noncommercial license 1 0 0",)),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("CC0-1.0", ("cc0 1 0 universal",)),
    ("CC-BY-4.0", ("creative commons attribution 4 0 international",)),
    ("WTFPL", ("do what the fuck you want to public license",)),
    ("Zlib", ("this software is provided as is without any express or implied warranty in no event", "altered source versions")),
    ("BlueOak-1.0.0", ("blue oak model license",)),
    ("Python-2.0", ("python software foundation license version 2",)),
    ("0BSD", ("permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted the",)),
    ("ISC", ("permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted provided",)),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "neither the name")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms", "this list of conditions")),
    ("MIT-0", ("permission is hereby granted free of charge to any person obtaining a copy", "to do so the software is provided")),
    ("MIT", ("permission is hereby granted free of charge to any person obtaining a copy", "the above copyright notice and this permission")),
)  # fmt: skip
_WORDS = re.compile(r"[^a-z0-9]+")


def recognise(text: str) -> str | None:
    """The SPDX identifier of a licence text, or None when no known licence's phrases are in it."""
    cut = text[:_TEXT_READ]
    declared = _SPDX_LINE.search(cut)
    if declared is not None:
        return declared[1].strip()
    words = _WORDS.sub(" ", cut.lower())
    return next((spdx for spdx, phrases in _PHRASES if all(p in words for p in phrases)), None)


def tells_how_to_report(text: str) -> bool:
    """Whether a security policy says more than its title: an address, a link, or where to report."""
    return len(text) > _MORE_THAN_A_TITLE and re.search(r"(?i)@|https?://|report", text) is not None
