# SPDX-License-Identifier: GPL-3.0-or-later
"""What every blob store must do; each store's test module runs this suite over itself."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import Busy, NotFound, VerificationError
from storage.blobs import BlobStore, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = b"a package\n" * 1000
DIGEST = Digest.of(DATA)


class BlobStoreContract:
    """Subclasses provide the fixture `store`."""

    def test_what_goes_in_comes_out_under_its_own_hash(self, store: BlobStore) -> None:
        blob = store.add([DATA[:77], b"", DATA[77:]])
        assert blob.digest == DIGEST
        assert blob.size == len(DATA)
        assert blob.sha1 == hashlib.sha1(DATA).hexdigest()
        assert b"".join(store.open(DIGEST)) == DATA
        assert store.contains(DIGEST)
        assert store.size(DIGEST) == len(DATA)
        assert describe(store, DIGEST) == blob

    def test_the_empty_blob_is_a_blob(self, store: BlobStore) -> None:
        blob = store.add([])
        assert blob.size == 0
        assert store.contains(Digest.of(b""))
        with store.open(blob.digest) as reader:
            assert reader.read() == b""

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 0), (0, 1), (5, 12), (9990, None), (9999, 20_000), (20_000, None)]
    )
    def test_a_range_is_the_slice(self, store: BlobStore, start: int, end: int | None) -> None:
        store.add([DATA])
        with store.open(DIGEST, start, end) as reader:
            assert reader.read() == DATA[start:end]
        assert b"".join(store.open(DIGEST, start, end)) == DATA[start:end]

    def test_a_reader_gives_pieces_and_then_nothing(self, store: BlobStore) -> None:
        store.add([DATA])
        with store.open(DIGEST, 3, 8) as reader:
            assert [reader.read(2), reader.read(2), reader.read(2), reader.read(2)] == [
                DATA[3:5],
                DATA[5:7],
                DATA[7:8],
                b"",
            ]

    def test_wrong_bytes_are_refused_and_leave_nothing(self, store: BlobStore) -> None:
        with pytest.raises(VerificationError, match=str(DIGEST)):
            store.add([b"something else"], expect=DIGEST)
        assert not store.contains(DIGEST)
        assert not store.contains(Digest.of(b"something else"))
        assert list(store) == []

    def test_an_error_of_the_source_passes_through_and_leaves_nothing(
        self, store: BlobStore
    ) -> None:
        def torn() -> Iterator[bytes]:
            yield DATA
            raise ConnectionResetError("the other side went away")

        with pytest.raises(ConnectionResetError):
            store.add(torn())
        assert list(store) == []

    def test_adding_twice_is_the_same_as_once(self, store: BlobStore) -> None:
        assert store.add([DATA]) == store.add([DATA])
        assert list(store) == [DIGEST]

    def test_iterates_in_order_of_digest(self, store: BlobStore) -> None:
        digests = [store.add([bytes([n])]).digest for n in range(20)]
        assert list(store) == sorted(digests)

    def test_sizes_and_ages_are_told_without_reading(self, store: BlobStore) -> None:
        start = time.time() - 2  # a service's clock may count whole seconds
        store.add([DATA])
        store.add([b"pending"], durable=False)
        (found,) = store.stored()
        assert (found.digest, found.size) == (DIGEST, len(DATA))
        assert start <= found.stored <= time.time() + 2
        assert store.look(DIGEST) == found
        assert store.look(Digest.of(b"pending")) is None
        assert store.look(Digest.of(b"absent")) is None

    def test_nothing_of_ours_is_tidied_away(self, store: BlobStore) -> None:
        store.add([DATA])
        with store.writer("key") as writer:
            writer.write(b"half")
        assert store.tidy(0.0, remove=True) == (0, 0)
        with store.writer("key") as writer:
            assert writer.size == 4
        assert store.contains(DIGEST)

    def test_what_is_absent_is_said_to_be(self, store: BlobStore) -> None:
        assert not store.contains(DIGEST)
        assert store.local_path(DIGEST) is None
        with pytest.raises(NotFound, match=str(DIGEST)):
            store.open(DIGEST)
        with pytest.raises(NotFound, match=str(DIGEST)):
            store.size(DIGEST)

    def test_many_are_asked_for_together(self, store: BlobStore) -> None:
        digests = [store.add([bytes([n])], durable=n % 2 == 0).digest for n in range(40)]
        assert store.held([*digests, DIGEST]) == set(digests)
        assert store.held([]) == set()

    def test_deleted_is_absent_and_may_come_back(self, store: BlobStore) -> None:
        store.add([DATA])
        store.delete(DIGEST)
        store.delete(DIGEST)
        assert not store.contains(DIGEST)
        store.add([DATA])
        assert store.contains(DIGEST)

    def test_a_pending_blob_is_readable_here_and_listed_after_sync(self, store: BlobStore) -> None:
        store.add([DATA], durable=False)
        assert store.contains(DIGEST)
        assert store.size(DIGEST) == len(DATA)
        assert b"".join(store.open(DIGEST)) == DATA
        assert list(store) == []
        assert store.local_path(DIGEST) is None
        assert store.sync() == 1
        assert store.sync() == 0
        assert list(store) == [DIGEST]

    def test_a_durable_add_of_a_pending_blob_makes_it_durable(self, store: BlobStore) -> None:
        store.add([DATA], durable=False)
        store.add([DATA])
        assert list(store) == [DIGEST]
        assert store.sync() == 0

    def test_a_pending_blob_can_be_deleted(self, store: BlobStore) -> None:
        store.add([DATA], durable=False)
        store.delete(DIGEST)
        assert not store.contains(DIGEST)
        assert store.sync() == 0

    def test_a_writer_goes_on_where_the_last_one_of_its_key_stopped(self, store: BlobStore) -> None:
        with store.writer("key") as writer:
            assert writer.size == 0
            writer.validator = '"etag"'
            writer.write(DATA[:4000])
        with store.writer("other") as other:
            assert other.size == 0
            assert other.validator == ""
        with store.writer("key") as writer:
            assert writer.size == 4000
            assert writer.validator == '"etag"'
            writer.write(DATA[4000:])
            blob = writer.commit(Checksums(len(DATA), DIGEST))
        assert blob.digest == DIGEST
        assert blob.sha1 == hashlib.sha1(DATA).hexdigest()
        with store.writer("key") as writer:
            assert writer.size == 0
            assert writer.validator == ""

    def test_a_restarted_writer_forgets(self, store: BlobStore) -> None:
        with store.writer("key") as writer:
            writer.write(b"an error page")
            writer.validator = "x"
            writer.restart()
            assert writer.size == 0
            assert writer.validator == ""
            writer.write(DATA)
            assert writer.commit().digest == DIGEST

    @pytest.mark.parametrize(
        ("expect", "message"),
        [
            (Checksums(len(DATA) + 1, DIGEST), "expected 10,001 bytes, got 10,000"),
            (Checksums(len(DATA), Digest.of(b"")), "wrong SHA-256"),
        ],
    )
    def test_a_writer_with_wrong_bytes_drops_them(
        self, store: BlobStore, expect: Checksums, message: str
    ) -> None:
        with store.writer("key") as writer:
            writer.write(DATA)
            with pytest.raises(VerificationError, match=message):
                writer.commit(expect)
        assert list(store) == []
        with store.writer("key") as writer:
            assert writer.size == 0

    def test_a_writer_whose_bytes_were_wrong_may_begin_again(self, store: BlobStore) -> None:
        with store.writer("key") as writer:
            writer.write(b"wrong bytes")
            with pytest.raises(VerificationError):
                writer.commit(Checksums(len(DATA), DIGEST))
            assert writer.size == 0
            writer.write(DATA)
            assert writer.commit(Checksums(len(DATA), DIGEST)).digest == DIGEST
        assert list(store) == [DIGEST]

    def test_an_abandoned_writer_leaves_nothing(self, store: BlobStore) -> None:
        with store.writer("key") as writer:
            writer.write(DATA)
            writer.abandon()
        with store.writer("key") as writer:
            assert writer.size == 0

    def test_two_writers_of_one_key_are_refused(self, store: BlobStore) -> None:
        with store.writer("the key"), pytest.raises(Busy, match="the key"):
            store.writer("the key")
        with store.writer("the key") as writer:
            assert writer.size == 0

    def test_a_writer_may_leave_its_blob_pending(self, store: BlobStore) -> None:
        with store.writer("key") as writer:
            writer.write(DATA)
            writer.commit(durable=False)
        assert list(store) == []
        assert store.contains(DIGEST)
        assert store.sync() == 1
        assert list(store) == [DIGEST]

    def test_threads_adding_the_same_blobs_agree(self, store: BlobStore) -> None:
        bodies = [bytes([n]) * 5000 for n in range(12)]
        errors: list[BaseException] = []

        def work(*, durable: bool) -> None:
            try:
                for body in bodies:
                    store.add([body], durable=durable)
            except BaseException as error:  # noqa: BLE001  shown below
                errors.append(error)

        threads = [threading.Thread(target=work, kwargs={"durable": n % 2 == 0}) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.sync()
        assert not errors, errors
        assert list(store) == sorted(Digest.of(body) for body in bodies)
        for body in bodies:
            assert b"".join(store.open(Digest.of(body))) == body

    def test_a_quarantined_blob_is_out_of_the_store_and_may_come_back(
        self, store: BlobStore
    ) -> None:
        store.add([DATA])
        first = store.quarantine(DIGEST)
        assert not store.contains(DIGEST)
        assert list(store) == []
        with pytest.raises(NotFound, match=str(DIGEST)):
            store.quarantine(DIGEST)
        store.add([DATA])
        assert b"".join(store.open(DIGEST)) == DATA
        assert store.quarantine(DIGEST) != first

    def test_nothing_is_left_behind_by_nobody(self, store: BlobStore) -> None:
        store.add([DATA], durable=False)
        assert store.recover() == 0
        assert store.sync() == 1
