# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine-readable API: snapshot.debian.org's `/mr/` and its successor's, in one superset."""
