# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses under which the asking client reaches this server and its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request

from api.services import current_services

if TYPE_CHECKING:
    from snapshot.digest import Digest

#: What nearly every file of a pool is called; asking takes a third of the time of quoting.
_PLAIN = re.compile(r"[A-Za-z0-9_.~+-]+")


def public_url() -> str:
    """Without a trailing slash: the configured one, else the request's own."""
    return current_services().web.base_url or request.url_root.rstrip("/")


def file_url(base: str, digest: Digest, path: str) -> str:
    """Where some bytes are, under the last name of a path.

    Args:
        base: Without a slash at its end, such as `public_url()`.
        digest: Of the bytes.
        path: Of the file in its archive, or only its name.
    """
    name = path.rpartition("/")[2]
    return f"{base}/file/{digest.hex}/{name if _PLAIN.fullmatch(name) else quote(name, safe='+')}"
