# SPDX-License-Identifier: GPL-3.0-or-later
"""A feed of one source package: its versions as they come to suites and go from them.

An entry is named by what happened where and when, and by nothing of this server: whoever reads
the feed of two mirrors with the same runs sees each event once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, render_template, request

from api.archive_services import current_archive
from api.operation import Answer, describe
from api.pages.history import unknown
from api.public_url import public_url
from api.schema import TEXT
from snapshot.timestamp import Timestamp
from storage.catalogue.package_history import Stay

_MOST = 100
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "tag:dejabuild,2026:package-events")


@dataclass(frozen=True, slots=True)
class Event:
    """A version that came to a suite, or went from it.

    Attributes:
        stay: Whose beginning or end it is.
        came: Which of the two.
        at: The run at which it was seen first, or seen to be gone.
        identity: Names it for ever, as a URN.
    """

    stay: Stay
    came: bool
    at: Timestamp
    identity: str


@describe(
    answers={
        200: Answer("An Atom feed, the newest first", {"application/atom+xml": TEXT}, ("ETag",)),
        304: Answer("Nothing happened since", headers=("ETag",)),
    },
    refuses=(404,),
)
def package_feed(name: str) -> Response:
    """Versions of a source package as they come to suites and go, as an Atom feed."""
    stays = current_archive().catalogue.history.of_source(name)
    if not stays:
        raise unknown("source", name)
    events = events_of(name, stays)[:_MOST]
    body = render_template(
        "package.atom.xml",
        name=name,
        identity=uuid.uuid5(_NAMES, name).urn,
        events=events,
        root=public_url(),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def events_of(name: str, stays: Iterable[Stay]) -> list[Event]:
    """What happened, the newest first."""
    events = []
    for stay in stays:
        moments = [(True, stay.first)] + ([(False, stay.until)] if stay.until else [])
        for came, at in moments:
            words = (name, stay.archive, stay.suite, stay.version, "came" if came else "went", at)
            identity = uuid.uuid5(_NAMES, "\n".join(map(str, words))).urn
            events.append(Event(stay, came, at, identity))
    return sorted(events, key=lambda event: (event.at, event.identity), reverse=True)
