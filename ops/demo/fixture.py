# SPDX-License-Identifier: GPL-3.0-or-later
"""What the prepared upstream holds, and which verdict each of its packages must get."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from snapshot.timestamp import Timestamp
from snapshot.verdict import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST = "manifest.json"

#: Whose signed index states an original's digest.
Origin = Literal["debian", "demo"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """An original that a rebuild is compared with.

    Attributes:
        name: File name.
        sha256: 64 hexadecimal digits.
        origin: `debian` when Debian's own signed Packages says this digest.
    """

    name: str
    sha256: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Case:
    """One rebuild of the demo.

    Attributes:
        name: Unique and short, for the reader.
        package: Source name.
        version: Source version.
        record: File name of the `.buildinfo` in the fixture; empty to rebuild from the source
            in an environment derived from the newest date.
        expected: The verdict it must get.
        reason: With FAIL only.
        why: One line for the reader.
        artifacts: The originals.
    """

    name: str
    package: str
    version: str
    record: str
    expected: Status
    reason: Reason | None
    why: str
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Fixture:
    """The prepared upstream.

    Attributes:
        root: Its directory: `www/` for the server, `records/`, `keyring.gpg`.
        archive: Name of the archive on the dated service.
        codename: Its one suite.
        architecture: Of this machine.
        dates: Three, ascending.
        cases: What is to be rebuilt.
        notes: What had to be replaced or could not be had, for the reader.
        packages: Number of .debs in the pool.
        bytes: Of the whole pool.
        lived: (package, version) that exists at the first date and not at the last.
    """

    root: Path
    archive: str
    codename: str
    architecture: str
    dates: tuple[Timestamp, ...]
    cases: tuple[Case, ...]
    notes: tuple[str, ...]
    packages: int
    bytes: int
    lived: tuple[str, str]

    @property
    def www(self) -> Path:
        """What the upstream's HTTP server shows."""
        return self.root / "www"

    @property
    def keyring(self) -> Path:
        """The public half of the throwaway key."""
        return self.root / "keyring.gpg"

    def record(self, case: Case) -> Path:
        """The `.buildinfo` of a case that has one."""
        return self.root / "records" / case.record

    def save(self) -> None:
        """Write the manifest into the directory."""
        values = asdict(self) | {"root": "", "dates": [str(date) for date in self.dates]}
        (self.root / _MANIFEST).write_text(json.dumps(values, indent=1), "utf-8")

    @classmethod
    def load(cls, root: Path) -> Fixture:
        """Read a prepared directory back."""
        values = json.loads((root / _MANIFEST).read_text("utf-8"))
        cases = tuple(
            Case(
                **case
                | {
                    "expected": Status(case["expected"]),
                    "reason": Reason(case["reason"]) if case["reason"] else None,
                    "artifacts": tuple(Artifact(**artifact) for artifact in case["artifacts"]),
                }
            )
            for case in values["cases"]
        )
        changed = {
            "root": root,
            "cases": cases,
            "dates": tuple(Timestamp.parse(date) for date in values["dates"]),
            "notes": tuple(values["notes"]),
            "lived": tuple(values["lived"]),
        }
        return cls(**values | changed)
