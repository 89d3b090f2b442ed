# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from api.rebuilderd.records import file_url, status_or_null, time_or_null, wire_job
from api.services import EXTENSION, Services, Web
from snapshot.digest import Digest
from snapshot.verdict import Status
from storage.ledger.records import QueuedJob
from storage.ledger.values import JobState

DIGEST = Digest.of(b"record")
JOB = QueuedJob(
    id=7, target_id=1, name="hello", version="2.10-5", distribution="debian", release=None,
    architecture="amd64", backend="debian", kind="buildinfo", input_name="hello.buildinfo",
    input_digest=DIGEST, input_url="", state=JobState.RUNNING, priority=1, replica=1,
    manual=False, queued_at=0.0, next_retry=None, started_at=1.5, closed_at=None, worker_id=1,
    leases=1, hurried=0,
)  # fmt: skip


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    web = Web(clock=lambda: 0.0, base_url="https://rebuilds.example")
    app.extensions[EXTENSION] = Services(web=web, archive=None)
    return app


def test_what_we_hold_is_addressed_by_its_digest_under_its_exact_name(app: Flask) -> None:
    with app.test_request_context():
        assert wire_job(JOB).url == f"https://rebuilds.example/file/{DIGEST}/hello.buildinfo"
        assert file_url(None, "x.deb") == "https://rebuilds.example/file/unknown/x.deb"
    assert file_url(DIGEST, "x.deb", base="http://b") == f"http://b/file/{DIGEST}/x.deb"


def test_what_somebody_else_holds_keeps_the_address_it_came_with(app: Flask) -> None:
    foreign = replace(JOB, input_url="https://elsewhere.example/h/hello.buildinfo")
    with app.test_request_context():
        assert wire_job(foreign).url == foreign.input_url


def test_a_job_in_the_hand_of_its_worker_was_not_started_yet(app: Flask) -> None:
    with app.test_request_context():
        assert wire_job(JOB, handed_out=True).to_json()["started_at"] is None
        assert wire_job(JOB).to_json()["started_at"] == "1970-01-01T00:00:01.500000"


def test_statuses_are_spelled_as_the_wire_spells_them() -> None:
    assert status_or_null(Status.UNKNOWN) == "UNKWN"
    assert status_or_null(Status.GOOD) == "GOOD"
    assert status_or_null(None) is None
    assert time_or_null(None) is None
