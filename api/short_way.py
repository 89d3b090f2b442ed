# SPDX-License-Identifier: GPL-3.0-or-later
"""Files by digest without the framework, which takes several times as long as the answer.

Nearly all that an archive is asked for are files. Behind nginx the bytes come as fast as from nginx
alone, so what is left is the time until the answer; after megabytes went through the processor's
caches, each function that is called costs more than it does otherwise.

What is answered here is decided and worded where all files are (`api.serve_file`). Whatever is to
be refused, fetched, read from an object store or otherwise not as usual goes the long way, as if
nobody had looked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from api.archive.file_by_hash import PLAIN_NAME
from api.serve_file import FileAnswer, Sendable, answer_file
from api.services import EXTENSION
from snapshot.errors import DejabuildError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

_ADDRESS = re.compile(f"/file/([0-9a-f]{{64}})(?:/({PLAIN_NAME}))?")


class ShortWay:
    """WSGI middleware around the application.

    Args:
        application: What answers everything else.
        app: Whose services are used.
    """

    def __init__(self, application: WSGIApplication, app: Flask) -> None:
        self._application = application
        self._extensions = app.extensions

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        if answer is None:
            return self._application(environ, start_response)
        start_response(answer.status, answer.headers)
        return answer.body

    def _answer(self, environ: WSGIEnvironment) -> FileAnswer | None:
        match = _ADDRESS.fullmatch(environ["PATH_INFO"])
        if match is None or environ.get("QUERY_STRING"):
            return None
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        services = self._extensions[EXTENSION]
        archive = services.archive
        try:
            known = archive.catalogue.blob_by_hash(match[1])
            if known is None or known.removal is not None:
                return None
            path = archive.blobs.local_path(known.digest)
            if path is None:
                return None
            file = Sendable(known.digest, known.size, name=match[2] or "")
            return answer_file(services, environ, file, path)
        except (DejabuildError, HTTPException, OSError):
            # Such as that the file went this moment: gunicorn would take it for a lost connection.
            return None
