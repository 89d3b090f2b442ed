# SPDX-License-Identifier: GPL-3.0-or-later
"""The session of the real programs, replayed in order and compared field by field.

`tests/data/wire/rebuilderd-api.jsonl` holds what rebuildctl and rebuilderd-worker 0.28 said to
rebuilderd 0.28, then every read route by curl. Here the same requests go to our server, in the
same order, at the same times; answers must be equal but for what this file lists.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zstandard
from werkzeug.test import TestResponse

from orchestrator.check_link import verify_signature
from orchestrator.originals import IndexedFile
from snapshot.digest import Digest
from snapshot.link import SignedLink
from snapshot.public_key import keyid, public_from_pem
from storage.database import Database
from tests.api.rebuild_server import KEYS, RebuildServer, make_server

PAIRS = Path(__file__).parents[2] / "data" / "wire" / "rebuilderd-api.jsonl"

#: Order in which the recorded worker got the jobs of one priority: rebuilderd draws lots within
#: a day, we do too, and here the lots are those of the recording (job id: lot).
LOTS = {5: 1, 9: 2, 8: 3, 10: 4, 3: 1, 1: 2}

#: Answers that differ on purpose: pair number, why, and what we answer instead.
DELIBERATE: dict[int, tuple[str, int]] = {
    122: ("the log of an unknown build is missing, not a server error", 404),
    136: ("a bad sort field is the client's fault, not a server error", 400),
    139: ("the peer looks a *package* id up as a queue id; 1 is no open job", 404),
    151: ("a report for an unknown job is not a server error", 404),
    155: ("the peer has no pages; we have", 200),
}

#: Numbers of rows. Ours count other rows (the peer's insert of a known binary uses a number up,
#: our diffoscope texts share a table with logs), so they need not be equal, but one recorded
#: number must mean one of ours throughout, and requests that name one are translated.
ROW_IDS = {"id": "binary", "diffoscope_log_id": "evidence", "attestation_log_id": "attestation"}

#: The peer leaves "working hard on …" at a worker that reported; ours is idle then.
IDLE_WORKERS = {70, 112, 113, 158}

#: Headers that clients look at.
HEADERS = (
    "content-type",
    "content-encoding",
    "x-content-type-options",
    "content-security-policy",
)

#: The recorded server's public key; ours stands in its place, in the same odd form.
THEIR_PEM = (
    "-----BEGIN PUBLIC KEY-----\r\n"
    "MCwwBwYDK2VwBQADIQDuTfOECk9qYhQUsnhF7zaE4BqQFABqboYk6eZn6SrTcQ==\r\n"
    "-----END PUBLIC KEY-----\r\n"
)
THEIR_KEYID = keyid(public_from_pem(THEIR_PEM))

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?")


@dataclass
class Comparison:
    """What was compared and what was not equal."""

    pairs: int = 0
    fields: int = 0
    differences: list[str] = field(default_factory=list)
    rows: dict[tuple[str, int], int] = field(default_factory=dict)

    def same_row(self, where: str, kind: str, theirs: int, ours: int) -> None:
        """One recorded number means one number of ours, and no other means that one."""
        self.equal(where, self.rows.setdefault((kind, theirs), ours), ours)
        taken = [key for key, value in self.rows.items() if (key[0], value) == (kind, ours)]
        self.equal(f"{where} (of one row only)", [(kind, theirs)], taken)

    def equal(self, where: str, theirs: Any, ours: Any) -> None:
        self.fields += 1
        if theirs != ours:
            self.differences.append(f"{where}: recorded {theirs!r}, ours {ours!r}")

    def value(self, where: str, theirs: Any, ours: Any) -> None:
        """Compare JSON; objects of ours may have more members."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            self.members(where, theirs, ours)
        elif isinstance(theirs, list) and isinstance(ours, list):
            self.equal(f"{where}.length", len(theirs), len(ours))
            for index, pair in enumerate(zip(theirs, ours, strict=False)):
                self.value(f"{where}[{index}]", *pair)
        elif theirs == THEIR_PEM:
            self.equal(f"{where} (our key)", KEYS.good.pem, ours)
        elif isinstance(theirs, str) and TIME.fullmatch(theirs):
            self.equal(f"{where} (a time)", True, bool(TIME.fullmatch(str(ours))))
        else:
            self.equal(f"{where} ({type(theirs).__name__})", theirs, ours)
            self.equal(f"{where} type", type(theirs), type(ours))

    def members(self, where: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
        if theirs.get("keyid") == THEIR_KEYID:
            self.equal(f"{where}.keyid", KEYS.good.keyid, ours["keyid"])
            self.equal(f"{where}.sig length", len(theirs["sig"]), len(ours["sig"]))
            return
        if "signatures" in theirs:
            verify_signature(SignedLink.from_json(json.dumps(ours).encode()), KEYS.good.public)
        for key, expected in theirs.items():
            if key not in ours:
                self.differences.append(f"{where}.{key}: missing")
            elif key in ROW_IDS and "/packages/binary" in where and expected is not None:
                self.same_row(f"{where}.{key}", ROW_IDS[key], expected, ours[key])
            else:
                self.value(f"{where}.{key}", expected, ours[key])


def recorded() -> Iterator[dict[str, Any]]:
    with PAIRS.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def headers_of(message: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in message["headers"]}


def send(server: RebuildServer, request: dict[str, Any], found: Comparison) -> TestResponse:
    method, target, _ = request["line"].split(" ")
    if "/packages/binary" in target:
        target = re.sub(
            r"(?<=after=)\d+|(?<=binary/)\d+",
            lambda number: str(found.rows["binary", int(number[0])]),
            target,
        )
    headers = headers_of(request)
    headers.pop("content-length", None)
    body = request["body"]
    data = json.dumps(body["json"]).encode() if "json" in body else b""
    if body.get("content_encoding") == "zstd":
        compressor = zstandard.ZstdCompressor(level=11, write_content_size=False).compressobj()
        data = compressor.compress(data) + compressor.flush()
    return server.app.test_client().open(target, method=method, headers=headers, data=data)


def unpacked(response: TestResponse) -> bytes:
    encoding = response.headers.get("Content-Encoding")
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(response.data)).read()
    return gzip.decompress(response.data) if encoding == "gzip" else response.data


def compare(found: Comparison, pair: dict[str, Any], response: TestResponse) -> None:
    where = f"{pair['n']} {pair['step']} {pair['request']['line']}"
    theirs, head = pair["response"], headers_of(pair["response"])
    found.pairs += 1
    if pair["n"] in DELIBERATE:
        found.equal(f"{where} status", DELIBERATE[pair["n"]][1], response.status_code)
        return
    found.equal(f"{where} status", theirs["status"], response.status_code)
    for name in HEADERS:
        if name in head:
            found.equal(f"{where} {name}", head[name], response.headers.get(name))
    found.equal(
        f"{where} last-modified", "last-modified" in head, "Last-Modified" in response.headers
    )
    if "vary" in head:
        found.equal(f"{where} vary", head["vary"], response.headers.get("Vary", "").lower())
    body, data = theirs["body"], unpacked(response)
    if "json" in body:
        expected, answered = body["json"], json.loads(data)
        if pair["n"] in IDLE_WORKERS:
            idle_worker(found, where, expected, answered)
        found.value(where, expected, answered)
    elif "text" in body:
        # What follows the prefix is serde's wording there; ours names the member.
        _, colon, _ = body["text"].partition("Json deserialize error: ")
        expected = colon or body["text"]
        found.equal(f"{where} text", expected, data.decode()[: len(expected)])
    else:
        found.equal(f"{where} body", b"", data)


def test_the_recorded_session_of_the_real_programs(ledger_database: Database) -> None:
    server = make_server(ledger_database, lots=LOTS)
    know_originals(server)
    found = Comparison()
    for pair in recorded():
        server.clock.now = pair["t"]
        compare(found, pair, send(server, pair["request"], found))
    assert not found.differences, "\n".join(found.differences)
    assert found.pairs == 169
    assert found.fields > 4800


def idle_worker(found: Comparison, where: str, theirs: Any, ours: Any) -> None:
    """Take out what the peer says about a worker that does nothing."""
    for theirs_one, ours_one in zip(workers_in(theirs), workers_in(ours), strict=True):
        said = str(theirs_one.pop("status"))
        found.equal(f"{where} status", True, said.startswith("working hard on"))
        found.equal(f"{where} status", None, ours_one.pop("status"))


def workers_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return list(value.get("records", [value]))
    return list(value)


def know_originals(server: RebuildServer) -> None:
    """What a mirror would have told us: digests of the packages that were really equal."""
    artifacts: dict[str, dict[str, str]] = {}
    for pair in recorded():
        body = pair["request"]["body"].get("json")
        if not isinstance(body, dict):
            continue
        for package in body.get("packages", ()):
            for artifact in package["artifacts"]:
                artifacts[Path(urlsplit(artifact["url"]).path).name] = artifact
        for artifact in body.get("artifacts", ()):
            if artifact.get("attestation"):
                link = json.loads(
                    zstandard.ZstdDecompressor()
                    .stream_reader(io.BytesIO(bytes(artifact["attestation"])))
                    .read()
                )
                for name, hashes in link["signed"]["products"].items():
                    known = artifacts[name]
                    server.originals.files.append(
                        IndexedFile(
                            Digest(hashes["sha256"]), 1, name, known["name"], known["version"],
                            known["architecture"], verified=True,
                        )
                    )  # fmt: skip
    assert len(server.originals.files) == 5
