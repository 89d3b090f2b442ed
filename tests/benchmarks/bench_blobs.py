# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing blobs, beside cp + sha256sum + sync of the same files in the same run.

make bench ARGS=tests/benchmarks/bench_blobs.py
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.benchmarks.measure import Cost, interleaved, measure, table, verdict
from tests.benchmarks.real_archive import emptied, real_packages, warm

ROUNDS = 5

_OURS = """
import sys
from pathlib import Path
from storage.blobs import LocalBlobs
store = LocalBlobs(Path(sys.argv[1]))
for path in Path(sys.argv[2]).iterdir():
    with path.open("rb", buffering=0) as stream:
        store.add(iter(lambda: stream.read(1 << 20), b""), durable=False)
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

    def write() -> Cost:
        emptied(ours)
        return measure([sys.executable, "-c", _OURS, ours, source], tmp_path / "log")

    def copy() -> Cost:
        shutil.rmtree(theirs, ignore_errors=True)
        return measure(["sh", "-c", script], tmp_path / "log")

    costs = interleaved(ROUNDS, {"dejabuild": write, "cp, sha256sum, sync": copy})
    size = sum(stanza.size for stanza, _ in packages)
    table(f"writing {len(packages)} blobs, {size / 1e6:.0f} MB, SHA-256 and SHA-1", costs)
    rates = [cost.wall for cost in costs.values()]
    verdict("time, of theirs", rates[0] / rates[1], 1.0)
    shutil.rmtree(tmp_path, ignore_errors=True)
