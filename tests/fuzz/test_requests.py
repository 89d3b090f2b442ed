# SPDX-License-Identifier: GPL-3.0-or-later
"""Any request is answered or refused: paths, queries, headers and bodies that nobody meant.

Whole requests go through the application as a server would hand them over, over a real catalogue
and a real ledger. An answer of 500 is a crash.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import pytest
import zstandard
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from api.services import EXTENSION
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from storage.database import Database
from tests.api.archive_server import deb
from tests.api.mr.archive import DSC, STAMPS, filled_server
from tests.api.rebuild_server import COOKIE, SIGNUP, make_server
from tests.drill_figures import FIGURE
from tests.fuzz.engine import Subject, attack
from tests.snapshot import test_buildinfo
from tests.snapshot.wire import test_reports

_JSON = b"Content-Type: application/json\n"
_FILE = Digest.of(deb("libtor", "1.0-1+b1", source="tor (1.0-1)")).hex.encode()
_DSC = Digest.of(DSC["1.0-1"]).hex.encode()
_ADMIN = b"X-Auth-Cookie: " + COOKIE.encode() + b"\n"
_PACKED = zstandard.compress(b'{"supported_backends":["debian"],"architecture":"amd64"}')

ARCHIVE = (
    b"GET /archive/debian/\n\n",
    b"GET /archive/debian/%s/dists/sid/InRelease\nRange: bytes=0-9\n\n" % STAMPS[0].encode(),
    b"GET /archive/debian/%s/pool/main/t/\n\n" % STAMPS[1].encode(),
    b'GET /file/%s\nIf-None-Match: "x"\nRange: bytes=2-\nIf-Range: "x"\n\n' % _FILE,
    b"GET /mr/package/tor/1.0-1/srcfiles?fileinfo=1\n\n",
    b"GET /mr/package/\n\n",
    b"GET /mr/binary/libtor/1.0-1/binfiles?fileinfo=1\n\n",
    b"GET /mr/file/%s/info\n\n" % _DSC,
    b"GET /mr/timestamp/?archive=debian&after=20260101&before=20260301\n\n",
    b"GET /mr/timestamp/debian/20260115T000000Z\n\n",
    b"GET /by-timestamp/debian.txt\n\n",
    b"GET /cgi-bin/api?timestamps=debian\n\n",
    (
        b"POST /cgi-bin/api\nContent-Type: application/x-www-form-urlencoded\n\n"
        b"archive=debian&arch=amd64&pkgs=tor:amd64=1.0-1"
    ),
    b"POST /mr/buildinfo\nContent-Type: text/plain\n\n" + test_buildinfo.TEXT.encode(),
)
REBUILDS = (
    b"GET /api/v1/packages/binary?limit=5&sort=name&direction=Descending&seen_only=true\n\n",
    b"GET /api/v0/pkgs/list?distribution=debian\n\n",
    b"GET /api/v1/dashboard\n\n",
    b"POST /api/v1/queue\n" + _ADMIN + _JSON + b'\n{"distribution":"debian","priority":1}',
    b"POST /api/v1/packages\n" + _ADMIN + _JSON
    + b'\n{"distribution":"debian","release":null,"architecture":"all","packages":[]}',
    b"POST /api/v1/queue/pop\nX-Worker-Key: a2V5\nX-Signup-Secret: " + SIGNUP.encode() + b"\n"
    + _JSON + b"Content-Encoding: zstd\n\n" + _PACKED,
    b"POST /api/v1/builds\n" + _JSON + b"\n" + str(test_reports.STOCK).replace("'", '"').encode(),
    b"GET /\n\n",
)  # fmt: skip
FOUND = (b"GET /?\x80\n\n",)
WORDS = (
    *(b"?", b"&", b"%", b"%2F", b"%C3", b"%00", b"%F0%9F%98%80", b"=", b"..", b"Range: bytes="),
    *(b"GET ", b"POST ", b"HEAD ", b"DELETE ", b"Content-Encoding: gzip\n", b"If-Range: W/"),
    *(b"/archive/", b"/mr/", b"/api/v1/", b"/file/", b"0001", b"99999999T999999Z", b"pkgs="),
)


def _ask(app: Flask, document: bytes) -> None:
    """One request: a line, headers, an empty line, the body."""
    head, _, body = document.partition(b"\n\n")
    first, *rest = head.split(b"\n")
    method, _, address = first.partition(b" ")
    path, _, query = address.partition(b"?")
    environ = EnvironBuilder().get_environ()
    environ["REQUEST_METHOD"] = method.decode("latin-1") or "GET"
    environ["PATH_INFO"] = "/" + path.decode("latin-1").lstrip("/")
    environ["QUERY_STRING"] = query.decode("latin-1")
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    for line in rest:
        name, _, value = line.decode("latin-1").partition(":")
        key = name.strip().upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = value.strip()
    parts, status, _ = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    b"".join(parts)
    code = int(status.split()[0])
    assert code < 500 or code in {501, 503}, f"answered {status}"
    if code >= 400:
        raise InvalidInput(f"answered {code}")


@pytest.fixture
def halves(catalogue_database: Database, ledger_database: Database) -> list[Subject]:
    archive = filled_server(catalogue_database).app
    # Its addresses lead into the archive, too, as they do wherever it runs.
    rebuilds = make_server(ledger_database, archive=archive.extensions[EXTENSION].archive).app
    return [
        Subject(name, (), partial(_ask, app), seeds, WORDS, found=FOUND)
        for name, app, seeds in (("archive", archive, ARCHIVE), ("rebuilds", rebuilds, REBUILDS))
    ]


@pytest.mark.parametrize("cases", [40, pytest.param(2000, marks=pytest.mark.drill)])
def test_any_request_is_answered_or_refused(
    halves: list[Subject], cases: int, record_property: Callable[[str, object], None]
) -> None:
    for half in halves:
        tried, accepted = attack(half, cases, again=cases == 40, whole_seeds=False)
        counted = {"requests": tried, "answered": accepted}
        record_property(FIGURE, (f"fuzzing of requests: {half.name}", counted))
        assert tried >= cases
