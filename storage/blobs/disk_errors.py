# SPDX-License-Identifier: GPL-3.0-or-later
"""What the disk says, in the words of the house."""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snapshot.errors import Denied, PermanentError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def disk_errors(root: Path, doing: str) -> Iterator[None]:
    """Turn the disk's refusals inside the block into errors with advice.

    Args:
        root: The directory to name in the message.
        doing: What was tried, such as `writing 12 MB of perl_5.36.deb`.

    Raises:
        StorageFull: No space or no quota.
        Denied: Read-only, or not ours.
        PermanentError: Anything else the disk reports, such as an input/output error.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(
                f"no room left in {root} while {doing} ({_free(root)} free)",
                advice="make room and run the same command again: what was stored is kept",
            ) from error
        if error.errno in _REFUSED:
            raise Denied(
                f"cannot write to {root} while {doing}: {error.strerror}",
                advice="make the directory writable for this user, or choose another with --data",
            ) from error
        raise PermanentError(f"{root}: {error.strerror} while {doing}") from error


def _free(root: Path) -> str:
    try:
        return f"{shutil.disk_usage(root).free:,} bytes"
    except OSError:
        return "unknown"
