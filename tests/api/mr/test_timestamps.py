# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs there are."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import ArchiveServer
from tests.api.mr.archive import STAMPS, filled_server


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("/mr/timestamp/", {"debian": STAMPS, "security": ["20260215T000000Z"]}),
        ("/mr/timestamp?archive=debian", {"debian": STAMPS}),
        ("/mr/timestamp/?archive=debian&after=20260115", {"debian": STAMPS[1:]}),
        ("/mr/timestamp/?archive=debian&before=20260201T000000Z", {"debian": STAMPS[:2]}),
        ("/mr/timestamp/debian", STAMPS),
        ("/mr/timestamp/debian/?after=20260202", STAMPS[2:]),
        ("/mr/timestamp/debian?suite=forky", STAMPS[2:]),
        ("/mr/timestamp/?suite=sid-security", {"debian": [], "security": ["20260215T000000Z"]}),
        ("/mr/timestamp/debian/latest", STAMPS[2]),
        ("/mr/timestamp/debian/now", STAMPS[2]),
        ("/mr/timestamp/debian/20260228T235959Z", STAMPS[1]),
        ("/mr/timestamp/debian/20260201T000000Z", STAMPS[1]),
    ],
)
def test_stamps_ascend_and_the_nearest_is_not_later(
    server: ArchiveServer, address: str, result: object
) -> None:
    answer = server.client.get(address)
    assert answer.status_code == 200
    assert answer.get_json()["result"] == result


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/mr/timestamp/nosuch", 404),
        ("/mr/timestamp/?archive=nosuch", 404),
        ("/mr/timestamp/debian/20251231", 404),
        ("/mr/timestamp/debian/yesterday", 400),
        ("/mr/timestamp/?after=x", 400),
    ],
)
def test_a_wrong_question_is_told_so(server: ArchiveServer, address: str, status: int) -> None:
    answer = server.client.get(address)
    assert answer.status_code == status
    assert answer.get_json()["try"]
