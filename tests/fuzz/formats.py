# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats of `snapshot`, each under attack: archives, records, dates, names, the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from snapshot.arch_buildinfo import ArchBuildInfo
from snapshot.binary_only_changes import prepend_binary_only_changes, read_binary_only_changes
from snapshot.buildinfo import BuildInfo
from snapshot.clearsign import is_clearsigned, signed_part, signed_text
from snapshot.control import Field, decode_control, read_fields
from snapshot.coordinates import checked_name, checked_path, checked_suite
from snapshot.deb_version import checked_version, split_version, version_key
from snapshot.digest import Digest
from snapshot.dsc import Dsc
from snapshot.environment import Environment
from snapshot.errors import InvalidInput
from snapshot.installed_build_depends import read_installed
from snapshot.link import SignedLink
from snapshot.packages import BinaryStanza
from snapshot.pool_path import checked_file_name, checked_pool_path, safe_relative_path
from snapshot.public_key import keyid, public_from_pem, rebuilderd_pem, seed_from_private_der
from snapshot.reasons import reason_from_log
from snapshot.record import read_record
from snapshot.release import Release
from snapshot.rpm_buildinfo import RpmBuildInfo
from snapshot.sources import SourceStanza, split_commas
from snapshot.stanza import iter_stanzas, split_stanzas, stanza_key
from snapshot.timestamp import Timestamp
from snapshot.verdict import Status
from snapshot.wire import (
    JobAssignment,
    PackageReport,
    PopRequest,
    QueueRequest,
    RebuildReport,
)
from snapshot.wire.fields import naive_time, parse_naive_time
from storage.catalogue.read_stanza import read_binary, read_source
from storage.repository_files import source_files
from storage.resign_release import resigned_text
from tests.fuzz.engine import Subject
from tests.snapshot import (
    test_arch_buildinfo,
    test_binary_only_changes,
    test_buildinfo,
    test_clearsign,
    test_dsc,
    test_environment,
    test_link,
    test_packages,
    test_public_key,
    test_release,
    test_rpm_buildinfo,
    test_sources,
)
from tests.snapshot.wire import test_jobs, test_reports
from tests.snapshot.wire import test_packages as test_wire_packages

#: A refusal names the document and the line, or says that something of the whole is missing.
_DOCUMENT = (
    r"^doc(, line \d+: "
    r"|: (the field \S+ is missing|empty|no (list of files|Checksums-Sha256|pkg)|not a build record"
    r"|\d+ bytes, more than|more than one signed|a clearsigned document without|\d+ installed"
    r"|does not end|Installed-Build-Depends ends|built for several|\S+ names more than))"
)
#: A stanza is named by its package; the import adds which index and which stanza of it.
_STANZA = r"^(Packages|Sources) stanza .+[:,] "


def _text(data: bytes) -> str:
    """Header values and words of a request come as text of single bytes or as UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _release(data: bytes) -> None:
    release = Release.parse(data, name="doc")
    str(release.date)
    str(release.valid_until)
    assert all(not path.startswith(("/", "../")) for path in release.files)


def _record(data: bytes) -> None:
    record = read_record(data, "doc")
    str(record.build_date)
    assert record.needs or record.kind == "rpm"


def _binary(data: bytes) -> None:
    facts = read_binary(data)
    stanza = BinaryStanza.parse(data)
    assert stanza.stanza == data
    assert (stanza.essential, stanza.multi_arch, stanza.depends) is not None
    assert all(not path.startswith(("/", "../", "dists/x/Release")) for path, _ in facts.files)


def _source(data: bytes) -> None:
    stanza = SourceStanza.parse(data)
    assert stanza.dsc is None or stanza.dsc.name.endswith(".dsc")
    read_source(data)
    assert SourceStanza.parse(source_files(data, Timestamp(0)).files["Sources"]).name == stanza.name


def _index(data: bytes) -> None:
    """An index, cut where networks cut."""
    stanzas = split_stanzas(data)
    cut = len(data) // 3
    assert list(iter_stanzas([data[:cut], data[cut:]])) == stanzas
    assert b"\n\n" not in b"".join(stanzas[:1])
    for stanza in stanzas:
        stanza_key(stanza)


def _clearsigned(data: bytes) -> None:
    text = signed_text(data, name="doc")
    if is_clearsigned(data):
        assert len(text) < len(data)
        assert signed_part(data, name="doc").first_line > 1
    assert b"\nValid-Until:" not in resigned_text(data, Digest.of(data), [])


def _fields(data: bytes) -> None:
    decode_control(data, "doc")
    fields = read_fields(data, document="doc")
    for field in fields.by_name.values():
        list(field.rows())
        assert fields.text(field.name) == field.text


def _changes(data: bytes) -> None:
    field: Field = read_fields(data, document="doc").required("Binary-Only-Changes")
    entry = read_binary_only_changes(field, document="doc")
    assert prepend_binary_only_changes(entry, b"").startswith(entry.encode())


def _stamp(data: bytes) -> None:
    stamp = Timestamp.parse(_text(data))
    assert Timestamp.parse(str(stamp).zfill(16)) == stamp


def _date(data: bytes) -> None:
    stamp = Timestamp.from_rfc2822(_text(data))
    assert stamp.datetime().year >= 1
    str(stamp)


def _time(data: bytes) -> None:
    naive_time(parse_naive_time(_text(data)))


def _version(data: bytes) -> None:
    version = _text(data)
    key = version_key(version)
    assert key == version_key(version)
    assert split_version(version)[0] >= 0
    checked_version(version)


def _names(data: bytes) -> None:
    """Whatever one of the checks lets through stays where it is put."""
    word = _text(data)
    refusals: list[InvalidInput] = []

    def unsafe(path: str) -> bool:
        return path.startswith("/") or ".." in path.split("/") or "\0" in path or "\n" in path

    checks: list[Callable[[str], str]] = [
        lambda w: checked_name(w, "archive"),
        lambda w: checked_path(w, "component"),
        checked_suite,
        checked_pool_path,
        checked_file_name,
        safe_relative_path,
    ]
    for check in checks:
        try:
            assert not unsafe(check(word))
        except InvalidInput as error:
            refusals.append(error)
    if len(refusals) == len(checks):
        raise refusals[0]


def _installed(data: bytes) -> None:
    assert read_installed(read_fields(data, document="doc"))


def _link(data: bytes) -> None:
    link = SignedLink.from_json(data)
    link.products()
    link.materials()
    link.payload()
    assert SignedLink.from_json(link.to_json()).signatures == link.signatures


def _pem(data: bytes) -> None:
    assert len(public_from_pem(_text(data))) == 32


def _log(data: bytes) -> None:
    reason_from_log(data, exit_code=2)


def _status(data: bytes) -> None:
    words = split_commas(_text(data))
    Status.from_wire(words[0] if words else "")


def _json_of(read: Callable[[Any], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"body: not JSON: {error}") from error
        read(value)

    return run


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


_PATH = r"^(body|[A-Za-z_]+[.\[\]0-9a-z_]*): "

FORMATS = (
    Subject(
        "Release, InRelease",
        ("snapshot/release.py Release.parse",),
        _release,
        (
            test_release.TEXT.encode(),
            b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
            + test_release.TEXT.encode()
            + b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n",
        ),
        (b"Date: ", b"SHA256:\n", b"Valid-Until: ", b" main/binary-amd64/Packages"),
        place=_DOCUMENT,
    ),
    Subject(
        "build records (Debian, Arch, RPM)",
        (
            "snapshot/record.py .read_record",
            "snapshot/buildinfo.py BuildInfo.parse",
            "snapshot/arch_buildinfo.py ArchBuildInfo.parse",
            "snapshot/rpm_buildinfo.py RpmBuildInfo.parse",
        ),
        _record,
        (
            test_buildinfo.TEXT.encode(),
            test_arch_buildinfo.V2.encode(),
            test_rpm_buildinfo.TEXT.encode(),
        ),
        (
            b"Build-Path: ",
            b"Environment:\n",
            b"Installed-Build-Depends:",
            b"installed = ",
            b"(= 1)",
        ),
        place=_DOCUMENT,
    ),
    Subject(
        ".buildinfo",
        ("snapshot/buildinfo.py BuildInfo.parse",),
        lambda data: BuildInfo.parse(data, name="doc"),
        (test_buildinfo.TEXT.encode(),),
        (b"Build-Path: /", b'KEY="\\"', b"Build-Date: ", b" (= 1.0),", b"Format: 1.0"),
        place=_DOCUMENT,
    ),
    Subject(
        ".BUILDINFO of Arch",
        ("snapshot/arch_buildinfo.py ArchBuildInfo.parse",),
        lambda data: str(ArchBuildInfo.parse(data, name="doc").build_date),
        (test_arch_buildinfo.V2.encode(),),
        (b"format = 2", b"installed = a-1-1-any", b"builddate = "),
        place=_DOCUMENT,
    ),
    Subject(
        "RPM buildinfo",
        ("snapshot/rpm_buildinfo.py RpmBuildInfo.parse",),
        lambda data: str(RpmBuildInfo.parse(data, name="doc").build_date),
        (test_rpm_buildinfo.TEXT.encode(),),
        (b"Format: 1.0-rpm", b" a-1-1.x86_64", b"Epoch: 1", b"Build-Date: "),
        place=_DOCUMENT,
    ),
    Subject(
        ".dsc",
        ("snapshot/dsc.py Dsc.parse",),
        lambda data: Dsc.parse(data, name="doc"),
        (test_dsc.SIGNED, test_dsc.TEXT),
        (b"Checksums-Sha256:\n", b"Files:\n", b"Version: 1:2-3"),
        place=_DOCUMENT,
    ),
    Subject(
        "clearsigned text",
        (
            "snapshot/clearsign.py .signed_text",
            "snapshot/clearsign.py .signed_part",
            "snapshot/clearsign.py .is_clearsigned",
            "storage/resign_release.py .resigned_text",
        ),
        _clearsigned,
        (test_clearsign.SIGNED,),
        (b"\n-----BEGIN PGP SIGNATURE-----\n", b"\n-----END PGP SIGNATURE-----\n", b"\n- -----"),
        place=_DOCUMENT,
    ),
    Subject(
        "control fields",
        ("snapshot/control.py .read_fields", "snapshot/control.py .decode_control"),
        _fields,
        (test_packages.STANZA, test_buildinfo.TEXT.encode()),
        (b"Name: value\n", b"\n .\n", b"# comment\n"),
        place=_DOCUMENT,
    ),
    Subject(
        "Packages stanza",
        (
            "snapshot/packages.py BinaryStanza.parse",
            "snapshot/packages.py .read_binary_fields",
            "storage/catalogue/read_stanza.py .read_binary",
        ),
        _binary,
        (test_packages.STANZA,),
        (b"Filename: ", b"Size: ", b"SHA256: ", b"Source: x (1)", b"dists/x/Release"),
        place=_STANZA,
    ),
    Subject(
        "Sources stanza",
        (
            "snapshot/sources.py SourceStanza.parse",
            "snapshot/sources.py .read_source_fields",
            "storage/catalogue/read_stanza.py .read_source",
            "storage/repository_files.py .source_files",
        ),
        _source,
        (test_sources.STANZA,),
        (b"Directory: ", b"Checksums-Sha256:\n", b"Files:\n", b"Package: "),
        place=_STANZA,
    ),
    Subject(
        "whole index",
        (
            "snapshot/stanza.py .split_stanzas",
            "snapshot/stanza.py .iter_stanzas",
            "snapshot/stanza.py .cut_stanzas",
            "snapshot/stanza.py .stanza_key",
        ),
        _index,
        (test_packages.STANZA + b"\n\n" + test_packages.STANZA + b"\n",),
        (b"\n \n", b"\n\t\n\n", b"\n\n\n"),
    ),
    Subject(
        "Binary-Only-Changes",
        ("snapshot/binary_only_changes.py .read_binary_only_changes",),
        _changes,
        (test_binary_only_changes.RECORD,),
        (b" -- x <y>  date", b"\n .\n", b") "),
        place=_DOCUMENT,
    ),
    Subject(
        "Installed-Build-Depends",
        ("snapshot/installed_build_depends.py .read_installed",),
        _installed,
        (b"Installed-Build-Depends:\n a (= 1),\n b:amd64 (= 2:1-1+b1)\n",),
        (b" c (= 1),", b":any", b" (= "),
        place=_DOCUMENT,
    ),
    Subject(
        "environment text",
        ("snapshot/environment.py Environment.from_text",),
        lambda data: Environment.from_text(data).id,
        (test_environment.TEXT,),
        (b"dejabuild-environment 1 deb\n", b"a amd64 1 ", b"a" * 64),
        place=r"^environment text(, line \d+:| of \d+ lines: it must end| is not canonical)"
        r"|cannot hold \S+ twice",
    ),
    Subject(
        "timestamps of archives",
        ("snapshot/timestamp.py Timestamp.parse",),
        _stamp,
        (b"20260711T101637Z", b"20260711"),
        (b"00000000", b"99991231T235960Z", b"T", b"Z"),
    ),
    Subject(
        "dates of mail",
        ("snapshot/timestamp.py Timestamp.from_rfc2822",),
        _date,
        (b"Sat, 11 Jul 2026 10:16:37 UTC", b"Thu, 08 Aug 2019 04:37:07 +0000"),
        (b"+2359", b"-2359", b"0001", b"9999", b"Feb", b"60"),
    ),
    Subject(
        "times of rebuilderd",
        ("snapshot/wire/fields.py .parse_naive_time",),
        _time,
        (b"2026-06-03T10:11:12.123456789", b"2026-06-03T10:11:12"),
        (b"0001-01-01T00:00:00", b"9999-12-31T23:59:59.999999999"),
    ),
    Subject(
        "version order",
        (
            "snapshot/deb_version.py .version_key",
            "snapshot/deb_version.py .split_version",
            "snapshot/deb_version.py .checked_version",
        ),
        _version,
        (b"1:2.0~rc1-3+b1", b"2.10-3", b"0"),
        (b"~", b"~~", b"+b1", b":", b"99999999999:"),
    ),
    Subject(
        "names and paths",
        (
            "snapshot/coordinates.py .checked_name",
            "snapshot/coordinates.py .checked_path",
            "snapshot/coordinates.py .checked_suite",
            "snapshot/pool_path.py .checked_pool_path",
            "snapshot/pool_path.py .checked_file_name",
            "snapshot/pool_path.py .safe_relative_path",
        ),
        _names,
        (b"pool/main/h/hello/hello_2.10-3_amd64.deb", b"lenny/updates", b"debian"),
        (b"dists/", b"./", b"/.", b"Release"),
    ),
    Subject(
        "in-toto link",
        ("snapshot/link.py SignedLink.from_json",),
        _link,
        (_dump({"signed": test_link.GOLDEN, "signatures": [{"keyid": "ab", "sig": "cd"}]}),),
        (b'"signed":', b'"_type":"link"', b'"sha256":', b"1.5", b'"signatures":{}'),
        memory=128 << 20,
    ),
    Subject(
        "public key",
        ("snapshot/public_key.py .public_from_pem",),
        _pem,
        (rebuilderd_pem(test_public_key.RAW).encode(),),
        (b"-----BEGIN PUBLIC KEY-----",),
    ),
    Subject(
        "private key of a worker",
        ("snapshot/public_key.py .seed_from_private_der", "snapshot/public_key.py .keyid"),
        lambda data: keyid(seed_from_private_der(data)),
        (base64.b64decode(test_public_key.PRIVATE),),
        is_text=False,
    ),
    Subject(
        "log of a build",
        ("snapshot/reasons.py .reason_from_log",),
        _log,
        (b"dpkg-source: error: x\nmake: *** [all] Error 1\nE: Unable to fetch\n",),
        (b"make: *** ", b"No space left on device", b"Killed", b"error: "),
    ),
    Subject(
        "status on the wire",
        ("snapshot/verdict.py Status.from_wire", "snapshot/sources.py .split_commas"),
        _status,
        (b"GOOD", b"UNKWN"),
        (b"BAD", b"FAIL"),
    ),
    Subject(
        "rebuilderd: job",
        ("snapshot/wire/jobs.py JobAssignment.from_json",),
        _json_of(JobAssignment.from_json),
        (_dump(test_jobs.RECORDED), b'"Nothing"'),
        (b'"Rebuild":', b'"job":', b"null", b'"priority":'),
        place=_PATH,
    ),
    Subject(
        "rebuilderd: request for a job",
        ("snapshot/wire/jobs.py PopRequest.from_json",),
        _json_of(PopRequest.from_json),
        (
            (
                b'{"supported_backends":["debian"],"supported_architectures":["all"],'
                b'"architecture":"amd64","dejabuild":{"tags":["a"]}}'
            ),
        ),
        (b'"architecture":', b"[1]"),
        place=_PATH,
    ),
    Subject(
        "rebuilderd: package report",
        ("snapshot/wire/packages.py PackageReport.from_json",),
        _json_of(PackageReport.from_json),
        (
            _dump(
                {
                    "distribution": "tails",
                    "release": None,
                    "architecture": "all",
                    "packages": [
                        {
                            "name": "a",
                            "version": "1",
                            "url": "http://x",
                            "artifacts": [test_wire_packages.BINARY],
                        }
                    ],
                }
            ),
        ),
        (b'"packages":', b'"artifacts":', b"[1]"),
        place=_PATH,
    ),
    Subject(
        "rebuilderd: queue request",
        ("snapshot/wire/packages.py QueueRequest.from_json",),
        _json_of(QueueRequest.from_json),
        (b'{"distribution":"debian","status":"BAD","priority":1}', b"{}"),
        (b'"status":', b'"priority":', b'"UNKWN"'),
        place=_PATH,
    ),
    Subject(
        "rebuilderd: build report",
        ("snapshot/wire/reports.py RebuildReport.from_json",),
        _json_of(RebuildReport.from_json),
        (_dump(test_reports.STOCK),),
        (b'"build_log":', b'"artifacts":', b"256", b'"built_at":'),
        place=_PATH,
    ),
)
