"""JavaScript source in, the facts about it out: what the tests of the JavaScript analysis share."""

import time

from scanner.code import ir
from scanner.code.javascript.examine import examine
from scanner.code.javascript.lower import front_end
from scanner.code.part import Part


def facts(files: dict[str, str] | str, entry: str = "server.js") -> Part:
    """The facts of a server of one file or of these files, started at `entry`."""
    files = {entry: files} if isinstance(files, str) else files
    lower = front_end(files)
    modules = [lower(name, text.encode()) for name, text in files.items()]
    return examine([m for m in modules if isinstance(m, ir.Module)], [entry], time.thread_time() + 30)
