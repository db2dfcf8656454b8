# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the get-pip script that ansible-test downloads, where that server is out of reach.

Written to ~/.ansible/test/cache by run-tests of zerotrust.microseg; delete it there to have ansible-test download its own again.
ansible-test calls it with the options of pip, the pinned pip, and perhaps --no-setuptools and --no-wheel.
"""

from __future__ import annotations

import subprocess
import sys


def main():
    """Install pip with Python's own ensurepip, then let it install what was asked for."""
    options = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    # in child processes, because the process that runs this has changed the logging of its own
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet"] + options)
    if "--no-setuptools" in sys.argv:
        subprocess.call([sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", "setuptools"], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
