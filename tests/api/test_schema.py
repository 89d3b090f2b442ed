# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words for schemas accept, told by a validator that is not ours."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from api.schema import (
    HASH,
    STAMP,
    TEXT,
    WHOLE,
    Schema,
    list_of,
    map_of,
    one_of,
    or_null,
    pair_of,
    record,
)

_RECORD = record({"name": TEXT}, optional={"size": WHOLE})


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        (_RECORD, {"name": "tor"}, True),
        (_RECORD, {"name": "tor", "size": 1}, True),
        (_RECORD, {"size": 1}, False),
        (_RECORD, {"name": "tor", "untold": 1}, False),
        (list_of(WHOLE), [0, 1], True),
        (list_of(WHOLE), [-1], False),
        (pair_of(STAMP), ["20260101T000000Z"] * 2, True),
        (pair_of(STAMP), ["20260101T000000Z"], False),
        (map_of(TEXT), {"any": "text"}, True),
        (map_of(TEXT), {"any": 1}, False),
        (one_of(["sha1"]), "md5", False),
        (or_null(TEXT), None, True),
        (HASH, "a" * 64, True),
        (HASH, "a" * 41, False),
    ],
)
def test_a_schema_accepts_what_its_word_says(schema: Schema, value: Any, *, valid: bool) -> None:
    assert jsonschema_rs.is_valid(dict(schema), value) is valid


def test_a_schema_with_a_title_keeps_it_first() -> None:
    assert next(iter(record({}, title="Place"))) == "title"
    assert next(iter(list_of(TEXT, title="Lines"))) == "title"
