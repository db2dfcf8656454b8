# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes from outside the API: other tools, operators, the network. What the lab's control port offers for a device."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

from . import tags as tag_rules
from .device import COUNTERPARTS, FIREWALL_STATES, OWN_TABLE, PANORAMA_STATES

if TYPE_CHECKING:
    from .app import PanosApp

SWAPPED = {
    "active": "passive", "passive": "active", "active-primary": "active-secondary", "active-secondary": "active-primary",
    "primary-active": "primary-passive", "primary-passive": "primary-active", "secondary-active": "secondary-passive", "secondary-passive": "secondary-active",
}


def carry_out(app: PanosApp, operation: str, arguments: dict[str, Any]) -> Any:
    """Carries one of OPERATIONS out. Raises ValueError or LookupError with the reason."""
    function = OPERATIONS.get(operation)
    if function is None:
        raise ValueError(f"unknown operation {operation!r}; a device knows {', '.join(sorted(OPERATIONS))}")
    arguments = {name: value for name, value in arguments.items() if name != "device"}
    try:
        signature(function).bind(app, **arguments)
    except TypeError as error:
        raise ValueError(f"{operation}: {error}") from None
    result = function(app, **arguments)
    peer = _synchronised(app) if operation in SYNCHRONISED else None
    if peer is not None:
        try:
            function(peer, **arguments)
        except LookupError:  # the peer never had it
            pass
    return result


def register(
    app: PanosApp, address: str, tags: list[str] | str, vsys: str | None = None, persistent: bool = True, timeout: float | None = None,
    from_agent: bool = False,
) -> dict[str, Any]:
    """Another tool (or, with `from_agent`, a User-ID agent) registers tags. `timeout` in seconds. Goes around the limits of the table."""
    table = _table(app, vsys)
    canonical = app.registrar.canonical(address)
    if canonical is None:
        raise ValueError(f"{address!r} is not an address that {app.name} can register")
    wanted = [tags] if isinstance(tags, str) else list(tags)
    for tag in wanted:
        if not isinstance(tag, str) or not tag_rules.legal(tag):
            raise ValueError(f"{tag!r} is not a legal tag")
    entry = table.entries.get(canonical)
    if not wanted:
        raise ValueError("an address is registered with at least one tag")
    if entry is None:
        entry = table.create(canonical, persistent, from_agent)
    for tag in wanted:
        table.add(canonical, tag, app.device.now + timeout if timeout else None)
    entry.persistent, entry.from_agent, entry.xml = persistent, from_agent, None
    return {"address": canonical, "tags": list(entry.tags)}


def unregister(app: PanosApp, address: str, tags: list[str] | str | None = None, vsys: str | None = None) -> dict[str, Any]:
    """Another tool unregisters tags, or (None) the whole address. Raises LookupError if the address is not there."""
    table = _table(app, vsys)
    canonical = app.registrar.canonical(address)
    if canonical not in table.entries:
        raise LookupError(f"{app.name} has no registration of {address}")
    removed = []
    for tag in list(table.entries[canonical].tags) if tags is None else [tags] if isinstance(tags, str) else tags:
        if table.remove(canonical, tag):
            removed.append(tag)
    return {"address": canonical, "removed": removed}


def clear_table(app: PanosApp, vsys: str | None = None) -> dict[str, Any]:
    """Somebody clears a table (None: all tables of the device)."""
    tables = list(app.device.tables.values()) if vsys is None else [_table(app, vsys)]
    removed = sum(len(table) for table in tables)
    for table in tables:
        table.clear()
    return {"removed": removed}


def failover(app: PanosApp) -> dict[str, Any]:
    """The members of a pair change roles. Raises LookupError for a device without HA, or in a state without a role."""
    device = app.device
    if not device.ha.enabled:
        raise LookupError(f"{app.name} is not in an HA pair")
    if device.ha.state not in SWAPPED:
        raise LookupError(f"{app.name} is {device.ha.state}; only running members can fail over")
    peer = device.ha.peer
    device.ha.state = SWAPPED[device.ha.state]
    if peer is not None and peer.ha.enabled:
        peer.ha.state = COUNTERPARTS[device.ha.state]
    device.log("critical", "state-change", f"HA Group 1: Moved to state {device.ha.state}")
    return _ha(app)


def set_ha_state(app: PanosApp, state: str) -> dict[str, Any]:
    """Sets this member's state only; "disabled" turns HA off here. The peer stays as it is."""
    known = PANORAMA_STATES if app.device.panorama else FIREWALL_STATES
    if state not in known and state != "disabled":
        raise ValueError(f"{state!r} is not an HA state of {app.name}; it knows {', '.join(known)}, disabled")
    app.device.ha.state = None if state == "disabled" else state
    return _ha(app)


def reboot(app: PanosApp) -> dict[str, Any]:
    """Restarts the device: registrations that are not persistent, or came from an agent, are lost."""
    app.device.reboot()
    return {"registered": app.device.registered}


def disconnect(app: PanosApp) -> dict[str, Any]:
    """The firewall loses its Panorama. Its own API stays reachable."""
    return _connect(app, False)


def connect(app: PanosApp) -> dict[str, Any]:
    """The firewall is connected to its Panorama again."""
    return _connect(app, True)


OPERATIONS = {
    function.__name__: function for function in (register, unregister, clear_table, failover, set_ha_state, reboot, disconnect, connect)
}
SYNCHRONISED = ("register", "unregister", "clear_table")


def _connect(app: PanosApp, connected: bool) -> dict[str, Any]:
    if app.device.panorama:
        raise ValueError(f"{app.name} is a Panorama; name the firewall")
    app.device.connected = connected
    return {"connected": connected}


def _ha(app: PanosApp) -> dict[str, Any]:
    peer = app.device.ha.peer
    return {app.name: app.device.ha.state, **({peer.name: peer.ha.state} if peer else {})}


def _synchronised(app: PanosApp) -> PanosApp | None:
    """The peer that gets what this member is given. Only an active member gives."""
    ha = app.device.ha
    if ha.peer is None or not ha.enabled or not ha.writable or not app.switches["ha_sync"]:
        return None
    return app.peers.get(ha.peer.name)


def _table(app: PanosApp, vsys: str | None):
    name = OWN_TABLE if app.device.panorama else vsys or app.device.default_vsys
    if name not in app.device.tables:
        raise LookupError(f"{app.name} has no virtual system {vsys}; it has {', '.join(app.device.tables)}")
    return app.device.tables[name]
