# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that only the device itself can play: sessions that end, commits in progress, other writers."""

from __future__ import annotations

from typing import Any

from . import addresses
from .access import not_authorized
from .device import Device
from .xmltext import INVALID_CREDENTIAL, Refusal

FAULTS = {
    "session_expired": "the nth call from now (times calls, default 1) finds its session ended; see switch unauth_body",
    "commit_window": "the next `calls` calls of `types` (default user-id) are 'not authorized for user role', as while a commit runs",
    "not_ready": "the next `calls` user-id messages answer 'Not ready to process xmlapi data'",
    "foreign_writer": "after each page of a reading (`pages` times; 0: without end) another tool registers `add` addresses with `tag` and drops "
                      "the first `remove` addresses that carry nothing but `tag`",
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "session_expired": {"nth": 1, "times": 1},
    "commit_window": {"calls": 1, "types": ("user-id",)},
    "not_ready": {"calls": 1},
    "foreign_writer": {"add": 1, "remove": 1, "pages": 0, "tag": "foreign-writer", "vsys": None, "network": "198.18.0.0"},
}


class Chaos:
    """The armed faults of one device."""

    def __init__(self) -> None:
        self.armed: list[tuple[str, dict[str, Any]]] = []
        self._written = 0

    def arm(self, fault: str, **arguments: Any) -> None:
        """Arms a fault. Raises ValueError for an unknown name or argument, or a number that is none."""
        if fault not in ARGUMENTS:
            raise ValueError(f"unknown fault {fault!r}; a device knows {', '.join(sorted(FAULTS))}")
        defaults = ARGUMENTS[fault]
        unknown = sorted(set(arguments) - set(defaults))
        if unknown:
            raise ValueError(f"fault {fault} has no argument {', '.join(unknown)}; it takes {', '.join(sorted(defaults))}")
        for name, value in arguments.items():
            if isinstance(defaults[name], int) and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                raise ValueError(f"{name} of {fault} is a whole number, 0 or more, not {value!r}")
        self.armed.append((fault, {**defaults, **arguments}))

    def disarm(self) -> None:
        """Forgets all."""
        self.armed.clear()

    def session(self, unauth_body: str) -> None:
        """Called once per authenticated call. Raises Refusal when the session has ended."""
        for armed in [armed for armed in self.armed if armed[0] == "session_expired"]:
            arguments = armed[1]
            arguments["nth"] -= 1
            if arguments["nth"] <= 0:
                self._count(armed, "times")
                if unauth_body == "invalid_credential":
                    raise Refusal(INVALID_CREDENTIAL, code=403, http=403, where="result")
                raise Refusal("Session timed out", status="unauth", code=22 if unauth_body == "session_timed_out" else None)

    def commit_window(self, kind: str) -> None:
        """Raises Refusal (403) while a commit runs."""
        for armed in self.armed:
            if armed[0] == "commit_window" and kind in armed[1]["types"]:
                self._count(armed, "calls")
                raise not_authorized(kind)

    def not_ready(self) -> None:
        """Raises Refusal while the user-id process is not ready."""
        for armed in self.armed:
            if armed[0] == "not_ready":
                self._count(armed, "calls")
                raise Refusal("Not ready to process xmlapi data")

    def after_page(self, device: Device, vsys: str) -> None:
        """Lets the foreign writer work."""
        for armed in [armed for armed in self.armed if armed[0] == "foreign_writer"]:
            arguments = armed[1]
            table = device.tables[arguments["vsys"] or vsys]
            tag = arguments["tag"]
            own = [address for address in table.holders([tag]) if len(table.entries[address].tags) == 1]
            for address in own[:arguments["remove"]]:
                table.drop(address)
            for number in range(arguments["add"]):
                self._written += 1
                first = addresses.number(arguments["network"]) or 0
                address = ".".join(str((first + self._written) >> shift & 255) for shift in (24, 16, 8, 0))
                if address not in table.entries:
                    table.create(address)
                table.add(address, tag)
            if arguments["pages"]:
                self._count(armed, "pages")

    def _count(self, armed: tuple[str, dict[str, Any]], name: str) -> None:
        armed[1][name] -= 1
        if armed[1][name] <= 0:
            self.armed.remove(armed)
