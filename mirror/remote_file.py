# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that is somewhere else, and what arrived of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snapshot.digest import Checksums
    from storage.blobs import Blob


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file whose size and SHA-256 are known before it is fetched.

    Attributes:
        name: How to call it in messages, such as `pool/main/h/hello/hello_2.10-3_amd64.deb`.
        urls: Where it may be found, tried in this order.
        checksums: What it must be; the SHA-256 is always there.
    """

    name: str
    urls: tuple[str, ...]
    checksums: Checksums


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """What `mirror.fetch` makes of a `RemoteFile`.

    Attributes:
        remote: What was asked for.
        blob: The stored bytes, verified against `remote.checksums`.
        url: Where they came from; empty when they were here already.
        received: Bytes that crossed the network for it, dropped ones included.
    """

    remote: RemoteFile
    blob: Blob
    url: str
    received: int
