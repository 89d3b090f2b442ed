# SPDX-License-Identifier: GPL-3.0-or-later
"""Queues every case at the server, waits for the worker, and holds verdicts to expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.demo.final_table import Result
from ops.demo.servants import wait_until
from snapshot.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ops.demo.curl import Curl
    from ops.demo.fixture import Case, Fixture
    from ops.demo.servants import Servant

REBUILDS = "/api/dejabuild/v1/rebuilds"
TARGETS = "/api/dejabuild/v1/targets"


def queue_case(curl: Curl, fixture: Fixture, case: Case, *, show: int = 0) -> int:
    """Ask the server for a rebuild, from the record or from the dated suite.

    Returns:
        The target's number.
    """
    if case.record:
        answer = curl.post_file(REBUILDS, fixture.record(case), show=show)
    else:
        wanted = {
            "source": case.package,
            "version": case.version,
            "archive": fixture.archive,
            "timestamp": str(fixture.dates[-1]),
            "suite": fixture.codename,
        }
        answer = curl.post_json(REBUILDS, wanted, show=show)
    return int(answer["target"])


def wait_for_verdicts(
    curl: Curl,
    targets: Mapping[int, Case],
    worker: Servant,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float,
) -> dict[int, dict[str, Any]]:
    """Wait until every target has a verdict, telling each as it comes.

    Returns:
        What the server says about each target.
    """
    done: dict[int, dict[str, Any]] = {}

    def look() -> bool:
        for target, case in targets.items():
            if target not in done:
                state = curl.get_json(f"{TARGETS}/{target}")
                if state["state"] == "done":
                    done[target] = state
                    words = [str(state["status"]), state["reason"] or ""]
                    curl.narrator.say(f"{case.name}: {' '.join(words).strip()}")
        return len(done) == len(targets)

    wait_until(
        look,
        [worker],
        clock=clock,
        sleep=sleep,
        timeout=timeout,
        what="the last verdict",
        pause=1.0,  # a look asks for every target, on the processors that build
    )
    return done


def result_of(case: Case, state: Mapping[str, Any]) -> Result:
    """Hold what the server says against what the case must show."""
    attempts = state["attempts"]
    newest = max(attempts, key=lambda attempt: attempt["id"]) if attempts else {}
    artifacts = {a["file_name"]: a for a in newest.get("artifacts", [])}
    status = "UNKNOWN" if state["status"] == "UNKWN" else state["status"] or ""
    return Result(
        case=case,
        status=status,
        reason=state["reason"] or "",
        phases=newest.get("phases", {}),
        attempt=newest.get("id", 0),
        rebuilt={name: a["sha256"] for name, a in artifacts.items() if a["sha256"]},
        verified=frozenset(),
        complaints=tuple(_complaints(case, status, state["reason"], artifacts)),
    )


def _complaints(
    case: Case, status: str, reason: str | None, artifacts: Mapping[str, Any]
) -> list[str]:
    found = []
    if (status, reason) != (case.expected.value, case.reason.value if case.reason else None):
        wanted = f"{case.expected.value} {case.reason.value if case.reason else ''}".strip()
        found.append(f"expected {wanted}")
    for original in case.artifacts:
        judged = artifacts.get(original.name)
        if judged is None:
            if case.expected is Status.GOOD:
                found.append(f"{original.name} was not judged")
        elif judged["original_sha256"] not in (None, original.sha256):
            found.append(f"{original.name} was compared with {judged['original_sha256']}")
        elif case.expected is Status.GOOD and judged["sha256"] != original.sha256:
            found.append(f"{original.name} came out differently")
    differing = [a for a in artifacts.values() if a["status"] == "BAD"]
    if case.expected is Status.BAD and not any(a["diffoscope"] for a in differing):
        found.append("no diffoscope report")
    return found
