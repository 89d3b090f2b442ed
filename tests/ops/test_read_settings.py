# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import read_settings as reading
from ops.read_settings import default_data, load_settings, read_settings
from snapshot.errors import ConfigurationError

WHOLE = """
[server]
data = "/srv/dejabuild"
listen = "[::1]:8000"
processes = 4
redirect = true

[mirror]
timeout = 5

[archive.debian]
upstreams = ["http://127.0.0.1:1/debian", "http://127.0.0.1:2/debian"]
keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
suites = ["bookworm", "bookworm-updates"]
architectures = ["amd64"]
files = "on-demand"

[archive."debian-security"]
upstreams = ["http://127.0.0.1:1/debian-security"]
trust = "none"
suites = ["bookworm-security"]

[profile.daily]
archive = "debian"
suite = "bookworm"
exclude = ["linux*"]

[worker]
tags = ["big-memory"]
scripts = { tails = "/usr/lib/tails" }
"""


@pytest.fixture(autouse=True)
def no_system_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SYSTEM_CONFIG", tmp_path / "absent.toml")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, WHOLE))
    assert settings.server.data == Path("/srv/dejabuild")
    assert settings.server.listen == "[::1]:8000"
    assert settings.server.redirect is True
    assert settings.mirror.timeout == 5.0
    assert list(settings.archive) == ["debian", "debian-security"]
    assert settings.archive["debian"].suites == ("bookworm", "bookworm-updates")
    assert settings.archive["debian"].components == ("main",)
    assert settings.archive["debian"].files == "on-demand"
    assert settings.profile["daily"].exclude == ("linux*",)
    assert settings.worker.tags == ("big-memory",)
    assert settings.worker.scripts == {"tails": Path("/usr/lib/tails")}


DEBIAN = '[archive.debian]\nupstreams = ["http://127.0.0.1/"]\nsuites = ["x"]\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[servre]\n", "servre: no such setting\n  Did you mean server?"),
        ("[server]\nlisen = '1'\n", "server.lisen: no such setting\n  Did you mean listen?"),
        ("[server]\nprocesses = '4'\n", "server.processes: a positive whole number is expected"),
        ("[server]\nprocesses = true\n", "server.processes: a positive whole number is expected"),
        ("[server]\nredirect = 1\n", "server.redirect: true or false is expected, not 1"),
        ("[server]\nprocesses = 0\n", "server.processes: a positive whole number is expected"),
        ("[server]\nlisten = 8484\n", "server.listen: a string is expected, not 8484"),
        ("[server]\ndata = 3\n", "server.data: a path is expected"),
        ("server = 3\n", "server: a table [server] is expected"),
        ("archive = 3\n", "archive: a table [archive.<name>] per archive is expected"),
        ("[archive]\ndebian = 3\n", "archive.debian: a table [archive.debian] is expected"),
        ("[mirror]\ntimeout = -1.0\n", "mirror.timeout: a positive number is expected"),
        ("[worker]\ntags = 'one'\n", "worker.tags: a list of strings is expected"),
        ("[worker]\ntags = ['one', 2]\n", "worker.tags: a list of strings is expected"),
        ("[worker]\nscripts = 'x'\n", "worker.scripts: a table is expected"),
        ("[worker]\nscripts = {a = 3}\n", "worker.scripts.a: a path is expected, not 3"),
        ("[archive.debian]\nsuites = ['x']\n", "archive.debian.upstreams: missing"),
        (DEBIAN, "archive.debian.keyring: missing, and trust is release"),
        (DEBIAN + "trust = 'blind'\n", "archive.debian.trust: 'blind' is not one of the words"),
        (DEBIAN + "trust='none'\nkind = 'old'\n", "archive.debian.kind: 'old' is not one of"),
        (DEBIAN.replace("debian", '"../x"', 1), "archive.../x: not a name"),
        ("[profile.a]\nsuite = 'x'\n", "profile.a.archive: missing"),
        ("[profile.a]\nsuite='x'\narchive='b'\n", "profile.a.archive: there is no archive 'b'"),
        ("profile = 3\n", "profile: a table [profile.<name>] per profile is expected"),
        ("[server\n", "not a TOML file"),
    ],
)
def test_a_bad_key_is_refused_with_its_path(tmp_path: Path, text: str, named: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as refused:
        read_settings(path)
    assert named in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")


ARCHIVE = """
[archive.debian]
upstreams = ["http://127.0.0.1:1/"]
trust = "none"
suites = ["sid"]
"""


def test_a_range_of_time_and_keep_rules_are_read(tmp_path: Path) -> None:
    text = f"""{ARCHIVE}kind = "dated"
since = "20260101"
until = "20260201T000000Z"
keep = ["all for 30 days", "weekly for ever", "closures always"]
interval = 60
"""
    archive = read_settings(write(tmp_path, text)).archive["debian"]
    assert (archive.since, archive.until) == ("20260101", "20260201T000000Z")
    assert archive.keep == ("all for 30 days", "weekly for ever", "closures always")
    assert archive.interval == 60.0


@pytest.mark.parametrize(
    ("lines", "message", "advice"),
    [
        ('since = "20260101"', "since: a live mirror has no past", 'kind = "dated"'),
        ('kind = "dated"\nsince = "July"', "since: not a timestamp: 'July'", "YYYYMMDD"),
        ('kind = "dated"\nuntil = "20261301"', "until: no such moment", "check month"),
        (
            'kind = "dated"\nsince = "20260201"\nuntil = "20260101"',
            "since: 20260201T000000Z lies after until, which is 20260101T000000Z",
            "",
        ),
        ('keep = ["dayly for 1 year"]', "keep: rule 1: 'dayly for 1 year'", "daily"),
        ('keep = ["closures always"]', "keep: no rule keeps a run", "all for 30 days"),
        ('keep = "daily for 1 year"', "keep: a list of strings is expected", ""),
    ],
)
def test_history_that_makes_no_sense_is_refused_by_its_key(
    tmp_path: Path, lines: str, message: str, advice: str
) -> None:
    path = write(tmp_path, f"{ARCHIVE}{lines}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(path)
    assert caught.value.message.startswith(f"{path}: archive.debian.{message}")
    assert advice in caught.value.advice


def test_a_past_beside_a_live_mirror_has_a_range(tmp_path: Path) -> None:
    text = ARCHIVE.replace('1/"]', '1/", "dated+http://127.0.0.1:2/"]')
    archive = read_settings(write(tmp_path, f'{text}since = "20260101"\n')).archive["debian"]
    assert archive.since == "20260101"


def test_a_binary_file_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="binary: not a TOML file"):
        read_settings(tmp_path / "binary")
    with pytest.raises(ConfigurationError, match="absent: cannot be read: No such file"):
        read_settings(tmp_path / "absent")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[server]\ndata = '/from/file'\n")
    environ = {"DEJABUILD_CONFIG": str(path)}
    assert load_settings(environ=environ).server.data == Path("/from/file")
    environ["DEJABUILD_DATA"] = "/from/environment"
    assert load_settings(environ=environ).server.data == Path("/from/environment")
    said = load_settings(data=Path("/said"), environ=environ)
    assert said.server.data == Path("/said")


def test_a_named_file_that_is_absent_is_an_error_not_a_default(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load_settings(environ={"DEJABUILD_CONFIG": str(tmp_path / "absent.toml")})


def test_the_system_file_is_read_when_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "[server]\ndata = '/from/system'\n")
    monkeypatch.setattr(reading, "SYSTEM_CONFIG", path)
    assert load_settings(environ={}).server.data == Path("/from/system")


def test_data_lies_in_the_users_own_place_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data({"XDG_DATA_HOME": "/x"}) == Path("/x/dejabuild")
    assert default_data({}) == Path.home() / ".local/share/dejabuild"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data({}) == Path("/var/lib/dejabuild")


@pytest.mark.parametrize(
    "contact",
    ["nobody", "a b@example.org", "a@example.org\\r\\nX: y", "a@example.org)", "ä@x.org", ""],
)
def test_a_contact_that_would_break_a_header_line_is_refused(tmp_path: Path, contact: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[mirror]\ncontact = "{contact}"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"mirror\.contact: a mail address or a URL"):
        read_settings(path)
