# SPDX-License-Identifier: GPL-3.0-or-later
"""Conductor of the demo's first half: from the machine's apt sources to a finished upstream.

update apt ▸ choose and download ▸ arrange by date ▸ build the records ▸ write and sign.
Everything is kept in a cache under the digests of what it was made from; with an unchanged
archive a second run takes seconds.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.demo.arrange import arrange_real
from ops.demo.cases import NEWEST, TWO_DATES, published_cases, recorded_cases, to_publish
from ops.demo.dated_archive import ArchiveNames, DatedArchive
from ops.demo.fixture import Fixture
from ops.demo.gather import Gatherer, apt_indices, archive_key, real_archive
from ops.demo.official_builds import BuildPlace, record_builds
from ops.demo.own_packages import binary_stanza, pool_directory
from ops.demo.own_sources import OLD_TOOL
from ops.demo.plan_builds import BuildPlanner
from ops.demo.throwaway_key import throwaway_key
from ops.demo.upstream_server import UpstreamServer
from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ops.demo.arrange import Arrangement
    from ops.demo.cache import DemoCache
    from ops.demo.cases import Planned
    from ops.demo.fixture import Case
    from ops.demo.gather import Gathered, RealArchive
    from ops.demo.machine_sources import MachineSource
    from ops.demo.official_builds import Record
    from ops.demo.real_indices import Source
    from ops.demo.throwaway_key import ThrowawayKey
    from snapshot.packages import BinaryStanza

ARCHIVE = "debian"
# Raise it when the upstream's shape changes, so that older ones are not taken for new ones.
_SHAPE = "1"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the packages come from.

    Attributes:
        codename: Release of this machine.
        architecture: Of its packages.
        sources: Its apt sources.
        main_only: Pretend that there are no updates, to see what the demo does then.
        records: Whether to build for records, which needs root.
    """

    codename: str
    architecture: str
    sources: tuple[MachineSource, ...]
    main_only: bool = False
    records: bool = True


def prepare(machine: Machine, cache: DemoCache, say: Callable[[str], None]) -> Fixture:
    """Make the upstream, or take it from the cache when the archive has not changed.

    Args:
        machine: Where the packages come from.
        cache: What is kept between runs.
        say: Takes lines for the reader.

    Returns:
        The finished upstream.
    """
    with cache.lock("apt", lambda: say("another run prepares the same upstream: waiting for it")):
        say("asking this machine's apt sources what they offer today")
        old, new, indices = apt_indices(machine.sources, machine.codename, cache.root / "apt")
        if machine.main_only:
            new, indices = old, tuple(i for i in indices if i.codename == machine.codename)
        shape = f"{_SHAPE} records={machine.records}"
        key = ["upstream", shape, machine.architecture, machine.codename, *archive_key(indices)]

        def make(out: Path) -> None:
            archive = real_archive(old, new, indices, machine.codename)
            _Maker(machine, archive, cache, say).make(out)

        return Fixture.load(cache.result(key, make))


class _Maker:
    def __init__(
        self,
        machine: Machine,
        archive: RealArchive,
        cache: DemoCache,
        say: Callable[[str], None],
    ) -> None:
        self._archive = archive
        self._cache = cache
        self._say = say
        self._names = ArchiveNames(ARCHIVE, machine.codename, machine.architecture)
        self._notes: list[str] = []
        self._with_records = machine.records

    def make(self, out: Path) -> None:
        self._say("choosing packages by rule and downloading them with everything they need")
        gathered = Gatherer(self._archive, self._cache, self._say).gather()
        if not gathered.choices:
            self._note("no source that Debian built for this release can be had today")
        sources = [choice.source for choice in gathered.choices]
        sources += [gathered.sensitive.source] if gathered.sensitive else []
        arrangement = arrange_real(self._archive, gathered.packages.values(), sources)
        self._collect_pool(arrangement, gathered.packages.values(), sources)
        with throwaway_key() as key, tempfile.TemporaryDirectory(dir=out) as draft:
            (out / "keyring.gpg").write_bytes(key.public())
            desk = _Desk(Path(draft), out, arrangement, key)
            cases = published_cases(gathered.choices)
            cases += self._recorded(gathered, desk) if self._with_records else ()
            self._write(out / "www", arrangement, key)
        pool = [file for file in (out / f"www/archive/{ARCHIVE}/pool").rglob("*") if file.is_file()]
        Fixture(
            root=out,
            archive=ARCHIVE,
            codename=self._names.codename,
            architecture=self._names.architecture,
            dates=arrangement.dates,
            cases=cases,
            notes=(*gathered.notes, *self._notes),
            packages=sum(file.suffix == ".deb" for file in pool),
            bytes=sum(file.stat().st_size for file in pool),
            lived=self._lived(gathered),
        ).save()

    def _recorded(self, gathered: Gathered, desk: _Desk) -> tuple[Case, ...]:
        planner = BuildPlanner(desk.arrangement, self._cache, desk.draft / "own")
        sensitive = gathered.sensitive
        version = self._old_version(sensitive.depends_on) if sensitive else ""
        cases = self._build((*planner.real(gathered, version), *planner.own()), desk)
        labels = {case.name.removeprefix(case.package).strip() for case in cases}
        if not {TWO_DATES, NEWEST} <= labels:
            self._note("today's dates do not give every case: building a source of the demo's own")
            cases += self._build(planner.fallback(), desk)
        return cases

    def _build(self, planned: tuple[Planned, ...], desk: _Desk) -> tuple[Case, ...]:
        self._say(f"building {len(planned)} packages in a clean chroot, to have their records")
        shutil.rmtree(desk.draft / "www", ignore_errors=True)
        self._write(desk.draft / "www", desk.arrangement, desk.key)
        with UpstreamServer(desk.draft / "www", drop_every=0) as server:
            place = self._place(f"{server.url}/archive/{ARCHIVE}", desk)
            records = record_builds(tuple(plan.build for plan in planned), place, self._cache)
        for plan in planned:
            self._publish(plan, records[plan.build.name], desk.arrangement)
        return recorded_cases(planned, records, desk.out / "records", self._notes)

    def _publish(self, plan: Planned, record: Record, arrangement: Arrangement) -> None:
        for deb in to_publish(plan, record):
            path = f"{pool_directory(plan.build.name)}/{deb.name}"
            arrangement.pool[path] = deb
            arrangement.add_everywhere((binary_stanza(deb, path),), ())

    def _note(self, line: str) -> None:
        self._notes.append(line)
        self._say(line)

    def _old_version(self, name: str) -> str:
        return next(p.version for p in self._archive.worlds.chroot() if p.name == name)

    def _lived(self, gathered: Gathered) -> tuple[str, str]:
        """A package of the chroot that the newest date has in another version."""
        changed = {package.name for package in self._archive.worlds.changed_in_base()}
        names = [p for p in sorted(self._archive.worlds.chroot()) if p.name in changed]
        preferred = [
            p for p in names if gathered.sensitive and p.name == gathered.sensitive.depends_on
        ]
        for package in (*preferred, *names):
            return package.name, package.version
        return OLD_TOOL, "1"

    def _collect_pool(
        self, arrangement: Arrangement, binaries: Iterable[BinaryStanza], sources: list[Source]
    ) -> None:
        for binary in binaries:
            arrangement.pool[binary.path] = self._file(str(binary.checksums.sha256))
        for source in sources:
            for file in source.parsed.files:
                path = source.parsed.path_of(file)
                arrangement.pool[path] = self._file(str(file.checksums.sha256))

    def _file(self, sha256: str) -> Path:
        path = self._cache.file(sha256)
        if path is None:
            raise NotFound(f"{sha256} vanished from the cache {self._cache.root}")
        return path

    def _write(self, www: Path, arrangement: Arrangement, key: ThrowawayKey) -> None:
        archive = DatedArchive(www, self._names, key)
        archive.place(arrangement.pool)
        for date, contents in arrangement.contents().items():
            archive.write_date(date, contents)

    def _place(self, url: str, desk: _Desk) -> BuildPlace:
        stanzas = [b"".join(sorted(listed)) for listed in desk.arrangement.packages]
        return BuildPlace(
            url=url,
            codename=self._names.codename,
            base_date=desk.arrangement.dates[0],
            keyring=desk.out / "keyring.gpg",
            include=self._archive.worlds.merged,
            fingerprint=hashlib.sha256(b"\0".join(stanzas)).hexdigest(),
        )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What lies on the table while the upstream is being made."""

    draft: Path
    out: Path
    arrangement: Arrangement
    key: ThrowawayKey
