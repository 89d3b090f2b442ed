# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of a control document is named with its line."""

from __future__ import annotations

import pytest

from snapshot.control import read_fields
from snapshot.errors import InvalidInput


def test_values_keep_their_lines_and_names_have_no_case() -> None:
    fields = read_fields(b"# c\nFormat: 1.0\nList:\n one\n  two \n .\nX-y:z\n", document="d")
    assert fields.text("FORMAT") == "1.0"
    assert fields.required("list").lines == ("", "one", " two ", ".")
    assert list(fields.required("List").rows()) == [(4, "one"), (5, "two"), (6, ".")]
    assert fields.text("x-Y") == "z"
    assert fields.text("none", "default") == "default"
    assert "x-y" in fields
    assert fields.find("none") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "d: empty"),
        (b"A: 1\n\nB: 2\n", "line 3: text after the end"),
        (b" A: 1\n", "line 1: a continuation of no field"),
        (b"A: 1\nno colon\n", "line 2: not a field: 'no colon'"),
        (b"A: 1\nB: 2\na: 3\n", r"line 3: the field a again \(first in line 1\)"),
        (b"A: 1\nB: \x00\n", "line 2: a NUL byte"),
        (b"A: 1\nB: \xff\n", "line 2: not UTF-8"),
        (b"-A: 1\n", "line 1: not a field"),
    ],
)
def test_a_broken_document_is_refused_with_the_line(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_fields(data, document="d")


@pytest.mark.parametrize("data", [b"A: 1\n", b"A: 1\nB:\n", b"A: 1\nB: \n  \n"])
def test_a_required_field_must_have_a_value(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="d: the field B is missing"):
        read_fields(data, document="d").required("B")


def test_what_a_check_refuses_is_named_with_its_line() -> None:
    fields = read_fields(b"A: b\nDate: yesterday\n", document="doc")
    with pytest.raises(InvalidInput, match=r"^doc, line 2: Date: not a date: 'yesterday'"):
        fields.date("Date")
    assert fields.date("Valid-Until") is None
