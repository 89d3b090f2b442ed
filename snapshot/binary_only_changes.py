# SPDX-License-Identifier: GPL-3.0-or-later
"""`Binary-Only-Changes`: the changelog entry that a binary-only rebuild (binNMU) adds.

dpkg writes the entry with one space before each line and ` .` for an empty one. To build
the same package, exactly this text must stand before the source's own changelog, followed
by one empty line; a space more or less changes `changelog.Debian.*.gz`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snapshot.errors import InvalidInput

if TYPE_CHECKING:
    from snapshot.control import Field


def read_binary_only_changes(field: Field, *, document: str) -> str:
    """The changelog entry, without line ends around it.

    Args:
        field: The field of the build record.
        document: How to call the record in errors.

    Raises:
        InvalidInput: Not a changelog entry: no header line, or no signature line.
    """
    lines = ["" if line.rstrip() == "." else line for line in field.lines]
    text = "\n".join(lines).strip("\n")
    last = text.rpartition("\n")[2]
    if ") " not in text.partition("\n")[0] or not last.startswith(" -- "):
        raise InvalidInput(
            f"{document}, line {field.line}: Binary-Only-Changes is not a changelog entry",
            advice="expected `source (version) suite; …` first and ` -- name <mail>  date` last",
        )
    return text


def prepend_binary_only_changes(entry: str, changelog: bytes) -> bytes:
    """The debian/changelog of a binary-only rebuild.

    Args:
        entry: What `read_binary_only_changes` gave.
        changelog: The source's own debian/changelog.
    """
    return entry.encode() + b"\n\n" + changelog
