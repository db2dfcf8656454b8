# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting what passed, failed and was skipped."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path
from xml.etree import ElementTree


@dataclasses.dataclass
class Counts:
    """Numbers of tests; *notes* are short words for the result line (what was skipped and why), *failures* names of what failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Counts) -> None:
        """Add the numbers and words of *other*."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes
        self.failures += other.failures

    def check(self, name: str, good: bool) -> None:
        """Count one check by its name."""
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append(name)

    def skip(self, reason: str) -> None:
        """Count one thing that could not be tried here."""
        self.skipped += 1
        self.notes.append(reason)


def read_junit(path: Path) -> Counts | None:
    """Count the test cases of a JUnit XML file; None where there is no such file or it is cut off.

    Cases are counted one by one, since the totals in the file count a test that fails twice (in itself and while it is torn down) twice.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    states: dict[tuple[str | None, str | None], str] = {}
    for case in root.iter("testcase"):
        key = (case.get("classname"), case.get("name"))
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            states[key] = "failed"
        else:
            states.setdefault(key, "skipped" if "skipped" in kinds else "passed")
    counts = Counts()
    for (classname, name), state in states.items():
        if state == "failed":
            counts.check(f"{classname}: {name}" if classname else str(name), False)
        elif state == "skipped":
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def settle(counts: Counts | None, status: int, name: str) -> Counts:
    """Bring the counts of a command and its exit status together: a command that failed without a failed test counts as one failure."""
    result = counts or Counts()
    if counts is None:
        result.check(f"{name}: ended with status {status} and without results", False)
    elif status and not result.failed:
        result.check(f"{name}: ended with status {status}", False)
    elif not (result.passed or result.failed or result.skipped):
        result.check(f"{name}: no test was run", False)
    return result


def summary(counts: Counts) -> str:
    """Return the last line of a run."""
    return f"{counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped"


def tail(path: Path, lines: int, wanted: t.Callable[[str], bool] | None = None) -> list[str]:
    """Return the last *lines* lines of a log, or the last ones that *wanted* accepts (all, if it accepts none)."""
    try:
        content = [line.rstrip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return []
    chosen = [line for line in content if wanted(line)] if wanted else []
    return (chosen or content)[-lines:]
