"""The one command as somebody who is not root, tried by root with a throw-away user."""

import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from packaging.markers import Marker

from registry.embedded.accounts import Account, may_enter, may_execute
from tests.live import ROOT, LiveStack, new_state_directory, remove_state_directory
from tests.processes import belongs_to, descendants

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can create a user; every other test runs as you")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    if shutil.which("useradd") is None:
        pytest.skip("no useradd on this machine")
    name = f"assay-{secrets.token_hex(3)}"
    subprocess.run(["useradd", "--user-group", "--no-create-home", "--shell", "/bin/false", name], check=True)
    entry = pwd.getpwnam(name)
    yield Account(name, entry.pw_uid, entry.pw_gid, frozenset({entry.pw_gid}))
    subprocess.run(["userdel", name], check=True)


def interpreter(account: Account, extra: Path) -> tuple[str, dict[str, str]]:
    """A Python the account can run with this environment's packages, and the variables that takes.

    Where the environment's own Python is closed to others, the system's of the same minor version does; packages that
    the lock names for that one only go to `extra`.
    """
    if not may_enter(account, ROOT / "registry"):
        pytest.skip(f"{ROOT} is below a directory closed to normal users")
    if may_execute(account, Path(sys.executable).resolve()):
        return sys.executable, {}
    same = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    if same is None or not may_execute(account, Path(same).resolve()):
        pytest.skip("the environment's Python is closed to normal users and there is no other of its version")
    version = subprocess.run([same, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    lines = [
        block.replace(f" ; {found[1]}", "")  # this pip would leave it out, being of the other version
        for block in re.split(r"\n(?=[a-z])", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
        if (found := re.match(r"[^#\s]+ ; (.+?) \\\n", block))
        and Marker(found[1]).evaluate({"python_full_version": version})
        and not Marker(found[1]).evaluate()
    ]
    if lines:
        extra.mkdir(mode=0o755)
        lock = extra / "requirements.txt"
        lock.write_text("\n".join(lines), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--require-hashes", "--target", str(extra)]
        subprocess.run([*pip, "--requirement", str(lock)], check=True, timeout=60)
    return same, {"PYTHONPATH": f"{sysconfig.get_path('purelib')}:{extra}"}


def test_everything_runs_as_the_one_who_started_it(account: Account) -> None:
    var = new_state_directory()
    extra = new_state_directory() / "packages"
    extra.parent.chmod(0o755)
    python, variables = interpreter(account, extra)
    os.chown(var, account.uid, account.gid)
    var.chmod(0o700)
    stack = LiveStack(
        var,
        command=(python, "manage.py", "up"),
        user=account.uid,
        environment={"HOME": str(var), "PYTHONDONTWRITEBYTECODE": "1", **variables},
    )
    try:
        for life in range(2):
            stack.start()
            assert stack.process is not None
            everybody = [psutil.Process(stack.process.pid), *descendants(stack.process.pid)]
            assert {each.username() for each in everybody} == {account.name}
            assert any("postgres" in each.name() for each in everybody)
            assert stack.status("/healthz") == 200
            assert ("data directory created" in stack.output) is (life == 0)
            assert "as user" not in stack.output
            assert stack.stop() == 0
            assert belongs_to(str(var)) == []
        assert {path.owner() for path in var.rglob("*")} == {account.name}
    finally:
        stack.stop()
        remove_state_directory(var)
        remove_state_directory(extra.parent)
