# SPDX-License-Identifier: GPL-3.0-or-later
"""The first page and the lists."""

from __future__ import annotations

from flask import render_template

from api.pages.attempt_rows import attempt_rows
from api.pages.totals import Totals
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.services import current_services
from orchestrator.check_link import worker_key_bytes
from snapshot.errors import InvalidInput
from snapshot.public_key import keyid
from storage.ledger import Page
from storage.ledger.records import Campaign, Worker

_RECENT = 20
_RUNNING = 50


def overview() -> str:
    """What was judged, what is being built, what happened last."""
    services = current_rebuild()
    ledger, now = services.ledger, services.desk.clock()
    counts = ledger.dashboard.counts(now=now)
    workers = ledger.workers.page(Page(limit=10_000)).records
    archive = current_services().archive
    return render_template(
        "overview.html",
        totals=Totals.of_dashboard(counts),
        jobs=counts,
        running=ledger.queue.running(_RUNNING),
        attempts=attempt_rows(ledger, ledger.builds.recent(_RECENT)),
        campaigns=_campaigns()[:8],
        archives=() if archive is None else archive.catalogue.archives(),
        workers_known=len(workers),
        workers_online=sum(worker.online(now) for worker in workers),
    )


def campaigns() -> str:
    """Every campaign with its progress."""
    return render_template("campaigns.html", campaigns=_campaigns())


def workers() -> str:
    """Who builds."""
    services = current_rebuild()
    page = services.ledger.workers.page(Page(limit=1000))
    return render_template(
        "workers.html",
        workers=[(worker, _keyid(worker)) for worker in page.records],
        now=services.desk.clock(),
        base=public_url(),
    )


def _keyid(worker: Worker) -> str:
    """What its links are signed by; the key itself opens the worker's routes to who knows it."""
    try:
        return keyid(worker_key_bytes(worker.key))
    except InvalidInput:
        return ""


def _campaigns() -> list[tuple[Campaign, Totals]]:
    campaigns = current_rebuild().ledger.campaigns
    return [(c, Totals.of_campaign(campaigns.counts(c))) for c in campaigns.list()]
