"""How long reading a bundle takes and how much memory, against the standard library's own unpacking.

``python bench/bundle.py`` prints one JSON line per figure. Memory is the growth of the peak of a fresh process.
"""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scanner.bundle import BundleError, open_bundle
from scanner.collect.declaration import declare
from scanner.collect.inventory import collect_inventory

MIB = 1024 * 1024
RAM = "/dev/shm"  # noqa: S108 -- a file system in memory, where there is one
RUNS = 5
MANIFEST = {
    "manifest_version": "0.3",
    "name": "bench",
    "version": "1.0.0",
    "description": "Generated",
    "author": {"name": "Bench"},
    "server": {
        "type": "node",
        "entry_point": "server/index.js",
        "mcp_config": {"command": "node", "args": ["${__dirname}/server/index.js"]},
    },
}


def figure(name: str, value: float, unit: str) -> None:
    print(json.dumps({"figure": name, "value": round(value, 4), "unit": unit}), flush=True)


def write_bundle(path: Path, packed_target: int, typical: int = 900) -> None:
    """About ``packed_target`` bytes of files of the sizes that node_modules have, compressing about 3:1."""
    rng = random.Random(20)  # noqa: S311 -- the same bundle every time
    words = [rng.randbytes(rng.randint(2, 9)).hex() for _ in range(4000)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("manifest.json", json.dumps(MANIFEST))
        archive.writestr("server/index.js", "console.log(1)\n")
        index = 0
        while archive.fp is not None and archive.fp.tell() < packed_target - 60_000:
            size = int(rng.paretovariate(0.9) * typical)
            text = " ".join(rng.choices(words, k=min(size, 200_000) // 10 + 1))
            archive.writestr(f"node_modules/package{index % 250}/lib/file{index}.js", text)
            index += 1


def write_bomb(path: Path) -> None:
    """A member that honestly unpacks to 1 GiB of zeros, from one megabyte."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("manifest.json", json.dumps(MANIFEST))
        archive.writestr("server/index.js", "console.log(1)\n")
        with archive.open("zeros.bin", "w") as member:
            zeros = bytes(MIB)
            for _ in range(1024):
                member.write(zeros)


def understated(bomb: bytes) -> bytes:
    """The same bomb, declaring ten bytes in both headers."""
    return bomb.replace(struct.pack("<L", 1024 * MIB), struct.pack("<L", 10))


def best(action: Callable[[], None], runs: int = RUNS) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def read(path: Path) -> None:
    with open_bundle(path):
        pass


def inventory(path: Path) -> None:
    with open_bundle(path) as bundle:
        collect_inventory(bundle, declare(bundle))


def unpack(path: Path, where: str | None = None) -> None:
    with tempfile.TemporaryDirectory(dir=where) as folder, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)


def peak_memory() -> float:
    """Highest resident size of this process so far, in MiB; ru_maxrss would start at that of the parent."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def peak_growth(path: Path, expected: str) -> float:
    """MiB by which reading ``path`` raises the peak of a fresh process."""
    command = [sys.executable, os.fspath(Path(__file__).resolve()), "--measure", os.fspath(path)]
    outcome, growth = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if outcome != expected:
        raise SystemExit(f"{path.name}: expected {expected}, got {outcome}")
    return float(growth)


def measure(path: Path) -> None:
    # Warm up first, so that loading modules and schemas is not counted as memory of the bundle.
    warm = path.with_name("warm.mcpb")
    write_bundle(warm, 100_000)
    read(warm)
    before = peak_memory()
    outcome = "accepted"
    try:
        read(path)
    except BundleError as error:
        outcome = error.code
    print(outcome, peak_memory() - before)


def main() -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        medium, large, bomb, lie = (folder / f"{name}.mcpb" for name in ("medium", "large", "bomb", "lie"))
        write_bundle(medium, 20 * MIB)
        figure("bundle.bench_size", medium.stat().st_size / MIB, "MiB")
        with zipfile.ZipFile(medium) as archive:
            figure("bundle.bench_members", len(archive.namelist()), "files")
        ours, theirs = best(lambda: read(medium)), best(lambda: unpack(medium))
        figure("bundle.open_20mb", ours, "s")
        figure("bundle.zipfile_extractall_20mb", theirs, "s")
        figure("bundle.ratio_to_extractall", ours / theirs, "x")
        listed = best(lambda: inventory(medium))
        figure("bundle.open_and_inventory_20mb_rate", medium.stat().st_size / listed, "B/s")
        figure("bundle.open_and_inventory_ratio_to_extractall", listed / theirs, "x")
        if Path(RAM).is_dir():
            figure("bundle.ratio_to_extractall_ram", ours / best(lambda: unpack(medium, RAM)), "x")
        write_bundle(large, 99 * MIB - 512 * 1024, typical=2_500)
        figure("bundle.size_100mb", large.stat().st_size / MIB, "MiB")
        figure("bundle.open_100mb", best(lambda: read(large), runs=1), "s")
        figure("bundle.peak_growth_100mb", peak_growth(large, "accepted"), "MiB")
        write_bomb(bomb)
        lie.write_bytes(understated(bomb.read_bytes()))
        figure("bundle.peak_growth_bomb_1gib", peak_growth(bomb, "archive.too_large_uncompressed"), "MiB")
        figure("bundle.peak_growth_bomb_1gib_understated", peak_growth(lie, "archive.size_mismatch"), "MiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
