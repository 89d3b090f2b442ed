# SPDX-License-Identifier: GPL-3.0-or-later
"""Exit codes of single commands: a verdict, or an archive that is late, told to a shell.

They stay clear of 1 and 2 (a defect, a wrong command line) and of the error tree's 65 to 78, so
that a script can tell *the package does not rebuild* from *we could not try*. All codes:
`docs/reference/exit-codes.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from snapshot.verdict import Status

VERDICT_CODES: Final[Mapping[Status, int]] = {
    Status.GOOD: 0,
    Status.BAD: 3,
    Status.FAIL: 4,
    Status.UNKNOWN: 5,
}

LATE: Final = 6
"""`dejabuild mirror status --max-lag`: an archive was not observed for longer than that."""
