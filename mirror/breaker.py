# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving a host alone that has banned us, and pausing for one that asked for it.

A ban is of the address, not of the request: going on makes it longer. So the first 509
opens the host's breaker for half an hour; when that is over one single request may probe;
a second ban doubles the time, up to a day. Other hosts go on meanwhile. A host that lets the
probe through is asked as before, but for another day its next ban counts as one more: who
bans after every thousand requests would else be met with a thousand every half hour.

All processes of a data directory share what they know (`mirror.host_states`), so that starting
again does not mean starting over.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mirror.host_states import HostFile, HostState, read_hosts
from snapshot.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Breakers", "HostBanned", "HostState", "read_hosts"]

FIRST_PAUSE = 1800.0
LONGEST_PAUSE = 86_400.0
#: No Retry-After is honoured for longer than this.
LONGEST_THROTTLE = 900.0
#: A probe that brought no answer by then, perhaps since its process died, may be repeated.
PROBE_PAUSE = 300.0


class HostBanned(PermanentError):
    """The host banned this address; it is left alone until the time in the message."""

    exit_code = 75  # the same command may do better later


class Breakers:
    """What is known of each host, shared by all threads.

    Args:
        clock: Epoch seconds.
        path: File shared with other processes; without one nothing outlives this process.
    """

    def __init__(self, clock: Callable[[], float], path: Path | None = None) -> None:
        self._clock = clock
        self._file = None if path is None else HostFile(path)
        self._states: dict[str, HostState] = {}
        self._succeeded: set[str] = set()
        self._lock = threading.Lock()

    def admit(self, host: str) -> float:
        """Ask before a request.

        Returns:
            Seconds to wait first, because the host throttles us; 0 for none.

        Raises:
            HostBanned: The breaker is open, or somebody else is probing.
        """
        with self._lock:
            if self._file is not None and (news := self._file.news()) is not None:
                self._states = dict(news)
            state = self._states.get(host)
            if state is None:
                return 0.0
            now = self._clock()
            if state.until:
                self._probe(host, now)
            return _left(state.quiet_until, now, LONGEST_THROTTLE)

    def _probe(self, host: str, now: float) -> None:
        """Let one request through when the pause is over; one among all processes."""
        with self._changing() as states:
            state = states.get(host, HostState())
            if _left(state.until, now, LONGEST_PAUSE):
                raise _banned(host, state, now)
            if state.until:
                states[host] = replace(state, until=now + PROBE_PAUSE, probing=True)

    def success(self, host: str) -> None:
        """The host answered as it should."""
        self._succeeded.add(host)
        if host in self._states:
            self._end_probe(host, 0.0)

    def failure(self, host: str) -> None:
        """It did not, but not by a ban: a probe may be tried again."""
        if host in self._states:
            self._end_probe(host, self._clock())

    def _end_probe(self, host: str, until: float) -> None:
        """What was under way when the ban came says nothing about it: only a probe does."""
        with self._lock:
            if not self._states.get(host, HostState()).probing:
                return
            with self._changing() as states:
                states[host] = replace(states.get(host, HostState()), until=until, probing=False)

    def ban(self, host: str) -> float:
        """The host banned us; returns for how many seconds it is left alone.

        Requests that were under way together are banned together: that is one ban.
        """
        with self._lock, self._changing() as states:
            now = self._clock()
            state = states.get(host, HostState())
            left = _left(state.until, now, LONGEST_PAUSE)
            if left and not state.probing:
                return left
            bans = 0 if _is_forgiven(state, now) else state.bans
            pause = min(FIRST_PAUSE * 2.0 ** min(bans, 16), LONGEST_PAUSE)
            states[host] = HostState(bans + 1, now, now + pause, quiet_until=state.quiet_until)
            return pause

    def throttle(self, host: str, seconds: float) -> float:
        """The host asked for quiet; returns the seconds that are granted."""
        granted = min(seconds, LONGEST_THROTTLE)
        with self._lock, self._changing() as states:
            now = self._clock()
            state = states.get(host, HostState())
            if state.probing:
                state = replace(state, until=now, probing=False)
            quiet = max(granted, _left(state.quiet_until, now, LONGEST_THROTTLE))
            states[host] = replace(state, quiet_until=now + quiet)
        return granted

    def succeeded_before(self, host: str) -> bool:
        """Whether the host ever answered well in this process."""
        return host in self._succeeded

    @contextmanager
    def _changing(self) -> Iterator[dict[str, HostState]]:
        """The states to be changed, those of other processes included; old news is dropped."""
        if self._file is None:
            yield self._states
            return
        with self._file.changing() as states:
            yield states
            now = self._clock()
            kept = {host: one for host, one in states.items() if not _is_over(one, now)}
            states.clear()
            states.update(kept)
            self._states = kept.copy()


def _left(until: float, now: float, most: float) -> float:
    """Seconds left; none when it is further off than any pause: that clock was wrong."""
    left = until - now
    return left if 0 < left <= most + 1 else 0.0


def _is_forgiven(state: HostState, now: float) -> bool:
    return now - max(state.banned_at, state.until) > LONGEST_PAUSE


def _is_over(state: HostState, now: float) -> bool:
    return (
        not state.until
        and state.quiet_until <= now
        and (not state.bans or _is_forgiven(state, now))
    )


def _banned(host: str, state: HostState, now: float) -> HostBanned:
    minutes = max(0.0, state.until - now) / 60
    what = "is being probed" if state.probing else f"is left alone for {minutes:.0f} more minutes"
    return HostBanned(
        f"{host} has banned this address; it {what}",
        advice="use another upstream meanwhile, or ask its operators",
    )
