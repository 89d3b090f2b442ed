# SPDX-License-Identifier: GPL-3.0-or-later
"""Syncs on small file systems that are full, in a mount namespace that nobody else sees.

Run by `unshare --mount`: argument is a JSON object, one line of JSON comes back for each level.
Nothing is left mounted however it ends.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from snapshot.digest import Digest
from snapshot.errors import StorageFull
from storage.database import Database
from tests.faulty_upstream import FaultyUpstream
from tests.sync_place import Content, Place
from tests.warm_python import WarmPython

SIZE = 24 << 20
INODES = 2000


def _place(root: Path, upstream: FaultyUpstream, keyring: Path, python: WarmPython) -> Place:
    url = f"sqlite:///{root}/catalogue.sqlite"
    database = Database.open(url, "catalogue")
    database.upgrade()
    database.close()
    return Place(root, url, upstream, keyring, python, {"kind": "dated"})


def _fill(root: Path, level: dict[str, int]) -> None:
    """Leave so many bytes, or so many inodes, of the file system below a directory."""
    ballast = root / "ballast"
    ballast.mkdir()
    free = os.statvfs(root)
    if "inodes" in level:
        for number in range(free.f_favail - level["inodes"]):
            (ballast / str(number)).touch()
    else:
        pages = max(0, free.f_bavail - level["bytes"] // free.f_frsize)
        (ballast / "file").write_bytes(bytes(pages * free.f_frsize))


def _empty(root: Path) -> None:
    for path in (root / "ballast").iterdir():
        path.unlink()
    (root / "ballast").rmdir()


def try_level(place: Place, level: dict[str, int], expected: Content) -> dict[str, Any]:
    """A sync on the full disk; another one with room again."""
    _fill(place.root, level)
    code, said = place.attempt()
    reader = _read(place)
    wrong = [name for name, real in place.blobs() if name != real]
    stored = {digest.hex for digest in place.stored()}
    _empty(place.root)
    rows, runs = place.catalogue(), place.runs()
    place.upstream.sent.clear()
    again, words = place.attempt()
    files = place.upstream.files
    assert isinstance(files, dict)
    return {
        "level": level,
        "code": code,
        "said": said,
        "reader": reader,
        "seen": bool(rows) + 2 * bool(runs),
        "wrong": wrong,
        "stored": len(stored),
        "again": again,
        "words": words,
        "equal": place.content() == expected,
        "twice": [
            path
            for path in place.upstream.sent
            if "/pool/" in path and _sha256(files[path]) in stored
        ],
        "left": place.leftovers(),
    }


def _read(place: Place) -> str:
    """What somebody is told who reads the catalogue on the full disk."""
    try:
        place.catalogue()
    except StorageFull as error:
        return error.message
    return "the catalogue"


def _sha256(data: bytes) -> str:
    return Digest.of(data).hex


def main(settings: dict[str, Any]) -> None:
    top, keyring = Path(settings["top"]), Path(settings["keyring"])
    files = pickle.loads(Path(settings["files"]).read_bytes())
    with FaultyUpstream(files) as upstream, WarmPython() as python:
        reference = top / "reference"
        reference.mkdir()
        place = _place(reference, upstream, keyring, python)
        place.run()
        expected = place.content()
        root = top / "full"
        root.mkdir()
        for level in settings["levels"]:
            options = f"size={SIZE},nr_inodes={INODES}"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", root], check=True)
            place = _place(root, upstream, keyring, python)
            print(json.dumps(try_level(place, level, expected)), flush=True)
            subprocess.run(["umount", "-l", root], check=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
