# SPDX-License-Identifier: GPL-3.0-or-later
"""What orchestrator, worker and operator's door meet: links, logs, packages, settings."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import zstandard

from ops.apt_sources import read_apt_sources
from ops.read_settings import read_settings
from ops.serve_http import Listen
from orchestrator.check_link import check_link, worker_key_bytes
from orchestrator.packed_text import pack, unpack
from rebuilders.debian.deb_file import inspect, read_control, unpack_data
from rebuilders.debian.verify_environment import read_status
from rebuilders.member_difference import describe_members
from storage.blobs.bucket import read_address
from tests.fuzz.engine import Subject, in_a_file
from tests.ops import test_plain_request, test_read_settings
from tests.orchestrator import test_check_link
from tests.rebuilders.deb_files import make_deb

_LIMIT = 1 << 20


def _deb(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        return make_deb(Path(place) / "x.deb", {"./a": b"a" * 3000}, suffix=suffix).read_bytes()


def _package(path: Path) -> None:
    inspect(path)
    unpack_data(path, path.with_name("unpacked"))


def _head(data: bytes) -> None:
    """Whatever is read without gunicorn's parser, that parser reads in the same way."""
    plain = test_plain_request.read_plainly(data)
    if plain is None:
        raise LookupError("gunicorn shall say")
    test_plain_request.same(plain, test_plain_request.read_by_gunicorn(data))


def _difference(path: Path) -> None:
    assert describe_members(path, path)


def _log(data: bytes) -> None:
    text = unpack(data, limit=_LIMIT, what="doc")
    packed = pack(data, limit=_LIMIT, what="doc")
    assert packed.content_size == len(text) <= _LIMIT


def _link(data: bytes) -> None:
    check_link(
        data,
        worker_key=test_check_link.KEY.public,
        file_name=test_check_link.NAME,
        input_name=test_check_link.RECORD,
        materials=test_check_link.MATERIALS,
    )


def _text(data: bytes) -> str:
    return data.decode("latin-1")


def _list(path: Path) -> None:
    read_apt_sources(path.parents[2])


_DEBS = tuple(_deb(suffix) for suffix in ("xz", "gz", "zst", ""))
_LINE = (
    b"deb [arch=amd64 signed-by=/a.gpg] http://127.0.0.1/debian bookworm main # x\n"
    b"deb-src http://127.0.0.1/ y z\n"
)
_STANZA = (
    b"Types: deb deb-src\nURIs: http://127.0.0.1/debian\nSuites: bookworm\nComponents: main\n"
    b"Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDM=\n"
)
#: A member that leads back to its own header; members that are damaged inside.
_ODD_DEBS = (
    _DEBS[0].replace(b"4         `\n", b"-60       `\n", 1),
    *(deb.replace(b"4         `\n", b"9999999999`\n", 1) for deb in _DEBS),
    *(deb[:at] + b"\xff" + deb[at + 1 :] for deb in _DEBS for at in range(132, 260, 7)),
    *(deb.replace(b"tar.xz", b"tar.%s" % new) for deb in _DEBS for new in (b"gz", b"bz2", b"zst")),
)
_FRAME = zstandard.ZstdCompressor(write_content_size=False).compress(b"make: ok\n" * 50)

REBUILDING = (
    Subject(
        "binary package",
        ("rebuilders/debian/deb_file.py .unpack_data", "rebuilders/debian/deb_file.py .inspect"),
        in_a_file(_package, "doc.deb"),
        _DEBS,
        (b"control.tar.xz", b"data.tar.zst", b"-60       ", b"`\n", b"!<arch>\n", b"9999999999"),
        memory=256 << 20,
        found=_ODD_DEBS,
    ),
    Subject(
        "dpkg's status file",
        ("rebuilders/debian/verify_environment.py .read_status",),
        in_a_file(read_status),
        (b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\n",),
        (b"Status: ", b"\n\n"),
        place="^dpkg's status file",
    ),
    Subject(
        "control of a package",
        ("rebuilders/debian/deb_file.py .read_control",),
        read_control,
        (b"Package: tiny\nVersion: 1.0\nArchitecture: all\nDepends: a | b (>= 1), c:any\n",),
        (b"Pre-Depends: ", b" | ", b"Provides: x (= 1)"),
    ),
    Subject(
        "two packages to compare",
        (),
        in_a_file(_difference, "doc.deb"),
        _DEBS,
        (b"control.tar.xz", b"data.tar.zst", b"-60       ", b"`\n", b"9999999999"),
        memory=1200 << 20,  # half a gigabyte of a package is compared
        is_text=False,
        found=_ODD_DEBS,
    ),
    Subject(
        "packed log",
        ("orchestrator/packed_text.py .unpack", "orchestrator/packed_text.py .unpack_frames"),
        _log,
        (_FRAME, b"plain text\n", _FRAME * 3),
        (b"\x28\xb5\x2f\xfd", zstandard.compress(bytes(8 << 20)), _FRAME),
        place="^doc: ",
        memory=192 << 20,
        is_text=False,
    ),
    Subject(
        "link of a worker",
        ("orchestrator/check_link.py .check_link",),
        _link,
        (test_check_link.signed(),),
        (b'"sig":', b'"keyid":', b'"name":', b"1.5", b'"_type":"link"'),
        place="^the link|^the signature|^canonical JSON",
    ),
    Subject(
        "key of a worker",
        ("orchestrator/check_link.py .worker_key_bytes",),
        lambda data: worker_key_bytes(_text(data)),
        (base64.b64encode(b"k" * 32),),
        (b"=", b"=="),
        place="^worker key: ",
    ),
    Subject(
        "apt's sources.list",
        ("ops/apt_sources.py .read_apt_sources",),
        in_a_file(_list, "etc/apt/sources.list"),
        (_LINE,),
        (b"deb ", b"[", b"]", b"signed-by=", b"#", b"deb [a] b c\n", b"deb http://x  \n"),
        place=r"/sources\.list:(\d+: | not text)",
    ),
    Subject(
        "apt's .sources",
        (),
        in_a_file(
            lambda path: read_apt_sources(path.parents[3]), "etc/apt/sources.list.d/x.sources"
        ),
        (_STANZA,),
        (b"Enabled: no\n", b"URIs:", b"\n .\n", b"Suites: /", b"Types:"),
        place=r"/x\.sources:(\d+: | not text)",
    ),
    Subject(
        "settings",
        ("ops/read_settings.py .read_settings",),
        in_a_file(read_settings, "doc.toml"),
        (
            test_read_settings.WHOLE.encode(),
            test_read_settings.DEBIAN.encode() + b'trust = "none"\n',
        ),
        (b"[archive.x]\n", b"[[archive]]\n", b"= 1979-05-27", b"= [[1]]", b'"a"."b" = 1', b"= inf"),
        place=r"doc\.toml: ",
    ),
    Subject(
        "address of a bucket",
        ("storage/blobs/bucket.py .read_address",),
        lambda data: read_address(_text(data)),
        (b"s3://my-bucket/dejabuild", b"s3://my-bucket"),
        (b"s3://", b"/..", b"?x=y"),
        place=r"^server\.blobs: ",
    ),
    Subject(
        "address to listen on",
        ("ops/serve_http.py Listen.from_text",),
        lambda data: str(Listen.from_text(_text(data))),
        (b"127.0.0.1:8484", b"[::1]:8484"),
        (b":", b"[", b"]", b"65536"),
        place=r"^server\.listen: ",
    ),
    Subject(
        "plain head of a request",
        ("ops/plain_request.py PlainRequest.of",),
        _head,
        (
            b"GET /archive/debian/20260101T000000Z/dists/sid/InRelease HTTP/1.1\r\nHost: x\r\n\r\n",
            b"HEAD /mr/package/?a=b HTTP/1.1\r\nHost: x:80\r\nRange: bytes=0-1\r\n\r\n",
        ),
        (
            b"\r\n",
            b"\n",
            b":",
            b" ",
            b"%2F",
            b"//",
            b"Content-Length: 1\r\n",
            b"host: y\r\n",
            b"POST",
        ),
        refuses=(LookupError,),
    ),
)
