# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep looking at the upstreams, each archive at its own interval, until stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mirror.choose_runs import Selection
from mirror.measured_rate import MeasuredRates
from mirror.policy import ArchivePolicy
from mirror.stores import MirrorStores
from ops.collect_storage import MOST, collect_unneeded, collected_lines
from ops.open_stores import Stores, open_stores
from ops.run_sync import keep_closures, sync_each
from ops.settings import Settings
from ops.show_progress import shown_progress
from ops.wire_mirror import chosen_policies, wire_mirror
from snapshot.errors import DejabuildError

JITTER: Final = 0.1
"""Part of an interval by which a turn may come later, so that many mirrors do not ask at once."""
COLLECTION: Final = "storage gc"
"""Turn of the collection; no archive can be called so."""


@dataclass(slots=True)
class _Turn:
    """When something is done next: its place in a fixed rhythm, and when that really is."""

    interval: float
    slot: float
    at: float


class Schedule:
    """Whose turn it is. The rhythm is fixed: work that takes long shifts nothing.

    Turns that were missed meanwhile are not made up for.

    Args:
        intervals: Seconds between two turns, by name.
        now: Seconds of a monotonic clock; everybody's first turn.
        random: A number in [0, 1).
    """

    def __init__(
        self, intervals: Mapping[str, float], now: float, random: Callable[[], float]
    ) -> None:
        self._random = random
        self._turns = {name: _Turn(every, now, now) for name, every in intervals.items()}

    def due(self, now: float) -> list[str]:
        """Give those whose turn it is, the longest waiting first.

        Returns:
            Names.
        """
        waiting = [name for name, turn in self._turns.items() if turn.at <= now]
        return sorted(waiting, key=lambda name: self._turns[name].at)

    def done(self, name: str, now: float) -> None:
        """Set the next turn of one that had its turn."""
        turn = self._turns[name]
        missed = max(0.0, now - turn.slot) // turn.interval
        turn.slot += (missed + 1) * turn.interval
        turn.at = turn.slot + self._random() * JITTER * turn.interval

    def pause(self, now: float) -> float:
        """Tell how long it is nobody's turn.

        Returns:
            Seconds, at least 0.
        """
        return max(0.0, min(turn.at for turn in self._turns.values()) - now)


class Watch:
    """The mirror's work, in turns.

    Args:
        settings: Complete settings.
        stores: What lasts.
        mirror: The same for the mirror, which tells what happens.
    """

    def __init__(self, settings: Settings, stores: Stores, mirror: MirrorStores) -> None:
        self._settings = settings
        self._stores = stores
        self._mirror = mirror
        self._policies = {one.name: one for one in chosen_policies(settings, ())}
        self._rates = MeasuredRates(stores.data.rates)

    def intervals(self) -> dict[str, float]:
        """Give the time between two turns of each archive, and of the collection.

        Returns:
            Seconds by name.
        """
        given = self._settings.mirror
        found = {
            name: self._settings.archive[name].interval or given.interval for name in self._policies
        }
        if given.gc_interval is not None:
            found[COLLECTION] = given.gc_interval
        return found

    def turn(self, name: str) -> None:
        """Do what is due; a failure is told, and the next turn tries again."""
        tell = self._mirror.progress.say
        if name == COLLECTION:
            self._collect(tell)
        else:
            sync_each(self._mirror, [self._policies[name]], Selection(), self._rates, tell)

    def keep_closures(self) -> None:
        """Bring what closures need, now that runs may have arrived; a failure is told, too."""
        tell = self._mirror.progress.say
        try:
            keep_closures(self._settings, self._mirror, tell)
        except DejabuildError as problem:  # of no closure by itself: the catalogue is away
            tell(f"closures: {problem}")

    def _collect(self, tell: Callable[[str], object]) -> None:
        policies: list[ArchivePolicy] = list(self._policies.values())
        try:
            done = collect_unneeded(
                self._stores,
                self._mirror,
                policies,
                grace=self._settings.mirror.gc_grace * 86400,
                most=MOST,
                delete=True,
            )
        except DejabuildError as problem:
            tell(f"{COLLECTION}: {problem}")
        else:
            for line in collected_lines(done):
                tell(f"{COLLECTION}: {line}")


def keep_watching(
    settings: Settings,
    *,
    clock: Callable[[], float],
    ticks: Callable[[], float],
    sleep: Callable[[float], object],
    random: Callable[[], float],
) -> None:
    """Sync every archive at its interval; does not return.

    Args:
        settings: Complete settings.
        clock: Epoch seconds.
        ticks: Seconds of a monotonic clock.
        sleep: Waits so many seconds.
        random: A number in [0, 1).
    """
    stores = open_stores(settings)
    with shown_progress(clock) as progress:
        watch = Watch(settings, stores, wire_mirror(settings, stores, progress))
        schedule = Schedule(watch.intervals(), ticks(), random)
        while True:
            due = schedule.due(ticks())
            for name in due:
                watch.turn(name)
                schedule.done(name, ticks())
            if set(due) - {COLLECTION}:
                watch.keep_closures()
            sleep(schedule.pause(ticks()))
