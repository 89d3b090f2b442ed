# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ops.demo.show_difference import changed_lines

REPORT = """\
--- original.deb
+++ rebuilt.deb
├── file list
│ @@ -1,3 +1,3 @@
│ --rw-r--r--   0        0        0        4 2022-11-27 07:34:35.000000 debian-binary
│ +-rw-r--r--   0        0        0        5 2022-11-27 07:34:35.000000 debian-binary
├── control.tar.xz
│ ├── control.tar
│ │ ├── ./control
│ │ │ @@ -4,7 +4,7 @@
│ │ │  Architecture: amd64
│ │ │ -Depends: perl (>= 5.36.0-7+deb12u3)
│ │ │ +Depends: perl (>= 5.36.0-7+deb12u4)
"""


def test_the_dependency_is_what_the_reader_sees() -> None:
    assert changed_lines(REPORT) == [
        "-Depends: perl (>= 5.36.0-7+deb12u3)",
        "+Depends: perl (>= 5.36.0-7+deb12u4)",
    ]


def test_without_a_dependency_every_changed_line_counts() -> None:
    report = REPORT.replace("Depends", "Enhances")
    assert "-Enhances: perl (>= 5.36.0-7+deb12u3)" in changed_lines(report)
