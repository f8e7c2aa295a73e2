"""`assay` and `python -m client`: the program's entry."""

import itertools
import json
import os
import sys
from collections.abc import Sequence

from client.check import run_check
from client.exits import ClientError, Exit
from client.options import Check, Publish, Scan, parse
from client.publish import run_publish
from scanner.__main__ import scan_command
from scanner.streams import say, write


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code, 0 to 3 (client.exits)."""
    words = sys.argv[1:] if argv is None else argv
    try:
        return run(words)
    except ClientError as error:
        say(f"assay: {error.detail}")
        if wants_json(words):
            write(json.dumps(error.as_document(), indent=2), sys.stdout)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output closed it, `assay check ... | head` say: what it missed cannot count as a pass.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- the interpreter flushes it last
        return Exit.TROUBLE
    except KeyboardInterrupt:
        say("assay: interrupted")
        return Exit.TROUBLE


def run(words: Sequence[str]) -> int:
    options = parse(words, os.environ)
    match options:
        case Scan():
            return scan_command(options.words)
        case Check():
            return run_check(options)
        case Publish():
            return run_publish(options, os.environ.get("ASSAY_TOKEN"))


def wants_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or any(a == "--format" and b == "json" for a, b in itertools.pairwise(words))


if __name__ == "__main__":
    sys.exit(main())
