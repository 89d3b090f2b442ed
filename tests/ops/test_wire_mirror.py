# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from mirror.progress import Silent
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.settings import ArchiveSettings, MirrorSettings, ServerSettings, Settings
from ops.wire_mirror import (
    archive_policy,
    chosen_policies,
    live_upstreams,
    user_agent,
    wire_mirror,
    wire_pull,
)
from snapshot.digest import Digest
from snapshot.errors import ConfigurationError
from tests.ops.conftest import Upstream


def test_every_word_of_the_settings_reaches_the_policy() -> None:
    archive = ArchiveSettings(
        upstreams=("http://127.0.0.1:1",),
        suites=("a", "b"),
        kind="dated",
        components=("main", "x"),
        architectures=("all",),
        trust="none",
        files="on-demand",
    )
    policy = archive_policy("debian", archive)
    for key in ("upstreams", "suites", "kind", "components", "architectures", "trust", "files"):
        assert getattr(policy, key) == getattr(archive, key)
    assert policy.name == "debian"


def test_an_upstream_that_is_no_address_is_refused_by_its_archive() -> None:
    with pytest.raises(ConfigurationError, match="archive debian"):
        archive_policy(
            "debian", ArchiveSettings(upstreams=("ftp://x",), suites=("a",), trust="none")
        )


def test_a_file_that_no_index_names_is_not_pulled(small_upstream: Upstream, tmp_path: Path) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    initialize(settings, clock=lambda: 1.7e9)
    stores = open_stores(settings)
    assert wire_mirror(settings, stores, Silent()).connections == settings.mirror.connections
    assert wire_pull(settings, stores)(Digest.of(b"never heard of")) is False
    assert [policy.name for policy in chosen_policies(settings, ("debian",))] == ["debian"]


@pytest.mark.parametrize(
    ("contact", "base_url", "said"),
    [
        (None, None, ""),
        (None, "https://rebuild.example", " (+https://rebuild.example)"),
        (None, "https://x.example/\r\nX: y", ""),
        ("archive@example.org", "https://x.example", " (+mailto:archive@example.org)"),
        ("mailto:archive@example.org", None, " (+mailto:archive@example.org)"),
        ("https://example.org/@us", None, " (+https://example.org/@us)"),
    ],
)
def test_an_upstream_is_told_whom_to_write_to(
    contact: str | None, base_url: str | None, said: str
) -> None:
    settings = Settings(
        server=ServerSettings(base_url=base_url), mirror=MirrorSettings(contact=contact)
    )
    product, _, rest = user_agent(settings).partition(" ")
    assert product.startswith("dejabuild/")
    assert f" {rest}".rstrip() == said


def test_the_limits_of_the_settings_reach_the_fetcher(
    small_upstream: Upstream, tmp_path: Path
) -> None:
    config = small_upstream.settings(tmp_path)
    with config.open("a") as stream:
        stream.write(
            '[mirror]\ncontact = "me@example.org"\nconnections_per_host = 3\n'
            "bandwidth = 2000000\nrequests_per_second = 0.7\n"
        )
    settings = load_settings(config=config, environ={})
    initialize(settings, clock=lambda: 1.7e9)
    requester = wire_mirror(settings, open_stores(settings), Silent()).fetcher._requester
    assert requester._pace.width("any") == 3
    assert requester._pace._gap == pytest.approx(1 / 0.7)
    assert requester._opener._bandwidth is not None
    assert requester._opener._bandwidth.piece == 125_000
    assert "+mailto:me@example.org" in requester._opener._headers["User-Agent"]


def test_live_upstreams_are_told_without_their_kind_and_dated_ones_are_not() -> None:
    addresses = (
        "https://live.example/debian",
        "dated+https://dated.example",
        "live+http://x.example/d",
    )
    archive = ArchiveSettings(upstreams=addresses, suites=("sid",))
    dated = ArchiveSettings(upstreams=("https://dated.example",), suites=("sid",), kind="dated")
    settings = Settings(archive={"debian": archive, "old": dated})
    assert live_upstreams(settings) == {
        "debian": ("https://live.example/debian", "http://x.example/d"),
        "old": (),
    }
