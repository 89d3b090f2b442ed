# SPDX-License-Identifier: GPL-3.0-or-later
"""Link trees: relative, shared, atomic, and never a silent change of meaning."""

from __future__ import annotations

import os
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.layout import Layout

ONE, TWO, THREE = (Timestamp.parse(f"2026010{n}T000000Z") for n in (1, 2, 3))
HELLO = "pool/main/h/hello/hello_1_amd64.deb"


class Bench:
    """A store and a layout over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = LocalBlobs(root / "blobs")
        self.layout = Layout(root / "archive", root / "blobs")
        self.top = root / "archive" / "debian"

    def put(self, data: bytes) -> Digest:
        return self.blobs.add([data]).digest

    def release(self, text: bytes = b"signed") -> Digest:
        digest = self.put(text)
        files = {"InRelease": digest, "main/binary-amd64/Packages.xz": self.put(b"index")}
        self.layout.place_release("debian", digest, files)
        return digest


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.blobs.close()


def links(top: Path) -> list[Path]:
    return [
        Path(where) / name
        for where, directories, names in os.walk(top)
        for name in directories + names
        if (Path(where) / name).is_symlink()
    ]


def test_a_run_is_a_handful_of_links(bench: Bench) -> None:
    digest = bench.release()
    bench.layout.link_files("debian", [(HELLO, bench.put(b"hello"))])
    bench.layout.place_run("debian", ONE, {"stable": digest, "lenny/updates": digest})
    run = bench.top / str(ONE)
    assert (run / "dists/stable/InRelease").read_bytes() == b"signed"
    assert (run / "dists/lenny/updates/main/binary-amd64/Packages.xz").read_bytes() == b"index"
    by_hash = run / f"dists/stable/main/binary-amd64/by-hash/SHA256/{Digest.of(b'index')}"
    assert by_hash.read_bytes() == b"index"
    assert (run / HELLO).read_bytes() == b"hello"
    before = len(links(bench.top))
    bench.layout.place_run("debian", TWO, {"stable": digest, "lenny/updates": digest})
    assert len(links(bench.top)) == before + 4  # the stamp, two suites, the pool


def test_every_link_is_relative_and_leads_to_something(bench: Bench) -> None:
    bench.layout.link_files("debian", [(HELLO, bench.put(b"hello"))])
    bench.layout.place_run("debian", ONE, {"stable": bench.release()}, aliases=[TWO])
    found = links(bench.top)
    assert len(found) >= 8
    assert [link for link in found if link.readlink().is_absolute() or not link.exists()] == []


def test_the_whole_data_directory_may_be_moved(bench: Bench, tmp_path: Path) -> None:
    bench.layout.link_files("debian", [(HELLO, bench.put(b"hello"))])
    bench.layout.place_run("debian", ONE, {"stable": bench.release()})
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("archive", "blobs"):
        shutil.move(tmp_path / name, moved / name)
    assert (moved / "archive/debian" / str(ONE) / HELLO).read_bytes() == b"hello"


def test_an_alias_leads_to_the_same_run(bench: Bench) -> None:
    bench.layout.place_run("debian", ONE, {"stable": bench.release()}, aliases=[ONE, TWO])
    assert (bench.top / str(TWO) / "dists/stable/InRelease").read_bytes() == b"signed"
    assert bench.layout.has_run("debian", TWO)
    assert not bench.layout.has_run("debian", THREE)


@pytest.mark.parametrize("own_first", [True, False])
def test_a_runs_own_stamp_is_never_somebody_elses_alias(bench: Bench, *, own_first: bool) -> None:
    one, two = bench.release(b"one"), bench.release(b"two")
    places = [(ONE, one, [TWO]), (TWO, two, [])]
    for stamp, release, aliases in reversed(places) if own_first else places:
        bench.layout.place_run("debian", stamp, {"stable": release}, aliases=aliases)
    assert (bench.top / str(TWO) / "dists/stable/InRelease").read_bytes() == b"two"
    assert (bench.top / str(ONE) / "dists/stable/InRelease").read_bytes() == b"one"


def test_a_reused_name_keeps_its_first_meaning_and_has_an_exception(bench: Bench) -> None:
    first, second = bench.put(b"hello"), bench.put(b"other bytes under the same name")
    release = bench.release()
    assert bench.layout.link_files("debian", [(HELLO, first)]) == []
    bench.layout.place_run("debian", ONE, {"stable": release}, meaning=lambda _: first)
    assert bench.layout.link_files("debian", [(HELLO, second)]) == [HELLO]
    bench.layout.place_run("debian", TWO, {"stable": release}, meaning=lambda _: second)
    bench.layout.place_run("debian", THREE, {"stable": release}, meaning=lambda _: first)
    assert (bench.top / str(ONE) / HELLO).read_bytes() == b"hello"
    assert (bench.top / str(TWO) / HELLO).read_bytes() == b"other bytes under the same name"
    assert (bench.top / str(THREE) / HELLO).read_bytes() == b"hello"


def test_linking_again_changes_nothing(bench: Bench) -> None:
    files = [(HELLO, bench.put(b"hello"))]
    release = bench.release()
    for _ in range(2):
        assert bench.layout.link_files("debian", files) == []
        bench.release()
        bench.layout.place_run("debian", ONE, {"stable": release})
    before = sorted((str(link), str(link.readlink())) for link in links(bench.top))
    bench.layout.place_run("debian", ONE, {"stable": release})
    assert sorted((str(link), str(link.readlink())) for link in links(bench.top)) == before
    assert not list(bench.top.rglob(".*"))


def test_a_widened_release_gets_what_it_lacks(bench: Bench) -> None:
    digest = bench.release()
    more = {"main/source/Sources.xz": bench.put(b"sources")}
    bench.layout.place_release("debian", digest, more)
    bench.layout.place_run("debian", ONE, {"stable": digest})
    suite = bench.top / str(ONE) / "dists/stable"
    assert (suite / "main/source/Sources.xz").read_bytes() == b"sources"
    assert (suite / "main/binary-amd64/Packages.xz").read_bytes() == b"index"


def test_a_replaced_run_is_one_or_the_other_at_every_instant(bench: Bench) -> None:
    releases = [bench.release(b"one"), bench.release(b"two")]
    bench.layout.place_run("debian", ONE, {"stable": releases[0]})
    seen: set[bytes] = set()
    errors: list[OSError] = []
    done = threading.Event()

    def watch() -> None:
        link = bench.top / str(ONE)
        while not done.is_set():
            try:
                seen.add((link.readlink().name).encode())
            except OSError as error:
                errors.append(error)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for turn in range(60):
        bench.layout.place_run("debian", ONE, {"stable": releases[turn % 2]})
    done.set()
    watcher.join()
    assert errors == []
    assert len(list((bench.top / "runs").iterdir())) == 1


def test_files_outside_the_pool_get_no_link(bench: Bench) -> None:
    assert bench.layout.link_files("debian", [("dists/x/y.deb", bench.put(b"y"))]) == []
    assert not (bench.top / "dists").exists()


@pytest.mark.parametrize("instant", range(4))
def test_what_a_killed_process_left_half_made_is_swept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, instant: int
) -> None:
    class Killed(BaseException):
        pass

    renames = [0]
    real = {name: getattr(Path, name) for name in ("rename", "replace")}

    def moved(name: str, path: Path, target: Path) -> Path:
        if renames[0] == instant:
            raise Killed
        renames[0] += 1
        return real[name](path, target)  # type: ignore[no-any-return]

    release = bench.put(b"signed")
    for name in real:
        monkeypatch.setattr(Path, name, lambda path, target, name=name: moved(name, path, target))
    with pytest.raises(Killed):
        place(bench, release)
    monkeypatch.undo()
    assert list(bench.top.rglob(".*"))
    assert bench.layout.sweep("debian") == 1
    place(bench, release)
    assert not list(bench.top.rglob(".*"))
    assert (bench.top / str(TWO) / "dists/stable/InRelease").read_bytes() == b"signed"


def place(bench: Bench, release: Digest) -> None:
    bench.layout.place_release("debian", release, {"InRelease": release})
    bench.layout.place_run("debian", ONE, {"stable": release}, aliases=[TWO])


def test_a_plain_web_server_serves_it(bench: Bench) -> None:
    bench.layout.link_files("debian", [(HELLO, bench.put(b"hello"))])
    bench.layout.place_run("debian", ONE, {"stable": bench.release()})

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(bench.root / "archive"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}/debian/{ONE}"
        try:
            for path, data in ((HELLO, b"hello"), ("dists/stable/InRelease", b"signed")):
                with urllib.request.urlopen(f"{base}/{path}") as answer:
                    assert answer.read() == data
        finally:
            server.shutdown()
            thread.join()


def test_reused_names_found_at_once_are_all_remembered(bench: Bench) -> None:
    one, two = bench.put(b"one"), bench.put(b"two")
    # Each holds what str.splitlines() takes for the end of a line.
    names = [f"pool/main/a/a{number}\u2028b.deb" for number in range(40)]
    bench.layout.link_files("debian", [(name, one) for name in names])
    together = threading.Barrier(4, timeout=10)

    def link(part: int) -> None:
        layout = Layout(bench.layout.root, bench.root / "blobs")
        together.wait()
        for name in names[part::4]:
            layout.link_files("debian", [(name, two)])

    threads = [threading.Thread(target=link, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = bench.layout.place_run(
        "debian", ONE, {"stable": bench.release()}, meaning=dict.fromkeys(names, two).get
    )
    assert {(run / name).read_bytes() for name in names} == {b"two"}


def test_a_flat_repository_lies_beside_its_packages(bench: Bench) -> None:
    release, deb = bench.release(), bench.put(b"a deb")
    beside = {
        "sub/a.deb": deb,
        "sub/InRelease": deb,
        "dists/x/evil.deb": deb,
        "pool/evil.deb": deb,
    }
    bench.layout.place_run("debian", ONE, {"sub/": release, "stable": release}, beside=beside)
    run = bench.top / str(ONE)
    assert (run / "sub/a.deb").read_bytes() == b"a deb"
    assert (run / "sub/InRelease").read_bytes() == b"signed"
    assert (run / "sub/main/binary-amd64/Packages.xz").read_bytes() == b"index"
    assert (run / "dists/stable/InRelease").read_bytes() == b"signed"
    assert not (run / "dists/x").exists()
    assert not (bench.top / "pool").exists()
    assert all(not link.readlink().is_absolute() for link in links(bench.top))


def test_a_flat_repository_may_be_the_whole_archive(bench: Bench) -> None:
    bench.layout.place_run(
        "debian", ONE, {"./": bench.release()}, beside={"a.deb": bench.put(b"a")}
    )
    run = bench.top / str(ONE)
    assert (run / "InRelease").read_bytes() == b"signed"
    assert (run / "a.deb").read_bytes() == b"a"
    assert bench.layout.has_run("debian", ONE)
