# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One registered-ip table: addresses with their tags, timers, order of registration and an index by tag."""

from __future__ import annotations

import heapq
from sys import intern

from . import addresses


class Entry:
    """One registered address. `tags` maps each tag to the time at which it ends (None: never). `xml` is the app's cache."""

    __slots__ = ("tags", "persistent", "from_agent", "number", "xml")

    def __init__(self, persistent: bool, from_agent: bool, number: int) -> None:
        self.tags: dict[str, float | None] = {}
        self.persistent = persistent
        self.from_agent = from_agent
        self.number = number
        self.xml: str | None = None


class Table:
    """Addresses of one virtual system. Callers pass canonical text (see addresses.canonical) and legal tags."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.by_tag: dict[str, set[str]] = {}
        self.spans: dict[str, tuple[int, int]] = {}
        self.version = 0
        self.spans_version = 0
        self._timers: list[tuple[float, str, str]] = []
        self._order: list[str] | None = []
        self._next = 0

    def __len__(self) -> int:
        return len(self.entries)

    def create(self, address: str, persistent: bool = True, from_agent: bool = False) -> Entry:
        """A new entry without tags; the caller adds one at once."""
        self._next += 1
        entry = self.entries[address] = Entry(persistent, from_agent, self._next)
        if self._order is not None:
            self._order.append(address)
        if "/" in address or "-" in address:
            limits = addresses.span(address)
            if limits:
                self.spans[address] = limits
                self.spans_version += 1
        self.version += 1
        return entry

    def add(self, address: str, tag: str, ends: float | None = None) -> None:
        """Adds a tag to an existing entry, or changes its timer (`ends`: virtual time, None never)."""
        entry = self.entries[address]
        tag = intern(tag)
        if tag not in entry.tags:
            holders = self.by_tag.get(tag)
            if holders is None:
                holders = self.by_tag[tag] = set()
            holders.add(address)
            entry.xml = None
            self.version += 1
            if address in self.spans:
                self.spans_version += 1
        entry.tags[tag] = ends
        if ends is not None:
            heapq.heappush(self._timers, (ends, address, tag))

    def remove(self, address: str, tag: str) -> bool:
        """Removes one pair; an address without tags disappears. False if the pair is not there."""
        entry = self.entries.get(address)
        if entry is None or tag not in entry.tags:
            return False
        del entry.tags[tag]
        entry.xml = None
        self._forget(address, tag)
        if address in self.spans:
            self.spans_version += 1
        if not entry.tags:
            self._delete(address)
        self.version += 1
        return True

    def drop(self, address: str) -> bool:
        """Removes an address with all its tags. False if it is not there."""
        entry = self.entries.get(address)
        if entry is None:
            return False
        for tag in entry.tags:
            self._forget(address, tag)
        self._delete(address)
        self.version += 1
        return True

    def clear(self) -> None:
        """Removes everything."""
        self.entries.clear()
        self.by_tag.clear()
        self.spans.clear()
        self._timers.clear()
        self._order = []
        self.version += 1
        self.spans_version += 1

    def expire(self, now: float) -> None:
        """Removes the pairs whose time has come."""
        while self._timers and self._timers[0][0] <= now:
            ends, address, tag = heapq.heappop(self._timers)
            entry = self.entries.get(address)
            if entry is not None and entry.tags.get(tag) == ends:
                self.remove(address, tag)

    def order(self) -> list[str]:
        """The addresses in the order of registration. Do not change the list."""
        if self._order is None:
            self._order = list(self.entries)
        return self._order

    def holders(self, tags: list[str]) -> list[str]:
        """The addresses that carry at least one of the tags, in the order of registration."""
        found: set[str] = set()
        for tag in tags:
            found |= self.by_tag.get(tag, set())
        return self.sorted(found)

    def sorted(self, some: set[str]) -> list[str]:
        """Some of the addresses, in the order of registration."""
        return sorted(some, key=lambda address: self.entries[address].number)

    def inherited(self, address: str) -> list[str]:
        """The tags of the networks and ranges that contain a host, without the host's own."""
        value = addresses.number(address) if self.spans else None
        if value is None:
            return []
        own = self.entries[address].tags
        tags: dict[str, None] = {}
        for other, (first, last) in self.spans.items():
            if first <= value <= last:
                tags.update((tag, None) for tag in self.entries[other].tags if tag not in own)
        return list(tags)

    def forget_xml(self) -> None:
        """Drops the rendered text of all entries (after a change of how entries are written)."""
        for entry in self.entries.values():
            entry.xml = None

    def _forget(self, address: str, tag: str) -> None:
        holders = self.by_tag[tag]
        holders.discard(address)
        if not holders:
            del self.by_tag[tag]

    def _delete(self, address: str) -> None:
        del self.entries[address]
        if self.spans.pop(address, None):
            self.spans_version += 1
        self._order = None
