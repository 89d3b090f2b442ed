# SPDX-License-Identifier: GPL-3.0-or-later
"""How a stage of a rebuild says that it cannot go on, and why."""

from __future__ import annotations

from snapshot.errors import DejabuildError
from snapshot.verdict import Reason


class RebuildFailure(DejabuildError):
    """A job cannot be judged. Raised by stages, turned into an outcome by the conductor.

    Args:
        reason: The code that the verdict carries.
        detail: One line for people: which package, which file, what to do.
        evidence: More than a line, such as the difference of two environments.
    """

    def __init__(self, reason: Reason, detail: str, *, evidence: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
        self.evidence = evidence


class Interrupted(DejabuildError):
    """The worker is asked to stop at once; the job goes back to the queue by its lease."""


class NotApplicable(DejabuildError):
    """A strategy has nothing to offer for this package; the next one is tried."""
