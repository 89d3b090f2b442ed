# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheduler: targets of new runs, and jobs of lost workers.

Each profile of the settings is a campaign of its name. What a run adds is put to it; doing so again
changes nothing, so a scheduler that was killed starts anew and loses nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ops.settings import ProfileSettings
from orchestrator.campaigns import CampaignOrder, create_campaign
from orchestrator.lease import Dispatcher, expire
from orchestrator.select_targets import Listing, RunSelection, targets_from_run
from snapshot.errors import NotFound, TransientError
from snapshot.timestamp import Timestamp
from storage.ledger.values import NewTarget


class Runs(Listing, Protocol):
    """What the scheduler asks the catalogue."""

    def newest_run(self, archive: str) -> Timestamp | None:
        """Give the stamp of the newest run; None before the first."""
        ...


class Scheduler:
    """One round after another over the same ledger.

    Args:
        dispatcher: The ledger with its clock and policies.
        runs: The catalogue.
        profiles: By name.
        tell: Is told what was queued and what was taken back.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        runs: Runs,
        profiles: Mapping[str, ProfileSettings],
        tell: Callable[[str], object],
    ) -> None:
        self._dispatcher = dispatcher
        self._runs = runs
        self._profiles = profiles
        self._tell = tell
        self._done: dict[str, Timestamp] = {}

    def round(self) -> None:
        """Take back the jobs of lost workers, then queue what new runs brought."""
        lost = expire(self._dispatcher)
        if lost:
            self._tell(f"{lost} jobs of workers that fell silent are back in the queue")
        for name, profile in self._profiles.items():
            stamp = self._runs.newest_run(profile.archive)
            if stamp is not None and stamp != self._done.get(name):
                try:
                    self._queue(name, profile, stamp)
                except NotFound as problem:
                    # One profile's mistake must not keep the others and lost jobs waiting.
                    self._tell(f"profile {name}: run {stamp} brought nothing: {problem.message}")
                self._done[name] = stamp

    def _queue(self, name: str, profile: ProfileSettings, stamp: Timestamp) -> None:
        targets: list[NewTarget] = []
        for component in profile.components:
            selected = targets_from_run(self._runs, selection(profile, stamp, component))
            targets += selected.targets
        order = CampaignOrder(
            name=name,
            selection=json.dumps(profile_json(profile), sort_keys=True),
            priority=profile.priority,
            replicas=profile.replicas,
            manual=False,
        )
        _, queued = create_campaign(
            self._dispatcher.ledger,
            order,
            targets,
            clock=self._dispatcher.clock,
            spread=self._dispatcher.spread,
        )
        self._tell(
            f"profile {name}: run {stamp} of {profile.archive} brought {queued.created} new "
            f"targets, {queued.queued} jobs queued"
        )

    def keep_on(self, stop: threading.Event, interval: float) -> None:
        """Make rounds until told to stop.

        Args:
            stop: Ends the loop.
            interval: Seconds between two rounds.
        """
        while not stop.is_set():
            try:
                self.round()
            except TransientError as problem:
                self._tell(f"not now: {problem.message}")
            stop.wait(interval)


def selection(profile: ProfileSettings, stamp: Timestamp, component: str) -> RunSelection:
    """Say which packages of a run a profile means.

    Args:
        profile: The profile.
        stamp: The run's.
        component: One of the profile's.

    Returns:
        What `targets_from_run` takes.
    """
    derive: Sequence[tuple[str, str]] = [
        (suite, one) for suite in profile.suites for one in profile.components
    ]
    return RunSelection(
        archive=profile.archive,
        stamp=stamp,
        suite=profile.suite,
        component=component,
        architectures=profile.architectures,
        include=profile.include,
        exclude=profile.exclude,
        derive_suites=tuple(derive),
    )


def profile_json(profile: ProfileSettings) -> dict[str, object]:
    """Write down how targets were chosen.

    Args:
        profile: The profile.

    Returns:
        An object for the campaign's record.
    """
    return {
        "archive": profile.archive,
        "suite": profile.suite,
        "components": list(profile.components),
        "architectures": list(profile.architectures),
        "include": list(profile.include),
        "exclude": list(profile.exclude),
    }
