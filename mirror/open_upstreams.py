# SPDX-License-Identifier: GPL-3.0-or-later
"""From the addresses of a policy to its upstreams, in order. A new kind adds a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirror.dated_upstream import DatedDebian
from mirror.debian_upstream import LiveDebian
from mirror.peer_upstream import Peer
from mirror.policy import split_kind
from mirror.qubes_upstream import QubesDebian

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mirror.policy import ArchivePolicy, Kind
    from mirror.upstream import Upstream


def open_upstreams(policy: ArchivePolicy) -> tuple[Upstream, ...]:
    """The upstreams that a policy names, in order; each may be of another kind. Peers come last."""
    found: list[Upstream] = []
    for address in policy.upstreams:
        kind, base = split_kind(address, policy.kind)
        found.append(_MAKERS[kind](rooted(base.rstrip("/")), policy))
    return (*found, *(Peer(base.rstrip("/")) for base in policy.peers))


def rooted(base: str) -> str:
    """Mark where a local directory begins, as rsync does: nothing outside of it is read."""
    return f"{base}/." if base.startswith("file:") else base


_MAKERS: Mapping[Kind, Callable[[str, ArchivePolicy], Upstream]] = {
    "live": lambda base, _: LiveDebian(base),
    "qubes": lambda base, _: QubesDebian(base),
    "dated": lambda base, policy: DatedDebian(base, policy.upstream_name or policy.name),
}
