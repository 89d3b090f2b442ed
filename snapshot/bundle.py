# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a bundle: a closure in one file, with all that proves it.

::

    dejabuild-bundle 1
    closure base
    definition 1c…
    run debian 20260711T101637Z release
    member bookworm InRelease 7a…
    member bookworm main/binary-amd64/Packages.xz c2…
    blob 1c… 230
    blob 7a… 151082

`run` names a run and how it was proved where the bundle was made; the `member` lines after it
are files of its `dists/`. `blob` lines give what follows in the bundle, in this order. Who reads
it believes none of it: members are verified again from the signatures down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from snapshot.closure import MAX_LINES, located
from snapshot.coordinates import checked_name, checked_suite
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.pool_path import safe_relative_path
from snapshot.timestamp import Timestamp

#: A manifest of a million files; a larger one is refused unread.
MAX_SIZE = 128 << 20

_HEADER = "dejabuild-bundle 1"
_TRUST = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, order=True)
class BundledMember:
    """A file of a run's `dists/<suite>/`: a Release, its signature, or an index.

    Attributes:
        suite: Directory below `dists/`.
        path: Relative to it.
        digest: Its bytes.
    """

    suite: str
    path: str
    digest: Digest

    def __post_init__(self) -> None:
        checked_suite(self.suite)
        if " " in safe_relative_path(self.path, what="path of a member"):
            raise InvalidInput(f"not a path of a member: {self.path[:120]!r}")


@dataclass(frozen=True, slots=True, order=True)
class BundledRun:
    """What a bundle holds of one run.

    Attributes:
        archive: Archive.
        stamp: The run's, where the bundle was made.
        trust: How it was proved there; nothing follows from it here.
        members: Sorted.
    """

    archive: str
    stamp: Timestamp
    trust: str
    members: tuple[BundledMember, ...]

    def __post_init__(self) -> None:
        checked_name(self.archive, "archive")
        if not _TRUST.fullmatch(self.trust):
            raise InvalidInput(f"not a word for how a run is proved: {self.trust[:40]!r}")

    def find(self, suite: str, path: str) -> Digest | None:
        """The bytes of one member."""
        return next((m.digest for m in self.members if (m.suite, m.path) == (suite, path)), None)


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What is in a bundle.

    Attributes:
        closure: Name of the closure.
        definition: Blob that says what it wants.
        runs: What proves it, sorted.
        blobs: What follows, with sizes, in this order.
    """

    closure: str
    definition: Digest
    runs: tuple[BundledRun, ...]
    blobs: tuple[tuple[Digest, int], ...]

    def __post_init__(self) -> None:
        checked_name(self.closure, "closure")
        here = {digest for digest, _ in self.blobs}
        needed = {self.definition}
        needed |= {member.digest for run in self.runs for member in run.members}
        if len(here) != len(self.blobs):
            raise InvalidInput("a bundle with a blob twice")
        if lacking := needed - here:
            raise InvalidInput(f"a bundle that names {min(lacking)} and does not hold it")

    @property
    def size(self) -> int:
        """Bytes of all blobs."""
        return sum(size for _, size in self.blobs)

    def text(self) -> bytes:
        """The canonical text."""
        return "".join(f"{line}\n" for line in self._lines()).encode("ascii")

    def _lines(self) -> Iterator[str]:
        yield from (_HEADER, f"closure {self.closure}", f"definition {self.definition}")
        for run in self.runs:
            yield f"run {run.archive} {run.stamp} {run.trust}"
            for member in run.members:
                yield f"member {member.suite} {member.path} {member.digest}"
        for digest, size in self.blobs:
            yield f"blob {digest} {size}"

    @classmethod
    def from_text(cls, data: bytes, name: str = "bundle") -> BundleManifest:
        """Read the text back; anything but the canonical form is refused.

        Raises:
            InvalidInput: With the number of the first bad line.
        """
        try:
            lines = data.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{name}: byte {error.start} of its manifest is no ASCII") from error
        if lines[0] != _HEADER or len(lines) > MAX_LINES:
            raise InvalidInput(
                f"{name}: its manifest begins with {lines[0][:60]!r}",
                advice=f"expected `{_HEADER}`",
            )
        reading = _Reading()
        for number, line in enumerate(lines[1:-1], start=2):
            with located(f"{name}: manifest, line {number}"):
                reading.take(line)
        with located(f"{name}: manifest"):
            manifest = reading.finish()
        if manifest.text() != data:
            raise InvalidInput(f"{name}: its manifest is not in the canonical form")
        return manifest


class _Reading:
    """A manifest as far as it is read."""

    def __init__(self) -> None:
        self._closure = ""
        self._definition: Digest | None = None
        self._runs: list[tuple[str, Timestamp, str, list[BundledMember]]] = []
        self._blobs: list[tuple[Digest, int]] = []

    def take(self, line: str) -> None:
        match line.split(" "):
            case ["closure", word]:
                self._closure = word
            case ["definition", digest]:
                self._definition = Digest(digest)
            case ["run", archive, stamp, trust]:
                self._runs.append((archive, Timestamp.parse(stamp), trust, []))
            case ["member", suite, path, digest] if self._runs:
                self._runs[-1][3].append(BundledMember(suite, path, Digest(digest)))
            case ["blob", digest, size] if size.isdecimal() and len(size) <= 15:
                self._blobs.append((Digest(digest), int(size)))
            case _:
                raise InvalidInput(f"{line[:80]!r} is nothing that we know")

    def finish(self) -> BundleManifest:
        if self._definition is None:
            raise InvalidInput("it names no definition")
        runs = tuple(BundledRun(a, s, trust, tuple(m)) for a, s, trust, m in self._runs)
        if list(runs) != sorted(set(runs)) or any(
            list(run.members) != sorted(set(run.members)) for run in runs
        ):
            raise InvalidInput("runs and members must be sorted and unique")
        return BundleManifest(self._closure, self._definition, runs, tuple(self._blobs))
