# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop, with a program as rebuilder; real builds are in tests/integration/rebuilders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rebuilders.debian import identities
from rebuilders.retry import RetryPolicy
from rebuilders.script import ScriptRebuilder
from rebuilders.stop_switch import StopSwitch
from rebuilders.worker import RESTART_FILE, run_worker
from rebuilders.worker_config import WorkerConfig
from snapshot.errors import Busy, Denied
from snapshot.verdict import Reason, Status
from tests.rebuilders.stand_in_server import StandIn, stand_in_server


@dataclass
class Office:
    server: StandIn
    folder: Path
    said: list[str] = field(default_factory=list)

    def script(self, text: str) -> Path:
        path = self.folder / "program"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def add(self, expect: bytes = b"record") -> int:
        return self.server.add_job("in.txt", b"record", {"out.txt": expect}, backend="fake")

    def config(
        self, text: str = 'cp "$1" "$REBUILDERD_OUTDIR/out.txt"', **more: Any
    ) -> WorkerConfig:
        values: dict[str, Any] = {
            "server": self.server.url,
            "state": self.folder / "state",
            "trees": self.folder / "trees",
            "disk": self.folder / "disk",
            "scripts": {"fake": self.script(text)},
            "idle_delay": 0.01,
            "drain": True,
            "retry": RetryPolicy(0.1, 0.02),
            "say": self.said.append,
            **more,
        }
        return WorkerConfig(**values)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    # The loop is tested without a chroot, so it must not need the right to make one.
    found = identities.Identities("root", None, 2952)
    monkeypatch.setattr("rebuilders.worker.find_identities", lambda: found)
    with stand_in_server() as server:
        yield Office(server, tmp_path)


@pytest.mark.programs
def test_every_job_of_the_queue_is_done_and_reported(office: Office) -> None:
    office.add()
    office.add(b"another")
    assert run_worker(office.config()) == 2
    good, bad = office.server.reports
    assert (good.status, bad.status) == (Status.GOOD, Status.BAD)
    assert good.artifacts[0].attestation
    assert good.extension
    assert bad.extension
    assert good.extension.lease != bad.extension.lease
    assert (100, "log", "") in office.server.evidence
    assert list((office.folder / "state/jobs").iterdir()) == []


def test_a_signup_secret_is_needed_where_the_server_asks_for_one(office: Office) -> None:
    office.server.secret = "s3cret"
    with pytest.raises(Denied):
        run_worker(office.config())
    run_worker(office.config(signup_secret="s3cret"))
    assert len(office.server.workers) == 1


@pytest.mark.programs
def test_a_server_that_is_away_is_waited_for(office: Office) -> None:
    office.add()
    away = [3]

    def trouble(_method: str, _path: str) -> tuple[int, dict[str, str], bytes] | None:
        if away[0]:
            away[0] -= 1
            return 503, {}, b""
        return None

    office.server.trouble = trouble
    run_worker(office.config(retry=RetryPolicy(0.0, 0.01)))
    assert office.server.report.status is Status.GOOD
    assert any("cannot register yet" in line for line in office.said)


@pytest.mark.programs
def test_a_report_is_sent_again_until_the_server_takes_it(office: Office) -> None:
    office.add()
    refused = [2]

    def trouble(_method: str, path: str) -> tuple[int, dict[str, str], bytes] | None:
        if path.endswith("/builds") and refused[0]:
            refused[0] -= 1
            return 502, {}, b""
        return None

    office.server.trouble = trouble
    run_worker(office.config(retry=RetryPolicy(0.0, 0.01)))
    assert office.server.report.status is Status.GOOD
    assert list((office.folder / "state/reports").iterdir()) == []


@pytest.mark.programs
def test_evidence_that_the_server_does_not_want_does_not_hold_up_the_report(
    office: Office,
) -> None:
    office.add()
    office.server.trouble = lambda method, _path: (413, {}, b"") if method == "PUT" else None
    run_worker(office.config())
    assert office.server.report.status is Status.GOOD
    assert office.server.report.extension
    assert office.server.report.extension.evidence == ()


@pytest.mark.programs
def test_signs_of_life_are_given_while_a_job_runs(office: Office) -> None:
    job = office.add()
    run_worker(office.config('sleep 0.3; cp "$1" "$REBUILDERD_OUTDIR/out.txt"', ping_interval=0.05))
    assert len(office.server.pings) >= 2
    assert set(office.server.pings) == {job}


@pytest.mark.programs
def test_one_state_directory_is_one_worker(office: Office) -> None:
    office.add()
    stop = StopSwitch()
    config = office.config("sleep 30", drain=False)
    thread = threading.Thread(target=run_worker, args=(config, stop))
    thread.start()
    try:
        while not (office.folder / "state/jobs").exists():
            threading.Event().wait(0.01)
        with pytest.raises(Busy):
            run_worker(config)
    finally:
        stop.ask_now()
        thread.join()
    assert office.server.reports == [], "an interrupted job is the next worker's"


@pytest.mark.programs
def test_the_restart_file_ends_the_loop_after_the_job(office: Office) -> None:
    office.add()
    office.add()
    (office.folder / "state").mkdir()
    (office.folder / "state" / RESTART_FILE).touch()
    assert run_worker(office.config(drain=False)) == 1
    assert not (office.folder / "state" / RESTART_FILE).exists()


@pytest.mark.programs
def test_a_number_of_jobs_can_be_given(office: Office) -> None:
    office.add()
    office.add()
    assert run_worker(office.config(jobs=1, drain=False)) == 1


def test_an_answer_that_is_no_job_is_said_and_the_loop_goes_on(office: Office) -> None:
    office.server.answers["/x"] = {}
    office.server.trouble = lambda _m, path: (200, {}, b'{"odd": 1}') if "pop" in path else None
    run_worker(office.config())
    assert any("no job to be had" in line for line in office.said)


def test_a_missing_input_is_a_verdict(office: Office) -> None:
    office.add()
    office.server.files.clear()
    run_worker(office.config())
    extension = office.server.report.extension
    assert extension
    assert extension.reason is Reason.BUILDINFO_MISSING


@pytest.mark.programs
def test_what_nobody_foresaw_is_a_verdict_and_the_next_job_is_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add()
    office.add()
    real = ScriptRebuilder.attempt
    asked = []

    def odd(self: ScriptRebuilder, *arguments: Any) -> Any:
        asked.append(arguments)
        if len(asked) == 1:
            raise KeyError("odd")
        return real(self, *arguments)

    monkeypatch.setattr(ScriptRebuilder, "attempt", odd)
    assert run_worker(office.config()) == 2
    first, second = office.server.reports
    assert first.extension
    assert (first.status, first.extension.reason) == (Status.FAIL, Reason.ENVIRONMENT_SETUP)
    assert "KeyError" in first.extension.detail
    assert second.status is Status.GOOD
