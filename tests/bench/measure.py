# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one command and writes what it took as one line of JSON: python measure.py REPORT SECONDS COMMAND ...

A process of its own, and a small one: the kernel hands the peak memory of whoever starts a process on to it, and the times of "children" are those of
everything that was started and waited for, so nothing else may be among them.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time


def main(report: str, seconds: str, *command: str) -> int:
    """Run the command for at most so many seconds. Returns its exit status, 124 where it took longer."""
    timed_out = False
    started = time.monotonic()
    process = subprocess.Popen(command, start_new_session=True)

    def end(_signum: int, _frame: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, end)
    try:
        status = process.wait(float(seconds))
    except subprocess.TimeoutExpired:
        timed_out = True
        status = 124
    finally:
        wall = time.monotonic() - started
        try:
            os.killpg(process.pid, signal.SIGKILL)  # also what it may have left behind
        except ProcessLookupError:
            pass
        process.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(report, "w", encoding="utf-8") as stream:
        json.dump({"status": status, "timed_out": timed_out, "wall": wall, "user": used.ru_utime, "system": used.ru_stime,
                   "peak_mb": used.ru_maxrss * 1024 / 1e6}, stream)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
