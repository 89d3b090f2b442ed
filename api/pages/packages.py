# SPDX-License-Identifier: GPL-3.0-or-later
"""One source package through time, one campaign, badges and the feed."""

from __future__ import annotations

import json

from flask import Response, render_template, request

from api.pages.attempt_rows import attempt_rows
from api.pages.totals import Totals, hourly_rate, seconds_left
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from snapshot.errors import NotFound
from snapshot.verdict import Status
from storage.ledger.records import Build, Campaign, Target

_ATTEMPTS = 200
_TARGETS = 500
_FEED = 50

_COLOURS = {
    Status.GOOD: "#18703a",
    Status.BAD: "#a3440a",
    Status.FAIL: "#a8202d",
    Status.UNKNOWN: "#59626d",
}


def package(distribution: str, source: str) -> str:
    """Every version of a source package, every attempt."""
    ledger = current_rebuild().ledger
    targets = _targets(distribution, source)
    builds = [build for target in targets for build in ledger.builds.of_target(target.id)]
    builds.sort(key=lambda build: build.id, reverse=True)
    return render_template(
        "package.html",
        distribution=distribution,
        source=source,
        targets=targets,
        attempts=attempt_rows(ledger, builds[:_ATTEMPTS]),
        badge_words=_badge_status(targets).value,
    )


def campaign(name: str) -> str:
    """One campaign: progress, pace, reasons, targets."""
    campaigns = current_rebuild().ledger.campaigns
    found = campaigns.get(name)
    counts = campaigns.counts(found)
    targets = campaigns.targets(found.id)
    after = request.args.get("after", type=int)
    start = next((i + 1 for i, target in enumerate(targets) if target.id == after), 0)
    return render_template(
        "campaign.html",
        campaign=found,
        selection=_selection_words(found),
        counts=counts,
        totals=Totals.of_campaign(counts),
        rate=hourly_rate(counts),
        remaining=seconds_left(counts),
        reasons=sorted(counts.by_reason.items(), key=lambda item: -item[1]),
        targets=targets[start : start + _TARGETS],
        more=len(targets) > start + _TARGETS,
    )


def badge(distribution: str, source: str) -> Response:
    """The newest version's verdict as a small picture."""
    status = _badge_status(_targets(distribution, source))
    picture = render_template("badge.svg", status=status.value, colour=_COLOURS[status])
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def feed() -> Response:
    """The last attempts as an Atom feed."""
    ledger = current_rebuild().ledger
    builds: tuple[Build, ...] = ledger.builds.recent(_FEED)
    return Response(
        render_template("feed.xml", builds=builds, root=public_url()),
        mimetype="application/atom+xml",
    )


def _targets(distribution: str, source: str) -> list[Target]:
    targets = current_rebuild().ledger.targets.of_source(source, distribution)
    if not targets:
        raise NotFound(f"no package {source} of {distribution} was ever to be rebuilt here")
    return sorted(targets, key=lambda target: (target.created_at, target.id), reverse=True)


def _badge_status(targets: list[Target]) -> Status:
    """The worst verdict among the targets of the newest version."""
    newest = [target for target in targets if target.version == targets[0].version]
    found = {target.status or Status.UNKNOWN for target in newest}
    order = (Status.BAD, Status.FAIL, Status.UNKNOWN, Status.GOOD)
    return next(status for status in order if status in found)


def _selection_words(campaign: Campaign) -> str:
    """How the targets were chosen, as `suite bookworm, component main`."""
    try:
        value = json.loads(campaign.selection)
    except ValueError:
        return campaign.selection
    if not isinstance(value, dict):
        return campaign.selection
    words = []
    for key, chosen in value.items():
        if chosen in (None, "", [], {}):
            continue
        shown = ", ".join(map(str, chosen)) if isinstance(chosen, list) else str(chosen)
        words.append(f"{key.replace('_', ' ')} {shown}")
    return "; ".join(words)
