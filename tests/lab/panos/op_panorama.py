# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Panorama knows of its firewalls: show devices, devicegroups, dg-hierarchy (PAN-OS facts 3.7)."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..http import Response
from . import models
from .device import Device
from .xmltext import attribute, leaves

if TYPE_CHECKING:
    from .operational import Context

_BEFORE = (("unsupported-version", "no"), ("wildfire-rt", "no"), ("deactivated", "no"))
_VERSIONS = (
    ("app-version", "8912-9101"), ("av-version", "5012-5530"), ("device-dictionary-version", "44-316"), ("wildfire-version", "0"),
    ("threat-version", "8912-9101"), ("url-db", "paloaltonetworks"), ("url-filtering-version", "20261121.20031"), ("logdb-version", "10.2.0"),
    ("vpnclient-package-version", None), ("global-protect-client-package-version", "0.0.0"), ("prev-app-version", "8902-9050"),
    ("prev-av-version", "5011-5529"), ("prev-threat-version", "8902-9050"), ("prev-wildfire-version", "0"), ("prev-device-dictionary-version", "43-313"),
    ("domain", None), ("slot-count", 1), ("type", None), ("tag", None),
)
_PLUGINS = '<plugin_versions><entry name="dlp" version="1.0.3"><pkginfo>dlp-1.0.3</pkginfo></entry></plugin_versions>'
_AFTER = (
    ("last-masterkey-push-status", "Unknown"), ("last-masterkey-push-timestamp", None), ("express-mode", "no"), ("device-cert-present", "None"),
    ("device-cert-expiry-date", "N/A"),
)


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


def _identity(device: Device) -> tuple[tuple[str, object], ...]:
    days, rest = divmod(int(device.uptime), 86400)
    return (
        ("hostname", device.hostname), ("ip-address", device.address), ("ipv6-address", "unknown"), ("mac-addr", None),
        ("uptime", f"{days} days, {rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"), ("family", models.family(device.model)), ("model", device.model),
        ("sw-version", device.version_text),
    )


def _rest(device: Device) -> str:
    """What follows the versions in either command."""
    start = (device.time() - datetime.timedelta(seconds=device.uptime)).strftime("%Y/%m/%d %H:%M:%S")
    return leaves((
        ("vpn-disable-mode", "no"), ("operational-mode", "normal"), ("certificate-status", None), ("certificate-subject-name", device.serial),
        ("certificate-expiry", "2036/01/01 00:00:00"), ("connected-at", start), ("custom-certificate-usage", "no"),
        ("multi-vsys", "yes" if device.multi_vsys else "no"),
    ))


def _device(device: Device) -> str:
    pairs = leaves((("serial", device.serial), ("connected", "yes" if device.connected else "no"), *_BEFORE, *_identity(device), *_VERSIONS))
    if device.ha.enabled:
        peer = f"<peer><serial>{device.ha.peer.serial}</serial></peer>" if device.ha.peer else ""
        state = f"<ha><state>{device.ha.state}</state>{peer}</ha>"
    else:
        state = "<ha><state>no</state></ha>"
    vsys = "".join(
        f'<entry name="{attribute(name)}"><display-name>{attribute(name)}</display-name><shared-policy-status/>'
        f"<shared-policy-md5sum>{_md5sum(device, name)}</shared-policy-md5sum><shared-policy-version/></entry>"
        for name in device.tables
    )
    return f"{pairs}{_PLUGINS}{state}{_rest(device)}<vsys>{vsys}</vsys>{leaves(_AFTER)}"


def devicegroups(context: Context) -> Response:
    """show devicegroups, all or one by name; a group without firewalls has no `devices`."""
    wanted = context.element.findtext("name")
    parts = []
    for group in context.panorama.groups:
        if wanted is not None and group.name != wanted.strip():
            continue
        devices = "".join(f'<entry name="{device.serial}">{_member(context, device, group.name)}</entry>' for device in group.devices)
        parts.append(
            f'{context.writer.blank()}<entry name="{attribute(group.name)}"><shared-policy-md5sum>{_md5sum(context.device, group.name)}</shared-policy-md5sum>'
            + (f"<devices>{devices}</devices>" if devices else "") + "</entry>"
        )
    return context.writer.success(f"<devicegroups>{''.join(parts)}</devicegroups>", entries=len(parts))


def _member(context: Context, device: Device, group: str) -> str:
    """A firewall in its group: as in show devices, with the state of the pushed policy, without HA, and with an empty list of virtual systems."""
    pushed = (context.device.time() - datetime.timedelta(seconds=context.device.uptime)).strftime("%Y/%m/%d %H:%M:%S")
    pairs = leaves((
        ("serial", device.serial), ("connected", "yes" if device.connected else "no"), *_BEFORE, ("last-commit-all-state-sp", "commit succeeded"),
        ("last-validate-all-state-sp", "none"), ("last-commit-all-upd-sp", pushed), ("last-validate-all-upd-sp", "none"), ("shared-policy-status", "In Sync"),
        ("shared-policy-md5sum", _md5sum(context.device, group)), ("shared-policy-version", 1), *_identity(device), *_VERSIONS,
    ))
    return f"{pairs}{_PLUGINS}{_rest(device)}<vsys/>{leaves(_AFTER)}"


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
