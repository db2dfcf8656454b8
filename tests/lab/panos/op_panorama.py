# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Panorama knows of its firewalls: show devices, devicegroups, dg-hierarchy (PAN-OS facts 3.7)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..http import Response
from . import models
from .device import Device
from .xmltext import attribute, leaves

if TYPE_CHECKING:
    from .operational import Context


@dataclass
class DeviceGroup:
    """A device group of a Panorama. `parent`: another group's name, or None."""

    name: str
    parent: str | None = None
    devices: list[Device] = field(default_factory=list)


@dataclass
class Inventory:
    """The firewalls that a Panorama manages, and its device groups."""

    devices: list[Device] = field(default_factory=list)
    groups: list[DeviceGroup] = field(default_factory=list)

    def connected(self, serial: str) -> Device | None:
        """The connected firewall with a serial number."""
        return next((device for device in self.devices if device.serial == serial and device.connected), None)


def devices_connected(context: Context) -> Response:
    """show devices connected."""
    return _devices(context, [device for device in context.panorama.devices if device.connected])


def devices_all(context: Context) -> Response:
    """show devices all."""
    return _devices(context, context.panorama.devices)


def _devices(context: Context, devices: list[Device]) -> Response:
    listed = "".join(f'{context.writer.blank()}<entry name="{device.serial}">{_device(device)}</entry>' for device in devices)
    return context.writer.success(f"<devices>{listed}</devices>", entries=len(devices))


def _device(device: Device) -> str:
    pairs = leaves((
        ("serial", device.serial), ("connected", "yes" if device.connected else "no"), ("unsupported-version", "no"), ("deactivated", "no"),
        ("hostname", device.hostname), ("ip-address", device.address), ("ipv6-address", "unknown"), ("mac-addr", None),
        ("uptime", f"{int(device.now - device.booted) // 86400} days, 0:00:00"), ("family", models.family(device.model)), ("model", device.model),
        ("sw-version", device.version_text), ("app-version", "8912-9101"), ("av-version", "5012-5530"), ("threat-version", "8912-9101"), ("domain", None),
        ("tag", None),
    ))
    if device.ha.enabled:
        peer = f"<peer><serial>{device.ha.peer.serial}</serial></peer>" if device.ha.peer else ""
        pairs += f"<ha><state>{device.ha.state}</state>{peer}</ha>"
    else:
        pairs += "<ha><state>no</state></ha>"
    vsys = "".join(
        f'<entry name="{attribute(name)}"><display-name>{attribute(name)}</display-name><shared-policy-status/>'
        f"<shared-policy-md5sum>{_md5sum(device, name)}</shared-policy-md5sum><shared-policy-version/></entry>"
        for name in device.tables
    )
    pairs += leaves((("vpn-disable-mode", "no"), ("operational-mode", "normal"), ("multi-vsys", "yes" if device.multi_vsys else "no")))
    return f"{pairs}<vsys>{vsys}</vsys>"


def devicegroups(context: Context) -> Response:
    """show devicegroups, all or one by name; a group without firewalls has no `devices`."""
    wanted = context.element.findtext("name")
    parts = []
    for group in context.panorama.groups:
        if wanted is not None and group.name != wanted.strip():
            continue
        devices = "".join(f'<entry name="{device.serial}">{_member(device)}</entry>' for device in group.devices)
        parts.append(
            f'{context.writer.blank()}<entry name="{attribute(group.name)}"><shared-policy-md5sum>{_md5sum(context.device, group.name)}</shared-policy-md5sum>'
            + (f"<devices>{devices}</devices>" if devices else "") + "</entry>"
        )
    return context.writer.success(f"<devicegroups>{''.join(parts)}</devicegroups>", entries=len(parts))


def _member(device: Device) -> str:
    return leaves((
        ("serial", device.serial), ("connected", "yes" if device.connected else "no"), ("unsupported-version", "no"), ("deactivated", "no"),
        ("hostname", device.hostname), ("ip-address", device.address), ("model", device.model), ("sw-version", device.version_text),
        ("multi-vsys", "yes" if device.multi_vsys else "no"), ("vsys", None), ("last-commit-all-state-sp", None), ("shared-policy-status", "In Sync"),
    ))


def hierarchy(context: Context) -> Response:
    """show dg-hierarchy: the groups, nested."""
    numbers = {group.name: number for number, group in enumerate(context.panorama.groups, 11)}

    def nested(parent: str | None) -> str:
        return "".join(
            f'<dg name="{attribute(group.name)}" dg_id="{numbers[group.name]}">{nested(group.name)}</dg>'
            for group in context.panorama.groups if group.parent == parent
        )

    return context.writer.success(f"<dg-hierarchy>{nested(None)}</dg-hierarchy>", code=19)


def _md5sum(device: Device, name: str) -> str:
    return hashlib.sha256(f"{device.serial}/{name}".encode()).hexdigest()[:32]
