# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: from configurations to devices, and the errors for configurations that are wrong."""

from __future__ import annotations

import json

import pytest

from tests.conformance.panos_client import Client
from tests.lab.panos import build


def test_defaults() -> None:
    app = build({}, [{"name": "fw1"}], 1)[0]
    described = app.describe()
    assert (app.name, app.kind, described["kind"], described["vsys"], described["model"], described["version"]) == (
        "fw1", "panos", "firewall", ["vsys1"], "PA-3220", "10.2.8",
    )
    assert described["username"] == "automation" and len(described["serial"]) == 12
    assert set("&+%#") <= set(described["password"])  # only a client that form-encodes gets through
    assert json.loads(json.dumps(app.state())) == app.state()


def test_the_seed_decides() -> None:
    devices = [{"name": "fw1"}, {"name": "fw2"}]
    first, again, other = (build({}, devices, seed) for seed in (1, 1, 2))
    assert [app.describe() for app in first] == [app.describe() for app in again]
    keys = {app.describe()["api_key"] for app in first + other}
    assert len(keys) == 4


def test_registrations_switches_and_users() -> None:
    app = build({"switches": {"noise": False, "ha_sync": False}}, [{
        "name": "fw1", "switches": {"ha_sync": True}, "users": [{"name": "a", "password": "b", "api_key": "KEY"}],
        "registrations": {"vsys1": [{"ip": "10.0.0.1", "tags": ["x"]}, {"ip": "10.0.0.0/24", "tags": ["y"], "persistent": False, "from_agent": True}]},
    }], 1)[0]
    assert (app.switches["noise"], app.switches["ha_sync"]) == (False, True)
    assert app.describe()["api_key"] == "KEY"
    assert Client(app).table() == {"10.0.0.1": ["x"], "10.0.0.0/24": ["y"]}
    assert app.state()["vsys"]["vsys1"]["registrations"]["10.0.0.0/24"] == {"tags": ["y"], "persistent": False, "from_agent": True}


@pytest.mark.parametrize("device, text", [
    ({}, "device 1 has no name"), ({"name": "fw1", "nonsense": 1}, "fw1: unknown key nonsense"), ({"name": "fw1", "kind": "router"}, "firewall or panorama"),
    ({"name": "fw1", "version": "new"}, "not a PAN-OS version"), ({"name": "fw1", "vsys": "vsys1"}, "list of names"),
    ({"name": "fw1", "groups": {"g": {"filter": "('a'"}}}, "parenthesis"), ({"name": "fw1", "groups": {"g": {}}}, "missing 'filter'"),
    ({"name": "fw1", "groups": {"g": {"filter": "a", "vsys": "vsys9"}}}, "no vsys vsys9"), ({"name": "fw1", "switches": {"noise": "maybe"}}, "switch noise"),
    ({"name": "fw1", "registrations": {"vsys9": [{"ip": "10.0.0.1", "tags": ["a"]}]}}, "vsys9"),
    ({"name": "fw1", "registrations": {"vsys1": [{"ip": "x", "tags": ["a"]}]}}, "not an address"), ({"name": "fw1", "ha": {"peer": "fw9"}}, "fw9"),
    ({"name": "fw1", "ha": {"mode": "solo"}}, "ha mode"), ({"name": "fw1", "ha": {"state": "asleep"}}, "ha state"),
    ({"name": "fw1", "users": [{"name": "a", "types": ["root"]}]}, "unknown type root"),
    ({"name": "p", "kind": "panorama", "devices": ["fw9"]}, "fw9"), ({"name": "p", "kind": "panorama", "device_groups": {"a": {"parent": "b"}}}, "no parent b"),
])
def test_wrong_configurations(device: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text.replace("(", r"\(")):
        build({}, [device], 1)


def test_names_and_serials_are_unique() -> None:
    with pytest.raises(ValueError, match="called fw1"):
        build({}, [{"name": "fw1"}, {"name": "fw1"}], 1)
    with pytest.raises(ValueError, match="serial number 001"):
        build({}, [{"name": "fw1", "serial": "001"}, {"name": "fw2", "serial": "001"}], 1)


def test_pairs_fit_together() -> None:
    with pytest.raises(ValueError, match="another peer"):
        build({}, [{"name": "fw1", "ha": {"peer": "fw2"}}, {"name": "fw2"}, {"name": "fw3", "ha": {"peer": "fw2"}}], 1)
    with pytest.raises(ValueError, match="another kind"):
        build({}, [{"name": "fw1", "ha": {"peer": "p"}}, {"name": "p", "kind": "panorama"}], 1)
    first, second = build({}, [{"name": "fw1", "ha": {"state": "suspended", "peer": "fw2"}}, {"name": "fw2", "ha": {"state": "active", "peer": "fw1"}}], 1)
    assert (first.state()["ha"]["state"], second.state()["ha"]["state"]) == ("suspended", "active")
