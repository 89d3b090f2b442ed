# SPDX-License-Identifier: GPL-3.0-or-later
"""The changelog entry of a binary-only rebuild, to the byte."""

from __future__ import annotations

import pytest

from snapshot.binary_only_changes import prepend_binary_only_changes, read_binary_only_changes
from snapshot.control import Field, read_fields
from snapshot.errors import InvalidInput

ENTRY = (
    "hello (2.10-3+b9) sid; urgency=low, binary-only=yes\n\n"
    '  * A change with "quotes", $HOME, `id` and \\backslash; .dot\n\n'
    " -- B D <b@d.example>  Thu, 08 Aug 2019 04:36:59 +0000"
)
RECORD = (
    b"Binary-Only-Changes:\n hello (2.10-3+b9) sid; urgency=low, binary-only=yes\n .\n"
    b'   * A change with "quotes", $HOME, `id` and \\backslash; .dot\n .\n'
    b"  -- B D <b@d.example>  Thu, 08 Aug 2019 04:36:59 +0000\nBuild-Origin: Debian\n"
)


def field(data: bytes) -> Field:
    return read_fields(data).required("Binary-Only-Changes")


def test_the_entry_is_exact_with_dots_as_empty_lines() -> None:
    assert read_binary_only_changes(field(RECORD), document="d") == ENTRY


def test_it_stands_before_the_changelog_with_one_empty_line_between() -> None:
    old = b"hello (2.10-3) unstable; urgency=low\n\n  * L\xe4tin1\n"
    assert prepend_binary_only_changes(ENTRY, old) == ENTRY.encode() + b"\n\n" + old


@pytest.mark.parametrize(
    "bad",
    [
        b"Binary-Only-Changes: x\n",
        RECORD.replace(b"  -- B D", b"  - B D"),
        RECORD.replace(b" hello (2.10-3+b9) sid; urgency=low, binary-only=yes\n", b""),
    ],
)
def test_what_is_no_changelog_entry_is_refused_with_the_line(bad: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"d, line 1: .* not a changelog entry"):
        read_binary_only_changes(field(bad), document="d")
