# SPDX-License-Identifier: GPL-3.0-or-later
"""A package that attacks the machine it is built on gets nothing.

Every attack is a line of the package's own build and prints what came of it; what it would
have done to the machine is looked up on the machine.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapshot.verdict import Status
from tests.rebuilders.looking_around import mounts_below, sleepers, unique_seconds
from tests.rebuilders.rebuilding import Rebuilding

pytestmark = [
    pytest.mark.xdist_group("rebuilds"),
    pytest.mark.skipif(os.geteuid() != 0, reason="root builds are the ones attacked here"),
]

MARK = f"dejabuild-hostile-{os.getpid()}"
TRY = """
try() {
    name=$1; shift
    if "$@" >/dev/null 2>&1; then echo "GOT $name"; else echo "NOT $name"; fi
}
"""


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def attack(rebuilding: Rebuilding, script: str) -> dict[str, str]:
    """Run a script as a build; what each attempt says about itself."""
    rebuilding.report(TRY + script)
    return {
        name: word for word, name in re.findall(r"^(GOT|NOT) (\S+)", rebuilding.log(), re.MULTILINE)
    }


def perl(code: str) -> str:
    return f"perl -MSocket -e '{code}'"


def test_writing_outside_the_build_area_is_refused(rebuilding: Rebuilding) -> None:
    found = attack(
        rebuilding,
        f"""
        for path in /etc /usr/bin /usr/lib /var/lib/dpkg /root / /build; do
            try write:$path touch $path/{MARK}
        done
        try write:source touch /run/dejabuild/source/{MARK}
        try passwd sh -c 'echo root2::0:0::/:/bin/sh >> /etc/passwd'
        try remount {perl('exit !(syscall(165, "none", "/", 0, 32, 0) == 0)')}
        touch /tmp/{MARK} /var/tmp/{MARK} /dev/shm/{MARK}
        """,
    )
    assert list(found.values()) == ["NOT"] * 10, found
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr/bin", "/build"):
        assert not Path(folder, MARK).exists()
    assert not list(rebuilding.trees.rglob(MARK))


def test_processes_of_the_host_are_neither_seen_nor_signalled(
    rebuilding: Rebuilding, victim: subprocess.Popen[bytes]
) -> None:
    found = attack(
        rebuilding,
        f"""
        try kill kill -9 {victim.pid}
        try kill-worker kill -9 {os.getpid()}
        try kill-init kill -9 1
        try see test -e /proc/{victim.pid}
        try read-init-root ls /proc/1/root/
        try read-init-memory dd if=/proc/1/mem count=1
        """,
    )
    assert list(found.values()) == ["NOT"] * 6, found
    assert victim.poll() is None


def test_mounts_and_devices_are_refused(rebuilding: Rebuilding) -> None:
    found = attack(
        rebuilding,
        f"""
        try mount {perl('exit !(syscall(165, "none", "/tmp", "tmpfs", 0, 0) == 0)')}
        try umount {perl('exit !(syscall(166, "/proc", 2) == 0)')}
        try device mknod /tmp/disk b 254 0
        try memory dd if=/dev/mem count=1
        try sysctl sh -c 'echo x > /proc/sys/kernel/core_pattern'
        try sysrq sh -c 'echo h > /proc/sysrq-trigger'
        try pattern-after test -w /proc/sys/kernel/core_pattern
        unshare -Urm sh -c 'mount -t tmpfs none /mnt' || true
        """,
    )
    assert list(found.values()) == ["NOT"] * 7, found
    assert mounts_below(rebuilding.trees) == []
    assert "/mnt" not in mounts_below(Path("/mnt"))


def test_no_network_is_reached_not_even_the_loopback_of_the_host(rebuilding: Rebuilding) -> None:
    port = int(rebuilding.server.url.rpartition(":")[2])
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_INET) as tcp:
        listening.bind(f"\0{MARK}-{os.getpid()}")
        listening.listen()
        tcp.bind(("0.0.0.0", 0))
        tcp.listen()
        stream = "socket(S, PF_INET, SOCK_STREAM, 0); "
        connect = stream + 'exit !connect(S, pack_sockaddr_in({}, inet_aton("{}")))'
        name = f'pack("Sa*", 1, "\\0{MARK}-{os.getpid()}")'
        abstract = f"socket(S, PF_UNIX, SOCK_STREAM, 0); exit !connect(S, {name})"
        listen = (
            "socket(L, PF_INET, SOCK_STREAM, 0); "
            "bind(L, pack_sockaddr_in(4711, INADDR_LOOPBACK)); listen(L, 1); "
        )
        found = attack(
            rebuilding,
            f"""
            try server {perl(connect.format(port, "127.0.0.1"))}
            try host {perl(connect.format(tcp.getsockname()[1], "127.0.0.1"))}
            try machine {perl(connect.format(tcp.getsockname()[1], _own_address()))}
            try world {perl(connect.format(53, "192.0.2.1"))}
            try abstract {perl(abstract)}
            try own-loopback {perl(listen + connect.format(4711, "127.0.0.1"))}
            """,
        )
    own = found.pop("own-loopback")
    assert own == "GOT", "test suites of packages need a loopback device of their own"
    assert list(found.values()) == ["NOT"] * 5, found


def test_secrets_and_trees_of_the_host_are_not_there(
    rebuilding: Rebuilding, tmp_path: Path
) -> None:
    secret = tmp_path / "good.key"
    secret.write_text("a secret of the server")
    other = rebuilding.trees / "other-build"
    other.mkdir(parents=True, exist_ok=True)
    (other / "area").write_text("another build")
    try:
        found = attack(
            rebuilding,
            f"""
            try key cat {secret}
            try key-by-root cat /proc/1/root{secret}
            try key-by-cwd cat /proc/1/cwd{secret}
            try other cat {other}/area
            try trees ls {rebuilding.trees}
            try worker-key find {tmp_path}/state -name rebuilder.v2.key
            try home ls {Path.home()}/.ssh
            try environment cat /proc/1/environ
            try shadow grep . /etc/shadow
            env
            """,
        )
    finally:
        (other / "area").unlink()
        other.rmdir()
    assert list(found.values()) == ["NOT"] * 9, found
    assert not re.search(r"^(SUDO|SSH|VIRTUAL_ENV|PYTEST)", rebuilding.log(), re.MULTILINE)


def test_an_artifact_that_is_a_link_to_a_file_of_the_host_is_not_taken(
    rebuilding: Rebuilding,
) -> None:
    # The file is there inside and outside, so that dpkg-genbuildinfo is content.
    finish = "ln -s /etc/passwd ../tiny_1.0_all.deb; ln -s /etc/passwd ../leak.buildinfo"
    report = rebuilding.report("true", source={"finish": finish})
    assert report.status is Status.BAD
    assert report.artifacts[0].sha256 is None
    own = Path("/etc/passwd").read_bytes()
    kept = rebuilding.server.evidence
    assert {(kind, name) for _, kind, name in kept} == {
        ("log", ""),
        ("buildinfo", "tiny_1.0_all.buildinfo"),
    }
    assert all(own not in data for data in kept.values())


def test_a_changelog_that_is_a_link_is_not_written_through(
    rebuilding: Rebuilding, tmp_path: Path
) -> None:
    target = tmp_path / "precious"
    target.write_text("precious\n")
    changes = (
        "Binary-Only-Changes:\n tiny (1.0+b1) sid; urgency=low\n .\n   * Again.\n .\n"
        "  -- A <a@example.org>  Thu, 01 Oct 2026 00:00:00 +0000\n"
    )
    report = rebuilding.report(
        "true", record={"extra": changes}, source={"links": {"debian/changelog": str(target)}}
    )
    assert report.status is Status.FAIL
    assert target.read_text() == "precious\n"


def test_what_a_build_leaves_running_is_gone_with_it(rebuilding: Rebuilding) -> None:
    pause = unique_seconds()
    report = rebuilding.report(f"(setsid sleep {pause} &) & setsid sleep {pause} & true")
    assert report.status is Status.BAD
    assert sleepers(pause) == []


def test_values_of_a_record_never_meet_a_shell(rebuilding: Rebuilding) -> None:
    value = f"$(touch /tmp/{MARK}) `touch /tmp/{MARK}` ; touch /tmp/{MARK} & \\ ' %s"
    rebuilding.report(
        "perl -e 'print \"VALUE <$ENV{DEB_BUILD_PROFILES_X}>\\n\"'; ls /tmp",
        record={"variables": {"DEB_BUILD_PROFILES_X": value}},
    )
    assert f"VALUE <{value}>" in rebuilding.log()
    assert MARK not in rebuilding.log().replace(value, "")
    assert not Path("/tmp", MARK).exists()


def test_the_layer_is_the_same_after_builds_ran_on_it(rebuilding: Rebuilding) -> None:
    rebuilding.report("true")
    layers = rebuilding.trees / "root/layers"
    before = _fingerprint(layers)
    rebuilding.report("echo x >> /etc/hosts; rm -rf /usr/share/doc /var/lib/dpkg; true")
    assert _fingerprint(layers) == before


def _fingerprint(top: Path) -> list[tuple[str, int, int]]:
    found = []
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            status = path.lstat()
            if path.suffix != ".lock":
                found.append((str(path), status.st_size, status.st_mtime_ns))
    return sorted(found)


def _own_address() -> str:
    """The machine's address towards others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
