# SPDX-License-Identifier: GPL-3.0-or-later
"""What capturing one run of an archive cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snapshot.timestamp import Timestamp


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """What one run cost.

    Attributes:
        stamp: Of the run.
        parsed: Stanzas that had never been seen.
        written: Rows written for its indices.
        files: Package files fetched.
        received: Bytes that crossed the network for them.
        seconds: How long they took.
        missing: Files that no upstream has.
        unchanged: Whether everything was known: nothing but Releases was asked for.
    """

    stamp: Timestamp
    parsed: int = 0
    written: int = 0
    files: int = 0
    received: int = 0
    seconds: float = 0.0
    missing: int = 0
    unchanged: bool = False
