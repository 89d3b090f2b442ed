# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted beside the link trees of an archive, in small files that are replaced whole.

That is the run that is about to be placed, and pool names that meant more than one content.
"""

from __future__ import annotations

import fcntl
import secrets
from typing import TYPE_CHECKING, Final

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.blobs.disk_errors import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_EXPECTED = "expected"
_CONFLICTS = "conflicts"
#: How a file begins that is to become the list of reused names; servers write it, too.
DRAFT_OF_NAMES: Final = f".{_CONFLICTS}-"


class LayoutNotes:
    """The notes of one archive.

    Args:
        top: Directory of its link trees.
    """

    def __init__(self, top: Path) -> None:
        self._expected = top / _EXPECTED
        self._conflicts = top / _CONFLICTS

    def expect_run(self, stamp: Timestamp) -> None:
        """Note that a run is about to be published, or widened, and must be placed then."""
        with disk_errors(self._expected.parent, "noting a run"):
            _replace(self._expected, f"{stamp}\n")

    def expected_run(self) -> Timestamp | None:
        """The run that was to be placed and was not."""
        try:
            return Timestamp.parse(self._expected.read_text("ascii").strip())
        except (FileNotFoundError, ValueError, InvalidInput):
            return None

    def run_is_placed(self, stamp: Timestamp) -> None:
        """Nothing is expected any more, if it was this run."""
        if self.expected_run() == stamp:
            self._expected.unlink(missing_ok=True)

    def reused_names(self) -> list[str]:
        """Names in the pool that meant more than one content."""
        try:
            text = self._conflicts.read_text("utf-8")
        except FileNotFoundError:
            return []
        # A name may hold what Unicode calls a line's end: only ours is one.
        return text.split("\n")[:-1]

    def remember_reused(self, names: Iterable[str]) -> None:
        """Add to them."""
        # A sync and servers that pull files through remember at the same time.
        with self._conflicts.with_name(f"{_CONFLICTS}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            together = sorted({*self.reused_names(), *names})
            _replace(self._conflicts, "".join(f"{name}\n" for name in together))


def _replace(file: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
