# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: what a lab consists of, as one dict. Built-in ones by name, others from a JSON file; checked here."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping
from typing import Any

DEFAULT_SEED = 1
DEFAULT_SIZE = 200
DEFAULT_FIREWALLS = 2
MOST_WORKLOADS = 1_000_000
MOST_DEVICES = 100
SIZED = "organisation"
KINDS = ("firewall", "panorama")
KEYS = ("seed", "description", "pce", "pces", "devices")


class LabError(Exception):
    """The lab cannot be started or used as asked; the text is one line that says why and what would work."""


def _empty(seed: int, size: int) -> dict[str, Any]:
    return {"seed": seed, "pce": {"workloads": 0}, "devices": []}


def _organisation(seed: int, size: int) -> dict[str, Any]:
    return {"seed": seed, "pce": {"scenario": "organisation", "workloads": size}, "devices": []}


def _ordering(seed: int, size: int) -> dict[str, Any]:
    from .pce import ordering

    found = ordering.scenario(seed)
    scenario = found if "pce" in found or "devices" in found else {"pce": found}
    return {"seed": seed, "devices": [], **copy.deepcopy(dict(scenario))}


BUILTIN = {
    "empty": (_empty, "a PCE without workloads"),
    "ordering": (_ordering, "the Ordering application: Web, Processing and Database in Development and Production, at two sites"),
    "organisation": (_organisation, "an organisation of --workloads N workloads with everything that is awkward about real ones"),
}


def whole(value: Any, what: str, least: int, most: int) -> int:
    """A whole number from least to most. Raises LabError that names it."""
    try:
        if isinstance(value, (bool, float)):
            raise ValueError
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if not least <= number <= most:
        raise LabError(f"{what} must be a whole number from {least} to {most}, not {value!r}")
    return number


def load(scenario: str | os.PathLike | Mapping[str, Any], seed: int | None, size: int | None) -> dict[str, Any]:
    """A scenario dict from a built-in name, a JSON file or a dict. Raises LabError."""
    if size is not None and scenario != SIZED:
        raise LabError(f"a number of workloads can only be chosen for the scenario {SIZED}")
    size = DEFAULT_SIZE if size is None else whole(size, "the number of workloads", 0, MOST_WORKLOADS)
    if isinstance(scenario, Mapping):
        return copy.deepcopy(dict(scenario))
    name = os.fspath(scenario)
    if name in BUILTIN:
        return BUILTIN[name][0](DEFAULT_SEED if seed is None else seed, size)
    if not (name.endswith(".json") or os.sep in name or os.path.exists(name)):
        raise LabError(f"unknown scenario {name!r}; there are {', '.join(BUILTIN)}, or the path of a JSON file")
    found = read_json(name, "scenario")
    if not isinstance(found, dict):
        raise LabError(f"scenario {name} is not a JSON object")
    file = found.get("pce", {}).get("file") if isinstance(found.get("pce"), dict) else None
    if isinstance(file, str) and not os.path.isabs(file):
        found["pce"]["file"] = os.path.join(os.path.dirname(os.path.abspath(name)), file)
    return found


def read_json(path: str | os.PathLike, what: str) -> Any:
    """The content of a JSON file. Raises LabError that names the file and where it is wrong."""
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except OSError as error:
        raise LabError(f"cannot read {what} file {os.fspath(path)}: {error.strerror}") from error
    except ValueError as error:
        raise LabError(f"{what} file {os.fspath(path)} is not JSON: {error}") from error


def generic_device(kind: str, number: int) -> dict[str, Any]:
    """A firewall or Panorama that a scenario does not describe."""
    if kind == "panorama":
        return {"name": f"panorama{number}", "kind": "panorama", "model": "Panorama", "version": "11.1.4"}
    return {"name": f"fw{number}", "kind": "firewall", "model": "PA-3220", "version": "10.2.4", "vsys": ["vsys1"]}


def with_devices(scenario: dict[str, Any], firewalls: int | None, panoramas: int | None) -> dict[str, Any]:
    """The scenario with as many firewalls and Panoramas as asked for.

    None leaves what the scenario has (for firewalls of a scenario without devices: DEFAULT_FIREWALLS). Of too many the last are left out; missing ones are
    copies of the scenario's first of that kind under the next free name, without its HA peer and registrations.
    A Panorama that says nothing about `devices` has all firewalls connected.
    """
    devices = [dict(device) for device in objects(scenario.get("devices", []), "devices")]
    firewalls = DEFAULT_FIREWALLS if firewalls is None and not devices else firewalls
    for kind, wanted in (("firewall", firewalls), ("panorama", panoramas)):
        if wanted is None:
            continue
        whole(wanted, f"the number of {kind}s", 0, MOST_DEVICES)
        same = [device for device in devices if device.get("kind", "firewall") == kind]
        devices = [device for device in devices if device not in same[wanted:]]
        model = same[0] if same else None
        number = 0
        for _missing in range(wanted - len(same)):
            number += 1
            while any(device.get("name") == generic_device(kind, number)["name"] for device in devices):
                number += 1
            device = generic_device(kind, number)
            if model is not None:
                inherited = {key: value for key, value in model.items() if key not in ("name", "ha", "registrations", "serial", "devices", "switches")}
                device = {**device, **copy.deepcopy(inherited)}
            devices.append(device)
    names = [device.get("name") for device in devices if device.get("kind", "firewall") == "firewall"]
    for device in devices:
        if device.get("kind") == "panorama":
            device.setdefault("devices", list(names))
    return {**scenario, "devices": devices}


def objects(rows: Any, what: str) -> list[dict[str, Any]]:
    """The rows, if they are a list of objects. Raises LabError."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LabError(f"{what} of a scenario must be a list of objects")
    return rows


def checked(scenario: dict[str, Any], seed: int | None) -> dict[str, Any]:
    """The scenario in full: seed, a list `pces` with names, a list `devices` with names and kinds. Raises LabError."""
    unknown = sorted(set(scenario) - set(KEYS))
    if unknown:
        raise LabError(f"a scenario has no key {', '.join(map(repr, unknown))}; it has {', '.join(KEYS)}")
    seed = whole(scenario.get("seed", DEFAULT_SEED) if seed is None else seed, "the seed", 0, 2**63 - 1)
    pces = scenario.get("pces")
    if pces is None:
        pces = [] if scenario.get("pce", {}) is None else [scenario.get("pce", {})]
    devices = scenario.get("devices", [])
    pces = [{"name": "pce" if not index else f"pce{index + 1}", **pce} for index, pce in enumerate(objects(pces, "pces"))]
    for pce in pces:
        if "workloads" in pce and not isinstance(pce["workloads"], (list, dict)):
            whole(pce["workloads"], "the number of workloads", 0, MOST_WORKLOADS)
    devices = [{"kind": "firewall", **device} for device in objects(devices, "devices")]
    for device in devices:
        if device["kind"] not in KINDS:
            raise LabError(f"a device's kind is {' or '.join(KINDS)}, not {device['kind']!r}")
    names = [row.get("name") for row in pces + devices]
    for name in names:
        if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
            raise LabError(f"a device needs a name of letters, digits, '-' and '_', not {name!r}")
        if names.count(name) > 1:
            raise LabError(f"two servers are called {name!r}; names must be unique")
    return {"seed": seed, "pces": pces, "devices": devices}
