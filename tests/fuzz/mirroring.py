# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mirror meets: packed indices, lists of runs, keyrings, answers of servers."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import zstandard

from mirror.dated_upstream import DatedDebian
from mirror.decompress import decompress
from mirror.fetch import Fetcher
from mirror.fetch_images import read_sums
from mirror.host_states import read_hosts
from mirror.http_date import read_http_date
from mirror.keyring import binary_keyring
from mirror.list_records import read_names, read_page
from mirror.policy import ArchivePolicy
from mirror.remote_file import RemoteFile
from mirror.select_members import wanted_indices
from mirror.stores import open_fetcher
from snapshot.digest import Checksums, Digest
from snapshot.errors import NotFound
from snapshot.release import Release
from storage.blobs import MemoryBlobs
from tests.fuzz.answering_server import AnsweringServer
from tests.fuzz.engine import Subject, in_a_file
from tests.snapshot import test_packages, test_release

_PLAIN = (test_packages.STANZA + b"\n\n") * 3
_LIMIT = 1 << 20
_BODY = b"the very bytes\n" * 20
_FILE = RemoteFile("doc", (), Checksums(len(_BODY), Digest.of(_BODY)))
#: xz and lzma may ask for a dictionary of 256 MB before a byte comes out; zstd for half of it.
_DICTIONARY = 400 << 20


def _unpack(suffix: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        pieces = (data[at : at + 700] for at in range(0, len(data), 700))
        size = sum(
            len(p) for p in decompress(pieces, f"Packages{suffix}", limit=_LIMIT, name="doc")
        )
        assert size <= _LIMIT

    return read


def _packed(suffix: str, *whole: bytes, tokens: tuple[bytes, ...] = ()) -> Subject:
    return Subject(
        f"Packages{suffix}",
        ("mirror/decompress.py .decompress",),
        _unpack(suffix),
        whole,
        tokens,
        place="^doc: ",
        memory=_DICTIONARY,
        is_text=False,
    )


def _zstd(data: bytes, *, with_size: bool = True) -> bytes:
    return zstandard.ZstdCompressor(level=3, write_content_size=with_size).compress(data)


_PAGE = "http://127.0.0.1/pool/"
_DATED = DatedDebian("http://127.0.0.1", "debian")


def _runs(data: bytes) -> None:
    def read(address: str) -> bytes:
        if "/mr/" not in address:
            raise NotFound(address)
        return data

    assert all(str(stamp) for stamp in _DATED.list_runs(read, None, None))


def _pages(data: bytes) -> None:
    """Pages of months for people: the first one leads to others."""

    def read(address: str) -> bytes:
        if "/mr/" in address:
            raise NotFound(f"http://127.0.0.1/mr/timestamp/: {address}")
        return data

    assert all(str(stamp) for stamp in _DATED.list_runs(read, None, None))


def _sums(data: bytes) -> None:
    for path in read_sums(data, name="doc"):
        assert ".." not in path.split("/")
        assert not path.startswith("/")


def _record_page(data: bytes) -> None:
    for found in (*read_page(data, _PAGE)[0], *read_page(data, _PAGE)[1]):
        assert found.startswith(_PAGE)
        assert ".." not in found.split("/")


def _record_names(data: bytes) -> None:
    for found in read_names(data, f"{_PAGE}doc"):
        assert found.startswith("http://127.0.0.1/")
        assert ".." not in found.split("/")


def _hosts(path: Path) -> None:
    for host, state in read_hosts(path).items():
        assert host == str(host)
        assert state.bans >= 0


def _members(data: bytes) -> None:
    """What a policy takes from a Release that a signature vouches for, and its addresses."""
    release = Release.parse(data, name="doc")
    policy = ArchivePolicy("debian", ("http://127.0.0.1",), ("stable",), trust="none")
    for index in wanted_indices(release, "stable", policy):
        for member in index.variants:
            assert ".." not in member.path.split("/")
            assert member.checksums.sha256 is not None
            _DATED.index_urls("stable", member.path, member.checksums, None, by_hash=True)


def answers(server: AnsweringServer) -> tuple[Subject, ...]:
    """The answers of a server: to a request for a file, for its rest, for a document."""

    def fetcher(blobs: MemoryBlobs) -> Fetcher:
        return open_fetcher(
            blobs, agent="test", clock=lambda: 1.7e9, sleep=lambda _: None, random=lambda: 0.0,
            timeout=5.0, attempts=2,
        )  # fmt: skip

    def ask(url: str, kept: bytes) -> None:
        blobs = MemoryBlobs()
        if kept:
            with blobs.writer(str(_FILE.checksums.sha256)) as writer:
                writer.write(kept)
                writer.validator = '"v"'
        remote = RemoteFile(_FILE.name, (url,), _FILE.checksums)
        found = fetcher(blobs).fetch(remote)
        assert b"".join(blobs.open(found.blob.digest)) == _BODY

    def document(url: str, _kept: bytes) -> None:
        got = fetcher(MemoryBlobs()).document([url], limit=1 << 16)
        assert got is not None
        assert len(got.data) <= 1 << 16

    def reading(how: Callable[[str, bytes], None], kept: bytes = b"") -> Callable[[bytes], None]:
        def read(data: bytes) -> None:
            server.answer = data
            how(f"{server.url}/file", kept)

        return read

    head = b"Content-Length: %d\r\nLast-Modified: Sat, 11 Jul 2026 10:16:37 GMT\r\n" % len(_BODY)
    whole = b'HTTP/1.1 200 OK\r\nETag: "v"\r\n' + head + b"Connection: close\r\n\r\n" + _BODY
    half = len(_BODY) // 2
    rest = (
        b'HTTP/1.1 206 Partial Content\r\nETag: "v"\r\nContent-Length: %d\r\nContent-Range: '
        b"bytes %d-%d/%d\r\nConnection: close\r\n\r\n" % (half, half, len(_BODY) - 1, len(_BODY))
    ) + _BODY[half:]
    chunked = (
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"%x\r\n" % len(_BODY)
        )
        + _BODY
        + b"\r\n0\r\n\r\n"
    )
    words = (
        "\u00b2".encode("latin-1"), b"9" * 5000, b"\r\n", b"\r\n\r\n", b"HTTP/1.1 ",
        b"HTTP/1.1 301 x\r\nLocation: ", b"Retry-After: ",
        b"Content-Range: bytes 0-1/2\r\n", b"Content-Encoding: gzip\r\n", b"429", b"503", b"416",
        b"304", b"509", b"404", b"Location: http://[::1\r\n", b"Location: file:///etc/passwd\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Content-Type: x\r\n", b"Last-Modified: ",
    )  # fmt: skip
    covers = ("mirror/open_url.py Opener.open",)
    made = (
        ("file", reading(ask), (whole, chunked)),
        ("rest of a file", reading(ask, _BODY[:half]), (rest, whole)),
        ("document", reading(document), (whole, chunked)),
    )
    odd = (b"\xb2", b"9" * 5000)
    found = (
        *(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n" % number + _BODY for number in odd),
        b"HTTP/1.1 206 OK\r\nContent-Range: bytes 0-%s/3\r\n\r\n" % odd[1] + _BODY,
        b"HTTP/1.1 503 OK\r\nRetry-After: %s\r\n\r\n" % odd[1],
        b"HTTP/1.1 302 OK\r\nLocation: http://[::1\r\n\r\n",
    )
    return tuple(
        Subject(f"HTTP answer: {name}", covers, read, seeds, words, memory=256 << 20, found=found)
        for name, read, seeds in made
    )


MIRRORING = (
    _packed(
        ".xz",
        lzma.compress(_PLAIN),
        lzma.compress(b"") + lzma.compress(_PLAIN),
        tokens=(lzma.compress(bytes(8 << 20)), b"\xfd7zXZ\0", b"YZ", b"\0\0\0\0"),
    ),
    _packed(
        ".lzma",
        lzma.compress(_PLAIN, format=lzma.FORMAT_ALONE),
        tokens=(b"\x5d\0\0\0\xff", b"\xff" * 8, b"\x5d\0\0\0\x10"),
    ),
    _packed(
        ".gz",
        gzip.compress(_PLAIN),
        gzip.compress(b"") + gzip.compress(_PLAIN),
        tokens=(gzip.compress(bytes(8 << 20)), b"\x1f\x8b\x08\x08", b"\x1f\x8b\x08\x1f"),
    ),
    _packed(
        ".bz2", bz2.compress(_PLAIN), tokens=(bz2.compress(bytes(8 << 20)), b"BZh9", b"1AY&SY")
    ),
    _packed(
        ".zst",
        _zstd(_PLAIN),
        _zstd(_PLAIN, with_size=False) * 2,
        tokens=(
            _zstd(bytes(8 << 20)),
            b"\x28\xb5\x2f\xfd",
            b"\x50\x2a\x4d\x18\xff\xff\xff\xff",
            b"\x28\xb5\x2f\xfd\x00\xff",
        ),
    ),
    Subject(
        "HTTP date",
        ("mirror/http_date.py .read_http_date",),
        lambda data: read_http_date(data.decode("latin-1")),
        (b"Sat, 11 Jul 2026 10:16:37 GMT", b""),
        (b"Sat, ", b" +2359", b" -9999", b"0001 ", b"9999 "),
    ),
    Subject(
        "list of runs",
        (),
        _runs,
        (
            b'{"_comment": "x", "result": {"debian": ["20260711T120000Z", "20260901T010203Z"]}}',
            b'{"result": ["20260711T120000Z"]}',
        ),
        (b'"result":', b'"debian":', b'"20260711T1200', b"[1]", b"{}"),
        place="^http://127.0.0.1/mr/timestamp/",
    ),
    Subject(
        "pages of months",
        (),
        _pages,
        (
            b'<a href="?year=2026&amp;month=7">7</a> <a href="./?year=2026&month=12">x</a>',
            b'<a href="20260711T120000Z/">x</a>\n<a href="./20260901T010203Z/">y</a>',
        ),
        (b'href="?year=', b"&amp;month=", b'href="20260711T', b"0000"),
        place="^http://127.0.0.1/mr/timestamp/",
        found=(b'<a href="?year=2026&month=7">\xff',),
    ),
    Subject(
        "page of build records",
        ("mirror/list_records.py .read_page",),
        _record_page,
        (b'<a href="h/">h</a>\n<A HREF="./a_1%2b1_all.buildinfo">x</a><a href="?C=N">y</a>',),
        (b'<a href="', b"%2e%2e", b"&#46;./", b"//", b".buildinfo", b"%00"),
    ),
    Subject(
        "list of build records",
        ("mirror/list_records.py .read_names",),
        _record_names,
        (b"0a1b  ./a_1_all.buildinfo\n/pool/b_1_all.buildinfo\nnote\n",),
        (b"../", b"//", b".buildinfo\n", b"\r\n", b"/"),
        place="^http://127.0.0.1/pool/doc",
    ),
    Subject(
        "SHA256SUMS",
        ("mirror/fetch_images.py .read_sums",),
        _sums,
        (b"ab" * 32 + b"  ./netboot/mini.iso\n" + b"cd" * 32 + b" *udeb.list\n",),
        (b"  ./", b"../", b" *", b"\r\n", b"/"),
        place="^doc, line [0-9]+: ",
    ),
    Subject(
        "what is known of hosts",
        ("mirror/host_states.py .read_hosts",),
        in_a_file(_hosts),
        (
            (
                b'{"127.0.0.1:80": {"bans": 1, "banned_at": 1.0, "until": 2.0, "probing": false, '
                b'"quiet_until": 0.0}}'
            ),
        ),
        (b'"bans":', b"1e300", b"-1", b"[]"),
    ),
    Subject(
        "keyring",
        (),
        in_a_file(binary_keyring),
        (
            (
                b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n\nmDMEaQ==\n=abcd\n"
                b"-----END PGP PUBLIC KEY BLOCK-----\n"
            ),
            b"\x98\x33\x04",
        ),
        (
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
            b"-----END PGP PUBLIC KEY BLOCK-----",
            b"=",
            b"\n\n",
        ),
        place="^keyring /",
    ),
    Subject(
        "what a Release vouches for",
        (),
        _members,
        (test_release.TEXT.encode(),),
        (
            b" main/binary-amd64/Packages.xz",
            b" main/source/Sources",
            b" x/binary-../Packages",
            b" a b/source/Sources",
            b"Suite: stable\n",
        ),
    ),
)
