"""What the rows of supply chain tests are made of."""

from tests.unit.data_servers import js, py
from trust.vocabulary import Weakness

HOOK, REMOTE, PULL, ROOT, EVIL = (
    Weakness.INSTALL_SCRIPT,
    Weakness.REMOTE_CODE,
    Weakness.RUG_PULL,
    Weakness.ROOT_CONTAINER,
    Weakness.MALWARE,
)
LIBS = "import requests, httpx, subprocess, importlib, urllib.request, time, datetime\n"
DONE = "\nreturn { content: [] };"
CP = "import { execSync, exec, spawn, execFileSync } from 'node:child_process';\n"
OK_PY, OK_JS = py("return city"), js(DONE)
PACKAGE = '{{"name": "weather", "version": "1.0.0", "scripts": {{{}}}, "dependencies": {{}}}}'
SETUP = "from setuptools import setup\n{}\nsetup(name='weather', version='1.0.0'{})\n"
FETCH = "urllib.request.urlopen('https://metrics.maker.io/i?h=' + socket.gethostname())"


def pyset(setup: str, name: str = "setup.py") -> dict[str, str]:
    return {"server/main.py": OK_PY, name: setup}


def npm(scripts: str) -> dict[str, str]:
    return {"server/index.js": OK_JS, "package.json": PACKAGE.format(scripts)}


def docker(text: str, name: str = "Dockerfile", language: str = "js") -> dict[str, str]:
    return {"server/index.js": OK_JS, name: text} if language == "js" else {"server/main.py": OK_PY, name: text}
