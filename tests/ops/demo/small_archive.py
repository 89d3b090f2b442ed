# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
from pathlib import Path

from ops.demo.dated_archive import ArchiveNames, Contents, DatedArchive
from ops.demo.own_packages import binary_stanza, own_source_stanza, pool_directory
from ops.demo.own_sources import UNREPRODUCIBLE, make_package, write_source
from ops.demo.throwaway_key import throwaway_key
from snapshot.timestamp import Timestamp

DATES = (Timestamp.parse("20260101T000000Z"), Timestamp.parse("20260201T000000Z"))
NAMES = ArchiveNames("debian", "bookworm", "amd64")


def write_small_archive(folder: Path) -> Path:
    """Two dates of an archive: `tool` 1 then 2, `lost` listed but gone, and one source."""
    made = folder / "made"
    made.mkdir()
    debs = {v: make_package("tool", v, "all", _room(made, v)) for v in ("1", "2")}
    lost = make_package("lost", "1", "all", _room(made, "lost"))
    dsc = write_source(UNREPRODUCIBLE, DATES[0], _room(made, "source"))
    source = own_source_stanza(dsc)
    paths = {v: f"{pool_directory('tool')}/{deb.name}" for v, deb in debs.items()}
    with throwaway_key() as key:
        (folder / "keyring.gpg").write_bytes(key.public())
        archive = DatedArchive(folder / "www", NAMES, key)
        archive.place({paths[v]: deb for v, deb in debs.items()})
        archive.place({source.parsed.path_of(f): dsc.parent / f.name for f in source.parsed.files})
        for date, version in zip(DATES, ("1", "2"), strict=True):
            stanzas = {binary_stanza(debs[version], paths[version])}
            stanzas.add(binary_stanza(lost, "pool/main/l/lost/lost_1_all.deb"))
            archive.write_date(date, Contents(frozenset(stanzas), frozenset({source.stanza})))
    return folder / "www"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _room(made: Path, name: str) -> Path:
    room = made / name
    room.mkdir()
    return room
