# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping long work from outside: the first signal asks, the second one does not.

The signal becomes an exception in the main thread, wherever that is: asleep, waiting for
other threads, in the middle of a transaction. So all that is open is closed on the way out, by
the same code that closes it after an error. It is no `Exception`: nothing takes it for a failure of
one archive and goes on with the next.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR: Final = b"\x1b[?25h"


class StopSignal(BaseException):
    """Somebody sent SIGINT (Ctrl-C) or SIGTERM.

    Args:
        number: Which.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.exit_code = 128 + number


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Let a signal stop the block by raising `StopSignal`; a second one ends the process at once.

    What was ignored from the start (`nohup`, a background job of a script) stays ignored.
    """
    before = {
        number: handler
        for number in SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    asked = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        for one in before:
            signal.signal(one, signal.SIG_DFL)
        if sys.stderr.isatty():
            os.write(2, SHOW_CURSOR)  # a progress display may not get to it
        raise StopSignal(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        if not asked:
            for number, handler in before.items():
                signal.signal(number, handler)


def leave(code: int) -> None:
    """End the process after it was stopped, without waiting for threads that cannot be woken.

    A thread that is just connecting or asking for an address holds nothing that could be lost.

    Args:
        code: The exit code.
    """
    others = (one for one in threading.enumerate() if one is not threading.main_thread())
    if any(not one.daemon for one in others):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
