# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""type=version, show system info, show system state, show jobs, show clock, set system setting target-vsys (PAN-OS facts 1.6, 3.5, 5)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..http import Response
from . import models
from .device import Device
from .xmltext import Refusal, Writer, leaves

if TYPE_CHECKING:
    from .operational import Context

CAPACITY_KEY = "cfg.general.max-registered-ip-address"


def version(device: Device, writer: Writer) -> Response:
    """The answer of `type=version`."""
    return writer.success(leaves((
        ("sw-version", device.version_text), ("multi-vsys", "on" if device.multi_vsys else "off"), ("model", device.model), ("serial", device.serial),
    )))


def info(context: Context) -> Response:
    """show system info."""
    device = context.device
    uptime = int(device.uptime)
    days, rest = divmod(uptime, 86400)
    family = models.family(device.model)
    pairs: list[tuple[str, object]] = [
        ("hostname", device.hostname), ("ip-address", device.address), ("public-ip-address", "unknown"), ("netmask", "255.255.255.0"),
        ("default-gateway", "192.0.2.1"), ("is-dhcp", "no"), ("ipv6-address", "unknown"), ("mac-address", device.mac),
        ("time", device.time().strftime("%a %b %e %H:%M:%S %Y") + "\n"),
        ("uptime", f"{days} days, {rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"),
        ("devicename", device.hostname), ("family", family), ("model", device.model), ("serial", device.serial), ("cloud-mode", "non-cloud"),
        ("sw-version", device.version_text),
    ]
    if family == "vm":
        pairs += [("vm-uuid", "00000000-0000-4000-8000-00000000000A"), ("vm-mode", "KVM"), ("vm-license", "VM-SERIES-4")]
    pairs += [
        ("app-version", "8912-9101"), ("app-release-date", None), ("av-version", "5012-5530"), ("threat-version", "8912-9101"),
        ("wildfire-version", "0"), ("url-db", "paloaltonetworks"), ("url-filtering-version", "20261121.20031"), ("logdb-version", "10.2.0"),
        ("platform-family", family), ("multi-vsys", "on" if device.multi_vsys else "off"), ("operational-mode", "normal"),
        ("device-certificate-status", "Valid"),
    ]
    if device.panorama:
        pairs += [("system-mode", "panorama"), ("licensed-device-capacity", 100)]
    return context.writer.success(f"<system>{leaves(pairs)}</system>")


def state(context: Context) -> Response:
    """show system state with a filter; numbers are hexadecimal."""
    device = context.device
    values = {
        "cfg.general.max-address": 10000, "cfg.general.max-address-group": 1000, "cfg.general.max-di-nat": 2000,
        "cfg.general.max-dyn-address-group": 500, "cfg.general.max-vsys": len(device.tables), "cfg.general.max-zone": 100,
    }
    if context.switches["capacity_key"]:
        values[CAPACITY_KEY] = device.max_addresses
    lines = {name: hex(value) for name, value in values.items()}
    lines.update({"cfg.general.model": device.model, "sw.version": device.version_text})
    wanted = (context.element.findtext("filter") or "*").strip()
    return context.writer.cdata("".join(f"{name}: {value}\n" for name, value in sorted(lines.items()) if fnmatchcase(name, wanted)))


def clock(context: Context) -> Response:
    """show clock."""
    return context.writer.plain(context.device.time().strftime("%a %b %e %H:%M:%S UTC %Y\n"))


def jobs(context: Context) -> Response:
    """show jobs: none, until commits exist."""
    number = context.element.findtext("id")
    if number is not None:
        raise Refusal(f"job {number.strip()} not found")
    return context.writer.success(context.writer.blank() or "\n")


def target_vsys(context: Context) -> Response:
    """set system setting target-vsys: accepted, without effect on other calls."""
    wanted = (context.element.text or "").strip()
    if wanted not in ("", "none") and (context.device.panorama or wanted not in context.device.tables):
        raise Refusal(f"Server error : vsys {wanted} does not exist", code=12)
    return context.writer.plain(f"Session target vsys changed to {wanted or 'none'}")
