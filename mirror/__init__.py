# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstream → verified bytes: fetch, verify, store, publish whole or not at all.

`mirror.sync` is the conductor; every other module is one stage it calls, or a noun they share.
OpenPGP signatures are verified here and nowhere else.
"""
