# SPDX-License-Identifier: GPL-3.0-or-later
"""Version 2 of the answer: every location, the bound, alternatives as values."""

from __future__ import annotations

from typing import Any

import pytest

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import ArchiveServer, deb
from tests.api.mr.archive import STAMPS, filled_server
from tests.api.mr.test_buildinfo import BOTH, record
from tests.snapshot import test_arch_buildinfo, test_rpm_buildinfo


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


def ask(server: ArchiveServer, data: bytes, status: int = 200, **options: Any) -> Any:
    answer = server.client.post("/mr/buildinfo?v=2", data=data, **options)
    assert answer.status_code == status
    return answer.get_json()


def test_every_package_comes_with_its_digest_and_all_locations(server: ArchiveServer) -> None:
    packages = {(one["name"], one["kind"]): one for one in ask(server, BOTH)["packages"]}
    assert len(packages) == 4
    libtor = packages["libtor", "binary"]
    data = deb("libtor", "1.0-1", source="tor")
    assert (libtor["sha256"], libtor["size"]) == (Digest.of(data).hex, len(data))
    assert (libtor["verified"], libtor["ambiguous"]) == (True, False)
    assert libtor["locations"] == [
        {
            "archive": "debian",
            "suite": "sid",
            "component": "main",
            "architecture": "amd64",
            "path": "pool/main/l/libtor/libtor_1.0-1_amd64.deb",
            "present": [[STAMPS[0], STAMPS[1]]],
        }
    ]
    doc = packages["tor-doc", "binary"]["locations"]
    assert {(one["suite"], *map(tuple, one["present"])) for one in doc} == {
        ("sid", (STAMPS[0], STAMPS[2])),
        ("forky", (STAMPS[2], None)),
    }


def test_the_dated_suites_are_proved_to_be_the_fewest(server: ArchiveServer) -> None:
    dated = ask(server, BOTH, base_url="https://snap.example/base/")["dated"]
    assert (len(dated["suites"]), dated["at_least"], dated["fewest"]) == (2, 2, True)
    newest = next(one for one in dated["suites"] if one["timestamp"] == STAMPS[2])
    assert newest["url"] == f"https://snap.example/base/archive/debian/{STAMPS[2]}/"
    assert newest["until"] is None
    assert f"URIs: {newest['url']}" in dated["deb822"]
    assert len(dated["one_line"]) == 2


def test_the_environment_has_an_id_an_address_and_a_line_for_apt(server: ArchiveServer) -> None:
    answer = ask(server, BOTH)
    assert answer["complete"] is True
    environment = answer["environment"]
    assert server.client.get(f"/environments/{environment['id']}").status_code == 200
    # By its id as the suite: so apt can tell that it was given another one.
    assert environment["one_line"].endswith(f" {environment['url']} {environment['id']} main")


def test_what_is_missing_comes_with_the_versions_next_to_it(server: ArchiveServer) -> None:
    needs = ("libtor (= 1.0-1+b0)", "nosuch (= 1)", "tor:i386 (= 1.0-1)")
    answer = ask(server, record(*needs), 404)
    assert (answer["complete"], answer["environment"]) == (False, None)
    libtor, nosuch, tor = answer["missing"]
    assert (libtor["why"], nosuch["why"], nosuch["nearest"]) == (
        "unknown version",
        "unknown package",
        [],
    )
    assert [(one["version"], one["present"][0][0]) for one in libtor["nearest"]] == [
        ("1.0-1", STAMPS[0]),
        ("1.0-1+b1", STAMPS[1]),
    ]
    newer = deb("libtor", "1.0-1+b1", source="tor (1.0-1)")
    assert libtor["nearest"][1]["sha256"] == Digest.of(newer).hex
    assert (tor["why"], tor["nearest"][0]["architecture"]) == ("other architecture", "amd64")


@pytest.mark.parametrize(
    ("text", "kind"), [(test_arch_buildinfo.V2, "arch"), (test_rpm_buildinfo.TEXT, "rpm")]
)
def test_records_of_other_distributions_are_answered_without_lines_for_apt(
    server: ArchiveServer, text: str, kind: str
) -> None:
    answer = ask(server, text.encode(), 404)
    assert answer["record"]["kind"] == kind
    assert {one["why"] for one in answer["missing"]} == {"unknown package"}
    assert (answer["dated"]["deb822"], answer["dated"]["one_line"]) == (None, [])


def test_a_package_of_debian_answers_no_record_of_arch(server: ArchiveServer) -> None:
    text = test_arch_buildinfo.V2 + "installed = tor-1.0-1-amd64\n"
    answer = ask(server, text.encode(), 404)
    assert "tor" in {one["name"] for one in answer["missing"]}
    assert answer["packages"] == []


def test_another_version_of_the_answer_is_refused(server: ArchiveServer) -> None:
    answer = server.client.post("/mr/buildinfo?v=3", data=BOTH)
    assert (answer.status_code, "v is one of 1, 2" in answer.text) == (400, True)
