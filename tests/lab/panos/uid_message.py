# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The User-ID message: parsing it, and carrying out its register and unregister sections (PAN-OS facts 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from . import addresses, tags
from .device import Device
from .table import Table
from .xmltext import Refusal

TIMEOUTS_SINCE = (9, 0)
SECTIONS = ("unregister", "register", "unregister-user", "register-user", "login", "logout", "groups", "clear")


@dataclass
class Item:
    """One entry of a section. `name` is the address or user as sent."""

    name: str
    persistent: str | None
    pairs: list[tuple[str, str | None]]


@dataclass
class Message:
    """A parsed message: the sections that were sent."""

    sections: dict[str, list[Item]] = field(default_factory=dict)
    clear: bool = False

    @property
    def entries(self) -> int:
        """Entries of all sections."""
        return sum(len(items) for items in self.sections.values())


def document(text: str | bytes) -> ElementTree.Element:
    """Parses a command. Raises Refusal (code 18) for what is not well-formed, or has a document type."""
    if (b"<!DOCTYPE" if isinstance(text, bytes) else "<!DOCTYPE") in text:
        raise Refusal("Malformed Request", code=18)
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise Refusal("Malformed Request", code=18) from None


def parse(text: str | bytes) -> Message:
    """Parses a `uid-message`. Raises Refusal for another document, a type other than update, or a section sent twice."""
    root = document(text)
    if root.tag != "uid-message":
        raise Refusal(f" {root.tag}  is unexpected", code=17, where="cdata")
    if (root.findtext("type") or "").strip() != "update":
        raise Refusal("uid-message: type must be update", code=12)
    payload = root.find("payload")
    if payload is None:
        raise Refusal("uid-message: payload is missing", code=12)
    message = Message()
    for section in payload:
        name = section.tag
        if name not in SECTIONS:
            raise Refusal(f" uid-message -> payload -> {name}  is unexpected", code=17, where="cdata")
        if name in message.sections:
            raise Refusal(f"uid-message: only a single {name} section is allowed", code=12)
        if name == "clear":
            if section.find("registered-ip/all") is None:
                raise Refusal(" uid-message -> payload -> clear  is unexpected", code=17, where="cdata")
            message.clear = True
            message.sections[name] = []
            continue
        key = "ip" if name in ("register", "unregister") else "user" if name.endswith("-user") else "name"
        message.sections[name] = [Item(entry.get(key, ""), entry.get("persistent"), _pairs(entry)) for entry in section if entry.tag == "entry"]
    return message


def _pairs(entry: ElementTree.Element) -> list[tuple[str, str | None]]:
    return [(member.text or "", member.get("timeout")) for tag in entry if tag.tag == "tag" for member in tag if member.tag == "member"]


class Registrar:
    """Carries messages out on one device, under the readings that the switches say."""

    def __init__(self, device: Device, switches: Mapping[str, Any]) -> None:
        self.device = device
        self.switches = switches

    def carry_out(self, message: Message, vsys: str) -> dict[str, list[tuple[str, str]]]:
        """Applies a message and returns the failing (address, message) of each section."""
        table = self.device.tables[vsys]
        table.expire(self.device.now)
        if self.switches["mixed_message"] == "all_or_nothing":
            failures = self._run(message, self._copy(message, table), self.device.registered - len(table))
            if any(failures.values()):
                return failures
        return self._run(message, table, self.device.registered - len(table))

    def canonical(self, text: str) -> str | None:
        """An `ip` as this device keeps it, or None."""
        return addresses.canonical(text, self.device.version >= addresses.NETWORKS_SINCE, self.switches["network_host_bits"] == "masked")

    def _run(self, message: Message, table: Table, elsewhere: int) -> dict[str, list[tuple[str, str]]]:
        failures = {}
        if message.clear:
            table.clear()
        if "unregister" in message.sections:
            failures["unregister"] = self._unregister(message.sections["unregister"], table)
        if "register" in message.sections:
            failures["register"] = self._register(message.sections["register"], table, elsewhere)
        return failures

    def _unregister(self, items: list[Item], table: Table) -> list[tuple[str, str]]:
        failures = []
        for item in items:
            address = self.canonical(item.name)
            if address is None:
                failures += [(item.name, self.switches["text_invalid_ip"])] * (len(item.pairs) or 1)
            elif address not in table.entries:
                failures += [(address, f"ip {address} does not exist, ignore unreg")] * (len(item.pairs) or 1)
            elif not item.pairs:
                table.drop(address)
            else:
                for tag, timeout in item.pairs:
                    if not table.remove(address, tag):
                        failures.append((address, f"tag {tag} does not exist, ignore unreg"))
        if self.switches["unregister_absent"] == "silent":
            failures = [failure for failure in failures if not failure[1].endswith("ignore unreg")]
        return failures

    def _register(self, items: list[Item], table: Table, elsewhere: int) -> list[tuple[str, str]]:
        failures: list[tuple[str, str]] = []
        timeouts = self.device.version >= TIMEOUTS_SINCE
        limit = self.device.max_addresses - elsewhere
        full = False
        for item in items:
            address = self.canonical(item.name)
            if address is None:
                failures += [(item.name, self.switches["text_invalid_ip"])] * (len(item.pairs) or 1)
                continue
            entry = table.entries.get(address)
            if entry is None and len(table) >= limit and item.pairs:
                failures += [(address, self.switches["text_table_full"])] * len(item.pairs)
                full = True
                continue
            added = False
            for tag, timeout in item.pairs:
                lasting = tags.seconds(timeout) if timeouts and timeout is not None else 0
                ends = self.device.now + lasting if lasting else None
                if entry is not None and tag in entry.tags:
                    problem = self._again(table, address, tag, ends, lasting)
                elif not tags.legal(tag):
                    problem = self.switches["text_invalid_tag"]
                elif lasting is None:
                    problem = self.switches["text_invalid_timeout"]
                elif entry is not None and len(entry.tags) >= self.device.max_tags:
                    problem = self.switches["text_too_many_tags"]
                else:
                    if entry is None:
                        entry = table.create(address, item.persistent != "0")
                    table.add(address, tag, ends)
                    added, problem = True, None
                if problem:
                    failures.append((address, problem))
            said = item.persistent is not None or self.switches["persistent_absent"] == "default"
            if added and said and self.switches["persistent_changes"] and entry.persistent != (item.persistent != "0"):
                entry.persistent = not entry.persistent
                entry.xml = None
        if full:
            self.device.log("critical", "registered-ip-limit", f"max registered-ip for the platform reached ({self.device.max_addresses})")
        return failures

    def _again(self, table: Table, address: str, tag: str, ends: float | None, lasting: int | None) -> str | None:
        if lasting is None:
            return self.switches["text_invalid_timeout"]
        if ends is not None and self.switches["duplicate_refreshes_timer"]:
            table.add(address, tag, ends)
        elif ends is None and self.switches["timed_to_permanent"]:
            table.add(address, tag, None)
        return f"tag {tag} already exists, ignore" if self.switches["duplicate_register"] == "error" else None

    def _copy(self, message: Message, table: Table) -> Table:
        """A table with what the message can touch, as large as the real one."""
        copy = _Trial(len(table))
        touched = {self.canonical(item.name) for name in ("register", "unregister") for item in message.sections.get(name, ())}
        for address in touched:
            entry = table.entries.get(address) if address else None
            if entry is not None:
                twin = copy.create(address, entry.persistent, entry.from_agent)
                copy.size -= 1
                for tag, ends in entry.tags.items():
                    copy.add(address, tag, ends)
                twin.persistent = entry.persistent
        return copy


class _Trial(Table):
    """A partial copy that answers for the size of the whole."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def __len__(self) -> int:
        return self.size + len(self.entries)

    def clear(self) -> None:
        super().clear()
        self.size = 0
