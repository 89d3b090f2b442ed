# SPDX-License-Identifier: GPL-3.0-or-later
"""Source packages of a few lines, with the build record that a builder would have made."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.rebuilders.real_packages import Deb

CONTROL = """\
Source: {name}
Section: misc
Priority: optional
Maintainer: Nobody <nobody@example.org>
Standards-Version: 4.6.2
Rules-Requires-Root: {root}

Package: {name}
Architecture: all
Description: a package of a test
"""
CHANGELOG = """\
{name} (1.0) unstable; urgency=medium

  * A release.

 -- Nobody <nobody@example.org>  Thu, 01 Oct 2026 00:00:00 +0000
"""
#: `recipe` runs in the source directory; what it puts below debian/out is the package.
RULES = """\
#!/usr/bin/make -f
build build-indep build-arch:
clean:
binary-arch:
binary binary-indep:
\trm -rf debian/out; mkdir -p debian/out/DEBIAN debian/out/usr/share/{name}
\tsh debian/recipe
\tdpkg-gencontrol -Pdebian/out
\tfind debian/out -exec touch -h -d @1790000000 {{}} +
\t{finish}
"""
FINISH = "dpkg-deb --root-owner-group -Zxz --build debian/out .."


def make_source(
    folder: Path,
    recipe: str,
    *,
    name: str = "tiny",
    root: str = "no",
    links: Mapping[str, str] | None = None,
    finish: str = FINISH,
) -> Path:
    """Write a native source package; returns its .dsc.

    Args:
        folder: Made when absent.
        recipe: Shell, run while the package is built.
        name: Of the source and its one binary package.
        root: Value of `Rules-Requires-Root`.
        links: Symbolic links in the source tree that replace its files.
        finish: Shell, makes the package from `debian/out`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "debian/control": CONTROL.format(name=name, root=root),
        "debian/changelog": CHANGELOG.format(name=name),
        "debian/rules": RULES.format(name=name, finish=finish),
        "debian/recipe": recipe,
        "debian/source/format": "3.0 (native)\n",
    }
    tarball = folder / f"{name}_1.0.tar.xz"
    with tarfile.open(tarball, "w:xz", preset=0) as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{path}")
            info.mode, info.mtime = 0o755, 1790000000
            if path in (links or {}):
                info.type, info.linkname = tarfile.SYMTYPE, (links or {})[path]
                archive.addfile(info)
                continue
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    data = tarball.read_bytes()
    dsc = folder / f"{name}_1.0.dsc"
    dsc.write_text(
        f"Format: 3.0 (native)\nSource: {name}\nBinary: {name}\nArchitecture: all\n"
        f"Version: 1.0\nMaintainer: Nobody <nobody@example.org>\n"
        f"Checksums-Sha256:\n {hashlib.sha256(data).hexdigest()} {len(data)} {tarball.name}\n"
        f"Files:\n {hashlib.md5(data).hexdigest()} {len(data)} {tarball.name}\n",
        "utf-8",
    )
    return dsc


def make_record(
    debs: Iterable[Deb],
    *,
    name: str = "tiny",
    variables: Mapping[str, str] | None = None,
    extra: str = "",
    path: str | None = None,
) -> bytes:
    """The .buildinfo of such a package, built in the given environment."""
    installed = ",\n".join(
        f" {deb.member.name} (= {deb.member.version})" for deb in sorted(debs, key=_name)
    )
    words = {"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1790000000", **(variables or {})}
    environment = "\n".join(f' {key}="{value}"' for key, value in words.items())
    return (
        f"Format: 1.0\nSource: {name}\nBinary: {name}\nArchitecture: all\nVersion: 1.0\n{extra}"
        f"Checksums-Sha256:\n {'0' * 64} 1 {name}_1.0_all.deb\n"
        "Build-Origin: Debian\nBuild-Architecture: amd64\n"
        "Build-Date: Thu, 01 Oct 2026 00:00:00 +0000\n"
        f"Build-Path: {path or f'/build/reproducible-path/{name}-1.0'}\n"
        f"Installed-Build-Depends:\n{installed or ' base-files (= 1)'}\n"
        f"Environment:\n{environment}\n"
    ).encode()


def _name(deb: Deb) -> str:
    return deb.member.name
