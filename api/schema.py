# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Schema in few words, for the descriptions beside the routes.

A schema with a title stands once in the document, under `components`, and is referred to from
everywhere else (`api.openapi`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
STAMP: Schema = {
    "type": "string",
    "pattern": r"^[0-9]{8}T[0-9]{6}Z$",
    "examples": ["20260711T101637Z"],
}
SHA1: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
#: What names a file: SHA-1 or SHA-256.
HASH: Schema = {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}


def record(
    members: Mapping[str, Schema],
    *,
    optional: Mapping[str, Schema] | None = None,
    title: str = "",
) -> Schema:
    """An object with exactly these members: one that is not told here is a fault.

    Args:
        members: Name to schema of what is always there.
        optional: The same of what may be missing.
        title: A name of its own in the document.
    """
    made: dict[str, Any] = {
        "type": "object",
        "properties": {**members, **(optional or {})},
        "required": list(members),
        "additionalProperties": False,
    }
    return {"title": title, **made} if title else made


def list_of(item: Schema, *, title: str = "") -> Schema:
    """An array of any length."""
    made = {"type": "array", "items": item}
    return {"title": title, **made} if title else made


def pair_of(item: Schema) -> Schema:
    """An array of exactly two."""
    return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}


def map_of(value: Schema) -> Schema:
    """An object whose names are data."""
    return {"type": "object", "additionalProperties": value}


def one_of(words: Sequence[str]) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(words)}


def or_null(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}
