# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories of a small archive, and what a catalogue must say of them, found out by brute force.

A history is a list of runs in the order of their import, which need not be that of time. Four
streams of two suites: binaries, sources, udebs, and binaries of another suite. A run need not
hold all of them: a stream that it does not hold was not looked at, which is not the same as one
that it holds and that is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from hypothesis import strategies as st

from snapshot.coordinates import Coordinates
from tests.storage.catalogue.archive_maker import binary, day, source

#: suite, component, architecture.
STREAMS = (
    ("sid", "main", "amd64"),
    ("sid", "main", "source"),
    ("sid", "main/debian-installer", "amd64"),
    ("trixie", "main", "amd64"),
)
#: How many kinds of entries each stream draws from.
KINDS = (6, 3, 2, 3)

#: First day, and the first day on which it was seen absent.
Days = tuple[int, int | None]


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        day: Its stamp.
        held: Numbers of entries by number of the stream; what is not in it was not looked at.
        known_release: Its Releases are those of every run that holds the same.
        in_parts: It is published suite by suite, the second one widening it.
    """

    day: int
    held: tuple[tuple[int, frozenset[int]], ...]
    known_release: bool
    in_parts: bool


def _held(chosen: Sequence[frozenset[int] | None]) -> tuple[tuple[int, frozenset[int]], ...]:
    return tuple((number, one) for number, one in enumerate(chosen) if one is not None)


def _held_of(kinds: int) -> st.SearchStrategy[frozenset[int] | None]:
    """What a stream holds; one in four is not looked at."""
    some = st.frozensets(st.integers(0, kinds - 1), max_size=kinds)
    return st.integers(0, 3).flatmap(lambda n: some if n else st.none())


_HELD = st.tuples(*map(_held_of, KINDS)).filter(
    lambda chosen: any(one is not None for one in chosen)
)
RUNS = st.lists(
    st.builds(
        Run,
        day=st.integers(1, 9),
        held=_HELD.map(_held),
        known_release=st.booleans(),
        in_parts=st.booleans(),
    ),
    min_size=2,
    max_size=6,
    unique_by=lambda run: run.day,
)


@dataclass(frozen=True)
class Model:
    """What a history means.

    Attributes:
        archive: Its name; all names of packages begin with it.
        runs: In the order of their import.
    """

    archive: str
    runs: tuple[Run, ...]

    def stream(self, number: int) -> Coordinates:
        return Coordinates(self.archive, *STREAMS[number])

    def stanza(self, stream: int, kind: int) -> bytes:
        a, b, made = (f"{self.archive}-{word}" for word in ("a", "b", "made"))
        if stream == 1:
            return (source(made), source(made, "2.0"), source(b))[kind]
        if stream == 2:
            path = f"pool/main/m/{made}/{a}_1.0_amd64.udeb"
            return binary(f"{a}-udeb", source=f"{made} (1.0)", path=path, tag=("", "moved")[kind])
        old = f"{made} (1.0)"
        return (
            binary(a, source=old),
            binary(a, source=old, tag="moved"),  # other bytes of the stanza, the same file
            binary(a, source=old, bytes_=f"{a} built again"),  # one name, another file
            binary(a, "2.0", source=f"{made} (2.0)"),
            binary(a, architecture="all", source=old),
            binary(b),
        )[kind]

    def index(self, run: Run, stream: int) -> list[bytes] | None:
        """What a run held; None when it did not look."""
        for number, kinds in run.held:
            if number == stream:
                return [self.stanza(stream, kind) for kind in sorted(kinds)]
        return None

    def observed(self, stream: int) -> dict[int, set[bytes]]:
        """Days on which a stream was looked at, in order, to what it held."""
        found = {}
        for run in sorted(self.runs, key=lambda run: run.day):
            index = self.index(run, stream)
            if index is not None:
                found[run.day] = set(index)
        return found

    def intervals(self, stream: int, is_there: Callable[[set[bytes]], bool]) -> list[Days]:
        """When something was there: half-open, over the days on which the stream was looked at."""
        found: list[Days] = []
        for at, held in self.observed(stream).items():
            is_open = bool(found) and found[-1][1] is None
            if is_there(held) and not is_open:
                found.append((at, None))
            elif not is_there(held) and is_open:
                found[-1] = (found[-1][0], at)
        return found

    def last_seen(self, stream: int, interval: Days) -> int:
        """The last day of an interval on which anybody looked."""
        first, until = interval
        return max(
            at for at in self.observed(stream) if first <= at and (until is None or at < until)
        )

    def entries(self) -> dict[tuple[Coordinates, bytes], list[Days]]:
        """Presences: by stream and digest of the stanza."""
        found = {}
        for number in range(len(STREAMS)):
            for stanza in set().union(*self.observed(number).values(), set()):
                rows = self.intervals(number, lambda held, one=stanza: one in held)  # type: ignore[misc]
                found[self.stream(number), sha256(stanza).digest()] = rows
        return found

    def stanzas(self) -> Mapping[bytes, bytes]:
        """All that was ever held, by digest."""
        held = set()
        for number in range(len(STREAMS)):
            held |= set().union(*self.observed(number).values(), set())
        return {sha256(stanza).digest(): stanza for stanza in held}

    def files(self, name: str, version: str) -> dict[tuple[str, str, Coordinates], list[Days]]:
        """When each file of a binary package was in each stream: by architecture and digest."""
        found = {}
        for number in (0, 2, 3):
            held = set().union(*self.observed(number).values(), set())
            for stanza in held:
                if value(stanza, "Package") == name and value(stanza, "Version") == version:
                    identity = value(stanza, "Architecture"), value(stanza, "SHA256")
                    rows = self.intervals(number, lambda held, one=identity: holds(held, one))  # type: ignore[misc]
                    found[(*identity, self.stream(number))] = rows
        return found


def holds(stanzas: set[bytes], identity: tuple[str, str]) -> bool:
    """Whether one of these describes a file of an architecture and a digest."""
    return any((value(one, "Architecture"), value(one, "SHA256")) == identity for one in stanzas)


def value(stanza: bytes, field: str) -> str:
    """A field's value, as a person reads it."""
    match = re.search(rf"^{field}: (.*)$", stanza.decode(), re.MULTILINE)
    return match[1] if match else ""


def number_of(interval_day: object) -> int:
    """The day of a stamp."""
    return next(one for one in range(1, 32) if day(one) == interval_day)
