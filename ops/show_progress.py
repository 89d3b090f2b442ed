# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a sync as fits where it is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from mirror.progress import JsonLines

if TYPE_CHECKING:
    from mirror.progress import Progress


@contextmanager
def shown_progress(clock: Callable[[], float], stream: TextIO | None = None) -> Iterator[Progress]:
    """Show progress as fits where it goes.

    Args:
        clock: Epoch seconds.
        stream: Where to write; default: standard error.

    Yields:
        Bars on a terminal, JSON lines in a log.
    """
    stream = stream or sys.stderr
    if not stream.isatty():
        yield JsonLines(stream, clock)
        return
    from ops.terminal_progress import terminal_progress  # noqa: PLC0415  rich is slow to import

    with terminal_progress(stream) as progress:
        yield progress
