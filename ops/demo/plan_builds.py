# SPDX-License-Identifier: GPL-3.0-or-later
"""Which builds give the demo its records, real sources first, then the demo's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ops.demo.cases import TWO_DATES, Planned
from ops.demo.official_builds import OfficialBuild
from ops.demo.own_packages import binary_stanza, own_source_stanza, pool_directory
from ops.demo.own_sources import (
    EMBEDS_VERSIONS,
    NEW_TOOL,
    OLD_TOOL,
    PRIVATE_HEADER,
    UNCOMPILABLE,
    UNPUBLISHED,
    UNPUBLISHED_DEPENDENCY,
    UNREPRODUCIBLE,
    VERSION,
    make_package,
    write_source,
)
from snapshot.deb_version import split_version
from snapshot.packages import BinaryStanza
from snapshot.verdict import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

    from ops.demo.arrange import Arrangement
    from ops.demo.cache import DemoCache
    from ops.demo.choose import Choice
    from ops.demo.gather import Gathered
    from ops.demo.own_sources import OwnSource
    from snapshot.timestamp import Timestamp


class BuildPlanner:
    """Plans builds and enters the demo's own sources into the archive.

    Args:
        arrangement: Receives the sources.
        cache: Holds the parts of real sources.
        room: A directory for what is written; made.
    """

    def __init__(self, arrangement: Arrangement, cache: DemoCache, room: Path) -> None:
        self._arrangement = arrangement
        self._cache = cache
        self._room = room
        room.mkdir(parents=True)

    def real(self, gathered: Gathered, sensitive_version: str) -> tuple[Planned, ...]:
        """Real sources: those that need two dates, and the version-sensitive one.

        Args:
            gathered: What was chosen.
            sensitive_version: At the first date, of the package whose version is carried.
        """
        first, _, last = self._arrangement.dates
        planned = [
            Planned(
                build=self._real_build(choice, last),
                version=choice.source.version,
                expected=Status.GOOD,
                reason=None,
                label=TWO_DATES,
                why=choice.why,
                published=choice.published,
                listed=self._listed(),
            )
            for choice in gathered.choices
            if choice.role == "two-dates"
        ]
        if gathered.sensitive:
            choice = gathered.sensitive
            planned.append(
                Planned(
                    build=self._real_build(choice, first),
                    version=choice.source.version,
                    expected=Status.GOOD,
                    reason=None,
                    label="as recorded",
                    why=choice.why,
                    carries=(choice.depends_on, sensitive_version),
                )
            )
        return tuple(planned)

    def own(self) -> tuple[Planned, ...]:
        """The demo's own sources, one for each kind of failure."""
        unpublished = make_package(UNPUBLISHED, VERSION, "all", self._room)
        header = {PRIVATE_HEADER: '#define GREETING "built at home"\n'}
        return (
            self._own(UNREPRODUCIBLE, Status.BAD, None),
            self._own(UNCOMPILABLE, Status.FAIL, Reason.BUILD_FAILED, files=header),
            self._own(
                UNPUBLISHED_DEPENDENCY,
                Status.FAIL,
                Reason.DEPENDENCY_MISSING,
                local=(unpublished,),
            ),
        )

    def fallback(self) -> tuple[Planned, ...]:
        """A source of the demo's own that needs two dates and carries versions."""
        debs = {
            (name, version): make_package(
                name, version, "all", self._subfolder(f"{name}-{version}")
            )
            for name in (OLD_TOOL, NEW_TOOL)
            for version in ("1", "2")
        }
        listed = {OLD_TOOL: ("1", "2", "2"), NEW_TOOL: ("1", "1", "2")}
        for (name, version), deb in debs.items():
            path = f"{pool_directory(name)}/{deb.name}"
            self._arrangement.pool[path] = deb
            for here, packages in zip(listed[name], self._arrangement.packages, strict=True):
                if here == version:
                    packages.add(binary_stanza(deb, path))
        old = debs[OLD_TOOL, "1"]
        own = self._own(EMBEDS_VERSIONS, Status.GOOD, None, local=(old,), label=TWO_DATES)
        return (replace(own, listed=self._listed(), carries=(OLD_TOOL, "1")),)

    def _listed(self) -> tuple[frozenset[tuple[str, str]], ...]:
        """What each date has, as (package, version)."""
        return tuple(
            frozenset((b.name, b.version) for b in map(BinaryStanza.parse, packages))
            for packages in self._arrangement.packages
        )

    def _subfolder(self, name: str) -> Path:
        folder = self._room / name
        folder.mkdir()
        return folder

    def _real_build(self, choice: Choice, depends_date: Timestamp) -> OfficialBuild:
        parsed = choice.source.parsed
        folder = self._subfolder(choice.source.name)
        for file in parsed.files:
            held = self._cache.file(str(file.checksums.sha256))
            if held is not None:
                (folder / file.name).symlink_to(held)
        ordered = sorted(folder.iterdir(), key=lambda path: path.suffix != ".dsc")
        kinds = {"all" if b.architecture == "all" else "any" for b in choice.published} or {"any"}
        return OfficialBuild(
            name=choice.source.name,
            version=_without_epoch(choice.source.version),
            source=tuple(ordered),
            kind="binary" if len(kinds) > 1 else kinds.pop(),
            depends_date=depends_date,
            local=(),
            files={},
        )

    def _own(
        self,
        own: OwnSource,
        expected: Status,
        reason: Reason | None,
        *,
        local: tuple[Path, ...] = (),
        files: dict[str, str] | None = None,
        label: str = "",
    ) -> Planned:
        first, _, last = self._arrangement.dates
        folder = self._subfolder(own.name)
        dsc = write_source(own, first, folder)
        source = own_source_stanza(dsc)
        for file in source.parsed.files:
            self._arrangement.pool[source.parsed.path_of(file)] = folder / file.name
        self._arrangement.add_everywhere((), (source.stanza,))
        parts = tuple(folder / f.name for f in source.parsed.files if f.name != dsc.name)
        build = OfficialBuild(own.name, VERSION, (dsc, *parts), "any", last, local, files or {})
        return Planned(
            build, VERSION, expected, reason, label, f"made by the demo: {own.description}"
        )


def _without_epoch(version: str) -> str:
    epoch, upstream, revision = split_version(version)
    del epoch
    return f"{upstream}-{revision}" if revision else upstream
