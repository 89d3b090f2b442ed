# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuilderd's HTTP interface: v1 as its worker and clients speak it, and the reads of v0."""
