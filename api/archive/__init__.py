# SPDX-License-Identifier: GPL-3.0-or-later
"""Dated archives and files by digest, at the addresses of snapshot.debian.org."""
