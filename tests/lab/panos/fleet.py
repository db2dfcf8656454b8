# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From configurations to apps: identities, pairs, and who is connected to which Panorama."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from . import access, mutations
from .app import PanosApp
from .device import COUNTERPARTS, FIREWALL_STATES, PANORAMA_STATES, Device, Group, HighAvailability
from .op_panorama import DeviceGroup

KINDS = ("firewall", "panorama")
KEYS = (
    "name", "kind", "model", "version", "serial", "hostname", "address", "vsys", "multi_vsys", "groups", "address_objects", "registrations", "ha",
    "capacity", "users", "switches", "connected", "devices", "device_groups",
)
MODES = ("active-passive", "active-active")
DEFAULT_USER = "automation"
DEFAULT_DEVICE_GROUP = "lab"


def build(config: Mapping[str, Any] | None, devices: Sequence[Mapping[str, Any]], seed: Any = 1) -> list[PanosApp]:
    """Makes the apps of a lab's devices, in the order given.

    config: applies to all devices; `switches` (name to value). devices: one mapping per device, all keys but name optional:
    name, kind ("firewall", "panorama"), model, version, serial, hostname, address (shown as management address), vsys (list), multi_vsys,
    groups ({name: {filter, vsys: "vsys1" or "shared", referenced: true, device_group (Panorama)}}), address_objects ({name: [tags]}),
    registrations ({vsys: [{ip, tags, persistent, from_agent, timeout}]}), ha ({mode, state, peer}; the peer gets the counterpart if it says
    nothing), capacity ({addresses, tags}), users ([{name, password, api_key, types}]), switches, connected (to Panoramas),
    devices and device_groups (Panorama: names of firewalls; {name: {parent, devices}}).
    seed: keys, serial numbers and all that varies follow from it.

    Raises ValueError that names the device and what is wrong.
    """
    lock = threading.RLock()
    apps: dict[str, PanosApp] = {}
    for position, device in enumerate(devices):
        name = device.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError(f"device {position + 1} has no name")
        if name in apps:
            raise ValueError(f"two devices are called {name}")
        try:
            apps[name] = _app(device, position, seed, {**((config or {}).get("switches") or {}), **(device.get("switches") or {})}, lock)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"device {name}: {f'missing {error}' if isinstance(error, KeyError) else error}") from error
    serials = [app.device.serial for app in apps.values()]
    for serial in serials:
        if serials.count(serial) > 1:
            raise ValueError(f"two devices have the serial number {serial}")
    for device in devices:
        app = apps[device["name"]]
        app.peers = apps
        try:
            _pair(app, device.get("ha"), apps)
            if app.device.panorama:
                _manage(app, device, apps)
        except ValueError as error:
            raise ValueError(f"device {device['name']}: {error}") from error
    return list(apps.values())


def _app(config: Mapping[str, Any], position: int, seed: Any, switches: dict[str, Any], lock: Any) -> PanosApp:
    unknown = sorted(set(config) - set(KEYS))
    if unknown:
        raise ValueError(f"unknown key {', '.join(unknown)}; known are {', '.join(KEYS)}")
    kind = config.get("kind") or "firewall"
    if kind not in KINDS:
        raise ValueError(f"kind is {' or '.join(KINDS)}, not {kind!r}")
    name, panorama = config["name"], kind == "panorama"
    vsys = tuple(config.get("vsys") or ("vsys1",))
    if any(not isinstance(one, str) or not one for one in vsys) or isinstance(config.get("vsys"), str):
        raise ValueError("vsys is a list of names")
    rng = random.Random(f"{seed}/{name}/identity")
    device = Device(
        name, panorama=panorama, model=config.get("model") or "", version=str(config.get("version") or "10.2.8"),
        serial=str(config.get("serial") or f"0{rng.randrange(10**10, 10**11)}"), hostname=config.get("hostname") or name,
        address=config.get("address") or f"192.0.2.{10 + position % 240}", vsys=vsys,
        multi_vsys=bool(config.get("multi_vsys", len(vsys) > 1)), capacity=config.get("capacity"),
    )
    device.connected = bool(config.get("connected", True))
    device.objects = {name: tuple(tags) for name, tags in (config.get("address_objects") or {}).items()}
    device.groups = [_group(device, name, group) for name, group in (config.get("groups") or {}).items()]
    app = PanosApp(device, access.Guard(_users(config, seed, name), device.version), seed, switches, lock)
    for table, entries in (config.get("registrations") or {}).items():
        for entry in entries:
            mutations.register(
                app, entry["ip"], entry["tags"], table, bool(entry.get("persistent", True)), entry.get("timeout"), bool(entry.get("from_agent", False)),
            )
    return app


def _group(device: Device, name: str, config: Mapping[str, Any]) -> Group:
    if device.panorama:
        scope = config.get("device_group") or "shared"
    else:
        scope = config.get("vsys") or device.default_vsys
        if scope != "shared" and scope not in device.tables:
            raise ValueError(f"group {name}: no vsys {scope}")
    return Group(name, config["filter"], scope, bool(config.get("referenced", True)))


def _users(config: Mapping[str, Any], seed: Any, device: str) -> list[access.User]:
    users = []
    for user in config.get("users") or [{"name": DEFAULT_USER}]:
        password = user.get("password") or access.make_password(seed, device, user["name"])
        types = user.get("types")
        for kind in types or ():
            if kind not in access.ROLE_TYPES:
                raise ValueError(f"user {user['name']}: unknown type {kind}; known are {', '.join(access.ROLE_TYPES)}")
        key = user.get("api_key") or access.make_key(seed, device, user["name"], password)
        users.append(access.User(user["name"], password, key, None if types is None else tuple(types)))
    return users


def _pair(app: PanosApp, config: Mapping[str, Any] | None, apps: Mapping[str, PanosApp]) -> None:
    if not config:
        return
    device = app.device
    mode = config.get("mode") or "active-passive"
    if mode not in MODES:
        raise ValueError(f"ha mode is {' or '.join(MODES)}, not {mode!r}")
    states = PANORAMA_STATES if device.panorama else FIREWALL_STATES
    state = config.get("state") or ("primary-active" if device.panorama else "active" if mode == "active-passive" else "active-primary")
    if state not in states:
        raise ValueError(f"ha state is one of {', '.join(states)}, not {state!r}")
    peer = None
    if config.get("peer"):
        if config["peer"] not in apps or config["peer"] == device.name:
            raise ValueError(f"ha peer {config['peer']!r} is not another device")
        peer = apps[config["peer"]].device
        if peer.panorama != device.panorama:
            raise ValueError(f"ha peer {peer.name} is of another kind")
        if peer.ha.peer not in (None, device):
            raise ValueError(f"ha peer {peer.name} has another peer, {peer.ha.peer.name}")
    device.ha = HighAvailability(mode, state, peer)
    if peer is not None and not peer.ha.enabled:
        peer.ha = HighAvailability(mode, COUNTERPARTS.get(state, "primary-active" if device.panorama else "active"), device)


def _manage(app: PanosApp, config: Mapping[str, Any], apps: Mapping[str, PanosApp]) -> None:
    firewalls = {name: other.device for name, other in apps.items() if not other.device.panorama}

    def named(names: Sequence[str]) -> list[Device]:
        for name in names:
            if name not in firewalls:
                raise ValueError(f"{name!r} is not a firewall of this lab")
        return [firewalls[name] for name in names]

    app.inventory.devices = named(config["devices"]) if config.get("devices") is not None else list(firewalls.values())
    groups = config.get("device_groups")
    if groups is None:
        app.inventory.groups = [DeviceGroup(DEFAULT_DEVICE_GROUP, None, list(app.inventory.devices))]
        return
    for name, group in groups.items():
        parent = (group or {}).get("parent")
        if parent is not None and parent not in groups:
            raise ValueError(f"device group {name}: no parent {parent}")
        app.inventory.groups.append(DeviceGroup(name, parent, named((group or {}).get("devices") or ())))
