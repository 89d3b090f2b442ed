# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the mirror together from the settings."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, cast, get_args

from mirror.fetch_record import OnlyHosts, RecordFetcher, record_hosts
from mirror.policy import ArchivePolicy, Files, Kind, split_kind
from mirror.progress import Progress, Silent
from mirror.pull import PullThrough
from mirror.stores import Limits, MirrorStores, open_fetcher
from ops.open_stores import Stores
from ops.settings import CONTACT, ArchiveSettings, Settings
from snapshot.errors import ConfigurationError
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from storage.layout import Layout

if TYPE_CHECKING:
    from mirror.policy import Extra, WeakDigest

KINDS: Final[Mapping[str, Kind]] = {word: word for word in get_args(Kind)}
"""The words of `archive.<name>.kind` as the mirror's own."""
FILES: Final[Mapping[str, Files]] = {word: word for word in get_args(Files)}
"""The words of `archive.<name>.files` as the mirror's own."""


def archive_policy(name: str, archive: ArchiveSettings) -> ArchivePolicy:
    """Turn one archive's settings into the mirror's policy.

    Args:
        name: Its name.
        archive: Its settings, whose words were checked when they were read.

    Returns:
        The policy.
    """
    return ArchivePolicy(
        name=name,
        upstreams=archive.upstreams,
        suites=archive.suites,
        kind=KINDS[archive.kind],
        keyring=archive.keyring,
        components=archive.components,
        architectures=archive.architectures,
        trust="none" if archive.trust == "none" else "release",
        files=FILES[archive.files],
        packages=archive.packages,
        exclude=archive.exclude,
        with_depends=archive.with_depends,
        extras=cast("tuple[Extra, ...]", archive.extras),
        weak_digests=cast("tuple[WeakDigest, ...]", archive.weak_digests),
        since=None if archive.since is None else Timestamp.parse(archive.since),
        until=None if archive.until is None else Timestamp.parse(archive.until),
        keep=parse_rules(archive.keep),
    )


def live_upstreams(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Tell where each archive of now is: what the sources of a machine may name.

    Args:
        settings: Complete settings.

    Returns:
        Archive to base addresses; those of dated services are left out.
    """
    found = {}
    for name, archive in settings.archive.items():
        kinds = [split_kind(one, KINDS[archive.kind]) for one in archive.upstreams]
        found[name] = tuple(address for kind, address in kinds if kind != "dated")
    return found


def chosen_policies(settings: Settings, names: tuple[str, ...]) -> list[ArchivePolicy]:
    """Give the policies of the archives that were named, or of all.

    Args:
        settings: Complete settings.
        names: Archive names; none means all.

    Returns:
        In the order of the settings.

    Raises:
        ConfigurationError: There is no such archive, or none at all.
    """
    for name in names:
        if name not in settings.archive:
            raise ConfigurationError(
                f"{settings.source or 'no settings'}: archive.{name}: there is no such archive",
                advice=f"Known: {', '.join(settings.archive) or 'none'}.",
            )
    if not settings.archive:
        raise ConfigurationError(
            f"{settings.source or 'no settings'}: archive: none is set",
            advice="Add a table [archive.<name>]; docs/reference/settings.md lists its keys.",
        )
    return [one for one in all_policies(settings) if not names or one.name in names]


def all_policies(settings: Settings) -> list[ArchivePolicy]:
    """Give the policies of all archives; there may be none.

    Args:
        settings: Complete settings.

    Returns:
        In the order of the settings.
    """
    return [
        replace(archive_policy(name, archive), peers=settings.mirror.peers)
        for name, archive in settings.archive.items()
    ]


def user_agent(settings: Settings) -> str:
    """Say who asks, and how to reach whoever runs it.

    Args:
        settings: Complete settings; `mirror.contact`, else `server.base_url`, is the contact.

    Returns:
        Such as `dejabuild/1.0 (+mailto:archive@example.org)`.
    """
    product = f"dejabuild/{version('dejabuild')}"
    contact = settings.mirror.contact or settings.server.base_url
    if not contact or not re.fullmatch(CONTACT.pattern, contact):
        return product
    if "@" in contact and not contact.startswith(("mailto:", "http:", "https:")):
        contact = f"mailto:{contact}"
    return f"{product} (+{contact})"


def wire_mirror(settings: Settings, stores: Stores, progress: Progress) -> MirrorStores:
    """Put together what a sync needs.

    Args:
        settings: Complete settings.
        stores: The opened stores.
        progress: Who is told.

    Returns:
        The mirror's stores and means.
    """
    given = settings.mirror
    fetcher = open_fetcher(
        stores.blobs,
        agent=user_agent(settings),
        clock=time.time,
        random=random.random,
        ticks=time.monotonic,
        limits=Limits(
            per_host=given.connections_per_host,
            requests_per_second=given.requests_per_second,
            bandwidth=given.bandwidth,
        ),
        timeout=given.timeout,
        attempts=given.attempts,
        hosts=stores.data.hosts,
        progress=progress,
    )
    return MirrorStores(
        catalogue=stores.catalogue,
        blobs=stores.blobs,
        # Links need files to lead to: with a bucket the API resolves every name.
        layout=Layout(stores.data.archive, stores.data.blobs)
        if settings.server.blobs is None
        else None,
        fetcher=fetcher,
        clock=time.time,
        locks=stores.data.run,
        connections=given.connections,
        progress=progress,
    )


def wire_pull(settings: Settings, stores: Stores) -> PullThrough:
    """Put together what fetches a file when it is first asked for.

    Args:
        settings: Complete settings.
        stores: The opened stores.

    Returns:
        The pull-through; it gives up soon, since somebody waits for the answer.
    """
    hasty = replace(settings, mirror=replace(settings.mirror, attempts=2, timeout=20.0))
    policies = [one for one in all_policies(settings) if one.pulls]
    return PullThrough(wire_mirror(hasty, stores, Silent()), policies)


def wire_record_fetcher(settings: Settings, stores: Stores) -> RecordFetcher | None:
    """Put together what fetches one build record for whoever names its address.

    Args:
        settings: Complete settings.
        stores: The opened stores.

    Returns:
        None when the settings name no host.
    """
    archives = [one for archive in settings.archive.values() for one in archive.upstreams]
    hosts = record_hosts([*archives, *(one.url for one in settings.buildinfos.values())])
    if not hosts:
        return None
    agent, timeout = user_agent(settings), min(settings.mirror.timeout, 20.0)
    fetcher = open_fetcher(
        stores.blobs,
        agent=agent,
        clock=time.time,
        random=random.random,
        ticks=time.monotonic,
        attempts=2,
        hosts=stores.data.hosts,
        opener=OnlyHosts(hosts, agent=agent, timeout=timeout),
    )
    return RecordFetcher(fetcher)
