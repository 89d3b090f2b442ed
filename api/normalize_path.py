# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as rebuilderd's clients write them: trailing slashes, double slashes, mount prefixes.

Public rebuilders are reached below a prefix per architecture (`/amd64/api/v0/…`), and clients
append `/api/…` to whatever endpoint they were given. One server answers all of them: a single
segment before `/api/` is dropped, and addresses in answers do not carry it. Paths outside
`/api/` are not touched: the archive half means every byte of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: `/api/…`, or `/<one segment>/api/v0|v1|dejabuild/…` where the segment is not a route of ours.
_API = re.compile(
    r"(?:/+(?!archive/|file/|mr/|environments/|rebuilds/|api/)[A-Za-z0-9._-]+)?"
    r"(?P<path>/+api/+(?:v[01]|dejabuild)(?:/.*)?)",
    re.DOTALL,
)


class NormalizePath:
    """WSGI middleware around the application.

    Args:
        application: What answers the normalized request.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; the environment is changed in place."""
        path = environ.get("PATH_INFO", "")
        match = _API.fullmatch(path)
        if match is not None:
            environ["PATH_INFO"] = re.sub(r"/{2,}", "/", match["path"]).rstrip("/")
        return self._application(environ, start_response)
