"""What a member is, decided by its bytes; the name only chooses between kinds that bytes cannot tell apart.

Sources of the signatures: System V ABI (ELF), Microsoft PE/COFF specification, Apple's <mach-o/loader.h> and
<mach-o/fat.h>, WebAssembly core specification 2.0 (binary format), CPython's
Lib/importlib/_bootstrap_external.py
(.pyc magic), PKWARE APPNOTE, RFC 1952, RFC 8878.
"""

from typing import Literal

Kind = Literal["python", "javascript", "native", "archive", "text", "data", "bytecode", "minified"]

HEAD = 8192
"""Bytes of a member's start that decide its kind."""

PYTHON_SUFFIXES = (".py", ".pyw", ".pyi", ".pyx")
JAVASCRIPT_SUFFIXES = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
SHELL_SUFFIXES = (".sh", ".bash", ".zsh", ".bat", ".cmd", ".ps1", ".psm1", ".vbs", ".command", ".applescript")

_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT = b"\xca\xfe\xba\xbe"
_FAT_ARCHES = 45  # more "architectures" than this is a Java class file's major version
_PE_POINTER = 0x3C
_ARCHIVES = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh"),
    *(b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"),
)
_TAR = slice(257, 262)
_PYC_MARK = slice(2, 4)
_PYTHON_3_MAGIC = range(2990, 4200)
_V8_CACHE = b"\xde\xc0"

_SPACE = 0x20
_MINIFIED_LEAST = 2048
_LONG_LINE = 1000
_MEAN_LINE = 250


def kind_of(path: str, start: bytes) -> Kind:
    """The kind of a member from its path and its first `HEAD` bytes; `minified` is left to `is_minified`."""
    by_magic = _signature(path, start)
    if by_magic is not None:
        return by_magic
    if _is_binary(start):
        return "data"
    lower = path.lower()
    if lower.endswith(PYTHON_SUFFIXES):
        return "python"
    if lower.endswith(JAVASCRIPT_SUFFIXES):
        return "javascript"
    return _by_shebang(start) or "text"


def _signature(path: str, start: bytes) -> Kind | None:
    if start.startswith((b"\x7fELF", b"\x00asm", *_MACH_O)) or _is_pe(start):
        return "native"
    if start.startswith(_FAT):
        return "native" if int.from_bytes(start[4:8], "big") < _FAT_ARCHES else "bytecode"
    if start.startswith(_ARCHIVES) or start[_TAR] == b"ustar" or path.lower().endswith(".asar"):
        return "archive"
    return "bytecode" if _is_bytecode(start) else None


def _is_pe(start: bytes) -> bool:
    if not start.startswith(b"MZ"):
        return False
    offset = int.from_bytes(start[_PE_POINTER : _PE_POINTER + 4], "little")
    return offset + 4 > len(start) or start[offset : offset + 4] == b"PE\x00\x00"


def _is_bytecode(start: bytes) -> bool:
    if start[_PYC_MARK] == b"\r\n" and b"\x00" in start[4:16]:
        return int.from_bytes(start[:2], "little") in _PYTHON_3_MAGIC
    return start[_PYC_MARK] == _V8_CACHE and b"\x00" in start[:64]


def _is_binary(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False  # UTF-16: text for a reader, even though no parser of ours takes it
    if b"\x00" in start:
        return True
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut by the end of the head is no fault; Latin-1 prose is text, random bytes are not.
        return (
            error.start < len(start) - 4
            and sum(b < _SPACE and b not in b"\t\n\r\f\x1b" for b in start) > len(start) // 100
        )
    return False


def _by_shebang(start: bytes) -> Kind | None:
    if not start.startswith(b"#!"):
        return None
    words = [w.rpartition(b"/")[2] for w in start[2:200].partition(b"\n")[0].split()]
    if words[:1] == [b"env"]:
        words = [w for w in words[1:] if not w.startswith(b"-") and b"=" not in w]
    program = words[0] if words else b""
    if program.startswith(b"python"):
        return "python"
    return "javascript" if program in (b"node", b"bun", b"deno", b"tsx") else None


def is_minified(data: bytes) -> bool:
    """Whether JavaScript was written by a machine for a machine: most of its bytes lie on very long lines."""
    if len(data) < _MINIFIED_LEAST:
        return False
    lines = data.split(b"\n")
    long_bytes = sum(len(line) for line in lines if len(line) > _LONG_LINE)
    return long_bytes * 2 > len(data) or len(data) > _MEAN_LINE * len(lines)


def is_script(path: str, kind: Kind, start: bytes) -> bool:
    """Whether a text is meant to be run by a shell."""
    return kind == "text" and (path.lower().endswith(SHELL_SUFFIXES) or start.startswith(b"#!"))
