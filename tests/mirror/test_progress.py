# SPDX-License-Identifier: GPL-3.0-or-later
"""A log of progress: what happened at once, how much at intervals."""

from __future__ import annotations

import io
import json

from mirror.progress import JsonLines, Progress, Silent
from tests.mirror.test_tally import Coming


class Now:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_phases_and_messages_appear_at_once_counts_at_intervals() -> None:
    now, stream = Now(), io.StringIO()
    progress = JsonLines(stream, now, interval=10)
    progress.phase("fetch", "debian 20260711T101637Z")
    progress.plan(4, 4000)
    for _ in range(10):
        now.time += 1
        progress.received(100)
    progress.say("connection dropped at 12,345 of 99,999 bytes, resumed")
    now.time += 10
    progress.finished("pool/a.deb", 1000)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [min(set(line) - {"at"}) for line in lines] == [
        "detail",
        "bytes",
        "message",
        "bytes",
    ]
    assert lines[0] == {"at": 100.0, "phase": "fetch", "detail": "debian 20260711T101637Z"}
    assert lines[1]["received"] == 1000
    assert lines[1]["bytes_per_second"] == 100
    assert lines[1]["seconds_left"] == 40
    assert (lines[3]["files"], lines[3]["of_files"]) == (1, 4)
    assert (lines[3]["bytes"], lines[3]["of_bytes"]) == (1000, 4000)


def test_a_sync_that_received_nothing_knows_no_rate() -> None:
    now, stream = Now(), io.StringIO()
    progress = JsonLines(stream, now, interval=0)
    progress.plan(1, 10)
    progress.finished("x", 0)
    assert json.loads(stream.getvalue())["seconds_left"] is None


def test_silence_is_a_progress_too() -> None:
    progress: Progress = Silent()
    progress.phase("fetch")
    progress.plan(1, 1)
    progress.received(1)
    progress.finished("x", 1)
    progress.say("x")


def test_while_nothing_arrives_a_log_says_what_it_waits_for() -> None:
    now, stream = Now(), io.StringIO()
    progress = JsonLines(stream, now, interval=10)
    progress.tick()
    now.time += 60
    progress.tick()
    assert stream.getvalue() == ""  # nothing is under way: nothing to say
    coming = Coming("pool/a.deb")
    progress.began(coming)
    progress.quiet("other.example", "banned", now.time + 1830)
    now.time += 30
    progress.tick()
    progress.tick()
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert line["slow"] == [
        {
            "file": "pool/a.deb",
            "host": "mirror.example",
            "seconds": 30,
            "bytes": 0,
            "of_bytes": 1000,
        }
    ]
    assert line["quiet"] == [{"host": "other.example", "why": "banned", "seconds": 1800}]
    progress.ended(coming)
    now.time += 60
    progress.tick()
    assert len(stream.getvalue().splitlines()) == 1
