# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as an object: scenarios, names, files, inventory, switches; and that the lab and the product do not know each other."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml

from tests.lab import scenario as scenarios
from tests.lab.lab import Lab
from tests.lab.scenario import LabError
from tests.lab.switches import Switch

ROOT = Path(__file__).resolve().parents[2]


def names(devices: list[dict]) -> list[str]:
    """The devices' names."""
    return [device["name"] for device in devices]


def test_devices_are_added_and_left_out() -> None:
    made = scenarios.with_devices({}, None, None)["devices"]
    assert names(made) == ["fw1", "fw2"]
    made = scenarios.with_devices({}, 1, 2)["devices"]
    assert names(made) == ["fw1", "panorama1", "panorama2"] and made[1]["devices"] == ["fw1"]
    given = {"devices": [
        {"name": "fw1", "model": "PA-440", "groups": {"G": {"filter": "'x'"}}, "ha": {"peer": "east"}, "registrations": {"vsys1": {}}, "serial": "7"},
        {"name": "east", "kind": "firewall", "ha": {"peer": "fw1"}},
    ]}
    assert names(scenarios.with_devices(given, None, 1)["devices"]) == ["fw1", "east", "panorama1"]
    made = scenarios.with_devices(given, 4, None)["devices"]
    assert names(made) == ["fw1", "east", "fw2", "fw3"]
    assert made[2]["model"] == "PA-440" and made[2]["groups"] == given["devices"][0]["groups"]
    assert not {"ha", "registrations", "serial"} & set(made[2])
    assert names(scenarios.with_devices(given, 1, None)["devices"]) == ["fw1"]
    assert names(scenarios.with_devices(given, 0, 0)["devices"]) == []


def test_scenario_file_with_a_file_beside_it(core_factory, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[]", encoding="utf-8")
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"seed": 7, "pce": {"file": "rows.json"}, "devices": [{"name": "edge", "vsys": ["vsys1", "vsys2"]}]}), encoding="utf-8")
    lab = core_factory(str(path), panoramas=1)
    assert lab.seed == 7 and lab.pce.config["file"] == str(tmp_path / "rows.json")
    assert list(lab.devices) == ["edge", "panorama1"]
    inventory = yaml.safe_load(Path(lab.inventory).read_text(encoding="utf-8"))
    assert inventory["panos"]["hosts"]["edge"]["panos_vsys"] == ["vsys1", "vsys2"]


def test_workloads_file(core_factory, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text("[]", encoding="utf-8")
    lab = core_factory(workloads_file=path)
    assert lab.pce.config == {"name": "pce", "file": str(path)}


def test_several_pces_and_none(core_factory) -> None:
    lab = core_factory({"pces": [{}, {"name": "other"}], "devices": []}, firewalls=0)
    assert [app.name for app in lab.pces] == ["pce", "other"]
    assert set(lab.control.state()["pces"]) == {"pce", "other"}
    lab.control.mutate(op="relabel", pce="other")
    assert lab.pces[1].changes and not lab.pce.changes
    lab = core_factory({"pce": None}, firewalls=1)
    assert lab.pces == [] and set(lab.control.state()) == {"devices"}
    with pytest.raises(LabError, match="no PCE"):
        lab.control.mutate(op="relabel")


def test_inventory(core_factory, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "lab"
    lab = core_factory("empty", firewalls=1, panoramas=1, directory=directory)
    description = lab.description()
    assert lab.inventory == str(directory / "inventory.yml") and lab.ca_file == str(directory / "ca.pem")
    pce, firewall, panorama = description["pces"][0], *description["devices"]
    assert yaml.safe_load(Path(lab.inventory).read_text(encoding="utf-8")) == {
        "illumio": {"hosts": {"pce": {
            "illumio_pce_hostname": "127.0.0.1", "illumio_pce_port": pce["port"], "illumio_pce_org_id": 1, "illumio_api_key_username": "api_stub",
            "illumio_api_key_secret": "stub-secret", "illumio_pce_tls_ca": lab.ca_file}}},
        "panos": {"hosts": {
            "fw1": {"panos_ip_address": "127.0.0.1", "panos_port": firewall["port"], "panos_api_key": "key-fw1", "panos_ca_path": lab.ca_file},
            "panorama1": {"panos_ip_address": "127.0.0.1", "panos_port": panorama["port"], "panos_api_key": "key-panorama1", "panos_ca_path": lab.ca_file}}},
    }
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    lab.stop()
    assert list(directory.iterdir()) == []


def test_switches_of_a_lab(core_factory) -> None:
    lab = core_factory("empty", switches={"panos.mode": "strict", "fw2": {"echo": "no"}, "pce.pause": "2"})
    assert [app.switches["mode"] for app in lab.apps.values()] == ["plain", "strict", "strict"]
    assert lab.devices["fw2"].switches["echo"] is False and lab.pce.switches["pause"] == 2.0
    lab = core_factory({"devices": [{"name": "fw1", "switches": {"mode": "strict"}}]})
    assert lab.devices["fw1"].switches["mode"] == "strict"
    with pytest.raises(LabError, match="mode accepts plain, strict"):
        core_factory({"devices": [{"name": "fw1", "switches": {"mode": "loose"}}]})


@pytest.mark.parametrize("values, given, expected", [
    ((True, False), "Yes", True), ((True, False), "0", False), ((True, False), False, False), ((True, False), "maybe", ValueError),
    (("closed", "413"), 413, "413"), (("a", None), "none", None), (("a", None), None, None), ((500, 1000), "1000", 1000), ((500, 1000), True, ValueError),
    ((int,), "7", 7), ((int,), -1, ValueError), ((int,), "7.5", ValueError), ((int,), True, ValueError), ((float,), "0.5", 0.5), ((float,), "inf", ValueError),
])
def test_switch_values(values: tuple, given: object, expected: object) -> None:
    switch = Switch("name", values, values[0], "why")
    if expected is ValueError:
        with pytest.raises(ValueError, match="switch name accepts"):
            switch.parse(given)
    else:
        assert switch.parse(given) == expected and isinstance(switch.parse(given), type(expected))


def test_a_failed_start_leaves_nothing(core_factory, tmp_path: Path) -> None:
    first = core_factory("empty", firewalls=0)
    lab = Lab("empty", firewalls=1, directory=tmp_path, ports={"fw1": first.servers["pce"].port})
    with pytest.raises(LabError, match="for fw1 cannot be used"):
        lab.start()
    assert list(tmp_path.iterdir()) == [] and lab.servers == {}


@pytest.mark.lab(scenario="empty", firewalls=3)
def test_marker_sets_the_fixture(core_factory, lab: Lab) -> None:
    assert list(lab.devices) == ["fw1", "fw2", "fw3"]


def imported(path: Path) -> set[str]:
    """The modules that a file imports, relative ones with their dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def test_lab_and_product_do_not_know_each_other() -> None:
    lab_files = sorted((ROOT / "tests" / "lab").rglob("*.py"))
    assert len(lab_files) > 10
    for path in lab_files:
        depth = len(path.relative_to(ROOT / "tests" / "lab").parents)
        for name in imported(path):
            assert "ansible_collections" not in name and "plugins" not in name.split("."), f"{path} imports {name}"
            assert len(name) - len(name.lstrip(".")) <= depth, f"{path} leaves the lab with {name}"
            assert name.split(".")[0] != "tests", f"{path} imports {name} absolutely"
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for name in imported(path):
            assert "tests" not in name.split("."), f"{path} imports {name}"
