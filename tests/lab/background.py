# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in the background: starting it, finding it again by its directory, ending it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .control import RemoteControl
from .scenario import LabError
from .show import description_text

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


def described(directory: str) -> dict[str, Any]:
    """The description that a running lab wrote into its directory. Raises LabError."""
    path = os.path.join(directory, "lab.json")
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except FileNotFoundError as error:
        raise LabError(f"no lab runs in {directory}: there is no {path}") from error
    except (OSError, ValueError) as error:
        raise LabError(f"cannot read {path}: {error}") from error


def check_free(directory: str) -> None:
    """Raises LabError if a lab already runs in a directory, or if it is not a directory."""
    if os.path.exists(directory) and not os.path.isdir(directory):
        raise LabError(f"{directory} is not a directory")
    if not os.path.exists(os.path.join(directory, "lab.json")):
        return
    try:
        RemoteControl(described(directory)["control"], timeout=5).description()
    except (LabError, KeyError):
        return  # left behind by one that was killed; it is overwritten
    raise LabError(f"a lab already runs in {directory}; end it with 'stop --directory {directory}' or choose another directory")


def detach(arguments: Sequence[str], directory: str | None, as_json: bool) -> int:
    """Starts the command again in the background and waits until it listens. Raises LabError with what it said."""
    given = directory is not None
    directory = os.path.abspath(directory) if given else tempfile.mkdtemp(prefix="lab-")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        log_path = os.path.join(directory, "lab.log")
        log = open(log_path, "wb")
    except OSError as error:
        raise LabError(f"cannot write into {directory}: {error.strerror}") from error
    rest = [argument for argument in _without_directory(arguments) if argument not in ("--detach", "--json")]
    rest += ["--directory", directory, "--json"] + ([] if given else ["--remove-directory"])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
    with log:
        child = subprocess.Popen([sys.executable, "-m", "tests.lab", *rest], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                 start_new_session=True, env=environment)
    line = child.stdout.readline()
    child.stdout.close()
    if not line:
        child.wait()
        text = Path(log_path).read_text(encoding="utf-8", errors="replace").strip() or f"ended with status {child.returncode}"
        if not given:
            shutil.rmtree(directory, ignore_errors=True)
        raise LabError(text.splitlines()[-1].removeprefix("lab: "))
    child.returncode = 0  # it goes on without us: no warning about a child that still runs
    if as_json:
        print(line.decode("utf-8").strip())
    else:
        print(description_text(json.loads(line)))
        print(f"\nIt runs in the background (process {child.pid}). End it with:\n  python -m tests.lab stop --directory {directory}")
    return 0


def _without_directory(arguments: Sequence[str]) -> list[str]:
    result = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "--directory":
            skip = True
        elif not argument.startswith("--directory="):
            result.append(argument)
    return result


def in_directory(directory: str, function: Callable[[], int]) -> int:
    """Runs a function and removes the directory afterwards, if it went well (else the log in it is of use)."""
    status = function()
    shutil.rmtree(directory, ignore_errors=True)
    return status


def stop(directory: str) -> str:
    """Ends the lab of a directory and waits until it has ended; returns what to say. Raises LabError."""
    description = described(directory)
    try:
        RemoteControl(description["control"], timeout=10).stop()
    except LabError as error:
        if not isinstance(getattr(error.__cause__, "reason", None), ConnectionRefusedError):
            raise
        path = os.path.join(directory, "lab.json")
        if os.path.exists(path):
            os.unlink(path)
        return f"The lab of {directory} was not running any more."
    deadline = time.monotonic() + STOP_SECONDS
    while _alive(description["pid"]):
        if time.monotonic() > deadline:
            raise LabError(f"the lab of {directory} (process {description['pid']}) did not end within {STOP_SECONDS} seconds")
        time.sleep(0.02)
    return f"Stopped the lab of {directory}."


def _alive(process: int) -> bool:
    """Whether a process runs; one that has ended and only waits for its parent to notice does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True
