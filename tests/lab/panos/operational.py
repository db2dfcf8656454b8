# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operational commands: from the command's XML to the function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from ..http import Response
from . import op_ha, op_jobs, op_objects, op_panorama, op_system
from .chaos import Chaos
from .device import Device
from .uid_message import document
from .xmltext import Refusal, Writer

Handler = Callable[["Context"], Response]


@dataclass
class Context:
    """What an operational command is answered from. `element` is the command's last element on the way to its handler."""

    device: Device
    vsys: str
    writer: Writer
    switches: Mapping[str, Any]
    chaos: Chaos
    panorama: Any = None
    fleet: Mapping[str, Any] = field(default_factory=dict)  # every app of the lab, by name
    element: Element | None = None
    path: tuple[str, ...] = ()

    def unexpected(self, *names: str) -> Refusal:
        """Code 17 for an element below the current one."""
        return Refusal(f" {' -> '.join(self.path + names)}  is unexpected", code=17, where="cdata")


COMMANDS: dict[str, Any] = {
    "show": {
        "system": {"info": op_system.info, "state": op_system.state},
        "clock": op_system.clock,
        "jobs": op_jobs.jobs,
        "high-availability": {"state": op_ha.state, "all": op_ha.state},
        "object": {
            "registered-ip": op_objects.registered_ip,
            "registered-user": op_objects.registered_user,
            "dynamic-address-group": op_objects.dynamic_address_group,
        },
        "devices": {"connected": op_panorama.devices_connected, "all": op_panorama.devices_all},
        "devicegroups": op_panorama.devicegroups,
        "dg-hierarchy": op_panorama.hierarchy,
        "panorama-status": op_system.panorama_status,
        "session": {"info": op_system.session_info},
    },
    "check": {"pending-changes": op_system.nothing_to_commit, "full-commit-required": op_system.nothing_to_commit},
    "set": {"system": {"setting": {"target-vsys": op_system.target_vsys}}},
}
PANORAMA_ONLY = ("devices", "devicegroups", "dg-hierarchy")
FIREWALL_ONLY = ("panorama-status", "session")


def answer(command: str, context: Context) -> Response:
    """Answers an operational command. Raises Refusal: code 18 for broken XML, code 17 for an unknown command."""
    element = document(command)
    node: Any = COMMANDS
    path: tuple[str, ...] = ()
    while True:
        path += (element.tag,)
        elsewhere = FIREWALL_ONLY if context.device.panorama else PANORAMA_ONLY
        known = element.tag in node and (element.tag not in elsewhere or path[0] != "show")
        if not known:
            raise Refusal(f" {' -> '.join(path)}  is unexpected", code=17, where="cdata")
        node = node[element.tag]
        if not isinstance(node, dict):
            context.element, context.path = element, path
            return node(context)
        if len(element) != 1:
            extra = [child.tag for child in element][1:2]
            raise Refusal(f" {' -> '.join(path + tuple(extra))}  is " + ("unexpected" if extra else "incomplete"), code=17, where="cdata")
        element = element[0]
