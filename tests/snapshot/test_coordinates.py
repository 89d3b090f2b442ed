# SPDX-License-Identifier: GPL-3.0-or-later
"""Coordinates become paths and URLs, so nothing that climbs or hides gets in."""

import pytest

from snapshot.coordinates import Coordinates, checked_path, suite_directory
from snapshot.errors import InvalidInput


def test_a_udeb_stream_has_coordinates() -> None:
    stream = Coordinates("debian", "sid", "main/debian-installer", "amd64")
    assert str(stream) == "debian sid/main/debian-installer amd64"


@pytest.mark.parametrize(
    "bad", ["..", ".", "", "a/../b", "/etc", "a//b", "a//", "/", "../", "a b", "a\n", "-x", "%2e"]
)
def test_a_suite_that_climbs_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        Coordinates("debian", bad, "main", "amd64")


def test_an_archive_is_one_segment() -> None:
    with pytest.raises(InvalidInput, match="archive"):
        Coordinates("a/b", "sid", "main", "amd64")
    assert checked_path("lenny/updates", "suite") == "lenny/updates"


def test_a_suite_that_ends_in_a_slash_is_a_flat_repository() -> None:
    assert str(Coordinates("local", "./", "main", "amd64")) == "local .//main amd64"
    assert suite_directory("./") == ""
    assert suite_directory("stable/") == "stable/"
    assert suite_directory("lenny/updates") == "dists/lenny/updates/"
