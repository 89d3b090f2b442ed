# SPDX-License-Identifier: GPL-3.0-or-later
"""Real apt against what was mirrored, served from the link tree by a plain web server.

Packages are made by dpkg-deb, indices and Releases by apt-ftparchive; the last test reads the
machine's own archive as its apt verified it, with Debian's own signatures.
"""

from __future__ import annotations

import gzip
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ops.demo.cache import default_cache
from ops.demo.machine_sources import machine_sources
from ops.demo.private_apt import PrivateApt
from snapshot.timestamp import Timestamp
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey

pytestmark = pytest.mark.timeout(240)

#: What appstream and apt-file tell apt to fetch, and an installer its packages; none may lack.
TARGETS = """
Acquire::IndexTargets {
  deb::DEP-11 { MetaKey "$(COMPONENT)/dep11/Components-$(NATIVE_ARCHITECTURE).yml";
    ShortDescription "Components-$(NATIVE_ARCHITECTURE)"; Description "$(RELEASE) DEP-11";
    KeepCompressed "true"; Optional "false"; };
  deb::DEP-11-icons { MetaKey "$(COMPONENT)/dep11/icons-64x64.tar";
    ShortDescription "icons"; Description "$(RELEASE) icons"; KeepCompressed "true";
    Optional "false"; };
  deb::Contents { MetaKey "$(COMPONENT)/Contents-$(ARCHITECTURE)";
    ShortDescription "Contents"; Description "$(RELEASE) Contents"; Optional "false"; };
  deb::Udebs { MetaKey "$(COMPONENT)/debian-installer/binary-$(ARCHITECTURE)/Packages";
    ShortDescription "udebs"; Description "$(RELEASE) udebs"; Optional "false"; };
};
"""


def run(*command: str | Path, cwd: Path | None = None) -> bytes:
    return subprocess.run(command, cwd=cwd, capture_output=True, check=True).stdout


def build(root: Path, name: str, into: Path, *, suffix: str = "deb") -> Path:
    """A package that brings one file."""
    tree = root / f"tree-{name}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share" / name).mkdir(parents=True)
    (tree / "usr/share" / name / "note").write_text(f"of {name}\n")
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: N <n@example.org>\n"
        f"Description: made for a test\n"
    )
    into.mkdir(parents=True, exist_ok=True)
    file = into / f"{name}_1.0_all.{suffix}"
    run("dpkg-deb", "--build", "--root-owner-group", tree, file)
    return file


def sign(directory: Path, key: ThrowawayKey, *options: str) -> None:
    """A Release as apt-ftparchive writes it, signed in line; plain indices it only names."""
    words = [word for option in options for word in ("-o", f"APT::FTPArchive::Release::{option}")]
    text = run("apt-ftparchive", *words, "release", ".", cwd=directory)
    (directory / "InRelease").write_bytes(key.inline(text))
    for file in directory.rglob("*.gz"):
        file.with_suffix("").unlink()


class Apt:
    """apt with nothing of the machine: one source, an empty root to install into."""

    def __init__(self, place: Path, source: str, targets: str = "") -> None:
        self.root = place / "root"
        for folder in ("lists/partial", "archives/partial", "parts", "empty"):
            (place / folder).mkdir(parents=True)
        for folder in ("info", "updates", "triggers"):
            (self.root / "var/lib/dpkg" / folder).mkdir(parents=True)
        for name in ("status", "available"):
            (self.root / "var/lib/dpkg" / name).touch()
        (place / "parts/one.list").write_text(f"{source}\n")
        settings = {
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": f"{place}/empty",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": f"{place}/parts",
            "Dir::Etc::preferencesparts": f"{place}/empty",
            "Dir::State": str(place),
            "Dir::State::lists": f"{place}/lists",
            "Dir::State::status": f"{self.root}/var/lib/dpkg/status",
            "Dir::Cache": str(place),
            "Dir::Cache::archives": f"{place}/archives",
            "APT::Sandbox::User": "root",
            "APT::Architecture": "amd64",
            "Acquire::Languages": "en",
            "Acquire::http::Proxy": "DIRECT",
            "Debug::NoLocking": "true",
            "DPkg::Options::": f"--root={self.root}",
        }
        lines = "".join(f'{key} "{value}";\n' for key, value in settings.items())
        self._config = place / "apt.conf"
        self._config.write_text(lines + targets)
        self.lists = place / "lists"

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "APT_CONFIG": str(self._config),
            "LC_ALL": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        return subprocess.run(
            ["apt-get", "-y", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The mirror's trees under an address: nothing of ours answers."""
    (tmp_path / "mirror/archive").mkdir(parents=True)
    handler = partial(
        http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror/archive")
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bench(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[MirrorBench]:
    (tmp_path / "key.gpg").write_bytes(throwaway_key.public())
    one = MirrorBench(
        tmp_path / "mirror",
        f"sqlite:///{tmp_path}/catalogue.sqlite",
        f"file://{tmp_path}/upstream",
        keys=[tmp_path / "key.gpg"],
    )
    # apt-ftparchive dates what it makes by the machine's clock.
    one.time.now = float(int(run("date", "+%s")))
    yield one
    one.close()


def synced(bench: MirrorBench, **changed: Any) -> Timestamp:
    (report,) = bench.sync(**changed).runs
    assert report.missing == 0
    return report.stamp


@pytest.mark.skipif(os.geteuid() != 0, reason="dpkg installs into a directory as root only")
@pytest.mark.parametrize("suite", ["./", "sub/"])
def test_apt_installs_from_a_flat_repository(
    bench: MirrorBench, served: str, tmp_path: Path, throwaway_key: ThrowawayKey, suite: str
) -> None:
    upstream = tmp_path / "upstream"
    place = upstream / suite
    build(tmp_path, "flat-package", place)
    packages = run("apt-ftparchive", "packages", suite.rstrip("/"), cwd=upstream)
    put_packed(place / "Packages", packages)
    sign(place, throwaway_key)
    stamp = synced(bench, suites=(suite,))
    key = tmp_path / "key.gpg"
    apt = Apt(tmp_path / "apt", f"deb [signed-by={key}] {served}/debian/{stamp} {suite}")
    update = apt("update")
    assert (update.returncode, "Err:" in update.stdout) == (0, False), update.stderr
    done = apt("install", "flat-package")
    assert done.returncode == 0, done.stderr + done.stdout
    assert (apt.root / "usr/share/flat-package/note").read_text() == "of flat-package\n"


def full_archive(upstream: Path, root: Path, key: ThrowawayKey) -> None:
    """One suite with everything that apt may be told to want."""
    build(root, "some-package", upstream / "pool/main/s/some")
    build(root, "some-udeb", upstream / "pool-udeb/main/s/some", suffix="udeb")
    suite = upstream / "dists/stable"
    for name, tree, words in (
        ("main/binary-amd64/Packages", "pool", "packages"),
        ("main/Contents-amd64", "pool", "contents"),
    ):
        put_packed(suite / name, run("apt-ftparchive", words, tree, cwd=upstream))
    # apt-ftparchive lists no udebs.
    put_packed(suite / "main/debian-installer/binary-amd64/Packages", udeb_stanza(upstream))
    put_packed(suite / "main/i18n/Translation-en", b"Package: some-package\n")
    put_packed(suite / "main/dep11/Components-amd64.yml", b"---\nFile: DEP-11\n")
    put_packed(suite / "main/dep11/icons-64x64.tar", bytes(1024))
    sign(
        suite,
        key,
        "Suite=stable",
        "Codename=bookworm",
        "Architectures=amd64",
        "Components=main",
        # What it looks for by itself are Packages and the like.
        "Patterns::=Components-*",
        "Patterns::=icons-*",
        "Patterns::=Contents-*",
        "Patterns::=Translation-*",
    )


def udeb_stanza(upstream: Path) -> bytes:
    (file,) = upstream.glob("pool-udeb/**/*.udeb")
    fields = run("dpkg-deb", "--field", file).decode()
    digest = run("sha256sum", file).decode().split()[0]
    where = file.relative_to(upstream)
    return f"{fields}Filename: {where}\nSize: {file.stat().st_size}\nSHA256: {digest}\n\n".encode()


def put_packed(file: Path, data: bytes) -> None:
    put(file, data)
    put(file.with_name(f"{file.name}.gz"), gzip.compress(data))


def put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def test_apt_update_finds_everything_that_it_is_told_to_want(
    bench: MirrorBench, served: str, tmp_path: Path, throwaway_key: ThrowawayKey
) -> None:
    full_archive(tmp_path / "upstream", tmp_path, throwaway_key)
    extras = ("translations", "dep11", "contents", "udebs")
    stamp = synced(bench, suites=("stable",), extras=extras)
    where = f"deb [signed-by={tmp_path}/key.gpg] {served}/debian/{stamp}"
    for name, suite in (("asked", "stable"), ("alias", "bookworm")):
        apt = Apt(tmp_path / name, f"{where} {suite} main", TARGETS)
        update = apt("update", "-o", "APT::Update::Error-Mode=any")
        assert update.returncode == 0, update.stderr + update.stdout
        assert "Err:" not in update.stdout
        found = {file.name.partition("_main_")[2] for file in apt.lists.iterdir()}
        for wanted in (
            "dep11_Components-amd64",
            "dep11_icons-64x64",
            "Contents-amd64",
            "debian-installer_binary-amd64_Packages",
            "i18n_Translation-en",
        ):
            assert any(name.startswith(wanted) for name in found), (wanted, sorted(found))


def test_what_was_not_kept_is_missed_by_whoever_insists_on_it(
    bench: MirrorBench, served: str, tmp_path: Path, throwaway_key: ThrowawayKey
) -> None:
    full_archive(tmp_path / "upstream", tmp_path, throwaway_key)
    stamp = synced(bench, suites=("stable",), extras=("translations",))
    source = f"deb [signed-by={tmp_path}/key.gpg] {served}/debian/{stamp} stable main"
    insisting = Apt(tmp_path / "insisting", source, TARGETS)
    update = insisting("update", "-o", "APT::Update::Error-Mode=any")
    assert update.returncode != 0
    assert "dep11/Components-amd64.yml" in update.stderr
    plain = Apt(tmp_path / "plain", source)("update", "-o", "APT::Update::Error-Mode=any")
    assert plain.returncode == 0, plain.stderr


@pytest.fixture(scope="module")
def own_lists() -> tuple[Path, str]:
    """What the machine's own apt has verified of its release: Debian's InRelease and Packages."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )
    codename = release["VERSION_CODENAME"].strip('"')
    root = default_cache(os.environ) / "mirror-test-apt"
    PrivateApt(root, "mirror", machine_sources(codename)).update()
    return root, codename


def test_debians_own_releases_and_indices_hold(
    bench: MirrorBench, tmp_path: Path, own_lists: tuple[Path, str]
) -> None:
    root, codename = own_lists
    apt = PrivateApt(root, "mirror", machine_sources(codename))
    found = [index for index in apt.indices() if index.kind == "Packages"]
    suites: dict[str, str] = {}
    for index in found:
        name = index.release.name.rpartition("_dists_")[2].removesuffix("_InRelease")
        archive = "security" if "security" in name else "debian"
        place = tmp_path / f"upstream-{archive}/dists" / name.replace("_", "/")
        put(place / "InRelease", index.release.read_bytes())
        put(place / index.metakey, index.path.read_bytes())
        suites[name.replace("_", "/")] = archive
    assert {codename, f"{codename}-updates", f"{codename}-security"} <= set(suites)
    for archive in ("debian", "security"):
        stamp = synced(
            bench,
            name=archive,
            upstreams=(f"file://{tmp_path}/upstream-{archive}",),
            suites=tuple(suite for suite, owner in suites.items() if owner == archive),
            architectures=(run("dpkg", "--print-architecture").decode().strip(),),
            keyring=Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
            files="on-demand",
        )
        for release in bench.stores.catalogue.releases_at(archive, stamp):
            assert len(release.fingerprint) == 40
    run_of_debian = bench.stores.catalogue.run_stamps("debian")[-1]
    aliases = bench.stores.catalogue.suite_aliases("debian", run_of_debian)
    assert codename in aliases.values(), "Debian's stable has two names"
    streams = bench.stores.catalogue.streams_at(
        "security", bench.stores.catalogue.run_stamps("security")[-1]
    )
    assert {stream.component for stream in streams} == {"main"}
