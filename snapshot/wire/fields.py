# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed reading of JSON members, with the path of what is wrong in every error."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from snapshot.digest import Digest
from snapshot.errors import InvalidInput

Value = TypeVar("Value")

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?", re.ASCII)
_I32 = 2**31
_I64 = 2**63


class Fields:
    """The members of one JSON object.

    Args:
        value: Parsed JSON of any type; anything but an object is refused.
        path: Where it stands, such as `artifacts[2]`; the root is empty.
    """

    __slots__ = ("_members", "_path")

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise InvalidInput(f"{path or 'body'}: expected an object, got {_kind(value)}")
        self._members: dict[str, Any] = value
        self._path = path

    def at(self, name: str) -> str:
        """The path of a member, for errors."""
        return f"{self._path}.{name}" if self._path else name

    def text(self, name: str) -> str:
        """A required string."""
        return self._typed(name, str)

    def optional_text(self, name: str) -> str | None:
        """A string, null or absent."""
        return self._typed(name, str) if self._members.get(name) is not None else None

    def integer(self, name: str) -> int:
        """A required integer that fits 32 bits, as rebuilderd's ids and priorities do."""
        number = self._typed(name, int)
        if not -_I32 <= number < _I32:
            raise InvalidInput(f"{self.at(name)}: {number} does not fit 32 bits")
        return number

    def optional_integer(self, name: str) -> int | None:
        """A 32-bit integer, null or absent."""
        return self.integer(name) if self._members.get(name) is not None else None

    def size(self, name: str) -> int:
        """A required byte count: not negative, and small enough for a database."""
        number = self._typed(name, int)
        if not 0 <= number < _I64:
            raise InvalidInput(f"{self.at(name)}: {number} is no number of bytes")
        return number

    def digest(self, name: str) -> Digest:
        """A required SHA-256."""
        return self.checked(name, Digest)

    def time(self, name: str) -> float:
        """A required time in epoch seconds, see `parse_naive_time`."""
        return self.checked(name, parse_naive_time)

    def optional_time(self, name: str) -> float | None:
        """A time, null or absent."""
        return self.time(name) if self._members.get(name) is not None else None

    def checked(self, name: str, check: Callable[[str], Value]) -> Value:
        """What a check makes of a required string; its refusal is given the path."""
        text = self.text(name)
        try:
            return check(text)
        except InvalidInput as error:
            raise InvalidInput(f"{self.at(name)}: {error.message}", advice=error.advice) from error

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; absent reads as empty."""
        items = self._list(name)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                raise InvalidInput(f"{self.at(name)}[{index}]: expected text, got {_kind(item)}")
        return tuple(items)

    def objects(self, name: str) -> list[Fields]:
        """A list of objects; absent reads as empty."""
        return [
            Fields(item, f"{self.at(name)}[{index}]") for index, item in enumerate(self._list(name))
        ]

    def object(self, name: str) -> Fields:
        """A required object."""
        return Fields(self._members.get(name), self.at(name))

    def optional_object(self, name: str) -> Fields | None:
        """An object, null or absent."""
        return self.object(name) if self._members.get(name) is not None else None

    def seconds(self, name: str) -> dict[str, float]:
        """An object of durations in seconds; absent reads as empty."""
        value = self._members.get(name) or {}
        if not isinstance(value, dict) or not all(
            isinstance(number, int | float) and not isinstance(number, bool)
            for number in value.values()
        ):
            raise InvalidInput(f"{self.at(name)}: expected an object of numbers")
        return {str(key): float(number) for key, number in value.items()}

    def blob(self, name: str) -> bytes | None:
        """Bytes as rebuilderd spells them, an array of integers; null or absent is None."""
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise InvalidInput(f"{self.at(name)}: expected an array of bytes, got {_kind(value)}")
        try:
            return bytes(value)
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{self.at(name)}: not an array of bytes ({error})") from error

    def _list(self, name: str) -> list[Any]:
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise InvalidInput(f"{self.at(name)}: expected a list, got {_kind(value)}")
        return value

    def _typed(self, name: str, wanted: type[Value]) -> Value:
        value = self._members.get(name)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            got = "nothing" if name not in self._members else _kind(value)
            raise InvalidInput(f"{self.at(name)}: expected {_WORDS[wanted]}, got {got}")
        return value


_WORDS: dict[type[Any], str] = {str: "text", int: "an integer"}


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def naive_time(epoch: float) -> str:
    """A time as rebuilderd writes it: UTC, no zone letter, fraction only if there is one.

    Args:
        epoch: Seconds since 1970 in UTC.
    """
    moment = datetime.fromtimestamp(epoch, tz=UTC).replace(tzinfo=None)
    return moment.isoformat()


def parse_naive_time(text: str) -> float:
    """Seconds since 1970 of such a time; nanoseconds are read and rounded.

    Raises:
        InvalidInput: Another shape, such as one with a zone.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"not a time: {text[:60]!r}", advice="write 2026-06-03T10:11:12.123456789, UTC, no zone"
        )
    try:
        moment = datetime.fromisoformat(match.group(1)).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(f"no such time: {text!r} ({error})") from error
    if moment.year == 9999:  # a fraction would round up to a year that no calendar has
        raise InvalidInput(f"no such time: {text!r}", advice="the year 9998 is the last")
    return moment.timestamp() + float(f"0.{match.group(2) or 0}")
