# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches: every fact about a PCE or PAN-OS that could not be settled is one, with its readings as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRUE = frozenset(("true", "yes", "on", "1"))
FALSE = frozenset(("false", "no", "off", "0"))


@dataclass(frozen=True)
class Switch:
    """One switch.

    `values` holds the accepted values; a tuple of the single type int or float means any non-negative number of it.
    `why` says in one line what is uncertain and where the readings come from.
    """

    name: str
    values: tuple
    default: Any
    why: str

    def parse(self, value: Any) -> Any:
        """The value as this switch keeps it (text from a command line is converted).

        Raises ValueError that names the switch and what it accepts.
        """
        if self.values in ((int,), (float,)):
            return self._number(value)
        for accepted in self.values:
            if value == accepted and isinstance(value, bool) == isinstance(accepted, bool):
                return accepted
        text = str(value).strip().lower()
        for accepted in self.values:
            if isinstance(accepted, bool):
                if text in (TRUE if accepted else FALSE):
                    return accepted
            elif accepted is None:
                if text in ("", "none", "null"):
                    return None
            elif text == str(accepted).lower():
                return accepted
        raise ValueError(f"switch {self.name} accepts {self.accepts()}, not {value!r}")

    def accepts(self) -> str:
        """The accepted values, for people."""
        if self.values == (int,):
            return "a whole number"
        if self.values == (float,):
            return "a number"
        return ", ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in self.values)

    def _number(self, value: Any) -> Any:
        kind = self.values[0]
        try:
            if isinstance(value, bool):
                raise ValueError
            number = kind(value)
        except (TypeError, ValueError):
            number = -1
        if not 0 <= number < float("inf"):
            raise ValueError(f"switch {self.name} accepts {self.accepts()} (0 or more), not {value!r}")
        return number


class Switchable:
    """Base of a simulator: declares SWITCHES, keeps the current values in `switches`.

    A subclass sets `name` and may override `switched(name, value)`, called after each change.
    """

    SWITCHES: Mapping[str, Switch] = {}
    name = ""

    def __init__(self, switches: Mapping[str, Any] | None = None) -> None:
        self.switches: dict[str, Any] = {name: switch.default for name, switch in self.SWITCHES.items()}
        for name, value in (switches or {}).items():
            self.set_switch(name, value)

    def set_switch(self, name: str, value: Any) -> None:
        """Sets one switch. Raises ValueError that names the known switches, or the accepted values."""
        switch = self.SWITCHES.get(name)
        if switch is None:
            raise ValueError(f"{self.name or 'this server'} has no switch {name!r}; it has {', '.join(sorted(self.SWITCHES)) or 'none'}")
        self.switches[name] = switch.parse(value)
        self.switched(name, self.switches[name])

    def switched(self, name: str, value: Any) -> None:
        """Called after a switch changed."""
