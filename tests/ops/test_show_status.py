# SPDX-License-Identifier: GPL-3.0-or-later
"""How archives and hosts stand, for a person and for monitoring."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from mirror.host_states import HostState
from mirror.measured_rate import MeasuredRates
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.settings import Settings
from ops.show_status import show_status, unwilling_hosts
from snapshot.timestamp import Timestamp
from tests.storage.catalogue.archive_maker import binary, day, import_run

pytestmark = pytest.mark.programs  # making a data directory makes a key
NOW = float(day(3).epoch)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    text = f"""
[server]
data = "{tmp_path}/data"
[archive.debian]
upstreams = ["http://127.0.0.1:1/"]
trust = "none"
suites = ["sid"]
keep = ["all for 1 day"]
"""
    (tmp_path / "config.toml").write_text(text)
    return load_settings(config=tmp_path / "config.toml", environ={})


def shown(
    settings: Settings, *, max_lag: float | None = None, as_json: bool = False
) -> tuple[int, list[str]]:
    told: list[str] = []
    stores = open_stores(settings)
    code = show_status(
        settings, stores, max_lag=max_lag, as_json=as_json, now=NOW, tell=told.append
    )
    return code, told


def test_an_archive_without_a_run_is_late_for_whoever_asks(settings: Settings) -> None:
    initialize(settings, clock=lambda: NOW)
    assert shown(settings) == (0, ["debian: no run yet"])
    assert shown(settings, max_lag=1000) == (6, ["debian: no run yet"])


def test_lag_keep_rules_rates_and_hosts_are_told(settings: Settings) -> None:
    data = initialize(settings, clock=lambda: NOW)
    catalogue = open_stores(settings).catalogue
    for number in (1, 2):
        import_run(catalogue, day(number), [binary("a")])
    MeasuredRates(data.rates).note("debian", 20_000_000, 10.0)
    hosts = {"a.example": asdict(HostState(1, NOW, NOW + 600)), "b.example": asdict(HostState())}
    data.hosts.write_text(json.dumps(hosts))
    code, lines = shown(settings, max_lag=25)
    assert code == 0
    assert lines == [
        f"debian: 2 runs, {day(1)} to {day(2)}",
        f"  at most 24.0 hours behind its upstream, seen at {day(2)}",
        f"  sid: of {day(2)}, observed until {day(2)}",
        "  the keep rules let go of 1 runs next",
        "  came at 2.0 MB/s lately",
        f"host a.example: banned us; left alone until {Timestamp(int(NOW) + 600)}",
    ]
    assert shown(settings, max_lag=23)[0] == 6
    (line,) = shown(settings, as_json=True)[1]
    told = json.loads(line)
    (archive,) = told["archives"]
    assert (archive["archive"], archive["lag"], archive["leaving"]) == ("debian", 86400, 1)
    assert archive["suites"]["sid"]["observed_until"] == str(day(2))
    assert list(told["hosts"]) == ["a.example"]


def test_an_archive_that_left_the_settings_is_told_and_never_late(settings: Settings) -> None:
    initialize(settings, clock=lambda: NOW)
    import_run(open_stores(settings).catalogue, day(1), [binary("a")])
    alone = Settings(server=settings.server)
    code, lines = shown(alone, max_lag=1)
    assert (code, lines[0]) == (0, f"debian: 1 runs, {day(1)} to {day(1)}")


def test_only_hosts_that_are_left_alone_now_are_told() -> None:
    hosts = {
        "banned": HostState(1, 10.0, 300.0),
        "quiet": HostState(quiet_until=200.0),
        "over": HostState(1, 10.0, 50.0),
    }
    assert list(unwilling_hosts(hosts, 100.0)) == ["banned", "quiet"]
