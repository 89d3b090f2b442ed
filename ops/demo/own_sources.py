# SPDX-License-Identifier: GPL-3.0-or-later
"""Source packages of the demo's own, for what no real package should show.

Debian's archive has no package that is meant to be unreproducible or unbuildable, so these are
written here, with the same tools and rules as any other source.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.demo.real_indices import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snapshot.timestamp import Timestamp

VERSION = "1.0"
#: A header that exists on the machine of the record's maker and nowhere else.
PRIVATE_HEADER = "usr/local/include/only-on-the-maintainers-machine.h"
#: A package that was installed for the record's build and never published.
UNPUBLISHED = "dejabuild-demo-never-published"
#: Two packages with different versions at different dates, for when Debian's do not differ.
OLD_TOOL, NEW_TOOL = "dejabuild-demo-old-tool", "dejabuild-demo-new-tool"


@dataclass(frozen=True, slots=True)
class OwnSource:
    """A source package to be written.

    Attributes:
        name: Its name.
        build: Shell lines of debian/rules that install into `$(DESTDIR)`.
        build_depends: Beside debhelper.
        depends: Depends of the binary, beside the usual substitutions.
        description: One line.
        files: Path to text, beside debian/.
    """

    name: str
    build: tuple[str, ...]
    description: str
    build_depends: tuple[str, ...] = ()
    depends: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


UNREPRODUCIBLE = OwnSource(
    name="dejabuild-demo-unreproducible",
    description="differs every time: it keeps random numbers and the hour of its build",
    build=(
        "mkdir -p $(DESTDIR)/usr/bin $(DESTDIR)/usr/share/dejabuild-demo",
        "head -c 16 /dev/urandom | od -An -tx1 > $(DESTDIR)/usr/share/dejabuild-demo/salt",
        "date --utc +%s.%N > $(DESTDIR)/usr/share/dejabuild-demo/built-at",
        (
            "$(CC) -DSALT=\\\"$$(head -c 8 /dev/urandom | od -An -tx8 | tr -d ' ')\\\" "
            "-o $(DESTDIR)/usr/bin/dejabuild-demo-salt salt.c"
        ),
    ),
    files={"salt.c": "#include <stdio.h>\nint main(void) { return puts(SALT) < 0; }\n"},
)
UNCOMPILABLE = OwnSource(
    name="dejabuild-demo-uncompilable",
    description="needs a header that only its maintainer has",
    build=(
        "mkdir -p $(DESTDIR)/usr/bin",
        "$(CC) -o $(DESTDIR)/usr/bin/dejabuild-demo-hello hello.c",
    ),
    files={
        "hello.c": f"#include <{PRIVATE_HEADER.rpartition('/')[2]}>\n"
        "#include <stdio.h>\nint main(void) { return puts(GREETING) < 0; }\n"
    },
)
UNPUBLISHED_DEPENDENCY = OwnSource(
    name="dejabuild-demo-unpublished-dependency",
    description="was built with a package that never was in any archive",
    build=(
        "mkdir -p $(DESTDIR)/usr/share/dejabuild-demo",
        f"cp /usr/share/{UNPUBLISHED}/data $(DESTDIR)/usr/share/dejabuild-demo/copied",
    ),
    build_depends=(UNPUBLISHED,),
)
EMBEDS_VERSIONS = OwnSource(
    name="dejabuild-demo-embeds-versions",
    description="carries the versions of what it was built with",
    build=(
        "mkdir -p $(DESTDIR)/usr/share/dejabuild-demo",
        f"dpkg-query -W {OLD_TOOL} {NEW_TOOL} > $(DESTDIR)/usr/share/dejabuild-demo/built-with",
        f"dpkg-query -f 'old-tool=$${{Version}}\\n' -W {OLD_TOOL} >> $(DESTDIR).substvars",
    ),
    build_depends=(OLD_TOOL, NEW_TOOL),
    depends=f"{OLD_TOOL} (>= ${{old-tool}})",
)


def write_source(own: OwnSource, date: Timestamp, into: Path) -> Path:
    """Write the tree and pack it with dpkg-source.

    Args:
        own: What to write.
        date: Of its changelog entry, which is also the time of every packed file.
        into: An existing directory; receives the .dsc and the tarball.

    Returns:
        The .dsc.
    """
    tree = into / f"{own.name}-{VERSION}"
    for path, text in {**own.files, **_debian_files(own, date)}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, "utf-8")
    (tree / "debian/rules").chmod(0o755)
    subprocess.run(
        ["dpkg-source", "--build", tree.name],
        cwd=into,
        env=os.environ | {"SOURCE_DATE_EPOCH": str(date.epoch), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    return into / f"{own.name}_{VERSION}.dsc"


def make_package(name: str, version: str, architecture: str, into: Path) -> Path:
    """Make a .deb without a source, holding one file of data.

    Returns:
        The .deb.
    """
    tree = into / f"{name}.tree"
    data = tree / f"usr/share/{name}/data"
    data.parent.mkdir(parents=True)
    data.write_text(f"{name} {version}\n", "utf-8")
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
        f"Maintainer: {_MAINTAINER}\nDescription: made by the dejabuild demo\n",
        "utf-8",
    )
    for path in (*tree.rglob("*"), tree):
        path.chmod(0o755 if path.is_dir() else 0o644)
    target = into / f"{name}_{version}_{architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(target)],
        env=os.environ | {"SOURCE_DATE_EPOCH": "0"},
        capture_output=True,
        check=True,
    )
    return target


def source_stanza(dsc: Path, directory: str, checksums: Mapping[str, str]) -> Source:
    """The Sources stanza of a .dsc, as an archive would write it.

    Args:
        dsc: Unsigned.
        directory: Where the archive keeps it.
        checksums: Field name (`Files`, `Checksums-Sha256` …) to the line that names the .dsc.
    """
    lines = []
    for line in dsc.read_text("utf-8").splitlines():
        lines.append(line.replace("Source:", "Package:", 1) if line.startswith("Source:") else line)
        title = line.removesuffix(":")
        if title in checksums:
            lines.append(f" {checksums[title]}")
    lines.append(f"Directory: {directory}")
    return Source.parse("\n".join(lines).encode())


_MAINTAINER = "dejabuild demo <demo@localhost>"


def _debian_files(own: OwnSource, date: Timestamp) -> dict[str, str]:
    recipes = "".join(f"\t{line}\n" for line in own.build)
    depends = ", ".join(["debhelper-compat (= 13)", *own.build_depends])
    runtime = ", ".join(filter(None, ["${misc:Depends}", "${shlibs:Depends}", own.depends]))
    return {
        "debian/source/format": "3.0 (native)\n",
        "debian/changelog": (
            f"{own.name} ({VERSION}) unstable; urgency=low\n\n  * For the demo.\n\n"
            f" -- {_MAINTAINER}  {date.datetime():%a, %d %b %Y %H:%M:%S} +0000\n"
        ),
        "debian/control": (
            f"Source: {own.name}\nSection: misc\nPriority: optional\n"
            f"Maintainer: {_MAINTAINER}\nBuild-Depends: {depends}\n"
            "Standards-Version: 4.6.2\nRules-Requires-Root: no\n\n"
            f"Package: {own.name}\nArchitecture: any\nDepends: {runtime}\n"
            f"Description: {own.description}\n Written by the dejabuild demo.\n"
        ),
        "debian/rules": (
            f"#!/usr/bin/make -f\nDESTDIR := debian/{own.name}\n%:\n\tdh $@\n\n"
            f"override_dh_auto_install:\n{recipes}"
        ),
    }
