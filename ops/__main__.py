# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -P -m ops`: the same as the script `dejabuild`, by the interpreter that runs now."""

from ops.cli import main

main()
