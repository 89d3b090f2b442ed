# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/dejabuild/v1/campaigns`: many targets with one purpose."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, url_for

from api.archive_services import current_archive
from api.auth import require_admin
from api.dejabuild.listings import RunListing, run_of
from api.encode_response import json_response
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.request_body import read_json
from orchestrator.campaigns import CampaignOrder, CampaignStatus, campaign_status, create_campaign
from orchestrator.select_targets import RunSelection, Skipped, targets_from_run
from snapshot.errors import InvalidInput
from snapshot.wire import Fields
from storage.catalogue.records import RunRecord
from storage.ledger.values import NewTarget

_MAX_BODY = 8 << 20


def list_campaigns() -> Response:
    """Every campaign with its progress, the newest first."""
    ledger = current_rebuild().ledger
    found = [_status(campaign.name) for campaign in ledger.campaigns.list()]
    return json_response({"campaigns": [campaign_json(status) for status in found]})


def get_campaign(name: str) -> Response:
    """How far one campaign is."""
    return json_response(campaign_json(_status(name)))


def post_campaign() -> Response:
    """Make a campaign from what a run lists; the same order again changes nothing."""
    services = current_rebuild()
    require_admin(services.secrets)
    wanted = Fields(read_json(_MAX_BODY))
    name, archive, suite = wanted.text("name"), wanted.text("archive"), wanted.text("suite")
    run = run_of(current_archive().catalogue, archive, wanted.optional_text("timestamp"))
    components = wanted.texts("components") or ("main",)
    targets, skipped = _select(wanted, run, suite, components)
    if not targets:
        raise InvalidInput(
            f"campaign {name!r}: nothing in {archive} {suite} at {run.timestamp} matches",
            advice="; ".join(sorted({one.why for one in skipped})[:5]),
        )
    chosen = {
        "archive": archive,
        "timestamp": str(run.timestamp),
        "suite": suite,
        "components": list(components),
        **{
            key: list(words)
            for key in ("architectures", "include", "exclude", "names")
            if (words := wanted.texts(key))
        },
    }
    order = CampaignOrder(
        name=name,
        selection=json.dumps(chosen),
        priority=1 if (asked := wanted.optional_integer("priority")) is None else asked,
        replicas=wanted.optional_integer("replicas") or 1,
    )
    desk = services.desk
    _, queued = create_campaign(desk.ledger, order, targets, clock=desk.clock, spread=desk.spread)
    answer = campaign_json(_status(name))
    answer["queued"] = queued.queued
    answer["skipped"] = [
        {"source": one.source, "version": one.version, "why": one.why} for one in skipped
    ]
    return json_response(answer, 201)


def _select(
    wanted: Fields, run: RunRecord, suite: str, components: tuple[str, ...]
) -> tuple[list[NewTarget], list[Skipped]]:
    listing = RunListing(current_archive().catalogue, run)
    targets: list[NewTarget] = []
    skipped: list[Skipped] = []
    for component in components:
        selected = targets_from_run(
            listing,
            RunSelection(
                archive=run.archive,
                stamp=run.timestamp,
                suite=suite,
                component=component,
                architectures=wanted.texts("architectures") or ("all", "amd64"),
                include=wanted.texts("include") or ("*",),
                exclude=wanted.texts("exclude"),
                names=dict.fromkeys(wanted.texts("names")),
                derive_suites=tuple(
                    (pair.text("suite"), pair.text("component"))
                    for pair in wanted.objects("suites")
                ),
                distribution=wanted.optional_text("distribution") or "debian",
            ),
        )
        targets += selected.targets
        skipped += selected.skipped
    return targets, skipped


def campaign_json(status: CampaignStatus) -> dict[str, Any]:
    """A campaign: how it was chosen, verdicts, jobs, pace."""
    campaign, counts = status.campaign, status.counts
    return {
        "name": campaign.name,
        "selection": json.loads(campaign.selection),
        "priority": campaign.priority,
        "replicas": campaign.replicas,
        "targets": counts.targets,
        "done": status.done,
        "progress": status.progress,
        "rate_per_hour": status.rate,
        "seconds_left": status.eta,
        "verdicts": {word.wire: number for word, number in counts.by_status.items()},
        "reasons": {word.value: number for word, number in counts.by_reason.items()},
        "jobs": {
            "running": counts.running,
            "queued": counts.queued,
            "waiting": counts.waiting,
        },
        "url": public_url() + url_for("pages.campaign", name=campaign.name),
    }


def _status(name: str) -> CampaignStatus:
    services = current_rebuild()
    return campaign_status(services.ledger, name, clock=services.desk.clock)
