# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.dejabuild.conftest import Whole
from tests.api.mr.archive import STAMPS
from tests.api.rebuilderd.wire import ADMIN, post

PATH = "/api/dejabuild/v1/campaigns"
SMALL = {"name": "small", "archive": "debian", "suite": "sid", "timestamp": STAMPS[0]}


def create(whole: Whole, **change: Any) -> TestResponse:
    return post(whole.rebuild, PATH, SMALL | change, ADMIN)


def test_a_campaign_queues_what_a_run_lists_and_the_same_order_again_nothing(
    whole: Whole,
) -> None:
    answer = create(whole)
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["targets"], body["queued"], body["done"]) == (2, 2, 0)
    assert body["selection"]["timestamp"] == STAMPS[0]
    again = create(whole).get_json()
    assert (again["targets"], again["queued"]) == (2, 0)
    listed = whole.rebuild.app.test_client().get(PATH).get_json()["campaigns"]
    assert [one["name"] for one in listed] == ["small"]
    shown = whole.rebuild.app.test_client().get(f"{PATH}/small").get_json()
    assert shown["jobs"] == {"running": 0, "queued": 2, "waiting": 0}
    assert shown["verdicts"] == {"GOOD": 0, "BAD": 0, "FAIL": 0, "UNKWN": 2}


def test_what_cannot_be_a_target_is_named(whole: Whole) -> None:
    body = create(whole, timestamp=STAMPS[1]).get_json()
    assert body["targets"] == 1
    assert [one["why"] for one in body["skipped"]] == [
        "amd64 was rebuilt alone: that needs a record"
    ]


def test_without_a_timestamp_the_newest_run_is_meant(whole: Whole) -> None:
    body = create(whole, timestamp=None, suite="forky", architectures=["all"]).get_json()
    assert body["selection"]["timestamp"] == STAMPS[2]


def test_the_page_of_the_campaign_says_how_it_was_chosen(whole: Whole) -> None:
    create(whole, include=["t*"])
    page = whole.rebuild.app.test_client().get("/campaigns/small").text
    assert "suite sid" in page
    assert "include t*" in page


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"include": ["zzz*"]}, 400, "matches"),
        ({"name": "a b"}, 400, "a b"),
        ({"replicas": 99}, 400, "99 replicas"),
        ({"archive": "nope"}, 404, "nope"),
        ({"components": ["contrib"]}, 404, "contrib"),
        ({"include": "t*"}, 400, "include: expected a list"),
    ],
)
def test_a_bad_order_is_refused_by_name(
    whole: Whole, change: dict[str, Any], status: int, says: str
) -> None:
    answer = create(whole, **change)
    assert answer.status_code == status
    assert says in answer.text
    assert whole.rebuild.ledger.queue.page().total == 0


def test_the_same_name_with_another_selection_is_refused(whole: Whole) -> None:
    create(whole)
    answer = create(whole, exclude=["tor-doc"])
    assert answer.status_code == 400
    assert "exists with another selection" in answer.text


def test_only_the_operator_makes_campaigns_and_everybody_reads_them(whole: Whole) -> None:
    assert post(whole.rebuild, PATH, SMALL).status_code == 403
    client = whole.rebuild.app.test_client()
    assert client.get(PATH).get_json() == {"campaigns": []}
    assert client.get(f"{PATH}/nope").status_code == 404
