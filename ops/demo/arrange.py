# SPDX-License-Identifier: GPL-3.0-or-later
"""Which package is listed at which of the three dates.

The first date is the last point release as it was made, the last date has every update since.
In between, updates have arrived for every other source package, so that the three dates differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.demo.dated_archive import Contents
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ops.demo.gather import RealArchive
    from ops.demo.real_indices import Source
    from snapshot.packages import BinaryStanza

_DAY = 24 * 3600


@dataclass(slots=True)
class Arrangement:
    """Stanzas per date and the files behind them, while it is being put together.

    Attributes:
        dates: Three, ascending.
        packages: Stanzas of each date.
        sources: The same for source packages.
        pool: Path inside the archive to the file.
    """

    dates: tuple[Timestamp, Timestamp, Timestamp]
    packages: tuple[set[bytes], set[bytes], set[bytes]] = field(
        default_factory=lambda: (set(), set(), set())
    )
    sources: tuple[set[bytes], set[bytes], set[bytes]] = field(
        default_factory=lambda: (set(), set(), set())
    )
    pool: dict[str, Path] = field(default_factory=dict)

    def contents(self) -> dict[Timestamp, Contents]:
        """What each date lists."""
        return {
            date: Contents(frozenset(packages), frozenset(sources))
            for date, packages, sources in zip(self.dates, self.packages, self.sources, strict=True)
        }

    def add_everywhere(self, packages: Iterable[bytes], sources: Iterable[bytes]) -> None:
        """List something at all three dates."""
        for listed in self.packages:
            listed.update(packages)
        for listed in self.sources:
            listed.update(sources)


def three_dates(old: Timestamp, new: Timestamp) -> tuple[Timestamp, Timestamp, Timestamp]:
    """The dates of the archive's own Releases, and the day half-way between them."""
    if new.epoch - old.epoch < 2 * _DAY:
        old = Timestamp(new.epoch - 20 * _DAY)
    middle = (old.epoch + new.epoch) // 2
    return old, Timestamp(middle - middle % _DAY), new


def arrange_real(
    archive: RealArchive, binaries: Iterable[BinaryStanza], sources: Iterable[Source]
) -> Arrangement:
    """Distribute real stanzas over the dates."""
    arrangement = Arrangement(three_dates(archive.old_date, archive.new_date))
    binaries = tuple(binaries)
    replaced = _replaced(archive, binaries)
    early = set(sorted({binary.source for binary in replaced})[::2])
    for binary in binaries:
        is_old = archive.old.has(binary)
        has_newer = binary in replaced
        new_at_second = binary.source in early
        listed = (
            is_old,
            (not new_at_second if has_newer else is_old or new_at_second),
            not has_newer,
        )
        for here, packages in zip(listed, arrangement.packages, strict=True):
            if here:
                packages.add(binary.stanza)
    for source in sources:
        listed = (archive.old.has_source(source), source.name in early, True)
        listed = (listed[0], listed[0] or listed[1], True)
        for here, stanzas in zip(listed, arrangement.sources, strict=True):
            if here:
                stanzas.add(source.stanza)
    return arrangement


def _replaced(archive: RealArchive, binaries: tuple[BinaryStanza, ...]) -> set[BinaryStanza]:
    """Those of the old state that the new one has in another version."""
    newer = {binary.name for binary in binaries if not archive.old.has(binary)}
    return {binary for binary in binaries if binary.name in newer and archive.old.has(binary)}
