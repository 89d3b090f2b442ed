# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalogue with a thousand runs of an archive of 77,000 packages, made once and kept.

The biggest index of the machine's apt is taken (and filled up with copies under other names), and
in each run half a percent of it changes: mostly new versions, some stanzas restated. Two smaller
archives lie beside it. All is imported as a mirror does it, which takes a quarter of an hour; so
the file is kept below `~/.cache/dejabuild/bench`, and each benchmark works on a copy.

What a run held can be told without the catalogue: the changes follow from a seed.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import sqlite3
import subprocess
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.stanza import split_stanzas
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, ReleaseRecord
from storage.catalogue.bulk_load import insert_rows
from storage.catalogue.tables import metadata
from storage.database import Database
from tests.databases import DatabaseUrls

#: Entries of the whole of sid's `main` for one architecture.
ENTRIES = 77_000
#: Share of an index that changes from run to run.
CHURN = 0.005
#: Seconds between runs, and the stamp before the first.
STEP, BEGINNING = 21_600, 1_700_000_000
_CACHE = Path("~/.cache/dejabuild/bench").expanduser()


@dataclass(frozen=True)
class Archive:
    """One of the archives.

    Attributes:
        name: Archive.
        suite: Its only suite.
        mark: Appended to the names of its packages.
        entries: Packages in each run.
        runs: How many.
    """

    name: str
    suite: str
    mark: str
    entries: int
    runs: int

    @property
    def stream(self) -> Coordinates:
        """Its only index."""
        return Coordinates(self.name, self.suite, "main", "amd64")

    @cached_property
    def changes(self) -> list[list[int]]:
        """For each run, the positions of what changes in it; nothing in the first."""
        rng = random.Random(self.name)
        count = max(int(self.entries * CHURN), 4)
        return [[], *(rng.sample(range(self.entries), count) for _ in range(self.runs - 1))]

    @cached_property
    def _bumps(self) -> dict[int, list[int]]:
        """Position to the runs that gave it a new version; every fourth change only restates."""
        found: dict[int, list[int]] = {}
        for run, positions in enumerate(self.changes):
            for position in positions[len(positions) // 4 :]:
                found.setdefault(position, []).append(run)
        return found

    def version(self, position: int, run: int, first: str) -> str:
        """The version of what stands at a position in a run."""
        bumps = self._bumps.get(position, [])
        earlier = bisect_right(bumps, run)
        return f"{first}+r{bumps[earlier - 1]}" if earlier else first

    def changed_between(self, run: int, later: int) -> list[int]:
        """Positions that have another version in a later run."""
        return [
            position
            for position, bumps in self._bumps.items()
            if bisect_right(bumps, run) != bisect_right(bumps, later)
        ]


@dataclass(frozen=True)
class LongHistory:
    """The archives over one index.

    Attributes:
        stanzas: What the big archive begins with.
        runs: Of the big archive.
    """

    stanzas: Sequence[bytes]
    runs: int = 1000

    @cached_property
    def archives(self) -> tuple[Archive, Archive, Archive]:
        """The big one first."""
        return (
            Archive("debian", "sid", "", len(self.stanzas), self.runs),
            Archive("debian-security", "sid-security", "-sec", 2000, max(self.runs // 4, 1)),
            Archive("debian-ports", "sid-ports", "-ports", 4000, max(self.runs // 4, 1)),
        )

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """Name and first version at each position."""
        return [(_value(one, b"Package"), _value(one, b"Version")) for one in self.stanzas]

    def need(self, archive: Archive, position: int, run: int) -> tuple[str, str]:
        """Name and version of what stands at a position of an archive in one of its runs."""
        name, first = self.names[position]
        return name + archive.mark, archive.version(position, run, first)

    def stanza(self, archive: Archive, position: int, run: int, number: int) -> bytes:
        """The stanza at a position since a run; `number` makes it another one.

        Files of another version have other digests.
        """
        name, version = self.need(archive, position, run)
        text = self.stanzas[position]
        digest = hashlib.sha256(f"{name} {version}".encode()).hexdigest()
        for field, value in (
            (b"Package", name),
            (b"Version", version),
            (b"Filename", f"pool/main/{name[0]}/{name}/{name}_{version.rpartition(':')[2]}.deb"),
            (b"SHA256", digest),
        ):
            text = re.sub(rb"(?m)^%b: .*$" % field, b"%b: %b" % (field, value.encode()), text)
        return text + (b"\nX-Bench: %d" % number if number else b"")

    def indices(self, archive: Archive) -> Iterator[bytes]:
        """The index of each run."""
        current = [self.stanza(archive, one, 0, 0) for one in range(archive.entries)]
        for run, positions in enumerate(archive.changes):
            for position in positions:
                current[position] = self.stanza(archive, position, run, run)
            yield b"\n\n".join(current) + b"\n"

    def fill(self, catalogue: Catalogue) -> None:
        """Import all of it."""
        for archive in self.archives:
            for run, data in enumerate(self.indices(archive)):
                at = stamp(run)
                draft = catalogue.begin_run(archive.name, at, trust="release", origin="bench")
                release = Digest.of(f"{archive.name} {at}".encode())
                catalogue.stage_release(draft, ReleaseRecord(archive.suite, release, at))
                pieces = (data[start : start + (1 << 20)] for start in range(0, len(data), 1 << 20))
                catalogue.stage_index(draft, archive.stream, Digest.of(data), pieces)
                catalogue.publish(draft)

    def kept(self) -> Path:
        """The file of the catalogue; made when it is not there."""
        digest = hashlib.sha256(b"\n\n".join(self.stanzas)).hexdigest()[:12]
        path = _CACHE / f"history-{self.runs}-{digest}.sqlite"
        if not path.exists():
            print(f"\nmaking {path}: this takes a while, once", flush=True)
            draft = _CACHE / f"{path.name}.{os.getpid()}.new"
            draft.parent.mkdir(parents=True, exist_ok=True)
            database = Database.open(f"sqlite:///{draft}", "catalogue")
            database.upgrade()
            self.fill(Catalogue(database))
            database.close()
            _settle(draft)
            draft.rename(path)
        return path

    def copy(self, urls: DatabaseUrls) -> None:
        """Put all of it into a catalogue that is empty."""
        kept = self.kept()
        if urls.backend == "sqlite":
            shutil.copyfile(kept, urls.catalogue.removeprefix("sqlite:///"))
        database = Database.open(urls.catalogue, "catalogue")
        database.upgrade()
        if urls.backend == "postgresql":
            _copy_rows(kept, database)
        database.close()


def _copy_rows(kept: Path, database: Database) -> None:
    """What SQLite holds, table by table: the tables are the same."""
    source = sqlite3.connect(f"file:{kept}?mode=ro", uri=True)
    there = {name for (name,) in source.execute("SELECT name FROM sqlite_master")}
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        names = ", ".join(column.name for column in table.columns)
        with database.write() as connection:
            connection.execute(table.delete())
            rows = source.execute(f"SELECT {names} FROM {table.name}")
            while part := rows.fetchmany(50_000):
                insert_rows(connection, table, part)
    source.close()
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("ANALYZE")


def stamp(run: int) -> Timestamp:
    """The stamp of a run of any of the archives."""
    return Timestamp(BEGINNING + run * STEP)


def whole_index(entries: int = ENTRIES) -> list[bytes]:
    """The stanzas of the biggest index at hand, cut or filled up to a number."""
    named = os.environ.get("DEJABUILD_BENCH_PACKAGES")
    if named:
        found = split_stanzas(Path(named).read_bytes())
    else:
        lists = Path("/var/lib/apt/lists").glob("*_Packages*")
        biggest = max(lists, key=lambda path: path.stat().st_size, default=None)
        assert biggest, "no Packages index: run `apt-get update`, or set DEJABUILD_BENCH_PACKAGES"
        command = ["/usr/lib/apt/apt-helper", "cat-file", str(biggest)]
        found = split_stanzas(subprocess.run(command, check=True, capture_output=True).stdout)
    more = [
        re.sub(rb"(?m)^Package: (.*)$", rb"Package: \1-again", one)
        for one in found[: max(entries - len(found), 0)]
    ]
    return [*found, *more][:entries]


def _value(stanza: bytes, field: bytes) -> str:
    found = re.search(rb"(?m)^%b: (.*)$" % field, stanza)
    assert found, stanza[:200]
    return found[1].decode()


def _settle(path: Path) -> None:
    """Everything into the one file, and what a planner knows after years."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
