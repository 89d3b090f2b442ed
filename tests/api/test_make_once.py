# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made is made once for all processes, and no more of it is kept than of environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from api.archive_services import current_archive
from api.made_repositories import MadeRepositories
from api.make_once import forget_made, repository_signer, send_made
from api.services import Limits
from snapshot.digest import Digest
from snapshot.errors import NotFound, Unsupported
from storage.database import Database
from tests.api.archive_server import ArchiveServer, make_archive_server


@dataclass
class Signer:
    """Whom a key is asked for nothing but its name."""

    maker: str = "1 key"


@dataclass
class Maker:
    """Counts what it was asked to make."""

    made: list[str] = field(default_factory=list)

    def of(self, word: str) -> Mapping[str, bytes]:
        self.made.append(word)
        return {"InRelease": word.encode()}


def server(database: Database, maker: str = "1 key", environments: int = 9) -> ArchiveServer:
    limits = Limits(environments=environments)
    return make_archive_server(database, signer=Signer(maker), limits=limits)


def send(server: ArchiveServer, maker: Maker, subject: str, word: str = "x") -> bytes:
    with server.app.test_request_context():
        response = send_made(subject, "InRelease", lambda _: maker.of(word))
        response.direct_passthrough = False
        return response.get_data()


def test_another_process_finds_what_one_has_made(catalogue_database: Database) -> None:
    maker = Maker()
    first = server(catalogue_database)
    second = make_archive_server(catalogue_database, blobs=first.blobs, signer=Signer())
    for one in (first, second, first):
        assert send(one, maker, "release a") == b"x"
    assert maker.made == ["x"]


def test_another_key_makes_them_again(catalogue_database: Database) -> None:
    maker = Maker()
    assert send(server(catalogue_database), maker, "release a", "old") == b"old"
    assert send(server(catalogue_database, "1 other"), maker, "release a", "new") == b"new"
    assert maker.made == ["old", "new"]


def test_a_key_that_is_exchanged_while_the_server_runs_makes_them_again(
    catalogue_database: Database,
) -> None:
    maker, signer = Maker(), Signer()
    here = make_archive_server(catalogue_database, signer=signer)
    assert send(here, maker, "release a", "old") == b"old"
    signer.maker = "1 other"
    assert send(here, maker, "release a", "new") == b"new"


def test_files_whose_bytes_are_gone_are_made_again(catalogue_database: Database) -> None:
    maker, here = Maker(), server(catalogue_database)
    send(here, maker, "release a")
    here.blobs.delete(Digest.of(b"x"))
    assert send(here, maker, "release a") == b"x"
    assert maker.made == ["x", "x"]


def test_no_more_of_a_kind_are_kept_than_environments(catalogue_database: Database) -> None:
    maker, here = Maker(), server(catalogue_database, environments=2)
    for word in "abc":
        send(here, maker, f"source {word}", word)
    send(here, maker, "release d", "d")
    needed = set(here.catalogue.needed.digests({}))
    kept = [word for word in "abcd" if Digest.of(word.encode()).raw in needed]
    assert len(kept) == 3
    assert "d" in kept


def test_what_is_forgotten_is_no_longer_needed(catalogue_database: Database) -> None:
    here = server(catalogue_database)
    send(here, Maker(), "release a")
    with here.app.test_request_context():
        forget_made(["release a"])
        assert isinstance(current_archive().made, MadeRepositories)
    assert Digest.of(b"x").raw not in set(here.catalogue.needed.digests({}))


def test_what_makes_room_frees_its_bytes(catalogue_database: Database) -> None:
    maker, here = Maker(), server(catalogue_database, environments=1)
    send(here, maker, "source a", "a")
    send(here, maker, "source b", "b")
    kept = [word for word in "ab" if here.blobs.contains(Digest.of(word.encode()))]
    assert len(kept) == 1
    assert len(maker.made) == 2
    for word in "ab":
        assert send(here, maker, f"source {word}", word) == word.encode()


def test_bytes_that_another_subject_has_too_stay(catalogue_database: Database) -> None:
    here = server(catalogue_database)
    send(here, Maker(), "release a")
    send(here, Maker(), "release b")
    with here.app.test_request_context():
        forget_made(["release a"])
        assert here.blobs.contains(Digest.of(b"x"))
        forget_made(["release b"])
        assert not here.blobs.contains(Digest.of(b"x"))


def test_a_file_that_is_not_made_is_not_found(catalogue_database: Database) -> None:
    here = server(catalogue_database)
    with here.app.test_request_context(), pytest.raises(NotFound, match="no 'nosuch' in"):
        send_made("release a", "nosuch", lambda _: {"InRelease": b"x"})


def test_without_a_key_nothing_is_made(catalogue_database: Database) -> None:
    here = make_archive_server(catalogue_database)
    with here.app.test_request_context(), pytest.raises(Unsupported, match="signs no repo"):
        repository_signer()
