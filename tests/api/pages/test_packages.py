# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.api.lively_server import STORIES
from tests.api.rebuild_server import RebuildServer


def test_badge_and_feed_are_well_formed(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    badge = client.get("/badges/debian/libsub-name-perl.svg")
    assert badge.mimetype == "image/svg+xml"
    assert "BAD" in (ET.fromstring(badge.text).attrib["aria-label"])
    feed = ET.fromstring(client.get("/attempts.atom").text)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == len(STORIES)


def test_the_page_of_a_package_shows_every_version_and_attempt(lively: RebuildServer) -> None:
    page = lively.app.test_client().get("/rebuilds/debian/base-files").text
    assert "source, derived environment" in page
    assert "12.4+deb12u12" in page
    assert "Badge: GOOD" in page


def test_a_badge_shows_the_worst_of_the_newest_version(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    for source, word in (("catdoc", "GOOD"), ("dejabuild-never-compiles", "FAIL")):
        assert f"rebuild: {word}" in client.get(f"/badges/debian/{source}.svg").text


def test_a_campaign_shows_progress_pace_and_reasons(lively: RebuildServer) -> None:
    page = lively.app.test_client().get("/campaigns/bookworm%20small%20packages").text
    assert "archive debian; suite bookworm" in page
    assert "per hour" in page
    assert "dependency-missing" in page
    cut = lively.app.test_client().get("/campaigns/bookworm%20small%20packages?after=nonsense")
    assert cut.status_code == 200
