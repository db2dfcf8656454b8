# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole lab with the real simulators: built-in scenarios, what the log says about real calls, the README's examples."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lab.faults import EVERY
from tests.lab.lab import Lab
from tests.lab.scenario import BUILTIN

from .wire_client import session, url

README = Path(__file__).resolve().parents[1] / "lab" / "README.md"
MESSAGE = (
    '<uid-message><version>2.0</version><type>update</type><payload><register><entry ip="10.1.1.1"><tag><member>{}</member></tag></entry></register>'
    "</payload></uid-message>"
)


def ask(lab: Lab, name: str, body: dict[str, str]):
    """One API call to a device with its key in the header."""
    device = next(device for device in lab.description()["devices"] if device["name"] == name)
    with session(lab) as client:
        return client.post(url(lab, name, "/api/"), data=body, headers={"X-PAN-KEY": device["api_key"]})


def ask_pce(lab: Lab, path: str):
    """One GET to the PCE."""
    pce = lab.description()["pces"][0]
    with session(lab) as client:
        return client.get(url(lab, "pce", f"/api/v2/orgs/{pce['org_id']}{path}"), auth=(pce["api_key_username"], pce["api_key_secret"]))


@pytest.mark.parametrize("name", BUILTIN)
def test_builtin_scenarios(lab_factory, name: str) -> None:
    lab = lab_factory(name, firewalls=1, panoramas=1)
    state = lab.control.state()
    assert set(state) == {"pce", "devices"} and list(state["devices"]) == ["fw1", "panorama1"]
    assert len(ask_pce(lab, "/workloads").json()) == min(state["pce"]["counts"]["workloads"], 500)
    assert state["pce"]["counts"]["workloads"] == {"empty": 0, "ordering": 40, "organisation": 200}[name]
    json.dumps(state)


@pytest.mark.lab(scenario="organisation", size=50, seed=3, firewalls=0)
def test_a_seed_makes_one_world(lab: Lab, lab_factory) -> None:
    again = lab_factory("organisation", size=50, seed=3, firewalls=0)
    other = lab_factory("organisation", size=50, seed=4, firewalls=0)
    rows = ask_pce(lab, "/workloads").json()
    assert ask_pce(again, "/workloads").json() == rows
    assert ask_pce(other, "/workloads").json() != rows
    assert again.description()["pces"][0]["api_key_secret"] == lab.description()["pces"][0]["api_key_secret"]


def test_ordering_by_hand(lab: Lab) -> None:
    """What a sync does, by hand: the group fills, a relabel in the PCE shows, a device refuses writes in read-only mode."""
    control = lab.control
    assert control.state()["devices"]["fw1"]["vsys"]["vsys1"]["groups"]["Development"] == []
    assert ask(lab, "fw1", {"type": "user-id", "cmd": MESSAGE.format("illumio.env.Development")}).status_code == 200
    table = control.state("fw1")["vsys"]["vsys1"]
    assert table["registrations"]["10.1.1.1"] == ["illumio.env.Development"]
    assert table["details"]["10.1.1.1"] == {"persistent": True, "from_agent": False}
    assert table["groups"]["Development"] == ["10.1.1.1"]
    control.mutate(op="relabel", workload="web01-dev-ny", labels={"env": "Production"})
    found = ask_pce(lab, "/workloads?name=web01-dev-ny").json()
    assert "Production" in json.dumps(found[0]["labels"])
    control.read_only()
    assert ask(lab, "fw1", {"type": "user-id", "cmd": MESSAGE.format("other")}).status_code == 500
    assert ask(lab, "fw1", {"type": "op", "cmd": "<show><object><registered-ip><all/></registered-ip></object></show>"}).status_code == 200
    assert [entry["type"] for entry in control.violations()] == ["user-id"]
    assert control.state("fw1")["vsys"]["vsys1"]["registrations"]["10.1.1.1"] == ["illumio.env.Development"]


def test_log_of_real_calls(lab: Lab) -> None:
    ask(lab, "fw1", {"type": "version"})
    ask(lab, "fw2", {"type": "user-id", "vsys": "vsys1", "cmd": MESSAGE.format("a")})
    ask_pce(lab, "/labels?key=env")
    entries = lab.control.log()
    assert [(entry["server"], entry["type"], entry["write"], entry["key_in"]) for entry in entries] == [
        ("fw1", "version", False, "header"), ("fw2", "user-id", True, "header"), ("pce", "labels", False, "basic")]
    assert entries[1]["entries"] == 1 and entries[1]["vsys"] == "vsys1"
    assert entries[2]["query"] == {"key": "env"}


def test_server_faults_on_real_simulators(lab: Lab) -> None:
    control = lab.control
    control.arm("fw1", "drop_after", match={"type": "user-id"})
    with pytest.raises(OSError):
        ask(lab, "fw1", {"type": "user-id", "cmd": MESSAGE.format("kept")})
    assert control.state("fw1")["vsys"]["vsys1"]["registrations"]["10.1.1.1"] == ["kept"]
    control.arm("pce", "empty_list", match={"type": "workloads"})
    assert ask_pce(lab, "/workloads").json() == []
    assert len(ask_pce(lab, "/workloads").json()) == 40


def test_faults_and_operations_of_the_simulators_are_reachable(lab: Lab) -> None:
    control = lab.control
    control.arm("fw1", "session_expired")
    assert 'code="22"' in ask(lab, "fw1", {"type": "version"}).text.replace("'", '"').replace(" = ", "=").replace(" =", "=")
    control.arm("pce", "key_expires")
    assert ask_pce(lab, "/labels").status_code == 401
    control.disarm()
    assert ask_pce(lab, "/labels").status_code == 200
    control.mutate(op="register", device="fw2", address="10.9.9.0/24", tags=["foreign"])
    assert control.state("fw2")["vsys"]["vsys1"]["registrations"]["10.9.9.0/24"] == ["foreign"]
    control.mutate(op="register", device="fw2", address="10.9.9.9", tags="brief", timeout=60)
    control.advance(61)
    assert "10.9.9.9" not in control.state("fw2")["vsys"]["vsys1"]["registrations"]


def test_the_readme_scenario_starts(lab_factory) -> None:
    text = README.read_text(encoding="utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    scenarios = [block for block in blocks if "devices" in block]
    assert scenarios
    for scenario in scenarios:
        lab = lab_factory(scenario)
        assert set(lab.devices) == {device["name"] for device in scenario["devices"]}


def test_the_readme_names_everything(lab: Lab) -> None:
    text = README.read_text(encoding="utf-8")
    from tests.lab.control import CHANGING, READING
    from tests.lab.panos import mutations as device_mutations
    from tests.lab.pce import mutations as pce_mutations

    names = {*EVERY, *lab.pce.FAULTS, *lab.devices["fw1"].FAULTS, *READING, *CHANGING, *device_mutations.OPERATIONS, *pce_mutations.OPERATIONS, *BUILTIN}
    assert sorted(name for name in names if f"`{name}`" not in text) == []
