# SPDX-License-Identifier: GPL-3.0-or-later
"""410 or 451: the run that a date means was removed. Another run never answers for it.

The answer names the nearest runs that are kept, with their address of the same path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify
from markupsafe import escape

from api.archive.listing import page
from api.archive.view import dated_address
from api.archive_services import current_archive
from api.encode_response import wants_json
from api.schema import STAMP, TEXT, WHOLE, or_null, record

if TYPE_CHECKING:
    from storage.catalogue.records import RunRecord


REMOVED_RUN = record(
    {
        **dict.fromkeys(("error", "try", "reason"), TEXT),
        **dict.fromkeys(("run", "removed", "nearest"), STAMP),
        **{name: or_null(STAMP) for name in ("before", "after")},
        "removal": or_null(WHOLE),
    },
    title="RemovedRun",
)


def answer_removed(run: RunRecord, path: str) -> Response:
    """Say that the run is gone, and where to look instead.

    Args:
        run: One that was removed.
        path: What was asked for, relative to the run's root.
    """
    before, after = current_archive().catalogue.kept_around(run.archive, run.timestamp)
    around = [one for one in (before, after) if one is not None]
    nearest = min(around, key=lambda one: abs(one.timestamp.epoch - run.timestamp.epoch))
    removal = current_archive().catalogue.removals.of_run(run.archive, run.timestamp)
    reason = "no keep rule keeps it" if removal is None else removal.reason
    said = f"the run {run.timestamp} of {run.archive} was removed on {run.removed}: {reason}"
    if wants_json():
        response = jsonify(
            {
                "error": said,
                "try": f"the nearest run that is kept: {_address(nearest, path)}",
                "run": str(run.timestamp),
                "removed": str(run.removed),
                "reason": reason,
                "removal": None if removal is None else removal.number,
                "before": None if before is None else str(before.timestamp),
                "after": None if after is None else str(after.timestamp),
                "nearest": str(nearest.timestamp),
            }
        )
    else:
        links = [
            f'<p>{word}: <a href="{escape(_address(one, path))}">{one.timestamp}</a></p>'
            for word, one in (("the last kept run before", before), ("the next one", after))
            if one is not None
        ]
        remembered = "<p>Where a version lived, and when, is remembered: /mr/package/&lt;name&gt;/"
        response = page("Removed", [f"<p>{escape(said)}</p>", *links, f"{remembered}</p>"])
    response.status_code = 451 if removal is not None and removal.legal else 410
    response.headers["Cache-Control"] = "no-store"
    relations = {"predecessor-version": before, "successor-version": after, "alternate": nearest}
    response.headers["Link"] = ", ".join(
        f'<{_address(one, path)}>; rel="{name}"'
        for name, one in relations.items()
        if one is not None
    )
    return response


def _address(run: RunRecord, path: str) -> str:
    return dated_address(run.archive, run.timestamp, path)
