# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/timestamp…`: the runs there are."""

from __future__ import annotations

from typing import Any

from flask import request

from api.archive.at_time import check_archive
from api.archive_services import current_archive
from api.operation import Parameter, describe, json_answer
from api.schema import STAMP, TEXT, list_of, map_of, record
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp

_DATE = {"type": "string", "pattern": "^[0-9]{8}(T[0-9]{6}Z)?$"}
_BETWEEN = (
    Parameter("after", _DATE, "Not before this moment"),
    Parameter("before", _DATE, "Not after this moment"),
    Parameter("suite", TEXT, "Of runs that hold this suite only"),
)


@describe(
    query=(Parameter("archive", TEXT, "Only this one"), *_BETWEEN),
    answers={
        200: json_answer(
            record({"_comment": TEXT, "result": map_of(list_of(STAMP))}, title="StampsByArchive")
        )
    },
    refuses=(404,),
)
def all_timestamps() -> dict[str, Any]:
    """Stamps by archive, ascending; `archive=`, `suite=`, `after=`, `before=` restrict them."""
    catalogue = current_archive().catalogue
    wanted = request.args.get("archive")
    if wanted is not None:
        check_archive(wanted)
    names = [wanted] if wanted else [record.name for record in catalogue.archives()]
    return {"_comment": "dejabuild", "result": {name: _stamps(name) for name in names}}


@describe(
    query=_BETWEEN,
    answers={
        200: json_answer(
            record({"_comment": TEXT, "archive": TEXT, "result": list_of(STAMP)}, title="Stamps")
        )
    },
    refuses=(404,),
)
def timestamps(archive: str) -> dict[str, Any]:
    """Stamps of one archive, ascending."""
    check_archive(archive)
    return {"_comment": "dejabuild", "archive": archive, "result": _stamps(archive)}


@describe(
    query=_BETWEEN,
    answers={200: json_answer(record({"_comment": TEXT, "archive": TEXT, "result": STAMP}))},
    refuses=(404,),
)
def nearest_timestamp(archive: str, date: str) -> dict[str, Any]:
    """The newest stamp at or before a date, `latest` or `now`; removed runs do not count."""
    check_archive(archive)
    if date in ("latest", "now"):
        stamps = _stamps(archive)
        found = stamps[-1] if stamps else None
    else:
        at, catalogue = Timestamp.parse(date), current_archive().catalogue
        run = catalogue.run_at(archive, at)
        if run is not None and run.removed is not None:
            run = catalogue.kept_around(archive, at)[0]
        found = str(run.timestamp) if run is not None else None
    if found is None:
        raise NotFound(
            f"no run of {archive} at or before {date}",
            advice=f"/mr/timestamp/{archive} lists what there is",
        )
    return {"_comment": "dejabuild", "archive": archive, "result": found}


def _stamps(archive: str) -> list[str]:
    runs = current_archive().catalogue.runs(
        archive,
        after=_moment("after"),
        before=_moment("before"),
        suite=request.args.get("suite") or None,
    )
    return [str(run.timestamp) for run in runs]


def _moment(name: str) -> Timestamp | None:
    text = request.args.get(name)
    return Timestamp.parse(text) if text else None
