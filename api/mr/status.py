# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/status`: how each archive is doing. It reads rows of runs and none of packages."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from api.archive_services import current_archive
from api.operation import describe, json_answer
from api.schema import STAMP, TEXT, WHOLE, map_of, record
from api.services import current_services
from snapshot.timestamp import Timestamp
from storage.catalogue.archive_status import ArchiveStatus

_SUITE = record({"date": STAMP, "observed_until": STAMP, "indices": WHOLE}, title="SuiteStatus")
_ARCHIVE = record(
    {
        "first_run": STAMP,
        "last_run": STAMP,
        "observed_until": STAMP,
        "behind": WHOLE,
        "runs": WHOLE,
        "removed_runs": WHOLE,
        "suites": map_of(_SUITE),
    },
    title="ArchiveStatus",
)


@describe(
    answers={
        200: json_answer(
            record(
                {"_comment": TEXT, "version": TEXT, "now": STAMP, "archives": map_of(_ARCHIVE)},
                title="Status",
            ),
            "By archive; `behind` is how many seconds ago somebody last looked at an upstream",
        )
    }
)
def status() -> dict[str, Any]:
    """Each archive: its last run, until when it was observed, its suites, how many runs."""
    now = Timestamp(int(current_services().web.clock()))
    archives = current_archive().catalogue.history.status()
    return {
        "_comment": "dejabuild",
        "version": version("dejabuild"),
        "now": str(now),
        "archives": {one.name: _told(one, now) for one in archives},
    }


def _told(one: ArchiveStatus, now: Timestamp) -> dict[str, Any]:
    return {
        "first_run": str(one.first),
        "last_run": str(one.last),
        "observed_until": str(one.observed_until),
        "behind": max(now.epoch - one.observed_until.epoch, 0),
        "runs": one.runs,
        "removed_runs": one.removed,
        "suites": {
            suite.name: {
                "date": str(suite.date),
                "observed_until": str(suite.observed_until),
                "indices": suite.indices,
            }
            for suite in one.suites
        },
    }
