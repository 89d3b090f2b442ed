# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs a sync captures: now, or those of the past that are wanted and lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.peer_upstream import Peer
from snapshot.errors import ConfigurationError, DejabuildError, InvalidInput, NotFound
from snapshot.keep_rules import kept
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream

#: A list of every run of Debian since 2005 has less than one megabyte.
_MOST_RUNS = 16 << 20


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs of a dated upstream.

    Attributes:
        first: Not before this stamp.
        last: Not after it.
        at: Only the run that answers for this moment: the last one at or before it.
    """

    first: Timestamp | None = None
    last: Timestamp | None = None
    at: Timestamp | None = None

    def __post_init__(self) -> None:
        if self.at is not None and (self.first, self.last) != (None, None):
            raise InvalidInput("one run at a moment, or those from one to another: not both")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise InvalidInput(f"no time lies between {self.first} and {self.last}")

    def holds(self, stamp: Timestamp) -> bool:
        """Whether a stamp is selected."""
        return (self.first is None or stamp >= self.first) and (
            self.last is None or stamp <= self.last
        )


def runs_to_capture(
    policy: ArchivePolicy,
    upstreams: Sequence[Upstream],
    stores: MirrorStores,
    selection: Selection,
) -> Sequence[Timestamp | None]:
    """What a sync captures: now (None), where there is a live upstream; else runs of the past.

    A selection asks for the past, too. Runs are those of the first dated upstream that answers,
    within the policy's range and as its keep rules would leave them, as far as the catalogue
    lacks them or something that is wanted of them. One that was removed stays so, unless it is
    the one that is asked for.

    Raises:
        ConfigurationError: The past is asked for, and no upstream has one.
        NotFound: No run is as old as the moment that is asked for.
        DejabuildError: No upstream has a list of runs.
    """
    dated = [upstream for upstream in upstreams if upstream.dated]
    live = [one for one in upstreams if not one.dated and not isinstance(one, Peer)]
    if live and selection == Selection():
        return [None]
    if not dated:
        raise ConfigurationError(
            f"{policy.name}: a live mirror has no past to choose from",
            advice='set kind = "dated" and the address of a dated service',
        )
    if selection == Selection():
        selection = Selection(policy.since, policy.until)

    def read(url: str) -> bytes:
        document = stores.fetcher.document([url], limit=_MOST_RUNS)
        assert document is not None  # noqa: S101  only a conditional request brings nothing
        return document.data

    failures: list[DejabuildError] = []
    for upstream in dated:
        try:
            runs = upstream.list_runs(read, selection.first, selection.at or selection.last)
        except DejabuildError as error:
            failures.append(error)
            continue
        if selection.at is not None:
            return _one_at(policy, stores, runs, selection.at)
        return _lacking(policy, stores, [stamp for stamp in runs if selection.holds(stamp)])
    raise failures[0]


def _one_at(
    policy: ArchivePolicy, stores: MirrorStores, runs: Sequence[Timestamp], at: Timestamp
) -> Sequence[Timestamp]:
    """The run that answers for a moment, unless it is here with all that is wanted."""
    found = max((stamp for stamp in runs if stamp <= at), default=None)
    if found is None:
        raise NotFound(
            f"{policy.name}: the upstream has no run at or before {at}",
            advice=f"its first one is {min(runs)}" if runs else "it lists none at all",
        )
    run = stores.catalogue.run_at(policy.name, found)
    if run is None or found not in run.stamps or run.removed is not None:
        return [found]
    return [] if policy.is_covered_by(run.scope) else [found]


def _lacking(
    policy: ArchivePolicy, stores: MirrorStores, runs: Sequence[Timestamp]
) -> Sequence[Timestamp]:
    here = {
        stamp: run
        for run in stores.catalogue.runs(policy.name, removed=True)
        for stamp in run.stamps
    }
    stay = kept(runs, policy.keep, Timestamp(int(stores.clock())))

    def is_lacking(stamp: Timestamp) -> bool:
        run = here.get(stamp)
        if run is None:
            return stamp in stay
        return run.removed is None and not policy.is_covered_by(run.scope)

    return [stamp for stamp in runs if is_lacking(stamp)]
