# SPDX-License-Identifier: GPL-3.0-or-later
"""Query strings of the list routes: one page, some filters, refused in the peer's words."""

from __future__ import annotations

import re
from typing import NoReturn

from flask import request

from api.request_body import end_request
from storage.ledger.page import Filter, Page

_SORT = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_I32 = 2**31


def page_of_request() -> Page:
    """`limit`, `before`, `after`, `sort`, `direction`; ends the request with 400."""
    limit = _number("limit")
    if limit is not None and limit < 0:
        _refuse("invalid digit found in string")
    sort = request.args.get("sort")
    if sort is not None and not _SORT.fullmatch(sort):
        # The peer answers 500 here; the fault is in the request.
        end_request(400, "invalid sort field")
    direction = request.args.get("direction", "Ascending")
    if direction not in ("Ascending", "Descending"):
        _refuse(f"unknown variant `{direction}`, expected `Ascending` or `Descending`")
    return Page(
        limit=1000 if limit is None else limit,
        after=_number("after"),
        before=_number("before"),
        sort=sort,
        descending=direction == "Descending",
    )


def filter_of_request() -> Filter:
    """Origin, identity and freshness filters; unknown parameters are ignored."""
    return Filter(
        distribution=request.args.get("distribution"),
        release=request.args.get("release"),
        component=request.args.get("component"),
        architecture=request.args.get("architecture"),
        name=request.args.get("name"),
        version=request.args.get("version"),
        source_name=request.args.get("source_name"),
        seen_only=seen_only_of_request(),
    )


def seen_only_of_request() -> bool | None:
    """`seen_only`: true, false or absent."""
    text = request.args.get("seen_only")
    if text is None:
        return None
    if text not in ("true", "false"):
        _refuse("provided string was not `true` or `false`")
    return text == "true"


def _number(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        _refuse(
            "invalid digit found in string" if text else "cannot parse integer from empty string"
        )
    if len(text) > 11 or not -_I32 <= int(text) < _I32:
        _refuse("number too large to fit in target type")
    return int(text)


def _refuse(text: str) -> NoReturn:
    end_request(400, f"Query deserialize error: {text}")
