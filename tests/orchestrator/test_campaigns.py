# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from orchestrator.accept_report import accept_report
from orchestrator.campaigns import CampaignOrder, campaign_status, create_campaign
from orchestrator.keys import SigningKey
from orchestrator.lease import claim
from snapshot.errors import InvalidInput, NotFound
from snapshot.verdict import Status
from tests.orchestrator.reports import STOCK, Office, indexed_file, stock_report
from tests.storage.ledger.samples import new_target, spread

ORDER = CampaignOrder("sid-essential", '{"suite": "sid"}')


def create(office: Office, order: CampaignOrder = ORDER, count: int = 4) -> int:
    targets = [new_target(f"package{number}") for number in range(count)]
    _, queued = create_campaign(office.ledger, order, targets, clock=office.clock, spread=spread)
    return queued.queued


def finish(office: Office, seconds: float) -> None:
    worker = office.worker()
    found = claim(office.dispatcher, worker, STOCK)
    assert found is not None
    office.originals.files = [indexed_file(a) for a in found.artifacts]
    office.clock.now += seconds
    accept_report(office.desk, worker, stock_report(found, built_at=office.clock()))


def test_a_campaign_is_made_once_and_again_changes_nothing(office: Office) -> None:
    assert create(office) == 4
    assert create(office) == 0


def test_a_campaign_may_grow(office: Office) -> None:
    create(office, count=2)
    assert create(office, count=3) == 1
    assert office.ledger.campaigns.get("sid-essential").targets == 3


def test_progress_rate_and_eta_follow_the_work(office: Office) -> None:
    create(office)
    status = campaign_status(office.ledger, "sid-essential", clock=office.clock)
    assert (status.done, status.progress, status.rate, status.eta) == (0, 0.0, None, None)
    finish(office, 60)
    finish(office, 60)
    status = campaign_status(office.ledger, "sid-essential", clock=office.clock)
    assert (status.done, status.progress) == (2, 0.5)
    assert status.counts.by_status[Status.GOOD] == 2
    assert status.rate == pytest.approx(60.0)
    assert status.eta == pytest.approx(120.0)


def test_a_campaign_that_stands_still_slows_down(office: Office) -> None:
    create(office)
    finish(office, 60)
    finish(office, 60)
    office.clock.now += 3600 - 60
    status = campaign_status(office.ledger, "sid-essential", clock=office.clock)
    assert status.rate == pytest.approx(1.0)


def test_an_empty_campaign_is_done(office: Office) -> None:
    create(office, count=0)
    assert campaign_status(office.ledger, "sid-essential", clock=office.clock).progress == 1.0


def test_n_different_workers_build_each_target(office: Office) -> None:
    assert create(office, CampaignOrder("agreement", "{}", replicas=2), count=1) == 2
    first = office.worker()
    assert claim(office.dispatcher, first, STOCK) is not None
    assert claim(office.dispatcher, first, STOCK) is None
    second = office.worker(SigningKey.from_seed(b"o" * 32), "node2")
    assert claim(office.dispatcher, second, STOCK) is not None


@pytest.mark.parametrize("name", ["", "../x", "a b", "a/b"])
def test_a_name_that_is_no_word_is_refused(office: Office, name: str) -> None:
    with pytest.raises(InvalidInput, match="campaign"):
        create(office, CampaignOrder(name, "{}"))


@pytest.mark.parametrize("replicas", [0, 17])
def test_replicas_are_bounded(office: Office, replicas: int) -> None:
    with pytest.raises(InvalidInput, match="replicas"):
        create(office, CampaignOrder("x", "{}", replicas=replicas))


def test_an_unknown_campaign_is_named(office: Office) -> None:
    with pytest.raises(NotFound, match="'nope'"):
        campaign_status(office.ledger, "nope", clock=office.clock)
