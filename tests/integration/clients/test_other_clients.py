# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that are not run here, by the requests they make; and curl, which goes on."""

from __future__ import annotations

import json
import lzma
import subprocess
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.packages import BinaryStanza
from snapshot.stanza import split_stanzas
from tests.integration.clients.conftest import Service
from tests.private_apt import private_apt, run_apt

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]


def ask(service: Service, path: str) -> Any:
    return json.loads(service.get(path))


def listed(service: Service, archive: str, stamp: str, suite: str, component: str) -> set[str]:
    """What apt sees at a date: `name=version`."""
    base = f"/archive/{archive}/{stamp}/dists/{suite}"
    assert b"BEGIN PGP SIGNED MESSAGE" in service.get(f"{base}/InRelease")
    index = service.get(f"{base}/{component}/binary-{service.fixture.architecture}/Packages.xz")
    read = (BinaryStanza.parse(stanza) for stanza in split_stanzas(lzma.decompress(index)))
    return {f"{package.name}={package.version}" for package in read}


def test_the_predecessors_debrebuild_finds_all_packages_by_name(service: Service) -> None:
    """package-rebuilder's `debrebuild.py`, standard mode: a look-up for each build dependency."""
    record = BuildInfo.parse(service.record().read_bytes())
    where: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for package in record.installed:
        answer = ask(service, f"/mr/binary/{package.name}/{package.version}/binfiles?fileinfo=1")
        results = answer["result"]
        native = [one for one in results if one["architecture"] == service.fixture.architecture]
        (chosen,) = native or results
        assert chosen["architecture"] in (service.fixture.architecture, "all")
        place = answer["fileinfo"][chosen["hash"]][0]
        key = (place["archive_name"], place["timestamp_ranges"][0][0])
        where[*key, place["suite_name"], place["component_name"]].add(
            f"{package.name}={package.version}"
        )
    # One per date that a package came at: two for what the demo took from the record, and one more
    # for each later date at which this machine's archive has replaced something of it since.
    assert len(where) >= 2, "the record needs two dates"
    for coordinates, wanted in where.items():
        archive, stamp, suite, component = coordinates
        assert wanted <= listed(service, archive, stamp, suite, component)


def test_the_predecessors_debrebuild_finds_the_source(service: Service) -> None:
    case = next(case for case in service.fixture.cases if case.record)
    answer = ask(service, f"/mr/package/{case.package}/{case.version}/srcfiles?fileinfo=1")
    (dsc,) = (
        place
        for places in answer["fileinfo"].values()
        for place in places[:1]
        if place["name"].endswith(".dsc")
    )
    stamp = dsc["timestamp_ranges"][0][0]
    base = f"/archive/{dsc['archive_name']}/{stamp}/dists/{dsc['suite_name']}"
    sources = lzma.decompress(service.get(f"{base}/main/source/Sources.xz"))
    assert f"Package: {case.package}\n".encode() in sources


def test_the_predecessors_debrebuild_asks_with_the_whole_record(
    service: Service, tmp_path: Path
) -> None:
    """`--use-metasnap`: the record as the field `buildinfo` of a form."""
    done = subprocess.run(
        ["curl", "-sf", "-F", f"buildinfo=@{service.record()}", f"{service.url}/mr/buildinfo"],
        capture_output=True,
        check=True,
    )
    results = json.loads(done.stdout)["results"]
    stamps = {stamp for result in results for stamp in result["timestamps"]}
    assert len(stamps) == 2
    assert stamps <= {str(date) for date in service.fixture.dates}
    for result in results:
        assert result["archive_name"] == service.fixture.archive
        assert {"suite_name", "component_name", "architecture"} <= set(result)


def test_the_predecessors_debrebuild_fetches_originals_by_digest(service: Service) -> None:
    artifact = next(case for case in service.fixture.cases if not case.record).artifacts[0]
    address = f"{service.url}/mr/file/{artifact.sha256}/download"
    for method in ("HEAD", "GET"):
        request = urllib.request.Request(address, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert "/archive/" in answer.url, "it was led there"
            data = answer.read()
    assert Digest.of(data).hex == artifact.sha256


def test_mkosi_finds_the_newest_snapshot_and_its_repositories(
    service: Service, tmp_path: Path
) -> None:
    """`Mirror=` our server, `Snapshot=` or none: both types, the same stamp for every archive."""
    latest = ask(service, "/mr/timestamp")["result"]["debian"][-1]
    assert latest == str(service.fixture.dates[-1])
    root = tmp_path / "machine"
    apt = private_apt(root, "")
    (root / "parts").mkdir()
    (root / "parts/mkosi.sources").write_text(
        "Enabled: yes\nTypes: deb deb-src\n"
        f"URIs: {service.url}/archive/debian/{latest}\n"
        f"Suites: {service.fixture.codename}\nComponents: main\n"
        f"Signed-By: {service.fixture.keyring}\n"
    )
    options = ["-o", f"Dir::Etc::sourceparts={root}/parts"]
    done = run_apt(root, [*apt, *options, "update"])
    assert done.returncode == 0, done.stdout + done.stderr
    essential = run_apt(root, [*apt, *options, "install", "-sy", "?essential", "base-files"])
    assert essential.returncode == 0, essential.stdout + essential.stderr
    assert "Inst dpkg " in essential.stdout


@pytest.mark.parametrize("place", ["archive", "resigned", "file", "environment"])
def test_curl_goes_on_where_it_was(service: Service, tmp_path: Path, place: str) -> None:
    name, version = service.fixture.lived
    answer = ask(service, f"/mr/binary/{name}/{version}/binfiles?fileinfo=1&hash=sha256")
    (digest,) = answer["fileinfo"]
    (found, *_) = answer["fileinfo"][digest]
    paths = {
        "archive": f"/archive/debian/{service.fixture.dates[0]}{found['path']}/{found['name']}",
        "resigned": f"/resigned/debian/{service.fixture.dates[0]}{found['path']}/{found['name']}",
        "file": f"/file/{digest}",
        "environment": f"/environments/{service.environment_of(service.record())}/pool/{digest}/x",
    }
    out = tmp_path / "out"
    command = ["curl", "-sSf", "-C", "-", "-o", str(out), f"{service.url}{paths[place]}"]
    command += ["-w", "%{http_code} %{size_download}"]
    whole = subprocess.run(command, capture_output=True, text=True, check=True)
    data = out.read_bytes()
    assert (whole.stdout, Digest.of(data).hex) == (f"200 {len(data)}", digest)
    out.write_bytes(data[:1000])
    rest = subprocess.run(command, capture_output=True, text=True, check=True)
    assert rest.stdout == f"206 {len(data) - 1000}"
    assert out.read_bytes() == data
