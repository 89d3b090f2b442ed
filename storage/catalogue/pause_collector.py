# SPDX-License-Identifier: GPL-3.0-or-later
"""No search for cyclic garbage while an index is read.

Some hundred thousand tuples are made that are kept and hold no cycles; Python would look through
all of them again and again, for a seventh of an import's time. What becomes garbage by itself is
freed as ever, and what has cycles a few seconds later.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_pausing = 0
_resume = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Until the last of those who paused it is done; left off if it was off."""
    global _pausing, _resume  # noqa: PLW0603  it is the process's collector
    with _lock:
        if _pausing == 0:
            _resume = gc.isenabled()
            gc.disable()
        _pausing += 1
    try:
        yield
    finally:
        with _lock:
            _pausing -= 1
            if _pausing == 0 and _resume:
                gc.enable()
