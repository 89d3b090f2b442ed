# SPDX-License-Identifier: GPL-3.0-or-later
"""The build record of a request: a form's field, the raw body, or what lies at `?url=`."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from api.archive_services import current_archive
from api.request_body import end_request, read_body
from api.services import current_services
from snapshot.errors import InvalidInput, NotFound
from snapshot.record import Record, read_record

#: Room for the other parts of a multipart body.
_FORM_OVERHEAD = 64 << 10


def posted_record() -> Record:
    """Read the record of this request; one too large or of another media type ends it.

    Raises:
        InvalidInput: It is no record, or asks for more packages than is allowed.
        Unsupported: Of a later format.
        Denied: The address is not below a host that the settings name.
        TransientError: It could not be fetched now.
    """
    limits = current_services().web.limits
    data, name = _data(limits.buildinfo)
    return read_record(data, name, limit=limits.buildinfo, most_needs=limits.dependencies)


def _data(limit: int) -> tuple[bytes, str]:
    """The record and what to call it."""
    url = request.args.get("url")
    if url is not None:
        return _fetched(url, limit)
    if request.mimetype == "application/json":
        end_request(415, "send the build record itself (curl --data-binary @FILE), not JSON")
    if request.mimetype != "multipart/form-data":
        return read_body(limit, what="build record"), "build record"
    request.max_content_length = limit + _FORM_OVERHEAD
    request.max_form_memory_size = limit + _FORM_OVERHEAD
    try:
        upload = request.files.get("buildinfo")
        text = request.form.get("buildinfo")
    except RequestEntityTooLarge:
        end_request(413, f"build record has exceeded limit ({limit} bytes)")
    if upload is not None:
        data = upload.stream.read(limit + 1)
        if len(data) > limit:
            end_request(413, f"build record has exceeded limit ({limit} bytes)")
        return data, (upload.filename or "build record")[:200]
    if text is None:
        end_request(422, "no field `buildinfo` in the form (curl -F buildinfo=@FILE)")
    return text.encode(), "build record"


def _fetched(url: str, limit: int) -> tuple[bytes, str]:
    fetch = current_archive().fetch_record
    if fetch is None:
        end_request(501, "this server fetches no records: send the record itself")
    try:
        return fetch(url, limit), url.rpartition("/")[2][:200] or "build record"
    except NotFound as error:  # 404 would say that packages are missing
        raise InvalidInput(error.message, advice="check the address") from error
