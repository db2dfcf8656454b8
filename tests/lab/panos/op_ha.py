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


def state(context: Context) -> Response:
    """The HA state of a device."""
    device = context.device
    if context.switches["ha_answer"] == "empty":
        return context.writer.success()
    if not device.ha.enabled:
        return context.writer.success("<enabled>no</enabled><local-info><encrypt-imported>no</encrypt-imported></local-info>")
    body = _local(device) + _peer(device) + leaves((("running-sync", "synchronized"), ("running-sync-enabled", "yes")))
    if device.panorama:
        return context.writer.success(f"<enabled>yes</enabled>{body}")
    return context.writer.success(f"<enabled>yes</enabled><group><mode>{_mode(device)}</mode>{body}</group>")


def _mode(device: Device) -> str:
    return "Active-Active" if device.ha.mode == "active-active" else "Active-Passive"


def _local(device: Device) -> str:
    pairs: list[tuple[str, object]] = [("build-rel", device.version_text), ("platform-model", device.model), ("mgmt-ip", device.address + "/24")]
    if device.panorama:
        pairs.append(("priority", device.ha.state.partition("-")[0]))
    else:
        pairs += [("priority", 100), ("mode", _mode(device)), ("preemptive", "no"), ("ha1-port", "management")]
        if device.ha.state in NON_RUNNING:
            pairs += [("last-error-state", device.ha.state), ("last-error-reason", "User requested")]
    pairs += [
        ("state", device.ha.state), ("state-duration", int(device.now - device.booted)), ("state-sync", "Complete"), ("version", 1),
        ("build-compat", "Match"), ("app-compat", "Match"), ("mgmt-ipv6", None),
    ]
    return f"<local-info>{leaves(pairs)}</local-info>"


def _peer(device: Device) -> str:
    peer = device.ha.peer
    if peer is not None and not peer.ha.enabled:
        peer = None
    shown = peer.ha.state if peer else COUNTERPARTS.get(device.ha.state, "unknown")
    pairs: list[tuple[str, object]] = [
        ("conn-status", "up"), ("build-rel", peer.version_text if peer else device.version_text), ("mgmt-ip", peer.address if peer else "192.0.2.250"),
        ("state", shown), ("preemptive", "no"), ("version", 1),
    ]
    if device.panorama:
        pairs.append(("priority", shown.partition("-")[0]))
    else:
        pairs += [("mode", _mode(device)), ("priority", 100)]
    return f"<peer-info>{leaves(pairs)}</peer-info>"
