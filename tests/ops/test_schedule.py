# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
from dataclasses import replace

from ops.catalogue_for_rebuilding import CatalogueForRebuilding
from ops.open_stores import open_stores
from ops.schedule import Scheduler, profile_json, selection
from ops.settings import ProfileSettings
from ops.wire_parts import wire_dispatcher
from snapshot.timestamp import Timestamp
from tests.ops.conftest import STAMPS, Mirrored


def profile(mirrored: Mirrored) -> ProfileSettings:
    return ProfileSettings(
        archive="debian", suite=mirrored.upstream.world.codename, include=("to*",)
    )


def scheduler(mirrored: Mirrored, name: str, told: list[str]) -> Scheduler:
    stores = open_stores(mirrored.settings)
    return Scheduler(
        wire_dispatcher(mirrored.settings, stores),
        CatalogueForRebuilding(stores.catalogue),
        {name: profile(mirrored)},
        told.append,
    )


def test_a_new_run_brings_targets_once(mirrored: Mirrored) -> None:
    told: list[str] = []
    rounds = scheduler(mirrored, "once", told)
    rounds.round()
    rounds.round()
    assert len(told) == 1
    assert told[0] == (
        f"profile once: run {STAMPS[2]} of debian brought 1 new targets, 1 jobs queued"
    )
    campaign = open_stores(mirrored.settings).ledger.campaigns.get("once")
    assert campaign.priority == 2


def test_a_scheduler_that_starts_anew_changes_nothing(mirrored: Mirrored) -> None:
    first: list[str] = []
    again: list[str] = []
    scheduler(mirrored, "anew", first).round()
    scheduler(mirrored, "anew", again).round()
    assert again[0].endswith("brought 0 new targets, 0 jobs queued")


def test_an_archive_without_a_run_brings_nothing(mirrored: Mirrored) -> None:
    stores = open_stores(mirrored.settings)
    told: list[str] = []
    absent = ProfileSettings(archive="absent", suite="x")
    Scheduler(
        wire_dispatcher(mirrored.settings, stores),
        CatalogueForRebuilding(stores.catalogue),
        {"absent": absent},
        told.append,
    ).round()
    assert told == []


def test_a_profile_of_what_no_run_has_keeps_nothing_else_waiting(mirrored: Mirrored) -> None:
    stores = open_stores(mirrored.settings)
    told: list[str] = []
    rounds = Scheduler(
        wire_dispatcher(mirrored.settings, stores),
        CatalogueForRebuilding(stores.catalogue),
        {
            "mistaken": replace(profile(mirrored), components=("nowhere",)),
            "behind-it": profile(mirrored),
        },
        told.append,
    )
    rounds.round()
    rounds.round()
    mistaken, behind = told
    assert mistaken.startswith(f"profile mistaken: run {STAMPS[2]} brought nothing: ")
    assert "nowhere" in mistaken
    assert behind.startswith(f"profile behind-it: run {STAMPS[2]} of debian brought ")


def test_rounds_end_when_told_to(mirrored: Mirrored) -> None:
    stop = threading.Event()
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        stop.set()

    stores = open_stores(mirrored.settings)
    Scheduler(
        wire_dispatcher(mirrored.settings, stores),
        CatalogueForRebuilding(stores.catalogue),
        {"ends": profile(mirrored)},
        tell,
    ).keep_on(stop, 3600)
    assert len(told) == 1


def test_an_environment_may_be_derived_from_more_than_the_suite() -> None:
    given = ProfileSettings(
        archive="debian", suite="a", components=("main", "x"), suites=("a", "a-updates")
    )
    chosen = selection(given, Timestamp.parse(STAMPS[0]), "x")
    assert chosen.component == "x"
    assert chosen.derive_suites == (
        ("a", "main"),
        ("a", "x"),
        ("a-updates", "main"),
        ("a-updates", "x"),
    )
    assert profile_json(given)["suite"] == "a"
