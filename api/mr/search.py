# SPDX-License-Identifier: GPL-3.0-or-later
"""`/mr/search`: names of packages while somebody types."""

from __future__ import annotations

from typing import Any

from flask import request

from api.find_names import LONGEST, names_beginning
from api.operation import Parameter, describe, json_answer
from api.schema import TEXT, YES_OR_NO, list_of, record

_MOST = 12


@describe(
    query=(Parameter("q", TEXT, "How the names begin; in small letters, too"),),
    answers={
        200: json_answer(
            record(
                {
                    "_comment": TEXT,
                    "query": TEXT,
                    "result": list_of(
                        record({"name": TEXT, "source": YES_OR_NO, "binary": YES_OR_NO}),
                    ),
                },
                title="FoundNames",
            ),
            "The first names in bytewise order, and of what they are names",
        )
    },
)
def search() -> dict[str, Any]:
    """The first names that begin so, of source and binary packages."""
    query = request.args.get("q", "").strip()[:LONGEST]
    found = names_beginning(query, most=_MOST) if query else []
    return {
        "_comment": "dejabuild",
        "query": query,
        "result": [{"name": one.name, "source": one.source, "binary": one.binary} for one in found],
    }
