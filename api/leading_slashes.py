# SPDX-License-Identifier: GPL-3.0-or-later
"""`//mr/package/x` is `/mr/package/x`: base addresses are often written with a slash at the end.

Only slashes at the front are dropped, without a redirect; inside a path every byte counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class DropLeadingSlashes:
    """WSGI middleware around the application.

    Args:
        application: What answers.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; the environment is changed in place."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("//"):
            environ["PATH_INFO"] = f"/{path.lstrip('/')}"
        return self._application(environ, start_response)
