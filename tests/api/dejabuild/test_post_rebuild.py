# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from snapshot.digest import Digest
from tests.api.dejabuild.conftest import Whole
from tests.api.mr.archive import DSC, STAMPS
from tests.api.mr.test_buildinfo import record
from tests.api.rebuilderd.wire import ADMIN, pop_body, post, register, worker_head
from tests.snapshot import test_rpm_buildinfo

PATH = "/api/dejabuild/v1/rebuilds"
RECORD = record("libtor (= 1.0-1)", "tor (= 1:1.0-2)")


def send(whole: Whole, data: bytes, **options: Any) -> TestResponse:
    return whole.rebuild.app.test_client().post(PATH, data=data, headers=ADMIN, **options)


def test_a_record_becomes_a_target_with_an_exact_environment(whole: Whole) -> None:
    answer = send(whole, RECORD)
    assert answer.status_code == 202
    body = answer.get_json()
    assert body["source"] == "tor"
    assert body["url"] == "http://localhost/rebuilds/debian/tor"
    environment = Digest(body["environment"])
    assert whole.archive.catalogue.environment(environment) is not None
    assert environment not in whole.archive.catalogue.evictable_environments(keep=0)
    target = whole.rebuild.ledger.targets.get(body["target"])
    assert target.input_digest == Digest.of(RECORD)
    assert target.input_name == "tor_1.0-2_amd64.buildinfo"
    assert whole.archive.blobs.contains(Digest.of(RECORD))
    known = whole.archive.catalogue.buildinfo(Digest.of(RECORD))
    assert known is not None
    assert known.signature_state == "unsigned"


def test_the_worker_gets_the_record_from_us_by_its_digest(whole: Whole) -> None:
    made = send(whole, RECORD).get_json()
    register(whole.rebuild)
    wanted = pop_body() | {"dejabuild": {"version": 1, "tags": []}}
    answer = post(whole.rebuild, "/api/v1/queue/pop", wanted, worker_head()).get_json()
    job = answer["Rebuild"]["job"]
    assert job["id"] == made["job"]
    digest = Digest.of(RECORD)
    assert job["url"] == f"http://localhost/file/{digest}/tor_1.0-2_amd64.buildinfo"
    assert job["dejabuild"]["environment"] == made["environment"]
    assert job["dejabuild"]["expect"] == [{"name": "x_1_amd64.deb", "sha256": "a" * 64, "size": 1}]
    assert whole.rebuild.app.test_client().get(job["url"]).data == RECORD


def test_the_same_record_again_keeps_its_place(whole: Whole) -> None:
    first, second = send(whole, RECORD).get_json(), send(whole, RECORD).get_json()
    assert (first["target"], first["job"]) == (second["target"], second["job"])


def test_a_record_that_was_judged_is_built_again_at_once(whole: Whole) -> None:
    first = send(whole, RECORD).get_json()
    register(whole.rebuild)
    ours = pop_body() | {"dejabuild": {"version": 1, "tags": []}}
    head = worker_head()
    for status in ("BAD", "BAD"):
        answer = post(whole.rebuild, "/api/v1/queue/pop", ours, head).get_json()
        job = answer["Rebuild"]["job"]
        report = {
            "queue_id": job["id"], "built_at": "2026-11-20T09:26:44", "build_log": [],
            "status": status, "artifacts": [
                {"name": "x_1_amd64.deb", "status": status, "sha256": "b" * 64, "size": 1}
            ],
            "dejabuild": {"lease": job["dejabuild"]["lease"], "strategy": "strict"},
        }  # fmt: skip
        assert post(whole.rebuild, "/api/v1/builds", report, head).status_code == 204
        nothing = post(whole.rebuild, "/api/v1/queue/pop", ours, head).get_json()
        assert nothing == "Nothing"
        again = send(whole, RECORD).get_json()
        assert again["target"] == first["target"]
        assert again["job"] != job["id"]


def test_a_record_that_needs_what_never_existed_is_queued_without_an_environment(
    whole: Whole,
) -> None:
    body = send(whole, record("libghost (= 6.6.6)")).get_json()
    assert body["environment"] is None
    assert body["job"] is not None


def test_a_published_source_gets_one_target_per_architecture(whole: Whole) -> None:
    wanted = {"source": "tor", "version": "1.0-1", "archive": "debian", "suite": "sid"}
    answer = post(whole.rebuild, PATH, wanted | {"timestamp": STAMPS[0]}, ADMIN)
    assert answer.status_code == 202
    made = answer.get_json()["targets"]
    assert [one["architecture"] for one in made] == ["all", "amd64"]
    register(whole.rebuild)
    body = pop_body() | {"dejabuild": {"version": 1, "tags": []}}
    jobs = [
        post(whole.rebuild, "/api/v1/queue/pop", body, worker_head()).get_json()["Rebuild"]["job"]
        for _ in made
    ]
    native = next(job for job in jobs if job["architecture"] == "amd64")
    assert native["dejabuild"]["target"] == "source"
    assert native["dejabuild"]["derive"]["timestamp"] == STAMPS[0]
    assert native["dejabuild"]["derive"]["suites"] == [{"suite": "sid", "component": "main"}]
    assert {one["name"] for one in native["dejabuild"]["expect"]} == {
        "libtor_1.0-1_amd64.deb", "tor_1.0-1_amd64.deb",
    }  # fmt: skip
    assert native["url"].endswith(f"/file/{Digest.of(DSC['1.0-1'])}/tor_1.0-1.dsc")


def test_a_source_whose_binaries_were_rebuilt_alone_says_why_it_cannot(whole: Whole) -> None:
    wanted = {
        "source": "tor", "version": "1.0-1", "archive": "debian", "suite": "sid",
        "timestamp": STAMPS[1], "architectures": ["amd64"],
    }  # fmt: skip
    answer = post(whole.rebuild, PATH, wanted, ADMIN)
    assert answer.status_code == 404
    assert "was rebuilt alone: that needs a record" in answer.text


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"version": "9"}, 404, "tor 9 cannot be rebuilt from debian sid"),
        ({"archive": "nope"}, 404, "archives here: debian"),
        ({"timestamp": "20200101T000000Z"}, 404, "no run of 'debian'"),
        ({"timestamp": "yesterday"}, 400, "yesterday"),
        ({"suite": None}, 400, "suite: expected text"),
    ],
)
def test_what_is_not_mirrored_is_named(
    whole: Whole, change: dict[str, Any], status: int, says: str
) -> None:
    wanted = {
        "source": "tor", "version": "1.0-1", "archive": "debian", "suite": "sid",
        "timestamp": STAMPS[0],
    }  # fmt: skip
    answer = post(whole.rebuild, PATH, wanted | change, ADMIN)
    assert answer.status_code == status
    assert says in answer.text


@pytest.mark.parametrize(
    "data", [b"", b"\0\1\2 binary", RECORD[:40], b"Format: 1.0\nSource: ../../etc\n", b"x" * 5000]
)
def test_what_is_no_record_is_400_in_one_line_and_queues_nothing(whole: Whole, data: bytes) -> None:
    answer = send(whole, data)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert len(answer.text) < 1000
    assert whole.rebuild.ledger.queue.page().total == 0


def test_a_record_of_another_distribution_is_named_as_unsupported(whole: Whole) -> None:
    answer = send(whole, test_rpm_buildinfo.TEXT.encode())
    assert answer.status_code == 501
    assert "rpm" in answer.text


def test_only_the_operator_may_ask(whole: Whole) -> None:
    answer = whole.rebuild.app.test_client().post(PATH, data=RECORD)
    assert (answer.status_code, answer.data) == (403, b"")
