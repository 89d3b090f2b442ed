# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker side of rebuilding: environment, build, compare, report.

Knows `snapshot` and HTTP, nothing else: no database, no server code, no OpenPGP. A worker
sees digests, and trusts the server that names them.
"""
