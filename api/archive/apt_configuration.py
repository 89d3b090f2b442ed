# SPDX-License-Identifier: GPL-3.0-or-later
"""`/client/apt.conf`: how apt's own `--snapshot` finds us."""

from __future__ import annotations

from flask import Response

from api.operation import describe, text_answer
from api.public_url import public_url

_TEXT = """// Save as /etc/apt/apt.conf.d/50dejabuild; then: apt --snapshot <stamp> install …
Acquire::Snapshots::URI {{
  Origin::Debian "{base}/archive/debian/@SNAPSHOTID@/";
  Override::Label::Debian-Security "{base}/archive/debian-security/@SNAPSHOTID@/";
}};
Acquire::Check-Valid-Until "false";
"""


@describe(answers={200: text_answer("Save it below /etc/apt/apt.conf.d")})
def apt_configuration() -> Response:
    """The lines for apt, with this server's own address."""
    return Response(_TEXT.format(base=public_url()), mimetype="text/plain")
