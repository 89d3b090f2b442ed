# SPDX-License-Identifier: GPL-3.0-or-later
"""One conditional request in place of a download, and no less verification."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

import pytest

from mirror.fetch import Document, Fetcher
from mirror.revalidate import Revalidator
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, VerificationError
from storage.blobs import MemoryBlobs
from storage.catalogue import Catalogue, Validator
from tests import faulty_upstream as faults
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import NOW, MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive

INRELEASE = "/dists/bookworm/InRelease"


@pytest.fixture
def synced(mirror: MirrorBench, upstream: FaultyUpstream) -> MirrorBench:
    """A mirror that holds the archive's first state; requests are counted from here."""
    mirror.sync()
    upstream.sent.clear()
    upstream.requests.clear()
    return mirror


def test_nothing_new_costs_one_conditional_request_and_no_byte(
    synced: MirrorBench, upstream: FaultyUpstream
) -> None:
    before = synced.dump()
    synced.time.now += 1
    (run,) = synced.sync().runs
    assert run.unchanged
    assert [path for path, _ in upstream.requests] == [INRELEASE]
    assert upstream.sent[INRELEASE] == 0
    assert synced.dump() != before  # "observed until" has moved


def test_release_with_a_detached_signature_is_asked_for_like_that_too(
    mirror: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    del archive.files[INRELEASE]
    archive.inline = False
    archive.publish(FIRST)
    mirror.sync()
    upstream.sent.clear()
    assert mirror.sync().runs[0].unchanged
    assert not +upstream.sent


def test_a_new_release_comes_with_the_conditional_request(
    synced: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    archive.publish(SECOND)
    (run,) = synced.sync().runs
    assert (run.stamp, run.unchanged) == (SECOND.date, False)
    assert [path for path, _ in upstream.requests].count(INRELEASE) == 1


def test_not_modified_for_ever_does_not_keep_an_expired_release_alive(
    synced: MirrorBench, archive: SmallArchive
) -> None:
    until = formatdate(NOW.epoch, usegmt=True).replace("GMT", "UTC")
    archive.publish(replace(SECOND, valid_until=until))
    synced.sync()
    synced.time.now += 1
    with pytest.raises(VerificationError, match="valid until"):
        synced.sync()


def test_not_modified_is_verified_with_the_keyring_of_today(
    synced: MirrorBench,
) -> None:
    stranger = ThrowawayKey()
    try:
        assert synced.keyring is not None
        synced.keyring.write_bytes(stranger.public())
    finally:
        stranger.close()
    with pytest.raises(VerificationError, match="not in the keyring"):
        synced.sync()


def test_a_policy_that_became_wider_gets_what_it_lacks(
    mirror: MirrorBench, upstream: FaultyUpstream
) -> None:
    mirror.sync(architectures=("amd64", "all"))
    upstream.sent.clear()
    (run,) = mirror.sync().runs
    assert (run.stamp, run.unchanged) == (FIRST.date, False)
    assert upstream.sent[INRELEASE] == 0
    assert any("Sources" in path or "by-hash" in path for path in upstream.sent)


def test_without_the_stored_bytes_the_whole_document_is_asked_for(
    synced: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    synced.blobs.delete(Digest.of(archive.files[INRELEASE]))
    synced.sync()
    assert upstream.sent[INRELEASE] == len(archive.files[INRELEASE])


def test_damaged_stored_bytes_are_not_believed(
    synced: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    path = synced.blobs.local_path(Digest.of(archive.files[INRELEASE]))
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"torn")
    synced.sync()
    assert upstream.sent[INRELEASE] == len(archive.files[INRELEASE])


def test_what_was_not_accepted_is_asked_for_whole_again(
    synced: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    good = archive.files[INRELEASE]
    archive.files[INRELEASE] = good.replace(b"bookworm", b"mediocre")
    for _ in range(2):
        with pytest.raises(VerificationError):
            synced.sync()
    assert upstream.sent[INRELEASE] == 2 * len(good)


class Saying(Fetcher):
    """Gives one document, whatever is asked."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def document(self, *_args: object, **_options: object) -> Document:
        return self._document


def remembered(catalogue: Catalogue, etag: str, modified: str, sent: str) -> Validator | None:
    document = Document(b"text", "http://127.0.0.1/x", etag, modified, sent)
    revalidator = Revalidator(Saying(document), catalogue, MemoryBlobs())
    return revalidator.document(document.url, limit=100).validator


def test_a_file_that_had_just_changed_may_change_again_within_that_second(
    mirror: MirrorBench,
) -> None:
    catalogue = mirror.stores.catalogue
    changed, soon, later = (formatdate(at, usegmt=True) for at in (1e9, 1e9 + 1, 1e9 + 2))
    assert remembered(catalogue, '"a"', changed, soon) is None
    assert remembered(catalogue, '"a"', changed, "") is None
    assert remembered(catalogue, '"a"', "yesterday", later) is None
    assert remembered(catalogue, "", "", later) is None
    found = remembered(catalogue, '"a"', changed, later)
    assert found == Validator("http://127.0.0.1/x", Digest.of(b"text"), '"a"', changed)
    assert remembered(catalogue, '"a"', "", "") is not None


def test_not_modified_without_a_question_is_refused(
    mirror: MirrorBench, upstream: FaultyUpstream
) -> None:
    upstream.fault(INRELEASE, faults.status(304))
    with pytest.raises(CorruptUpstream, match="304"):
        mirror.sync()
