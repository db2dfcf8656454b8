# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device: its identity, its tables, its dynamic address groups, its place in an HA pair."""

from __future__ import annotations

import datetime
import hashlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from . import models
from .dag_filter import Filter
from .table import Table

EPOCH = datetime.datetime(2026, 11, 22, 17, 0, 0, tzinfo=datetime.timezone.utc)
LOG_LINES = 1000
OWN_TABLE = "panorama"  # the name under which a Panorama's single table is kept and shown

FIREWALL_STATES = ("active", "passive", "active-primary", "active-secondary", "initial", "suspended", "non-functional", "tentative")
PANORAMA_STATES = ("primary-active", "primary-passive", "secondary-active", "secondary-passive", "primary-suspended", "secondary-suspended", "initial")
WRITABLE = ("active", "active-primary", "active-secondary", "primary-active", "secondary-active")
COUNTERPARTS = {
    "active": "passive", "passive": "active", "active-primary": "active-secondary", "active-secondary": "active-primary",
    "primary-active": "secondary-passive", "primary-passive": "secondary-active",
    "secondary-active": "primary-passive", "secondary-passive": "primary-active",
    "primary-suspended": "secondary-active", "secondary-suspended": "primary-active",
}


class Group:
    """One dynamic address group. `scope`: a virtual system, "shared", or a Panorama's device group."""

    def __init__(self, name: str, text: str, scope: str, referenced: bool) -> None:
        self.name = name
        self.filter = Filter(text)
        self.scope = scope
        self.referenced = referenced
        self.cache: dict[str, tuple] = {}


class HighAvailability:
    """HA of one member. `state` None: HA is off."""

    def __init__(self, mode: str = "active-passive", state: str | None = None, peer: Device | None = None) -> None:
        self.mode = mode
        self.state = state
        self.peer = peer

    @property
    def enabled(self) -> bool:
        """Whether HA is configured."""
        return self.state is not None

    @property
    def writable(self) -> bool:
        """Whether a write belongs here: no HA, or an active member."""
        return self.state is None or self.state in WRITABLE


class Running:
    """Real seconds since a device was made. `clock` may be replaced by one that a test moves."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self.start = self.clock()

    def seconds(self) -> float:
        """What has gone by."""
        return self.clock() - self.start

    def stop(self) -> None:
        """Stands still from now on."""
        now = self.clock()
        self.clock = lambda: now


class Device:
    """State of one device.

    `now` is the virtual clock in seconds from 0 (= EPOCH): timers of registrations follow it alone, so that they end exactly when a test says so. What
    the device shows as its time and uptime runs with the real clock as well.
    """

    def __init__(
        self, name: str, *, panorama: bool = False, model: str = "", version: str = "10.2.8", serial: str = "", hostname: str = "",
        address: str = "192.0.2.10", vsys: tuple[str, ...] = ("vsys1",), multi_vsys: bool = False, capacity: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self.panorama = panorama
        self.model = model or ("Panorama" if panorama else "PA-3220")
        self.version_text = version
        self.version = models.version_tuple(version)
        self.serial = serial
        self.hostname = hostname or name
        self.address = address
        self.multi_vsys = multi_vsys
        self.mac = "00:00:5e:00:53:" + hashlib.sha256(f"{name}/{serial}".encode()).hexdigest()[:2]
        self.now = 0.0
        self.booted = 0.0
        self.running = Running()
        self.boots = 1
        self.connected = True
        self.tables: dict[str, Table] = {vsys_name: Table() for vsys_name in ((OWN_TABLE,) if panorama else vsys)}
        self.users: dict[str, dict[str, dict[str, float | None]]] = {name: {} for name in self.tables}
        self.groups: list[Group] = []
        self.objects: dict[str, tuple[str, ...]] = {}
        self.ha = HighAvailability()
        self.system_log: deque[dict[str, str]] = deque(maxlen=LOG_LINES)
        addresses, tags = models.limits(self.model, panorama)
        self.max_addresses = int((capacity or {}).get("addresses") or addresses)
        self.max_tags = int((capacity or {}).get("tags") or tags)

    @property
    def default_vsys(self) -> str:
        """The virtual system that a call without `vsys` means."""
        return next(iter(self.tables))

    @property
    def registered(self) -> int:
        """Registered addresses in all tables; the capacity is the device's."""
        return sum(len(table) for table in self.tables.values())

    def time(self) -> datetime.datetime:
        """The device's clock as a date: it runs, and goes on with the lab's."""
        return EPOCH + datetime.timedelta(seconds=self.now + self.running.seconds())

    @property
    def uptime(self) -> float:
        """Seconds since the last start."""
        return self.now + self.running.seconds() - self.booted

    def log(self, severity: str, event: str, text: str) -> None:
        """Writes a line of the system log."""
        self.system_log.append({"time": self.time().strftime("%Y/%m/%d %H:%M:%S"), "type": "userid", "severity": severity, "event": event, "description": text})

    def expire(self) -> None:
        """Ends the registrations whose time has come."""
        for table in self.tables.values():
            table.expire(self.now)
        for users in self.users.values():
            for user in [user for user, tags in users.items() if any(ends is not None and ends <= self.now for ends in tags.values())]:
                users[user] = {tag: ends for tag, ends in users[user].items() if ends is None or ends > self.now}
                if not users[user]:
                    del users[user]

    def members(self, group: Group, vsys: str, inherited: bool = False) -> list[tuple[str, str]]:
        """(name, type) of a group's members in a virtual system: address objects first, then registered addresses.

        A group that no rule refers to has none (PAN-OS facts 3.3); nor has any on a Panorama (facts 3.7). Evaluated only
        when somebody asks, and kept until the table changes.
        """
        if self.panorama or not group.referenced:
            return []
        table = self.tables[vsys]
        key = (table.version, inherited)
        cached = group.cache.get(vsys)
        if cached is None or cached[0] != key:
            found = group.filter.evaluate(self._holders(table, inherited))
            members = [(name, "address-object") for name, tags in self.objects.items() if group.filter.matches(tags)]
            members += [(address, "registered-ip") for address in table.sorted(found)]
            cached = group.cache[vsys] = (key, members)
        return cached[1]

    def visible_groups(self, vsys: str) -> list[Group]:
        """The groups that a virtual system sees: its own, then the shared ones."""
        return [group for group in self.groups if group.scope == vsys] + [group for group in self.groups if group.scope == "shared"]

    def reboot(self) -> None:
        """Restarts: only what was registered as persistent here survives; what came from an agent has to come again."""
        for table in self.tables.values():
            for address in [address for address, entry in table.entries.items() if not entry.persistent or entry.from_agent]:
                table.drop(address)
        self.booted = self.now + self.running.seconds()
        self.boots += 1
        self.log("informational", "restart", "The system was restarted")

    def state(self, inherited: bool = False) -> dict[str, Any]:
        """Everything, as plain JSON types."""
        self.expire()
        shown = {}
        for vsys, table in self.tables.items():
            shown[vsys] = {
                "registrations": {address: self._registration(entry) for address, entry in table.entries.items()},
                "groups": {group.name: [name for name, kind in self.members(group, vsys, inherited)] for group in self.visible_groups(vsys)},
                "users": {user: list(tags) for user, tags in self.users[vsys].items()},
            }
        return {
            "vsys": shown, "ha": self.describe_ha(), "system_log": list(self.system_log), "boots": self.boots, "connected": self.connected,
            "clock": self.now, "identity": {"hostname": self.hostname, "model": self.model, "serial": self.serial, "version": self.version_text},
            "capacity": {"addresses": self.max_addresses, "tags": self.max_tags},
        }

    def describe_ha(self) -> dict[str, Any]:
        """HA as plain JSON types."""
        if not self.ha.enabled:
            return {"enabled": False}
        return {"enabled": True, "mode": self.ha.mode, "state": self.ha.state, "peer": self.ha.peer.name if self.ha.peer else None}

    def _registration(self, entry) -> dict[str, Any]:
        shown: dict[str, Any] = {"tags": list(entry.tags), "persistent": entry.persistent, "from_agent": entry.from_agent}
        timers = {tag: ends - self.now for tag, ends in entry.tags.items() if ends is not None}
        if timers:
            shown["timeouts"] = timers
        return shown

    def _holders(self, table: Table, inherited: bool):
        if not inherited or not table.spans:
            return lambda tag: table.by_tag.get(tag, set())
        by_tag = {tag: set(holders) for tag, holders in table.by_tag.items()}
        for address in table.entries:
            for tag in table.inherited(address):
                by_tag[tag].add(address)
        return lambda tag: by_tag.get(tag, set())
