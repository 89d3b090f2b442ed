# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of packages through time."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from api.archive_services import ArchiveServices
from storage.database import Database
from storage.ledger import Ledger
from tests.api.archive_server import ArchiveServer
from tests.api.pages.page_outline import outline
from tests.api.past_server import FIRST, ODD
from tests.api.rebuild_server import make_server
from tests.storage.ledger.samples import new_target, spread


def test_every_version_of_every_suite_is_in_the_picture_and_in_the_table(
    past: ArchiveServer,
) -> None:
    text = past.client.get("/package/hello").text
    picture, table = text.split("<svg width", 1)[1].split("</figure>")
    assert 'role="img" aria-label="Versions of hello against time: 8 in 4 suites' in picture
    for version in ("2.10-3", "2.10-3+deb13u1", "1:2.12.3-1~exp1"):
        address = f"/package/hello/{quote(version, safe='~')}/"
        assert address.replace("%3A", ":").replace("%2B", "+") in text.replace("%3A", ":").replace(
            "%2B", "+"
        )
        assert f"{version} in debian" in picture or f"{version} in security" in picture
        assert f">{version}</a>" in table
    assert table.count("still there") == 3
    assert table.count("not looked again") == 1
    assert f'href="/archive/debian/{FIRST}/"' in table


def test_a_binary_package_leads_to_the_source_of_each_version(past: ArchiveServer) -> None:
    page = outline(past.client.get("/binary/hello-doc/").text)
    assert "/package/hello/2.10-3/" in page.links
    assert "/package/hello/" in page.links
    assert "8 versions of this binary package" in page.text


def test_pages_are_made_well_and_lead_to_each_other(past: ArchiveServer) -> None:
    todo: list[str] = ["/package/hello/"]
    done: set[str] = set()
    while todo:
        path = todo.pop().split("#")[0]
        if not path.startswith(("/package/", "/binary/", "/locations/", "/search", "/mr/")):
            continue
        if path in done or len(done) > 60:
            continue
        done.add(path)
        answer = past.client.get(path)
        assert answer.status_code == 200, path
        if answer.mimetype == "text/html":
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            page = outline(answer.text)
            assert not page.styled, path
            assert all(src and src.startswith("/pages/search.js?v=") for src in page.scripts)
            assert {"main", "h1", "nav", "title"} <= page.seen
            todo += page.links
    kinds = {path.split("/")[1] for path in done}
    assert {"package", "binary", "locations", "mr"} <= kinds


def test_odd_names_are_names_in_every_address(past: ArchiveServer) -> None:
    for name in ODD:
        page = past.client.get(f"/binary/{quote(name)}/")
        assert page.status_code == 200
        for link in outline(page.text).links:
            if link.startswith(("/package/", "/mr/binary/")):
                assert past.client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    "name", ["nope", "<script>alert(1)", "'; DROP TABLE packages; --", "%s", "a" * 4000]
)
@pytest.mark.parametrize("kind", ["package", "binary"])
def test_an_unknown_name_is_refused_in_words_and_never_as_markup(
    past: ArchiveServer, kind: str, name: str
) -> None:
    address = f"/{kind}/{quote(name, safe='')}/"
    page = past.client.get(address)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "<script>alert" not in page.text
    assert "lists names" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    json = past.client.get(address, headers={"Accept": "application/json"})
    assert (json.status_code, sorted(json.get_json())) == (404, ["error", "try"])


@pytest.mark.parametrize(
    "path", ["/package/../../etc/passwd", "/package/..%2f..%2fetc/", "/binary//"]
)
def test_no_path_leads_anywhere_else(past: ArchiveServer, path: str) -> None:
    assert past.client.get(path).status_code in (200, 404)
    assert "root:" not in past.client.get(path).text


def test_old_addresses_of_snapshot_debian_org_lead_to_the_pages(past: ArchiveServer) -> None:
    for query, place in (
        ("/package/?src=hello", "/package/hello/"),
        ("/binary/?bin=hello-doc", "/binary/hello-doc/"),
    ):
        answer = past.client.get(query)
        assert (answer.status_code, answer.headers["Location"]) == (302, place)
    outside = past.client.get("/package/?src=//evil.example/")
    assert outside.headers["Location"].startswith("/package/")


def test_names_are_browsed_by_how_they_begin(past: ArchiveServer) -> None:
    assert "Choose how the names begin" in past.client.get("/package/").text
    listed = outline(past.client.get("/package/?cat=h").text)
    assert [link for link in listed.links if link.startswith("/package/h")] == ["/package/hello/"]
    binaries = outline(past.client.get("/binary/?cat=hello&after=hello").text)
    assert "/binary/hello-doc/" in binaries.links
    assert "/binary/hello/" not in binaries.links
    assert "No name begins with" in past.client.get("/binary/?cat=%3Cb%3E").text
    assert "<b>" not in past.client.get("/binary/?cat=%3Cb%3E").text


def test_a_page_that_did_not_change_is_not_sent_again(past: ArchiveServer) -> None:
    first = past.client.get("/package/hello/")
    again = past.client.get("/package/hello/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_verdicts_of_the_rebuild_half_stand_on_the_pages_of_the_package(
    past: ArchiveServer, ledger_database: Database
) -> None:
    server = make_server(ledger_database, archive=ArchiveServices(past.catalogue, past.blobs))
    target = replace(new_target(), version="2.10-3")
    Ledger(ledger_database).targets.put([target], now=1.0, spread=spread)
    client = server.app.test_client()
    for address, there in (("/package/hello", True), ("/package/hello/2.10-3", True),
                           ("/package/hello/2.10-4", False)):  # fmt: skip
        text = client.get(address).text
        assert bool(re.search("Rebuilt here", text)) is there, address
        assert ("/rebuilds/debian/hello" in text) is there
