# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources for apt, read back by apt's own rules."""

from __future__ import annotations

from debian.deb822 import Deb822

from api.dated_sources import deb822_sources, one_line_sources
from snapshot.dated_suites import CoverStep
from snapshot.timestamp import Timestamp

STEPS = [
    CoverStep("debian", "sid", Timestamp(0), ("contrib", "main"), ("all", "amd64"), ()),
    CoverStep("debian", "bookworm", Timestamp(60), ("main",), ("amd64", "source"), ()),
]


def test_each_dated_suite_is_one_stanza() -> None:
    first, second = Deb822.iter_paragraphs(deb822_sources(STEPS, "http://h"))
    assert dict(first) == {
        "Types": "deb",
        "URIs": "http://h/archive/debian/19700101T000000Z/",
        "Suites": "sid",
        "Components": "contrib main",
        "Check-Valid-Until": "no",
    }
    assert second["Types"] == "deb deb-src"
    assert deb822_sources([], "http://h") == ""


def test_the_short_form_says_the_same() -> None:
    assert one_line_sources(STEPS[:1], "http://h") == [
        "deb [check-valid-until=no] http://h/archive/debian/19700101T000000Z/ sid contrib main"
    ]


def test_a_flat_repository_has_no_components() -> None:
    flat = [CoverStep("local", "./", Timestamp(0), ("main",), ("all",), ())]
    (stanza,) = Deb822.iter_paragraphs(deb822_sources(flat, "http://h"))
    assert stanza["Suites"] == "./"
    assert "Components" not in stanza
    assert one_line_sources(flat, "http://h") == [
        "deb [check-valid-until=no] http://h/archive/local/19700101T000000Z/ ./"
    ]
