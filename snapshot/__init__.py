# SPDX-License-Identifier: GPL-3.0-or-later
"""What a snapshot *is*: the words every other room speaks.

Values, file formats and pure algorithms. Nothing here opens a file, a socket or a
process: readers take bytes or an already open stream.
"""
