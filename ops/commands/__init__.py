# SPDX-License-Identifier: GPL-3.0-or-later
"""One module per command; `ops.cli` imports the one that was asked for, and no other."""
