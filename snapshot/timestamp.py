# SPDX-License-Identifier: GPL-3.0-or-later
"""Points in time as archives name them: `YYYYMMDDTHHMMSSZ`, always UTC, whole seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from snapshot.errors import InvalidInput

_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A second in UTC.

    Attributes:
        epoch: Seconds since 1970-01-01T00:00:00Z; what databases store.
    """

    epoch: int

    @classmethod
    def parse(cls, text: str) -> Timestamp:
        """Read `20260711T101637Z`, or `20260711` as the first second of that day.

        Raises:
            InvalidInput: Another shape, or a date that no calendar has.
        """
        match = _STAMP.fullmatch(text)
        if match is None:
            raise InvalidInput(
                f"not a timestamp: {text[:40]!r}",
                advice="write YYYYMMDDTHHMMSSZ, or YYYYMMDD for the start of a day",
            )
        parts = [int(part) if part else 0 for part in match.groups()]
        try:
            moment = datetime(
                parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], tzinfo=UTC
            )
        except ValueError as error:
            raise InvalidInput(
                f"no such moment: {text!r} ({error})", advice="check month, day and time"
            ) from error
        return cls.from_datetime(moment)

    @classmethod
    def from_datetime(cls, moment: datetime) -> Timestamp:
        """From an aware datetime of any zone; fractions of a second are cut off.

        Raises:
            InvalidInput: A naive datetime, whose zone would be a guess; or one that its zone
                moves out of the years 1 to 9999, which nothing could print.
        """
        if moment.tzinfo is None:
            raise InvalidInput(f"a datetime without a zone: {moment}")
        try:
            return cls(int(moment.astimezone(UTC).timestamp()))
        except OverflowError as error:
            raise InvalidInput(f"outside the years 1 to 9999: {moment}") from error

    @classmethod
    def from_rfc2822(cls, text: str) -> Timestamp:
        """Read a `Date:` as Release files and build records write it.

        A date without a zone is read as UTC, which is what Release files mean.

        Raises:
            InvalidInput: Not a date.
        """
        try:
            moment = parsedate_to_datetime(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise InvalidInput(f"not a date: {text[:80]!r}") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return cls.from_datetime(moment)

    def datetime(self) -> datetime:
        """The same second as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.epoch, tz=UTC)

    def __str__(self) -> str:
        return _text(self.epoch)


@lru_cache(maxsize=1 << 14)
def _text(epoch: int) -> str:
    """An answer says the same few stamps hundreds of times."""
    return datetime.fromtimestamp(epoch, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
