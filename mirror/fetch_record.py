# SPDX-License-Identifier: GPL-3.0-or-later
"""One build record from an address that a stranger names: from hosts of the settings alone.

The stranger decides what is asked for, so the operator decides whom: the hosts of upstreams and
of sources of records. A redirect to any other is refused as the address itself would be.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mirror.open_url import Opener, as_opened
from mirror.policy import split_kind
from mirror.request import host_of
from snapshot.errors import Denied, InvalidInput, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mirror.fetch import Fetcher
    from mirror.open_url import Response

#: Fetched at once by one process: strangers must not hold all of its threads.
_AT_ONCE = 2


class OnlyHosts(Opener):
    """Opens addresses of some hosts and no others, redirected ones included.

    Args:
        hosts: As `mirror.request.host_of` writes them.
        agent: As of `Opener`.
        timeout: As of `Opener`.
    """

    def __init__(self, hosts: Iterable[str], *, agent: str, timeout: float) -> None:
        super().__init__(agent=agent, connections=_AT_ONCE, timeout=timeout)
        self._hosts = frozenset(hosts)

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """See `Opener.open`.

        Raises:
            Denied: Another host, or no web address at all.
            InvalidInput: Not an address.
        """
        opened = as_opened(url)
        scheme = urlsplit(opened).scheme
        if scheme not in {"http", "https"} or host_of(opened) not in self._hosts:
            raise Denied(
                f"{url[:200]!r} is on no host that this server fetches from",
                advice="send the record itself (curl --data-binary @FILE)",
            )
        return super().open(opened, headers)


class RecordFetcher:
    """Fetches single records for who asks this server; shared by the threads of a process.

    Args:
        fetcher: Its opener is an `OnlyHosts`; it should not be patient, since somebody waits.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def __call__(self, url: str, limit: int) -> bytes:
        """The bytes at an address.

        Args:
            url: http or https, on a host of the settings.
            limit: Most bytes.

        Raises:
            InvalidInput: Not an address.
            Denied: Not there; or the upstream says so.
            NotFound: Nothing lies there.
            CorruptUpstream: More bytes than the limit.
            TransientError: No answer, or others are being fetched.
        """
        if not self._turns.acquire(blocking=False):
            raise TransientError(
                "other records are being fetched", advice="try again", retry_after=2
            )
        try:
            document = self._fetcher.document([url], limit=limit)
        finally:
            self._turns.release()
        if document is None:  # only a conditional request brings nothing
            raise InvalidInput(f"{url[:200]!r}: nothing came")
        return document.data


def record_hosts(addresses: Iterable[str]) -> frozenset[str]:
    """The hosts of upstreams and sources, with or without a kind in front (`dated+https://…`)."""
    hosts = (host_of(split_kind(one, "live")[1]) for one in addresses)
    return frozenset(host for host in hosts if host)
