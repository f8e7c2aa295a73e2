"""Writing to the two streams: the result on standard output, everything else on standard error."""

import sys
from collections.abc import Mapping
from typing import TextIO

from scanner.terminal import safe


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Colour is for a terminal whose user did not decline it (NO_COLOR, see no-color.org; TERM=dumb)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def write(text: str, stream: TextIO) -> None:
    """Print a line; characters that the stream's encoding lacks become question marks instead of a crash."""
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def say(text: str) -> None:
    """One line of progress or prose, on standard error, with nothing in it that could steer a terminal."""
    write(safe(text), sys.stderr)
