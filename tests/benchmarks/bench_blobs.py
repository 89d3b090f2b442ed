# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing blobs, beside cp + sha256sum + sync of the same files in the same run.

make bench ARGS=tests/benchmarks/bench_blobs.py
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Cost, interleaved, measure, table, verdict
from tests.benchmarks.real_archive import emptied, real_packages, warm

ROUNDS = 3

_OURS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from storage.blobs import LocalBlobs
store = LocalBlobs(Path(sys.argv[1]))
def add(path):
    with path.open("rb", buffering=0) as stream:
        store.add(iter(lambda: stream.read(1 << 20), b""), durable=False)
with ThreadPoolExecutor(int(sys.argv[3])) as pool:
    list(pool.map(add, Path(sys.argv[2]).iterdir()))
store.sync()
"""


def test_writing_blobs(tmp_path: Path) -> None:
    packages, _ = real_packages()
    source, ours, theirs = tmp_path / "source", tmp_path / "ours", tmp_path / "theirs"
    source.mkdir()
    for stanza, file in packages:
        shutil.copyfile(file, source / stanza.fields["SHA256"])
    warm(packages)
    script = f"cp -r {source} {theirs} && sha256sum {theirs}/* && sync -f {theirs}"

    def write(threads: int) -> Cost:
        emptied(ours)
        command: list[str | Path] = [sys.executable, "-P", "-c", _OURS, ours, source, str(threads)]
        return measure(command, tmp_path / "log")

    def copy() -> Cost:
        shutil.rmtree(theirs, ignore_errors=True)
        return measure(["sh", "-c", script], tmp_path / "log")

    works: dict[str, Callable[[], Cost]] = {
        "dejabuild": partial(write, 1),
        "dejabuild, 2 threads": partial(write, 2),
        "cp, sha256sum, sync": copy,
    }
    costs = interleaved(ROUNDS, works)
    size = sum(stanza.size for stanza, _ in packages)
    table(f"writing {len(packages)} blobs, {size / 1e6:.0f} MB, SHA-256 and SHA-1", costs)
    one, two, theirs_took = (cost.wall for cost in costs.values())
    verdict("time in one thread, of theirs", one / theirs_took, 1.0)
    verdict("time in two threads, as a sync has them, of theirs", two / theirs_took, 1.0)
    shutil.rmtree(tmp_path, ignore_errors=True)
