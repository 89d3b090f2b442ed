# SPDX-License-Identifier: GPL-3.0-or-later
"""A really full disk: a small file system, mounted where nobody else sees it.

The sync runs in a mount namespace of its own, so nothing is left mounted however it ends. A
ballast file leaves too little room at first; without it the same command goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.digest import Digest
from tests.faulty_upstream import FaultyUpstream
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, World

TOP = Path(__file__).parents[3]

# Runs inside the namespace: a full disk first, the same command with room again second.
INSIDE = """
import json, os, subprocess, sys
from pathlib import Path
settings = json.loads(sys.argv[1])
root = Path(settings["root"])
root.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", root], check=True)
with (root / "ballast").open("wb") as ballast:
    ballast.write(bytes(int(settings["ballast"])))
from storage.database import Database
database = Database.open(settings["database"], "catalogue")
database.upgrade()
database.close()
def sync():
    return subprocess.run([sys.executable, "-m", "tests.run_sync", json.dumps(settings)],
                          capture_output=True, text=True)
def names(part):
    return sorted(p.name for p in (root / "blobs" / part).rglob("*") if p.is_file())
full = sync()
kept = names("sha256")
runs = [p.name for p in (root / "archive").glob("debian/2*")] if (root / "archive").exists() else []
print(json.dumps({"code": full.returncode, "said": full.stderr, "kept": kept, "runs": runs}),
      flush=True)
sys.stdin.readline()
(root / "ballast").unlink()
again = sync()
print(json.dumps({"code": again.returncode, "said": again.stderr, "kept": names("sha256"),
                  "waiting": names("incoming") + names("partial")}), flush=True)
"""


@pytest.fixture(scope="module")
def archive(throwaway_key: ThrowawayKey) -> SmallArchive:
    made = SmallArchive(throwaway_key)
    debs = tuple(Deb(f"package{n:02}", "1", size=300_000) for n in range(20))
    made.publish_dated("20260711T120000Z", World(debs))
    return made


@pytest.fixture
def upstream(archive: SmallArchive) -> Iterator[FaultyUpstream]:
    with FaultyUpstream(archive.files) as server:
        yield server


def test_a_full_disk_loses_nothing_and_the_same_command_goes_on(
    tmp_path: Path, upstream: FaultyUpstream, throwaway_key: ThrowawayKey, archive: SmallArchive
) -> None:
    keyring = tmp_path / "keyring.gpg"
    keyring.write_bytes(throwaway_key.public())
    root = tmp_path / "data"
    settings = {
        "root": str(root),
        "database": f"sqlite:///{root}/catalogue.sqlite",
        "upstream": upstream.url,
        "keyring": str(keyring),
        "ballast": 11_500_000,
    }
    with subprocess.Popen(
        [
            *("unshare", "--mount", "--propagation", "private"),
            *(sys.executable, "-c", INSIDE, json.dumps(settings)),
        ],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        full = json.loads(process.stdout.readline())
        sent_before = dict(upstream.sent)
        upstream.sent.clear()
        process.stdin.write("\n")
        process.stdin.flush()
        again = json.loads(process.stdout.readline())
        assert process.wait(60) == 0
    assert full["code"] == 74, full
    assert "no room left in" in full["said"]
    assert "run the same command again" in full["said"]
    assert full["runs"] == []
    assert full["kept"], sent_before
    assert again["code"] == 0, again
    assert set(full["kept"]) < set(again["kept"])
    assert again["waiting"] == []
    for path, count in upstream.sent.items():
        if "/pool/" in path:
            digest = Digest.of(archive.files[path])
            assert digest.hex not in full["kept"], f"{path}: {count} bytes came twice"
    assert not os.path.ismount(root)
