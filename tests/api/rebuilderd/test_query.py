# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from api.rebuilderd.query import filter_of_request, page_of_request
from storage.ledger import Filter, Page


def parse(query: str) -> tuple[Page, Filter]:
    with Flask(__name__).test_request_context(f"/?{query}"):
        return page_of_request(), filter_of_request()


def refusal(query: str) -> tuple[int, str]:
    with pytest.raises(HTTPException) as caught:
        parse(query)
    response: Any = caught.value.response
    return response.status_code, response.get_data(as_text=True)


def test_nothing_asked_is_the_first_thousand_of_everything() -> None:
    assert parse("") == (Page(limit=1000), Filter())


def test_everything_asked_is_understood() -> None:
    page, filters = parse(
        "limit=0&after=7&before=9&sort=name&direction=Descending&distribution=debian&release=sid"
        "&component=main&architecture=all&name=g%2B%2B&version=4%3A15.2.0-3&source_name=gcc"
        "&seen_only=false&unknown=ignored"
    )
    assert page == Page(0, 7, 9, "name", descending=True)
    assert filters == Filter(
        "debian", "sid", "main", "all", "g++", "4:15.2.0-3", "gcc", seen_only=False
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=abc", "invalid digit found in string"),
        ("limit=-1", "invalid digit found in string"),
        ("limit=1e3", "invalid digit found in string"),
        ("limit=", "cannot parse integer from empty string"),
        ("limit=٣", "invalid digit found in string"),
        ("after=2147483648", "number too large to fit in target type"),
        ("after=" + "9" * 5000, "number too large to fit in target type"),
        ("direction=Down", "unknown variant `Down`, expected `Ascending` or `Descending`"),
        ("seen_only=1", "provided string was not `true` or `false`"),
    ],
)
def test_a_bad_query_is_400_in_the_peers_words(query: str, says: str) -> None:
    assert refusal(query) == (400, f"Query deserialize error: {says}")


@pytest.mark.parametrize("sort", ["name;drop", "", "a b", "ä"])
def test_a_sort_that_is_no_word_is_refused(sort: str) -> None:
    assert refusal(f"sort={sort}") == (400, "invalid sort field")
