# SPDX-License-Identifier: GPL-3.0-or-later
"""What the routes of the archive half are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from api.made_repositories import MadeRepositories
from api.services import current_services

if TYPE_CHECKING:
    from snapshot.digest import Digest
    from storage.blobs import BlobStore
    from storage.catalogue import Catalogue
    from storage.offered_texts import OfferedTexts
    from storage.signed_repository import RepositorySigner


class PullThrough(Protocol):
    """Fetches a blob that the catalogue knows and the store lacks (`mirror.pull`)."""

    def __call__(self, digest: Digest) -> bool:
        """Fetch and verify; whether the store holds it now.

        Raises:
            TransientError: The upstream did not answer; worth asking again.
        """
        ...


class FetchRecord(Protocol):
    """Fetches a build record from a host of the settings (`mirror.fetch_record`)."""

    def __call__(self, url: str, limit: int) -> bytes:
        """Its bytes, at most so many.

        Raises:
            Denied: Not such a host.
            TransientError: No answer now.
        """
        ...


@dataclass(frozen=True, slots=True)
class ArchiveServices:
    """The archive half, wired.

    Attributes:
        catalogue: What lived where and when.
        blobs: The bytes.
        signer: Signs environment repositories; None: environments are texts only.
        offered: Environments that were named in answers; None: each is stored at once.
        pull: Fetches missing blobs on first use; None: they are missing.
        fetch_record: Fetches a build record by its address; None: it must be sent.
        made: The repositories of environments that this process has made.
        upstreams: Archive to the base addresses of its live upstreams, as configured.
    """

    catalogue: Catalogue
    blobs: BlobStore
    signer: RepositorySigner | None = None
    pull: PullThrough | None = None
    offered: OfferedTexts | None = None
    fetch_record: FetchRecord | None = None
    made: MadeRepositories = field(default_factory=MadeRepositories)
    upstreams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def current_archive() -> ArchiveServices:
    """The archive half of the application that answers this request."""
    services = current_services().archive
    assert isinstance(services, ArchiveServices)  # noqa: S101  # set by create_app only
    return services
