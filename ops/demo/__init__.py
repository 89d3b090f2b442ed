# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on real packages, from nothing: `make demo`.

`prepare` makes the upstream (real packages that this machine's own apt fetched and verified, laid
out as a dated archive on loopback); `conduct` then walks the path as an operator would: mirror,
serve, rebuild, attest, show.
"""
