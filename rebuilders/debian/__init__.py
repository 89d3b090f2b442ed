# SPDX-License-Identifier: GPL-3.0-or-later
"""Rebuilding Debian packages in exactly the environment that their record names."""
