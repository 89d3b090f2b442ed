# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving a host alone that has banned us, and pausing for one that asked for it.

A ban is of the address, not of the request: going on makes it longer. So the first 509
opens the host's breaker for half an hour; when that is over one single request may probe;
a second ban doubles the time, up to a day. Other hosts go on meanwhile.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snapshot.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PAUSE = 1800.0
LONGEST_PAUSE = 86_400.0
#: No Retry-After is honoured for longer than this.
LONGEST_THROTTLE = 900.0


class HostBanned(PermanentError):
    """The host banned this address; it is left alone until the time in the message."""


@dataclass(slots=True)
class _Host:
    bans: int = 0
    closed_until: float = 0.0
    probing: bool = False
    quiet_until: float = 0.0
    succeeded: bool = False


class Breakers:
    """What is known of each host, shared by all threads.

    Args:
        clock: Epoch seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def admit(self, host: str) -> float:
        """Ask before a request.

        Returns:
            Seconds to wait first, because the host throttles us; 0 for none.

        Raises:
            HostBanned: The breaker is open, or another thread is probing.
        """
        with self._lock:
            state = self._hosts.setdefault(host, _Host())
            now = self._clock()
            if state.bans:
                if now < state.closed_until or state.probing:
                    raise self._banned(host, state, now)
                state.probing = True
            return max(0.0, state.quiet_until - now)

    def _banned(self, host: str, state: _Host, now: float) -> HostBanned:
        minutes = max(0.0, state.closed_until - now) / 60
        return HostBanned(
            f"{host} has banned this address; it is left alone for {minutes:.0f} more minutes",
            advice="use another upstream meanwhile, or ask its operators",
        )

    def success(self, host: str) -> None:
        """The host answered as it should."""
        with self._lock:
            self._hosts[host] = _Host(succeeded=True, quiet_until=self._host(host).quiet_until)

    def failure(self, host: str) -> None:
        """It did not, but not by a ban: a probe may be tried again."""
        with self._lock:
            self._host(host).probing = False

    def ban(self, host: str) -> float:
        """The host banned us; returns for how many seconds it is left alone."""
        with self._lock:
            state = self._host(host)
            pause = min(FIRST_PAUSE * 2.0**state.bans, LONGEST_PAUSE)
            state.bans += 1
            state.probing = False
            state.closed_until = self._clock() + pause
            return pause

    def throttle(self, host: str, seconds: float) -> float:
        """The host asked for quiet; returns the seconds that are granted."""
        granted = min(seconds, LONGEST_THROTTLE)
        with self._lock:
            state = self._host(host)
            state.probing = False
            state.quiet_until = max(state.quiet_until, self._clock() + granted)
        return granted

    def succeeded_before(self, host: str) -> bool:
        """Whether the host ever answered well in this process."""
        with self._lock:
            return self._host(host).succeeded

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())
