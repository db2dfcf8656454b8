# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""type=version, show system info, show system state, show clock, what health checks ask, set system setting target-vsys (PAN-OS facts 1.6, 3.5, 5)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..http import Response
from . import models
from .device import Device
from .xmltext import Refusal, Writer, leaves

if TYPE_CHECKING:
    from .operational import Context

# Timers in seconds, limits and switches as an idle firewall shows them.
_SESSIONS = {
    "num-active": 0, "num-mcast": 0, "num-bcast": 0, "num-tcp": 0, "num-udp": 0, "num-icmp": 0, "num-predict": 0, "num-installed": 0, "num-gtpc": 0,
    "num-gtpu-active": 0, "num-gtpu-pending": 0, "num-sctp-assoc": 0, "num-sctp-sess": 0, "cps": 0, "pps": 0, "kbps": 0, "dp": "*.dp0", "tmo-def": 30,
    "tmo-tcp": 3600, "tmo-tcpinit": 5, "tmo-tcphandshake": 10, "tmo-tcphalfclosed": 120, "tmo-tcptimewait": 15, "tmo-tcp-unverif-rst": 30, "tmo-udp": 30,
    "tmo-icmp": 6, "tmo-sctp": 3600, "tmo-sctpinit": 5, "tmo-sctpcookie": 60, "tmo-sctpshutdown": 60, "tmo-cp": 30, "dis-def": 60, "dis-tcp": 90,
    "dis-udp": 60, "dis-sctp": 30, "age-accel-en": "True", "age-accel-thresh": 80, "age-accel-tsf": 2, "age-scan-thresh": 80, "age-scan-tmo": 10,
    "age-scan-ssf": 8, "icmp-unreachable-rate": 200, "vardata-rate": 10485760, "max-pending-mcast": 0, "tcp-nonsyn-rej": "True", "tcp-strict-rst": "True",
    "tcp-reject-siw-en": "False", "tcp-reject-siw-thresh": 4, "strict-checksum": "True", "hw-offload": "True", "hw-udp-offload": "True", "ipv6-fw": "True",
    "oor-action": "drop",
}
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


def session_info(context: Context) -> Response:
    """show session info: an idle firewall."""
    count = models.sessions(context.device.model)
    pairs: list[tuple[str, object]] = list(_SESSIONS.items())
    return context.writer.success(leaves([("num-max", count), *pairs]))


def panorama_status(context: Context) -> Response:
    """show panorama-status: text, one paragraph for each Panorama that manages this firewall."""
    paragraphs = []
    for app in context.fleet.values():
        if app.device.panorama and context.device in app.inventory.devices:
            paragraphs.append(
                f"Panorama Server {len(paragraphs) + 1} : {app.device.address}\n    Connected     : {'yes' if context.device.connected else 'no'}\n"
                f"    HA state      : {app.device.ha.state or 'disconnected'}\n"
            )
    return context.writer.plain("\n" + "\n".join(paragraphs))


def nothing_to_commit(context: Context) -> Response:
    """check pending-changes and full-commit-required: nobody edits the configuration of a lab's device."""
    return context.writer.plain("no")


def target_vsys(context: Context) -> Response:
    """set system setting target-vsys: accepted, without effect on other calls."""
    wanted = (context.element.text or "").strip()
    if wanted not in ("", "none") and (context.device.panorama or wanted not in context.device.tables):
        raise Refusal(f"Server error : vsys {wanted} does not exist", code=12)
    return context.writer.plain(f"Session target vsys changed to {wanted or 'none'}")
