# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's door: command line, settings, wiring, deployment files, demonstration."""
