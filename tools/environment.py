"""Create the virtual environment and install what is locked, or do nothing when that was done already.

Runs on the system's Python before anything is installed, so it uses the standard library only and old
interpreters can read it: they must get as far as the sentence that says what is missing.

    python3 tools/environment.py [--dev] [--venv .venv]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

NEEDED = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
RUN = ("requirements.txt",)
DEV = ("requirements.txt", "requirements-dev.txt")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 ready, 2 with the reason on stderr."""
    parser = argparse.ArgumentParser(description="Create the virtual environment and install what is locked.")
    parser.add_argument("--dev", action="store_true", help="also what `make test` needs")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    options = parser.parse_args(arguments)
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if sys.version_info < NEEDED:
        return _give_up(
            f"Assay needs Python {NEEDED[0]}.{NEEDED[1]} or newer; {sys.executable} is {here}.\n"
            "Install one and name it, for example: make up PYTHON=/usr/bin/python3.11"
        )
    locks = DEV if options.dev else RUN
    stamp = options.venv / ("installed-dev" if options.dev else "installed")
    python = options.venv / "bin" / "python"
    wanted = fingerprint(here, locks)
    if python.exists() and stamp.exists() and stamp.read_text().strip() == wanted:
        return 0
    if not python.exists():
        print(f"Creating {options.venv} with Python {here}", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", str(options.venv)], check=False).returncode:
            return _give_up(
                "Python could not create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
            )
    print(f"Installing {' and '.join(locks)}, hashes checked", flush=True)
    if not install(python, locks):
        return _give_up(
            "The installation failed; what pip said is above. It needs the package index (PyPI, or a mirror "
            "named in pip's configuration). Run the same command again: what was downloaded is kept."
        )
    stamp.write_text(wanted + "\n")
    return 0


def fingerprint(version: str, locks: tuple[str, ...]) -> str:
    """A digest of everything the installation depends on: interpreter, place, locks and project."""
    digest = hashlib.sha256(f"{version}\0{ROOT}\0".encode())
    for name in (*locks, "requirements.in", "pyproject.toml"):
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    for package in sorted(ROOT.glob("*/__init__.py")):  # an editable install knows the packages by name
        digest.update(package.parent.name.encode() + b"\0")
    return digest.hexdigest()


def install(python: Path, locks: tuple[str, ...]) -> bool:
    """Install the locked wheels, then the project itself with the build backend found among them."""
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]  # errors only
    requirements = [part for name in locks for part in ("-r", str(ROOT / name))]
    environment = dict(os.environ, PIP_ROOT_USER_ACTION="ignore")
    locked = [*pip, "--require-hashes", "--only-binary", ":all:", *requirements]
    if subprocess.run(locked, check=False, env=environment).returncode:
        return False
    itself = [*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    done = subprocess.run(
        itself, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:  # otherwise silent: the build backend prints a page of warnings about a good install
        print(done.stdout, file=sys.stderr)
    return done.returncode == 0


def _give_up(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
