# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""show high-availability state, in the forms of firewalls, Panoramas and devices without HA (PAN-OS facts 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http import Response
from .device import COUNTERPARTS, Device
from .xmltext import leaves

if TYPE_CHECKING:
    from .operational import Context

NON_RUNNING = ("initial", "suspended", "non-functional", "tentative")
APPS, GATEWAY = "8912-9101", "192.0.2.1"


def state(context: Context) -> Response:
    """The HA state of a device."""
    device = context.device
    if context.switches["ha_answer"] == "empty":
        return context.writer.success()
    if not device.ha.enabled:
        return context.writer.success("<enabled>no</enabled><local-info><encrypt-imported>no</encrypt-imported></local-info>")
    body = _local(context) + _peer(context) + leaves((("running-sync", "synchronized"), ("running-sync-enabled", "yes")))
    if device.panorama:
        return context.writer.success(f"<enabled>yes</enabled>{body}")
    return context.writer.success(f"<enabled>yes</enabled><group><mode>{_mode(device)}</mode>{body}</group>")


def _mode(device: Device) -> str:
    return "Active-Active" if device.ha.mode == "active-active" else "Active-Passive"


def _local(context: Context) -> str:
    device, ha = context.device, context.device.ha
    pairs: list[tuple[str, object]] = [
        ("url-compat", "Match"), ("app-version", APPS), ("build-rel", device.version_text), ("av-compat", "Match"), ("av-version", "5012-5530"),
        ("platform-model", device.model), ("mgmt-ip", device.address + "/24"),
    ]
    if device.panorama:
        pairs += [
            ("mgmt-macaddr", device.mac), ("priority", ha.state.partition("-")[0]), ("encrypt-enable", "no"), ("encrypt-imported", "yes"),
            ("link-mon-intv", 3000),
        ]
    else:
        pairs += [
            ("priority", 100), ("mode", _mode(device)), ("ha1-port", "management"), ("ha1-ipaddr", device.address + "/24"), ("ha1-gateway", GATEWAY),
            ("ha1-encrypt-imported", "no"), ("ha1-encrypt-enable", "no"), ("ha1-link-mon-intv", 3000), ("max-flaps", 3), ("preempt-flap-cnt", 0),
            ("nonfunc-flap-cnt", 0), ("threat-version", APPS), ("threat-compat", "Match"),
        ]
        if ha.state in NON_RUNNING:
            pairs += [("last-error-state", ha.state), ("last-error-reason", "User requested")]
    pairs += [
        ("preemptive", "no"), ("monitor-fail-holdup", 0), ("addon-master-holdup", 500), ("heartbeat-interval", 2000), ("hello-interval", 8000),
        ("promotion-hold", 2000), ("preempt-hold", 1), ("iot-version", "56-343"), ("iot-compat", "Match"), ("state", ha.state),
        ("state-duration", int(device.uptime)), ("state-sync", "Complete"), ("version", 1), ("build-compat", "Match"), ("app-compat", "Match"),
        ("mgmt-ipv6", None), *_serial(context, device.serial),
    ]
    modes = ""
    if not device.panorama and ha.mode == "active-passive":
        modes = f"<active-passive>{leaves((('passive-link-state', 'auto'), ('monitor-fail-holddown', 1)))}</active-passive>"
    return f"<local-info>{leaves(pairs)}{modes}</local-info>"


def _peer(context: Context) -> str:
    device, peer = context.device, context.device.ha.peer
    if peer is not None and not peer.ha.enabled:
        peer = None
    shown = peer.ha.state if peer else COUNTERPARTS.get(device.ha.state, "unknown")
    address = peer.address if peer else "192.0.2.250"
    pairs: list[tuple[str, object]] = [
        ("app-version", APPS), ("conn-status", "up"), ("build-rel", peer.version_text if peer else device.version_text),
        ("state", shown), ("state-duration", int((peer or device).uptime)), ("preemptive", "no"),
        ("version", 1), ("iot-version", "56-343"), ("av-version", "5012-5530"), *_serial(context, peer.serial if peer else "000000000000"),
    ]
    if device.panorama:  # here, and only here, without the length of the prefix
        pairs += [("mgmt-macaddr", peer.mac if peer else "00:00:5e:00:53:fa"), ("mgmt-ip", address), ("priority", shown.partition("-")[0])]
    else:
        pairs += [
            ("mgmt-ip", address + "/24"), ("ha1-ipaddr", address), ("platform-model", peer.model if peer else device.model), ("mode", _mode(device)),
            ("priority", 100), ("threat-version", APPS), ("mgmt-ipv6", None),
        ]
    if shown in NON_RUNNING or shown.endswith("-suspended"):
        pairs += [("last-error-state", shown), ("last-error-reason", "User requested")]
    link = leaves((("conn-status", "up"), ("conn-primary", "yes"), ("conn-desc", "heartbeat status")))
    return f"<peer-info>{leaves(pairs)}<conn-ha1>{link}</conn-ha1></peer-info>"


def _serial(context: Context, serial: str) -> list[tuple[str, object]]:
    return [("serial-num", serial)] if context.switches["ha_serials"] == "shown" else []
