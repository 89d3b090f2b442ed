# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rebuild amounts to: `GOOD`, `BAD`, `FAIL` or `UNKNOWN`, with a reason.

*The package failed* and *we failed* are different words. `BAD`: it was built and differs.
`FAIL`: it could not be judged, and the reason says why. The verdict is derived by the
server from digests; a worker only reports an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snapshot.errors import InvalidInput


class Status(StrEnum):
    """The four verdicts."""

    GOOD = "GOOD"
    BAD = "BAD"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"

    @property
    def wire(self) -> str:
        """How rebuilderd's wire spells it (`UNKWN` for the last)."""
        return "UNKWN" if self is Status.UNKNOWN else self.value

    @classmethod
    def from_wire(cls, text: str) -> Status:
        """Read rebuilderd's spelling.

        Raises:
            InvalidInput: Not one of `GOOD BAD FAIL UNKWN`.
        """
        try:
            return cls("UNKNOWN" if text == "UNKWN" else text)
        except ValueError as error:
            raise InvalidInput(
                f"not a status: {text[:40]!r}", advice="one of GOOD, BAD, FAIL, UNKWN"
            ) from error


class Reason(StrEnum):
    """Why something could not be judged."""

    BUILDINFO_MISSING = "buildinfo-missing"
    BUILDINFO_INVALID = "buildinfo-invalid"
    SIGNATURE_INVALID = "signature-invalid"
    SOURCE_MISSING = "source-missing"
    DEPENDENCY_MISSING = "dependency-missing"
    ENVIRONMENT_MISMATCH = "environment-mismatch"
    ENVIRONMENT_SETUP = "environment-setup"
    BUILD_FAILED = "build-failed"
    BUILD_TIMEOUT = "build-timeout"
    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    NETWORK_ATTEMPT = "network-attempt"
    WORKER_LOST = "worker-lost"
    COMPARE_ERROR = "compare-error"
    UNSUPPORTED = "unsupported"

    @property
    def transient(self) -> bool:
        """Whether the same job may do better soon, on this or another worker."""
        return self in _TRANSIENT


_TRANSIENT = frozenset(
    {Reason.ENVIRONMENT_SETUP, Reason.DISK_FULL, Reason.OUT_OF_MEMORY, Reason.WORKER_LOST}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged attempt.

    Attributes:
        status: One of the four.
        reason: Always set for FAIL, never for GOOD.
        detail: One line for people: which package is missing, which file differs.
        reported: True when nothing but the worker's word supports a BAD.
    """

    status: Status
    reason: Reason | None = None
    detail: str = ""
    reported: bool = False

    def __post_init__(self) -> None:
        if (self.status is Status.FAIL) != (self.reason is not None):
            raise InvalidInput(
                f"{self.status} with the reason {self.reason}: FAIL needs one, others have none"
            )

    def __str__(self) -> str:
        words = self.status.value
        if self.reason is not None:
            words += f" {self.reason.value}"
        return f"{words} (reported)" if self.reported else words


class Original(StrEnum):
    """Where the digest of an original comes from."""

    INDEX = "index"  #: an index whose signature we verified: may be attested
    RECORD = "record"  #: only the build record says so: judged, never attested


@dataclass(frozen=True, slots=True)
class Strategy:
    """How the environment was made to work, recorded in every verdict.

    Attributes:
        name: `strict`, `rules-requires-root`, `fakeroot`, `buildd-extras`, `derived` …
        added: What it added to the recorded environment, as `name=version` words.
    """

    name: str = "strict"
    added: tuple[str, ...] = ()
