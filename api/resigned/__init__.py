# SPDX-License-Identifier: GPL-3.0-or-later
"""Dated archives under Releases that the operator signs: for an apt that refuses the old ones."""
