# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how each archive stands, for a person or for what watches over the mirror."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from mirror.host_states import HostState, read_hosts
from mirror.measured_rate import MeasuredRates
from mirror.status import ArchiveStatus, archive_status
from ops.exit_codes import LATE
from ops.open_stores import Stores
from ops.settings import Settings
from ops.wire_mirror import all_policies
from snapshot.timestamp import Timestamp


def show_status(
    settings: Settings,
    stores: Stores,
    *,
    max_lag: float | None,
    as_json: bool,
    now: float,
    tell: Callable[[str], object],
) -> int:
    """Say what is mirrored, how old it is, and what stands in the way.

    Args:
        settings: Complete settings.
        stores: The opened stores.
        max_lag: Hours after which an archive is late; None: never.
        as_json: One JSON object instead of lines.
        now: Epoch seconds.
        tell: Is told.

    Returns:
        The exit code: 0, or `LATE` when an archive of the settings is.
    """
    archives = archive_states(settings, stores, now=now)
    hosts = unwilling_hosts(read_hosts(stores.data.hosts), now)
    rates = MeasuredRates(stores.data.rates)
    if as_json:
        tell(status_json(archives, hosts, rates))
    else:
        for line in status_lines(archives, hosts, rates):
            tell(line)
    late = [
        one
        for one in archives
        if max_lag is not None and one.archive in settings.archive and _is_late(one, max_lag)
    ]
    return LATE if late else 0


def archive_states(settings: Settings, stores: Stores, *, now: float) -> list[ArchiveStatus]:
    """Look at every archive of the settings, then at others that have runs.

    Args:
        settings: Complete settings.
        stores: The opened stores.
        now: Epoch seconds.

    Returns:
        In the order of the settings.
    """
    policies = {one.name: one for one in all_policies(settings)}
    recorded = [one.name for one in stores.catalogue.archives() if one.name not in policies]
    return [
        archive_status(name, policies.get(name), stores.catalogue, locks=stores.data.run, now=now)
        for name in (*policies, *recorded)
    ]


def unwilling_hosts(hosts: Mapping[str, HostState], now: float) -> dict[str, HostState]:
    """Choose the hosts that are left alone for now.

    Args:
        hosts: All that is known of any.
        now: Epoch seconds.

    Returns:
        Those that banned us or asked for quiet.
    """
    return {
        name: state
        for name, state in sorted(hosts.items())
        if max(state.until, state.quiet_until) > now
    }


def _is_late(one: ArchiveStatus, hours: float) -> bool:
    if one.last is None:
        return True
    return one.lag is not None and one.lag > hours * 3600


def status_lines(
    archives: list[ArchiveStatus], hosts: Mapping[str, HostState], rates: MeasuredRates
) -> Iterator[str]:
    """Write the status for a person.

    Args:
        archives: How each stands.
        hosts: Who is left alone.
        rates: How fast archives came.

    Yields:
        Some lines per archive and one per host.
    """
    for one in archives:
        if one.last is None:
            yield f"{one.archive}: no run yet" + _running(one)
            continue
        removed = f", {one.removed} removed by keep rules" if one.removed else ""
        yield f"{one.archive}: {one.runs} runs, {one.first} to {one.last}{removed}{_running(one)}"
        if one.lag is not None:
            yield f"  at most {one.lag / 3600:.1f} hours behind its upstream, seen at {one.seen}"
        for release in one.suites:
            yield f"  {release.suite}: of {release.date}, observed until {release.observed_until}"
        if one.missing:
            size = one.missing_size / 1e6
            yield f"  {one.missing:,} files ({size:,.1f} MB) are at no upstream"
        if one.leaving:
            yield f"  the keep rules let go of {one.leaving} runs next"
        rate = rates.rate(one.archive)
        if rate is not None:
            yield f"  came at {rate / 1e6:.1f} MB/s lately"
    for name, state in hosts.items():
        why = "banned us" if state.until >= state.quiet_until else "asked for quiet"
        until = Timestamp(int(max(state.until, state.quiet_until)))
        yield f"host {name}: {why}; left alone until {until}"


def _running(one: ArchiveStatus) -> str:
    return f"; a sync is running: {one.running}" if one.running else ""


def status_json(
    archives: list[ArchiveStatus], hosts: Mapping[str, HostState], rates: MeasuredRates
) -> str:
    """The same as one line of JSON.

    Args:
        archives: How each stands.
        hosts: Who is left alone.
        rates: How fast archives came.

    Returns:
        An object with `archives` and `hosts`; times are stamps, lag is in seconds.
    """
    return json.dumps(
        {
            "archives": [
                {
                    "archive": one.archive,
                    "runs": one.runs,
                    "removed": one.removed,
                    "first": _text(one.first),
                    "last": _text(one.last),
                    "seen": _text(one.seen),
                    "lag": None if one.lag is None else round(one.lag),
                    "missing": one.missing,
                    "missing_bytes": one.missing_size,
                    "running": one.running,
                    "leaving": one.leaving,
                    "bytes_per_second": rates.rate(one.archive),
                    "suites": {
                        release.suite: {
                            "date": str(release.date),
                            "observed_until": str(release.observed_until),
                        }
                        for release in one.suites
                    },
                }
                for one in archives
            ],
            "hosts": {
                name: {"banned_until": state.until, "quiet_until": state.quiet_until}
                for name, state in hosts.items()
            },
        }
    )


def _text(stamp: Timestamp | None) -> str | None:
    return None if stamp is None else str(stamp)
