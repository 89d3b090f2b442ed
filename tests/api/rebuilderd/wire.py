# SPDX-License-Identifier: GPL-3.0-or-later
"""What rebuilderd's programs send, in small."""

from __future__ import annotations

import json
from typing import Any

import zstandard
from werkzeug.test import TestResponse

from snapshot.wire import naive_time
from tests.api.rebuild_server import COOKIE, SIGNUP, RebuildServer

ADMIN = {"X-Auth-Cookie": COOKIE}
KEY = "ewzGDTx877AZlnLu2k2SwsPDj2SA3Xw/+tEL2KqkdAw="

ONE_PACKAGE: dict[str, Any] = {
    "distribution": "debian",
    "release": "sid",
    "architecture": "amd64",
    "packages": [
        {
            "name": "hello",
            "version": "2.10-5",
            "url": "https://buildinfos.example/h/hello/hello_2.10-5_amd64.buildinfo",
            "artifacts": [
                {
                    "name": "hello",
                    "version": "2.10-5",
                    "component": "main",
                    "architecture": "amd64",
                    "url": "http://mirror.example/pool/main/h/hello/hello_2.10-5_amd64.deb",
                }
            ],
        }
    ],
}


def worker_head(key: str = KEY) -> dict[str, str]:
    return {"X-Worker-Key": key, "X-Signup-Secret": SIGNUP}


def pop_body(*architectures: str) -> dict[str, Any]:
    return {
        "supported_backends": ["debian"],
        "architecture": "x86_64",
        "supported_architectures": list(architectures or ("amd64", "all")),
    }


def post(
    server: RebuildServer, path: str, body: Any, head: dict[str, str] | None = None
) -> TestResponse:
    """As the Rust programs send: zstd, no content size, no user agent."""
    compressor = zstandard.ZstdCompressor(level=11, write_content_size=False).compressobj()
    data = compressor.compress(json.dumps(body).encode()) + compressor.flush()
    return server.app.test_client().post(
        path,
        data=data,
        content_type="application/json",
        headers={"Content-Encoding": "zstd", **(head or {})},
    )


def register(server: RebuildServer, *, key: str = KEY, name: str = "worker") -> None:
    answer = post(server, "/api/v1/workers", {"name": name}, worker_head(key))
    assert (answer.status_code, answer.data) == (204, b"")


def claim(server: RebuildServer) -> dict[str, Any]:
    """Import one package and take its job."""
    assert post(server, "/api/v1/packages", ONE_PACKAGE, ADMIN).status_code == 204
    register(server)
    answer = post(server, "/api/v1/queue/pop", pop_body(), worker_head()).get_json()
    job: dict[str, Any] = answer["Rebuild"]["job"]
    return job


def bad_report(server: RebuildServer, job_id: int, *, log: bytes = b"a log\n") -> dict[str, Any]:
    """A stock worker's BAD with a difference."""
    return {
        "queue_id": job_id,
        "built_at": naive_time(server.clock.now),
        "build_log": list(zstandard.ZstdCompressor(level=11).compress(log)),
        "status": "BAD",
        "artifacts": [
            {
                "name": "hello",
                "diffoscope": list(b"--- a\n+++ b\n-old\n+new\n"),
                "attestation": None,
                "status": "BAD",
            }
        ],
    }
