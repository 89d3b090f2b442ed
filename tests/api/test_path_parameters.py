# SPDX-License-Identifier: GPL-3.0-or-later
"""Each name in a path has one meaning (that all are told, and no other: test_openapi.py)."""

from __future__ import annotations

import jsonschema_rs

from api.path_parameters import PATH_PARAMETERS


def test_each_name_has_a_schema_and_a_sentence() -> None:
    for schema, text in PATH_PARAMETERS.values():
        jsonschema_rs.meta.validate(dict(schema))
        assert schema["type"] == "string"
        assert text[0].isupper()
