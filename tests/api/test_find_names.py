# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from api.find_names import is_text, names_beginning
from storage.database import Database
from tests.api.archive_server import Suite, binary_stanza, make_archive_server


def test_small_letters_will_do_and_what_was_typed_comes_first(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database)
    stanzas = [binary_stanza(name, "1") for name in ("Net", "NetworkManager", "net-tools")]
    server.add_run("fedora", "20260101T000000Z", {"43": Suite({"amd64": stanzas})})
    with server.app.test_request_context():
        assert [one.name for one in names_beginning("Net", most=9)] == [
            "Net", "NetworkManager", "net-tools",
        ]  # fmt: skip
        assert [one.name for one in names_beginning("Net", most=2)] == ["Net", "NetworkManager"]
        assert [one.name for one in names_beginning("n", most=9)] == ["net-tools"]
        assert names_beginning("n\ud800", most=9) == []


@pytest.mark.parametrize(("text", "expected"), [("a", True), ("💥", True), ("\udcff", False)])
def test_half_a_character_is_no_text(text: str, *, expected: bool) -> None:
    assert is_text(text) is expected
