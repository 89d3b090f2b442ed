# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking for a document that was accepted before: only if it is another one now.

The answer "not modified" brings no bytes; those stored then are used in their place, and go the
same way as if they had come over the network: hashed here, and verified by whoever asked. So it
saves a download and nothing else. A replayed "not modified" keeps no stale archive alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.http_date import read_http_date
from snapshot.digest import Digest
from snapshot.errors import NotFound, VerificationError
from storage.blobs import describe
from storage.catalogue import Validator

if TYPE_CHECKING:
    from mirror.fetch import Document, Fetcher
    from storage.blobs import Blob, BlobStore
    from storage.catalogue import Catalogue

#: A date has whole seconds: a file that changed twice within one would look the same.
_SETTLED = 2.0


@dataclass(frozen=True, slots=True)
class Revalidated:
    """A document as it is at an upstream now, not verified yet.

    Attributes:
        data: Its bytes.
        blob: What they are, where they are stored already.
        validator: What to remember once it is accepted and durable; None for nothing new.
    """

    data: bytes
    blob: Blob | None
    validator: Validator | None


class Revalidator:
    """Fetches documents that change now and then.

    Args:
        fetcher: Sends the requests.
        catalogue: Knows the validators.
        blobs: Hold what was accepted before.
    """

    def __init__(self, fetcher: Fetcher, catalogue: Catalogue, blobs: BlobStore) -> None:
        self._fetcher = fetcher
        self._catalogue = catalogue
        self._blobs = blobs

    def document(self, url: str, *, limit: int) -> Revalidated:
        """The document at a URL, by one request.

        Raises:
            DejabuildError: As `Fetcher.document`.
        """
        known = self._catalogue.validator(url)
        held = None if known is None else self._held(known.digest)
        if held is not None:
            document = self._fetcher.document([url], limit=limit, known=known)
            if document is None:
                return held
        else:
            document = self._fetcher.document([url], limit=limit)
            assert document is not None  # noqa: S101  only a conditional request brings nothing
        validator = _validator(url, document)
        return Revalidated(document.data, None, None if validator == known else validator)

    def _held(self, digest: Digest) -> Revalidated | None:
        """What was accepted before, if it is still here and whole."""
        try:
            blob = describe(self._blobs, digest)
            with self._blobs.open(digest) as reader:
                return Revalidated(reader.read(), blob, None)
        except (NotFound, VerificationError):
            return None


def _validator(url: str, document: Document) -> Validator | None:
    """How to ask for it the next time; None where the upstream gives nothing that could tell."""
    etag, modified = document.etag, document.modified
    if not _settled(document):
        return None
    if not etag and not modified:
        return None
    return Validator(url, Digest.of(document.data), etag, modified)


def _settled(document: Document) -> bool:
    """Whether it was last changed long enough before it was sent."""
    if not document.modified:
        return True
    sent, modified = read_http_date(document.sent), read_http_date(document.modified)
    return sent is not None and modified is not None and sent - modified >= _SETTLED
