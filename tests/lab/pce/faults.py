# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the PCE itself: jobs and collections that go wrong behind a flawless HTTP answer."""

from __future__ import annotations

import threading
from typing import Any

# name -> (explanation, arguments with defaults). `times`: how often, 0 = until disarmed. `resource`: "workloads", "labels", ... or "*".
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "job_fails": (
        "the next asynchronous job ends as failed",
        {"message": "The collection could not be read", "status": "failed", "resource": "*", "times": 1},
    ),
    "job_never_ends": ("the next asynchronous job stays running", {"resource": "*", "times": 1}),
    "job_gone": ("the next poll of a job finds no job (404)", {"times": 1}),
    "datafile_missing": ("the next datafile is gone (404)", {"times": 1}),
    "no_location": ("the next 202 has no Location", {"resource": "*", "times": 1}),
    "short_datafile": ("rows are missing at the end of the next collection, which is valid JSON", {"rows": 1, "resource": "workloads", "times": 1}),
    "duplicate_row": ("a row comes twice, instead of another one or in addition", {"instead": True, "resource": "workloads", "times": 1}),
    "count_mismatch": ("x-total-count is off by this many", {"by": 1, "resource": "workloads", "times": 0}),
    "empty_collection": ("the next collection is []; its count stays 'honest' or is 'zero'", {"count": "honest", "resource": "workloads", "times": 1}),
    "wrong_json": (
        "the next collection is something else with status 200: object, null, cut, garbage, html, strings",
        {"kind": "object", "resource": "workloads", "times": 1},
    ),
    "extra_row_between_count_and_datafile": (
        "a workload 'appears' or 'disappears' just before the next collection is read",
        {"change": "appears", "times": 1},
    ),
    "bulk_busy": ("another bulk operation is running: the next one is refused (429)", {"times": 1}),
    "key_expires": ("the API key is refused (401) after this many further requests", {"after": 0, "times": 0}),
}
_VALUES = {
    ("empty_collection", "count"): ("honest", "zero"), ("wrong_json", "kind"): ("object", "null", "cut", "garbage", "html", "strings"),
    ("extra_row_between_count_and_datafile", "change"): ("appears", "disappears"), ("job_fails", "status"): ("failed", "cancelled", "canceled"),
}


def explanations() -> dict[str, str]:
    """The faults with their arguments and defaults, for people."""
    result = {}
    for name, (text, arguments) in FAULTS.items():
        shown = ", ".join(f"{argument}={default!r}" for argument, default in sorted(arguments.items()))
        result[name] = f"{text} ({shown})"
    return result


class ArmedFaults:
    """The armed faults of one PCE. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: dict[str, list[dict[str, Any]]] = {}

    def arm(self, name: str, given: dict[str, Any]) -> None:
        """Arms a fault. Raises ValueError that names what is known."""
        if name not in FAULTS:
            raise ValueError(f"a PCE has no fault {name!r}; it has {', '.join(sorted(FAULTS))}")
        defaults = FAULTS[name][1]
        unknown = sorted(set(given) - set(defaults))
        if unknown:
            raise ValueError(f"fault {name} has no argument {', '.join(unknown)}; it takes {', '.join(sorted(defaults))}")
        for argument, value in given.items():
            default = defaults[argument]
            least = -10**9 if argument == "by" else 0
            if isinstance(default, bool) != isinstance(value, bool) or not isinstance(value, type(default)) or (isinstance(value, int) and value < least):
                raise ValueError(f"fault {name}: {argument} cannot be {value!r} (default: {default!r})")
            values = _VALUES.get((name, argument))
            if values and value not in values:
                raise ValueError(f"fault {name}: {argument} is one of {', '.join(values)}, not {value!r}")
        with self._lock:
            self._armed.setdefault(name, []).append({**defaults, **given})

    def disarm(self) -> None:
        """Forgets all."""
        with self._lock:
            self._armed.clear()

    @property
    def any(self) -> bool:
        """Whether any fault is armed."""
        return any(self._armed.values())

    def peek(self, name: str, resource: str = "*") -> dict[str, Any] | None:
        """The arguments of an armed fault for a resource, without using it up."""
        if name not in self._armed:
            return None
        with self._lock:
            return next((fault for fault in self._armed.get(name, ()) if resource == "*" or fault.get("resource", "*") in ("*", resource)), None)

    def take(self, name: str, resource: str = "*") -> dict[str, Any] | None:
        """The arguments of an armed fault, used once by this."""
        fault = self.peek(name, resource)
        if fault is None:
            return None
        with self._lock:
            if fault["times"] == 1:
                self._armed[name] = [other for other in self._armed.get(name, ()) if other is not fault]
            elif fault["times"]:
                fault["times"] -= 1  # 0 stays: until disarmed
        return fault

    def key_has_expired(self) -> bool:
        """Counts a request against `key_expires`."""
        fault = self.peek("key_expires")
        if fault is None:
            return False
        with self._lock:
            fault["after"] -= 1
            return fault["after"] < 0
