# SPDX-License-Identifier: GPL-3.0-or-later
"""Print a verdict for a person: what came of each artifact, why, and where to read on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.exit_codes import VERDICT_CODES
from snapshot.verdict import Status


def status_of(attempt: Mapping[str, Any] | None) -> Status:
    """Read the status of an attempt.

    Args:
        attempt: As the API has it; None: none in time.

    Returns:
        The status.
    """
    word = None if attempt is None else attempt["status"]
    return next((status for status in Status if status.wire == word), Status.UNKNOWN)


def worst_code(statuses: list[Status]) -> int:
    """Give one exit code for several verdicts.

    Args:
        statuses: One for each target.

    Returns:
        0 only when all are GOOD; else the code of the first that is not, by FAIL, BAD, UNKNOWN.
    """
    for status in (Status.FAIL, Status.BAD, Status.UNKNOWN):
        if status in statuses:
            return VERDICT_CODES[status]
    return VERDICT_CODES[Status.GOOD]


def verdict_lines(name: str, attempt: Mapping[str, Any] | None) -> Iterator[str]:
    """Say what came of one target.

    Args:
        name: Source, version and architecture.
        attempt: Its last attempt as the API has it; None: none in time.

    Yields:
        Lines of text.
    """
    status = status_of(attempt)
    if attempt is None:
        yield f"{status.name}  {name}: no verdict in time; the job goes on"
        return
    reason = f" ({attempt['reason']})" if attempt["reason"] else ""
    detail = f": {attempt['detail']}" if attempt["detail"] else ""
    yield f"{status.name}  {name}{reason}{detail}"
    for artifact in attempt["artifacts"]:
        digest = artifact["sha256"] or "not built"
        origin = {
            "index": "original from a verified index",
            "record": "original known from the record only",
        }.get(artifact["origin"], "no original known")
        yield f"  {artifact['status']:5} {artifact['file_name']}  {digest}  {origin}"
    if attempt["environment"]:
        yield f"  environment {attempt['environment']}"
    if attempt["phases"]:
        phases = ", ".join(
            f"{phase} {seconds:.1f} s" for phase, seconds in attempt["phases"].items()
        )
        yield f"  {phases}"
    yield f"  {attempt['url']}"
