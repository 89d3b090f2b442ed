# SPDX-License-Identifier: GPL-3.0-or-later
"""What real debsnap and apt got from a recorded server, they get from us, field by field."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from snapshot.digest import Digest
from snapshot.dsc import Dsc
from storage.database import Database
from tests.api.archive_server import ArchiveServer, Suite, make_archive_server, source_stanza

RECORDING = Path(__file__).parent.parent / "data" / "wire" / "snapshot.jsonl"
STAMPS = {
    "1.0-1": "20260101T000000Z",
    "1.0-2": "20260201T060000Z",
    "1:1.1~rc1-1": "20260301T120000Z",
}


def recorded() -> dict[str, dict[str, Any]]:
    """Request line to response; the session repeats many."""
    with RECORDING.open(encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    return {pair["request"]["line"]: pair["response"] for pair in pairs}


def body(response: dict[str, Any]) -> bytes:
    content = response["body"]
    if "base64" in content:
        return base64.b64decode(content["base64"])
    return str(content.get("text", "")).encode()


def rebuild_the_recorded_archive(server: ArchiveServer, pairs: dict[str, dict[str, Any]]) -> None:
    """Three runs of one suite, from the files that the recording itself contains."""
    by_hash = {
        line.split()[1].removeprefix("/file/"): body(response)
        for line, response in pairs.items()
        if line.split()[1].startswith("/file/")
    }
    for data in by_hash.values():
        server.keep(data)
    for version, stamp in STAMPS.items():
        sources = pairs[f"GET /mr/package/tinypkg/{version}/srcfiles?fileinfo=1 HTTP/1.1"]
        files = {
            places[0]["name"]: by_hash[digest]
            for digest, places in sources["body"]["json"]["fileinfo"].items()
        }
        binaries = pairs[
            f"GET /mr/package/tinypkg/{version}/binfiles/tinypkg/{version}?fileinfo=1 HTTP/1.1"
        ]["body"]["json"]
        digest = binaries["result"][0]["hash"]
        server.add_run(
            "debian",
            stamp,
            {
                "sid": Suite(
                    {
                        "amd64": [_binary(version, by_hash[digest], binaries, digest)],
                        "source": [source_stanza("tinypkg", version, files)],
                    },
                    files=_dists(pairs, stamp),
                )
            },
        )
        assert any(
            Dsc.parse(data).version == version for n, data in files.items() if n[-4:] == ".dsc"
        )


def _binary(version: str, data: bytes, answer: dict[str, Any], digest: str) -> bytes:
    place = answer["fileinfo"][digest][0]
    return (
        f"Package: tinypkg\nVersion: {version}\nArchitecture: amd64\n"
        f"Filename: {place['path'].lstrip('/')}/{place['name']}\nSize: {len(data)}\n"
        f"SHA1: {digest}\nSHA256: {Digest.of(data)}\n"
    ).encode()


def _dists(pairs: dict[str, dict[str, Any]], stamp: str) -> dict[str, bytes]:
    prefix = f"GET /archive/debian/{stamp}/dists/sid/"
    found = {
        line.removeprefix(prefix).split()[0]: body(response)
        for line, response in pairs.items()
        if line.startswith(prefix) and response["status"] == 200
    }
    # The recorded suite was signed by nobody; we keep its Release as what identifies it.
    return {**found, "InRelease": f"unsigned {stamp}\n".encode()}


def compare(where: str, expected: object, ours: object) -> list[str]:
    """Differences; members that only ours has are an extension and no difference."""
    if isinstance(expected, dict) and isinstance(ours, dict):
        return [
            problem
            for key, value in expected.items()
            for problem in compare(f"{where}.{key}", value, ours.get(key))
        ]
    if isinstance(expected, list) and isinstance(ours, list) and len(expected) == len(ours):
        return [
            problem
            for number, (a, b) in enumerate(zip(expected, ours, strict=True))
            for problem in compare(f"{where}[{number}]", a, b)
        ]
    return [] if expected == ours else [f"{where}: recorded {expected!r}, ours {ours!r}"]


def test_the_recorded_sessions_of_debsnap_and_apt(catalogue_database: Database) -> None:
    pairs = recorded()
    server = make_archive_server(catalogue_database)
    rebuild_the_recorded_archive(server, pairs)
    problems: list[str] = []
    compared = 0
    for line, expected in pairs.items():
        method, address, _ = line.split()
        if "InRelease" in address:
            continue  # ours has one; the recorded server had none
        answer = server.client.open(address, method=method)
        compared += 1
        problems += compare(f"{line} status", expected["status"], answer.status_code)
        if expected["status"] != 200:
            continue
        wanted = dict(expected["headers"])
        problems += compare(f"{line} type", wanted["Content-Type"], answer.headers["Content-Type"])
        if "json" in expected["body"]:
            problems += compare(line, expected["body"]["json"], answer.get_json())
        else:
            problems += compare(line, body(expected), answer.data)
            problems += compare(
                f"{line} length", wanted["Content-Length"], answer.headers["Content-Length"]
            )
    assert problems == []
    assert compared == 27  # distinct requests of 94 recorded


def test_every_route_answers_with_and_without_a_slash_and_never_redirects(
    catalogue_database: Database,
) -> None:
    server = make_archive_server(catalogue_database)
    rebuild_the_recorded_archive(server, recorded())
    for address in (
        "/mr/package",
        "/mr/package/tinypkg",
        "/mr/package/tinypkg/1.0-2/srcfiles",
        "/mr/package/tinypkg/1.0-2/binpackages",
        "/mr/package/tinypkg/1.0-2/binfiles/tinypkg/1.0-2",
        "/mr/package/tinypkg/1.0-2/allfiles",
        "/mr/binary/tinypkg",
        "/mr/binary/tinypkg/1.0-2/binfiles",
        "/mr/timestamp",
        "/mr/timestamp/debian",
        "/mr/timestamp/debian/latest",
    ):
        plain, slash = server.client.get(address), server.client.get(f"{address}/")
        assert (plain.status_code, slash.status_code) == (200, 200), address
        assert plain.data == slash.data
        assert plain.headers["Access-Control-Allow-Origin"] == "*"
        assert server.client.head(address).status_code == 200
