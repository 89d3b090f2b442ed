# SPDX-License-Identifier: GPL-3.0-or-later
"""The URLs of live mirrors and of dated services."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.debian_upstream import DatedDebian, LiveDebian, debian_upstreams
from mirror.policy import ArchivePolicy
from snapshot.errors import CorruptUpstream
from snapshot.timestamp import Timestamp

AT = Timestamp.parse("20260711T101637Z")
SHA = "ab" * 32
INDEX = "main/binary-amd64/Packages.xz"


def test_a_live_mirror_has_only_now() -> None:
    live = LiveDebian("http://host/debian")
    assert live.runs_url() is None
    assert live.read_runs(b"anything") == []
    assert live.release_url("sid", "InRelease", None) == "http://host/debian/dists/sid/InRelease"
    assert live.file_url("pool/g++_1%3a2~b.deb", AT) == "http://host/debian/pool/g++_1%253a2~b.deb"


def test_a_live_mirror_is_asked_by_hash_first() -> None:
    live = LiveDebian("http://host/debian")
    suite = "http://host/debian/dists/sid"
    by_hash = f"{suite}/main/binary-amd64/by-hash/SHA256/{SHA}"
    assert live.index_urls("sid", INDEX, SHA, None, by_hash=True) == (by_hash, f"{suite}/{INDEX}")
    assert live.index_urls("sid", INDEX, SHA, None, by_hash=False) == (f"{suite}/{INDEX}",)


def test_a_dated_service_is_asked_by_its_own_stamps() -> None:
    dated = DatedDebian("http://host", "debian-security")
    run = "http://host/archive/debian-security/20260711T101637Z"
    assert dated.runs_url() == "http://host/mr/timestamp/?archive=debian-security"
    assert dated.release_url("lenny/updates", "Release", AT) == f"{run}/dists/lenny/updates/Release"
    assert dated.file_url("pool/x.deb", AT) == f"{run}/pool/x.deb"
    plain, by_hash = dated.index_urls("sid", INDEX, SHA, AT, by_hash=True)
    assert plain == f"{run}/dists/sid/{INDEX}"
    assert by_hash.endswith(f"/main/binary-amd64/by-hash/SHA256/{SHA}")
    assert dated.index_urls("sid", INDEX, SHA, AT, by_hash=False) == (plain,)


@pytest.mark.parametrize(
    "document",
    [
        b'{"result": {"debian": ["20260901T000000Z", "20260711T101637Z"], "other": ["x"]}}',
        b'{"_api": "0.3", "result": ["20260711T101637Z", "20260901T000000Z"]}',
    ],
)
def test_runs_come_in_order_of_time(document: bytes) -> None:
    runs = DatedDebian("http://host", "debian").read_runs(document)
    assert [str(run) for run in runs] == ["20260711T101637Z", "20260901T000000Z"]


def test_an_archive_without_runs_has_none() -> None:
    assert DatedDebian("http://host", "debian").read_runs(b'{"result": {}}') == []


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"result": 1}',
        b'{"result": {"debian": ["yesterday"]}}',
        b"[]",
        pytest.param(b"[" * 100_000, id="nested"),
    ],
)
def test_anything_else_is_no_list_of_runs(document: bytes) -> None:
    with pytest.raises(CorruptUpstream, match="http://host/mr/timestamp/"):
        DatedDebian("http://host", "debian").read_runs(document)


def test_a_policy_says_which_shape() -> None:
    def policy(**changed: str) -> ArchivePolicy:
        bases = ("http://a/debian/", "http://b")
        return ArchivePolicy("mine", bases, ("sid",), keyring=Path("k"), **changed)  # type: ignore[arg-type]

    assert debian_upstreams(policy()) == (LiveDebian("http://a/debian"), LiveDebian("http://b"))
    assert debian_upstreams(policy(kind="dated"))[1] == DatedDebian("http://b", "mine")
    renamed = debian_upstreams(policy(kind="dated", upstream_name="debian"))
    assert renamed[1] == DatedDebian("http://b", "debian")
