# SPDX-License-Identifier: GPL-3.0-or-later
"""The public pages: rendered on the server, readable without scripts, styled by one file."""
