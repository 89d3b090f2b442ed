# SPDX-License-Identifier: GPL-3.0-or-later
"""From the date in a URL to a run: `20260711T101637Z`, `20260711` or `now`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.archive_services import current_archive
from api.services import current_services
from snapshot.errors import InvalidInput, NotFound
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from storage.catalogue.records import RunRecord


@dataclass(frozen=True, slots=True)
class Moment:
    """What a date in a URL means.

    Attributes:
        run: The newest run at or before the date, be it kept or removed.
        exact: Whether the date is a stamp of the run itself, so that nothing can come between.
        provisional: Whether a later run may still belong to the date: it is newer than
            every run we have.
    """

    run: RunRecord
    exact: bool
    provisional: bool


def run_of_date(archive: str, date: str) -> Moment:
    """Find the run.

    Raises:
        NotFound: No such archive or date, or nothing as old as that.
    """
    if date == "now":
        stamp = Timestamp(int(current_services().web.clock()))
    else:
        try:
            stamp = Timestamp.parse(date)
        except InvalidInput as error:
            raise NotFound(error.message, advice=f"{error.advice}, or now") from error
    run = current_archive().catalogue.run_at(archive, stamp)
    if run is None:
        check_archive(archive)
        raise NotFound(
            f"no run of {archive} at or before {date}",
            advice=f"/archive/{archive}/ lists what there is",
        )
    exact = date != "now" and stamp in (run.timestamp, *run.aliases)
    return Moment(run, exact, provisional=not exact and _is_newest(archive, run))


def check_archive(archive: str) -> None:
    """Refuse an archive that we do not have.

    Raises:
        NotFound: Names the archives there are.
    """
    catalogue = current_archive().catalogue
    if catalogue.newest_run(archive) is None:
        known = ", ".join(record.name for record in catalogue.archives())
        raise NotFound(
            f"no archive {archive[:80]!r} here",
            advice=f"there are: {known or 'none yet (dejabuild mirror sync)'}",
        )


def _is_newest(archive: str, run: RunRecord) -> bool:
    newest = current_archive().catalogue.newest_run(archive)
    return newest is None or newest <= run.timestamp
