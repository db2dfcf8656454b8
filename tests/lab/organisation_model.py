# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an organisation consists of: labels, label groups and hosts, in plain terms and without a wire format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

CORPORATE, EXTERNAL = "Corporate", "External"


class Label(NamedTuple):
    """A label: numeric id within the organisation, key (the dimension) and value."""

    id: int
    key: str
    value: str


class Dimension(NamedTuple):
    """A label dimension (label type). Illumio's four defaults are not custom."""

    key: str
    display_name: str
    custom: bool = True


class Nic(NamedTuple):
    """One address of a host; a name may repeat (PCE facts 4.4: one entry per address)."""

    name: str
    address: str
    cidr: int | None = None
    gateway: str | None = None
    mode: str = "single_private_brn"
    network: str = CORPORATE


class Host(NamedTuple):
    """One workload-to-be. `heartbeat` is seconds and `age` days before the reference time of the data."""

    uuid: str
    name: str | None
    hostname: str
    labels: tuple[Label, ...] = ()
    nics: tuple[Nic, ...] = ()
    managed: bool = True
    online: bool = True
    enforcement: str = "selective"
    os_id: str = ""
    os_detail: str = ""
    ven_type: str = "server"
    description: str | None = ""
    ignored: tuple[str, ...] = ()
    heartbeat: int = 60
    age: int = 100
    number: int = 0
    public_ip: str | None = None
    risk: bool = False


@dataclass
class LabelGroup:
    """A label group: labels and names of nested groups; `draft_only` labels are not provisioned yet."""

    name: str
    key: str
    labels: list[Label] = field(default_factory=list)
    sub_groups: list[str] = field(default_factory=list)
    draft_only: list[Label] = field(default_factory=list)


@dataclass
class Organisation:
    """Everything a PCE starts with. `hosts` may be a one-time iterator: 100,000 of them need not be in memory at once."""

    dimensions: list[Dimension]
    labels: list[Label]
    label_groups: list[LabelGroup]
    hosts: Iterable[Host]

    def __iter__(self) -> Iterator[Host]:
        return iter(self.hosts)


DEFAULT_DIMENSIONS = (
    Dimension("role", "Role", False), Dimension("app", "Application", False),
    Dimension("env", "Environment", False), Dimension("loc", "Location", False),
)


def from_description(description: dict[str, Any]) -> Organisation:
    """An organisation out of a scenario's plain description.

    Keys: dimensions (keys beyond the default four), labels ({key, value} nobody carries yet), label_groups
    ({name, key, labels: [values], sub_groups: [names]}), workloads ({name, labels: {key: value}, interfaces:
    [{name, address}] or address, managed, online, enforcement_mode, description, ignored_interface_names, ...}).
    Raises ValueError that names the entry that is wrong.
    """
    known: dict[tuple[str, str], Label] = {}

    def label(key: str, value: str) -> Label:
        return known.setdefault((key, value), Label(len(known) + 1, key, value))

    extra = [Dimension(key, key.capitalize()) for key in description.get("dimensions", ())]
    for entry in description.get("labels", ()):
        label(entry["key"], entry["value"])
    hosts = []
    for number, entry in enumerate(description.get("workloads", ()), 1):
        unknown = sorted(set(entry) - _WORKLOAD_KEYS)
        if unknown or "name" not in entry:
            raise ValueError(f"workload {number} of the scenario: " + (f"unknown key {', '.join(unknown)}" if unknown else "no name"))
        nics = tuple(
            Nic(item["name"], item["address"], item.get("cidr", 64 if ":" in item["address"] else 24))
            for item in entry.get("interfaces", [{"name": "eth0", "address": entry["address"]}] if "address" in entry else [])
        )
        managed = entry.get("managed", True)
        hosts.append(Host(
            uuid=entry.get("uuid") or f"5e000000-0000-4000-8000-{number:012x}", name=entry["name"],
            hostname=entry.get("hostname", entry["name"] if managed else ""),
            labels=tuple(label(key, value) for key, value in entry.get("labels", {}).items()), nics=nics, managed=managed,
            online=entry.get("online", True), enforcement=entry.get("enforcement_mode", "full" if managed else "visibility_only"),
            os_id="centos-x86_64-9.0" if managed else "", os_detail="5.14.0-503.el9.x86_64 (Red Hat Enterprise Linux release 9.5 (Plow))" if managed else "",
            description=entry.get("description", ""), ignored=tuple(entry.get("ignored_interface_names", ())),
            heartbeat=entry.get("heartbeat", 60 + number), age=entry.get("age", 200), number=number,
            public_ip=entry.get("public_ip", nics[0].address if managed and nics else None),
        ))
    groups = [
        LabelGroup(entry["name"], entry["key"], [label(entry["key"], value) for value in entry.get("labels", ())], list(entry.get("sub_groups", ())))
        for entry in description.get("label_groups", ())
    ]
    return Organisation([*DEFAULT_DIMENSIONS, *extra], list(known.values()), groups, hosts)


_WORKLOAD_KEYS = frozenset((
    "uuid", "name", "hostname", "labels", "interfaces", "address", "managed", "online", "enforcement_mode", "description",
    "ignored_interface_names", "heartbeat", "age", "public_ip",
))
