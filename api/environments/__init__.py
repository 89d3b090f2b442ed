# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments: their text by id, and a signed apt repository of exactly their packages."""
