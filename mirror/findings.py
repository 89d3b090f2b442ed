# SPDX-License-Identifier: GPL-3.0-or-later
"""What verifying an archive again found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp

Kind = Literal["signature", "index", "blob", "link"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        archive: Archive.
        run: The first run it matters to; None when it belongs to no run alone.
        path: Below the root of the run, or of the archive.
        kind: What was checked.
        what: What is wrong with it.
        repaired: Whether it is as it should be now.
    """

    archive: str
    run: Timestamp | None
    path: str
    kind: Kind
    what: str
    repaired: bool = False


@dataclass(slots=True)
class VerifyReport:
    """What verifying one archive found.

    Attributes:
        archive: Archive.
        runs: Runs that were looked at.
        releases: Distinct Releases whose signatures were judged.
        blobs: Distinct blobs that were looked for.
        size: Their bytes.
        lacking: Files that indices name and that are known not to be here: no fault.
        findings: Faults, the repaired ones included.
        notes: What could not be checked, and why.
    """

    archive: str
    runs: int = 0
    releases: int = 0
    blobs: int = 0
    size: int = 0
    lacking: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """Findings that were not repaired."""
        return sum(not finding.repaired for finding in self.findings)
