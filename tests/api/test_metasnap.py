# SPDX-License-Identifier: GPL-3.0-or-later
"""The line protocol of debootsnap."""

from __future__ import annotations

from io import BytesIO

import pytest

from storage.database import Database
from tests.api.archive_server import (
    ArchiveServer,
    Suite,
    binary_stanza,
    make_archive_server,
)
from tests.api.mr.archive import STAMPS, filled_server
from tests.api.unread_body import unread


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


def ask(server: ArchiveServer, packages: str, archive: str = "debian") -> tuple[int, list[str]]:
    answer = server.client.post(
        "/cgi-bin/api",
        data={"archive": archive, "arch": "amd64", "pkgs": packages},
        content_type="multipart/form-data",
    )
    return answer.status_code, answer.text.splitlines()


def test_each_place_of_each_package_is_a_line(server: ArchiveServer) -> None:
    assert ask(server, "libtor:amd64=1.0-1+b1,tor-doc:amd64=1.0-1") == (
        200,
        [
            f"libtor amd64 1.0-1+b1 forky main {STAMPS[2]} {STAMPS[2]}",
            f"libtor amd64 1.0-1+b1 sid main {STAMPS[1]} {STAMPS[1]}",
            f"tor-doc all 1.0-1 forky main {STAMPS[2]} {STAMPS[2]}",
            f"tor-doc all 1.0-1 sid main {STAMPS[0]} {STAMPS[1]}",
        ],
    )


def test_a_package_for_all_architectures_is_said_by_the_index_it_is_in(
    catalogue_database: Database,
) -> None:
    here = make_archive_server(catalogue_database)
    both, alone = (binary_stanza(name, "1", "all") for name in ("both", "alone"))
    here.add_run("debian", STAMPS[0], {"sid": Suite({"amd64": [both], "all": [both, alone]})})
    asked = "both:amd64=1,alone:amd64=1"
    assert ask(here, asked) == (
        200,
        [
            f"alone all 1 sid main {STAMPS[0]} {STAMPS[0]}",
            f"both amd64 1 sid main {STAMPS[0]} {STAMPS[0]}",
        ],
    )


def test_unknown_packages_are_named_so_that_the_client_can_ask_again_without_them(
    server: ArchiveServer,
) -> None:
    assert ask(server, "tor:amd64=1.0-1,nosuch:amd64=1,tor:i386=1.0-1") == (
        404,
        ["nosuch amd64 1", "tor i386 1.0-1"],
    )


def test_another_archive_does_not_answer(server: ArchiveServer) -> None:
    assert ask(server, "libtor:amd64=1.0-1", "security") == (404, ["libtor amd64 1.0-1"])
    # Whoever goes from archive to archive asks for those that are not here, too.
    assert ask(server, "libtor:amd64=1.0-1", "nosuch") == (404, ["libtor amd64 1.0-1"])
    assert ask(server, "", "nosuch") == (200, [])


def test_stamps_come_one_a_line(server: ArchiveServer) -> None:
    assert server.client.get("/cgi-bin/api?timestamps=debian").text.split() == STAMPS
    assert server.client.get("/cgi-bin/api").status_code == 404


def test_words_that_are_sent_as_files_are_understood(server: ArchiveServer) -> None:
    words = {"archive": "debian", "arch": "amd64", "pkgs": "tor-doc:all=1.0-1"}
    answer = server.client.post(
        "/cgi-bin/api", data={name: (BytesIO(word.encode()), name) for name, word in words.items()}
    )
    assert answer.text.splitlines() == [
        f"tor-doc all 1.0-1 forky main {STAMPS[2]} {STAMPS[2]}",
        f"tor-doc all 1.0-1 sid main {STAMPS[0]} {STAMPS[1]}",
    ]


@pytest.mark.parametrize("packages", ["tor", "tor=1", "tor:amd64=1;x", "a:amd64=$(id)"])
def test_anything_else_is_refused(server: ArchiveServer, packages: str) -> None:
    status, lines = ask(server, packages)
    assert status == 400
    assert "not a package" in lines[0]


def test_a_question_that_says_it_is_oversized_is_refused_unread(server: ArchiveServer) -> None:
    answer = server.client.post(
        "/cgi-bin/api",
        environ_overrides=unread(5 << 20),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 413
