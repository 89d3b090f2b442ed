# SPDX-License-Identifier: GPL-3.0-or-later
"""The conductor, with a rebuilder that does what the test says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rebuilders.diffoscope import Diffoscope
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import Interrupted, NotApplicable, RebuildFailure
from rebuilders.measure_phases import Phases
from rebuilders.rebuild import Tools, rebuild_once
from rebuilders.registry import Registry
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from rebuilders.task import Bench, LeftBehind, Outcome, Task
from snapshot.errors import TransientError
from snapshot.verdict import Reason, Status, Strategy
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

#: What one attempt builds: bytes, or an error to raise.
Make = Callable[[str, bool], bytes | Exception | Reason]


@dataclass
class FakeRebuilder:
    make: Make
    names: Sequence[str] = ("strict",)
    works_in_memory: bool = False
    kind: str = "fake"
    backends: tuple[str, ...] = ("debian",)
    attempts: list[tuple[str, bool]] = field(default_factory=list)

    def accepts(self, task: Task) -> None:
        if task.input_name.endswith(".odd"):
            raise RebuildFailure(Reason.UNSUPPORTED, "odd")

    def needs(self) -> tuple[str, ...]:
        return ()

    def strategies(self, task: Task) -> Sequence[str]:
        return self.names

    def attempt(self, task: Task, strategy: str, bench: Bench) -> LeftBehind:
        self.attempts.append((strategy, bench.on_disk))
        made = self.make(strategy, bench.on_disk)
        if isinstance(made, Exception):
            raise made
        if isinstance(made, Reason):
            return LeftBehind({}, 2, Strategy(strategy), made, "last words")
        path = bench.folder / "a.deb"
        path.write_bytes(made)
        return LeftBehind({"a.deb": path}, 0, Strategy(strategy))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        state.add_job("a.buildinfo", b"record", {"a.deb": b"original"})
        state.add_file(b"original")
        yield state


def run(server: StandIn, tmp_path: Path, rebuilder: FakeRebuilder) -> Outcome:
    tools = Tools(
        server=ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05)),
        registry=Registry([rebuilder]),
        cache=DownloadCache(tmp_path / "cache"),
        diffoscope=Diffoscope(program="none"),
    )
    folder = tmp_path / "job"
    folder.mkdir()
    outcome, _ = rebuild_once(server.queue[0], tools, folder, Phases(time.monotonic))
    return outcome


def kinds(outcome: Outcome) -> list[str]:
    return [piece.kind for piece in outcome.evidence]


def test_the_first_strategy_that_gives_the_same_bytes_ends_it(
    server: StandIn, tmp_path: Path
) -> None:
    results = {"one": b"other", "two": b"original", "three": b"never"}
    rebuilder = FakeRebuilder(lambda name, _: results[name], ("one", "two", "three"))
    outcome = run(server, tmp_path, rebuilder)
    assert (outcome.status, outcome.strategy.name) == (Status.GOOD, "two")
    assert rebuilder.attempts == [("one", True), ("two", True)]
    assert kinds(outcome) == ["log"]


def test_a_difference_is_worth_more_than_a_failure_whatever_the_order(
    server: StandIn, tmp_path: Path
) -> None:
    results: dict[str, bytes | Reason] = {
        "one": Reason.BUILD_FAILED,
        "two": b"other",
        "three": Reason.BUILD_FAILED,
    }
    outcome = run(server, tmp_path, FakeRebuilder(lambda name, _: results[name], tuple(results)))
    assert (outcome.status, outcome.strategy.name) == (Status.BAD, "two")
    assert kinds(outcome) == ["log", "artifact", "diffoscope-text"]
    assert outcome.detail == "differs: a.deb"


def test_what_differs_in_memory_is_built_again_on_disk_and_that_counts(
    server: StandIn, tmp_path: Path
) -> None:
    rebuilder = FakeRebuilder(
        lambda _, on_disk: b"original" if on_disk else b"other", works_in_memory=True
    )
    assert run(server, tmp_path, rebuilder).status is Status.GOOD
    assert rebuilder.attempts == [("strict", False), ("strict", True)]


@pytest.mark.parametrize("reason", [Reason.DISK_FULL, Reason.OUT_OF_MEMORY])
def test_what_had_no_room_in_memory_is_built_on_disk(
    server: StandIn, tmp_path: Path, reason: Reason
) -> None:
    rebuilder = FakeRebuilder(
        lambda _, on_disk: b"original" if on_disk else RebuildFailure(reason, "full"),
        works_in_memory=True,
    )
    assert run(server, tmp_path, rebuilder).status is Status.GOOD


def test_what_is_the_same_in_memory_is_not_built_twice(server: StandIn, tmp_path: Path) -> None:
    rebuilder = FakeRebuilder(lambda *_: b"original", works_in_memory=True)
    assert run(server, tmp_path, rebuilder).status is Status.GOOD
    assert rebuilder.attempts == [("strict", False)]


def test_strategies_that_do_not_apply_are_passed_over(server: StandIn, tmp_path: Path) -> None:
    results: dict[str, bytes | Exception] = {"one": NotApplicable("no use"), "two": b"original"}
    outcome = run(server, tmp_path, FakeRebuilder(lambda name, _: results[name], ("one", "two")))
    assert outcome.strategy.name == "two"


def test_when_none_applies_the_reasons_are_told(server: StandIn, tmp_path: Path) -> None:
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: NotApplicable("no use")))
    assert (outcome.status, outcome.reason) == (Status.FAIL, Reason.UNSUPPORTED)
    assert outcome.detail == "strict: no use"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransientError("server away"), Reason.ENVIRONMENT_SETUP),
        (OSError(28, "No space left on device"), Reason.DISK_FULL),
        (OSError(5, "Input/output error"), Reason.ENVIRONMENT_SETUP),
        (RebuildFailure(Reason.SOURCE_MISSING, "gone"), Reason.SOURCE_MISSING),
    ],
)
def test_a_stage_that_cannot_go_on_is_an_outcome(
    server: StandIn, tmp_path: Path, error: Exception, reason: Reason
) -> None:
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: error))
    assert (outcome.status, outcome.reason) == (Status.FAIL, reason)
    assert kinds(outcome)[0] == "log"


def test_the_whole_difference_of_environments_is_evidence(server: StandIn, tmp_path: Path) -> None:
    error = RebuildFailure(Reason.ENVIRONMENT_MISMATCH, "2 differ", evidence="- a\n+ b\n")
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: error))
    assert kinds(outcome) == ["log", "environment-difference"]
    assert outcome.evidence[1].path.read_text() == "- a\n+ b\n"


def test_a_failed_build_says_why(server: StandIn, tmp_path: Path) -> None:
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: Reason.BUILD_FAILED))
    assert (outcome.reason, outcome.detail) == (Reason.BUILD_FAILED, "last words")
    assert outcome.artifacts == ()


def test_a_job_that_nobody_takes_is_unsupported(server: StandIn, tmp_path: Path) -> None:
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: b"", backends=("tails",)))
    assert (outcome.status, outcome.reason) == (Status.FAIL, Reason.UNSUPPORTED)


def test_an_interruption_is_no_outcome(server: StandIn, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        run(server, tmp_path, FakeRebuilder(lambda *_: Interrupted("now")))


def test_nothing_to_compare_with_is_never_good(server: StandIn, tmp_path: Path) -> None:
    server.queue.clear()
    server.add_job("a.dsc", b"", {})
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: b"x"))
    assert (outcome.status, outcome.reason) == (Status.FAIL, Reason.COMPARE_ERROR)


def test_an_original_whose_bytes_nobody_has_is_judged_but_not_explained(
    server: StandIn, tmp_path: Path
) -> None:
    server.files = {k: v for k, v in server.files.items() if v != b"original"}
    outcome = run(server, tmp_path, FakeRebuilder(lambda *_: b"other"))
    assert outcome.status is Status.BAD
    assert kinds(outcome) == ["log", "artifact"]
