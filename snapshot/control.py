# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of one deb822 stanza, exactly, with the line each stands in.

For documents of a person or a builder (records, .dsc, Release), where every fault must be
named. Indices of many thousand stanzas are read by `snapshot.packages` and
`snapshot.sources`, which look only for the fields they need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp

Checked = TypeVar("Checked")

_FIELD = re.compile(r"([!-,.-9;-~][!-9;-~]*):[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: As written.
        line: Number of its first line, from 1.
        lines: The first line's value and the continuation lines, the latter without their
            one leading space; trailing spaces are kept.
    """

    name: str
    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The value of a field of one line, or a folded one joined by spaces."""
        return " ".join(part for line in self.lines if (part := line.strip()))

    def rows(self) -> Iterator[tuple[int, str]]:
        """(line number, stripped text) of each line that is not empty."""
        for offset, line in enumerate(self.lines):
            if stripped := line.strip():
                yield self.line + offset, stripped


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one stanza; names compare without case.

    Attributes:
        document: How to call the document in errors.
        by_name: Lower-case name to field.
    """

    document: str
    by_name: dict[str, Field]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.by_name

    def find(self, name: str) -> Field | None:
        """The field of that name, if there is one."""
        return self.by_name.get(name.lower())

    def text(self, name: str, default: str = "") -> str:
        """The folded value of an optional field."""
        field = self.by_name.get(name.lower())
        return field.text if field else default

    def date(self, name: str) -> Timestamp | None:
        """A date as archives and builders write it; None when there is none.

        Raises:
            InvalidInput: Not a date, with the line.
        """
        return self.checked(name, Timestamp.from_rfc2822) if self.text(name) else None

    def checked(self, name: str, check: Callable[[str], Checked]) -> Checked:
        """What a check makes of a required field.

        Args:
            name: Of the field.
            check: Reads its folded value, or raises InvalidInput.

        Raises:
            InvalidInput: There is no such field, or the check refuses it; with the line.
        """
        field = self.required(name)
        try:
            return check(field.text)
        except InvalidInput as error:
            raise InvalidInput(
                f"{self.document}, line {field.line}: {field.name}: {error.message}",
                advice=error.advice,
            ) from error

    def required(self, name: str) -> Field:
        """The field of that name.

        Raises:
            InvalidInput: There is none, or it is empty.
        """
        field = self.by_name.get(name.lower())
        if field is None or not any(line.strip() for line in field.lines):
            raise InvalidInput(
                f"{self.document}: the field {name} is missing",
                advice="it is truncated, or another kind of file",
            )
        return field


def decode_control(data: bytes, document: str, first_line: int = 1) -> str:
    """The text of a control document whose first line has that number.

    Raises:
        InvalidInput: A NUL byte or bytes that are not UTF-8, with the line.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + first_line
        raise InvalidInput(f"{document}, line {line}: a NUL byte; this is not a text file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + first_line
        raise InvalidInput(
            f"{document}, line {line}: not UTF-8 (byte {data[error.start]:#04x})",
            advice="send the text file itself, not compressed and not a package",
        ) from error


def read_fields(data: bytes, *, document: str = "control file", first_line: int = 1) -> Fields:
    """Read a document of exactly one stanza.

    Args:
        data: The text, already out of any OpenPGP armour.
        document: How to call it in errors.
        first_line: Number of its first line, where it is a part of a larger document.

    Raises:
        InvalidInput: Binary, empty, several stanzas, a field twice, or a line that belongs
            to no field; each with the line number.
    """
    found: dict[str, Field] = {}
    ended = False
    current: tuple[str, int, list[str]] | None = None
    text = decode_control(data, document, first_line)
    for number, line in enumerate(text.split("\n"), start=first_line):
        if not line.strip():
            ended = current is not None
            continue
        if line.startswith("#"):
            continue
        if ended:
            raise InvalidInput(
                f"{document}, line {number}: text after the end of the stanza",
                advice="expected one stanza; an empty line inside a field is written ` .`",
            )
        if line[0] in " \t":
            if current is None:
                raise InvalidInput(f"{document}, line {number}: a continuation of no field")
            current[2].append(line[1:])
            continue
        _store(found, current, document)
        current = _begin(line, number, document)
    _store(found, current, document)
    if not found:
        raise InvalidInput(f"{document}: empty", advice="send a control file")
    return Fields(document, found)


def _begin(line: str, number: int, document: str) -> tuple[str, int, list[str]]:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise InvalidInput(
            f"{document}, line {number}: not a field: {line[:60]!r}",
            advice="expected `Name: value` or a continuation that begins with a space",
        )
    return match[1], number, [match[2]]


def _store(
    found: dict[str, Field], current: tuple[str, int, list[str]] | None, document: str
) -> None:
    if current is None:
        return
    name, number, lines = current
    first = found.setdefault(name.lower(), Field(name, number, tuple(lines)))
    if first.line != number:
        raise InvalidInput(
            f"{document}, line {number}: the field {name} again (first in line {first.line})"
        )
