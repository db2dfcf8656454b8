# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control verbs, as methods and over HTTP."""

from __future__ import annotations

import json

import pytest
import requests

from tests.lab.control import RemoteControl
from tests.lab.lab import Lab
from tests.lab.scenario import LabError

from .wire_client import session, url


@pytest.fixture(params=["methods", "http"])
def control(request: pytest.FixtureRequest, core: Lab):
    """The same verbs both ways."""
    return core.control if request.param == "methods" else RemoteControl(core.control_url)


def test_state(core: Lab, control) -> None:
    with session(core) as client:
        client.get(url(core, "fw2", "/x"))
    state = control.state()
    assert set(state) == {"pce", "devices"} and set(state["devices"]) == {"fw1", "fw2"}
    assert state["devices"]["fw2"]["handled"] == 1 and state["pce"]["handled"] == 0
    assert control.state(server="fw2") == state["devices"]["fw2"]


def test_log_and_clear(core: Lab, control) -> None:
    with session(core) as client:
        client.get(url(core, "pce", "/x"))
        client.get(url(core, "fw1", "/x"))
    assert [entry["server"] for entry in control.log()] == ["pce", "fw1"]
    assert [entry["server"] for entry in control.log(server="fw1")] == ["fw1"]
    control.clear_log()
    assert control.log() == []


def test_mutate_goes_to_the_pce_or_the_device(core: Lab, control) -> None:
    assert control.mutate(op="relabel", workload="web01", labels={"env": None})["changed"] == "relabel"
    control.mutate(op="register", device="fw2", address="10.0.0.1", tags=["x"])
    assert core.pce.changes == [("relabel", {"workload": "web01", "labels": {"env": None}})]
    assert core.devices["fw2"].changes == [("register", {"address": "10.0.0.1", "tags": ["x"]})]
    with pytest.raises(LabError, match="impossible is impossible"):
        control.mutate(op="impossible")
    with pytest.raises(LabError, match="no server 'fw9'"):
        control.mutate(op="register", device="fw9")


def test_arm_and_disarm(core: Lab, control) -> None:
    number = control.arm(server="pce", action="status", match={"type": "labels"}, nth=1, status=500)
    assert control.faults()[0] == {
        "id": number, "server": "pce", "match": {"type": "labels"}, "nth": 1, "times": None, "action": "status", "seen": 0, "hits": 0,
        "arguments": {"status": 500, "retry_after": None, "body": None, "handled": False},
    }
    with session(core) as client:
        assert client.get(url(core, "pce", "/labels")).status_code == 500
    control.arm(server="fw1", action="status", arguments={"status": 429})
    assert control.faults()[0]["arguments"]["status"] == 429
    assert control.disarm() == 1


def test_switches(core: Lab, control) -> None:
    assert control.switches()["fw1"] == {"mode": "plain", "echo": True, "pause": 0.0}
    control.switch(server="fw1", name="mode", value="strict")
    control.switch(server="panos", name="echo", value=False)
    control.switch(server="*", name="pause", value=1.5)
    assert control.switches(server="fw1") == {"fw1": {"mode": "strict", "echo": False, "pause": 1.5}}
    assert control.switches(server="pce") == {"pce": {"mode": "plain", "echo": True, "pause": 1.5}}
    with pytest.raises(LabError, match="mode accepts plain, strict, not 'loose'"):
        control.switch(server="fw1", name="mode", value="loose")
    with pytest.raises(LabError, match="fw1 has no switch 'colour'; it has echo, mode, pause"):
        control.switch(server="fw1", name="colour", value="red")


def test_read_only_and_violations(core: Lab, control) -> None:
    control.read_only(server="fw1")
    with session(core) as client:
        assert client.post(url(core, "fw1", "/user-id")).status_code == 500
    assert [entry["server"] for entry in control.violations()] == ["fw1"]
    control.read_only(on=False)
    with session(core) as client:
        assert client.post(url(core, "fw1", "/user-id")).status_code == 200


def test_advance(core: Lab, control) -> None:
    control.advance(seconds=90)
    assert {app.clock for app in core.apps.values()} == {90}
    for wrong in (-1, "soon", True, None):
        with pytest.raises(LabError, match="seconds must be a number"):
            control.advance(seconds=wrong)


def test_description(core: Lab, control) -> None:
    description = control.description()
    assert description["control"] == core.control_url
    assert description["pces"] == [{"name": "pce", "host": "127.0.0.1", "port": core.servers["pce"].port, "org_id": 1,
                                    "api_key_username": "api_stub", "api_key_secret": "stub-secret"}]
    assert [device["name"] for device in description["devices"]] == ["fw1", "fw2"]
    with open(core.directory + "/lab.json", encoding="utf-8") as stream:
        written = json.load(stream)
    assert written.pop("pid") and written == description


def test_stop_is_a_request(core: Lab, control) -> None:
    control.stop()
    assert core.stop_requested.is_set()


def test_control_is_neither_logged_nor_faulty(core: Lab) -> None:
    core.control.arm("*", "drop_before", nth=0)
    core.control.read_only()
    remote = RemoteControl(core.control_url)
    remote.mutate(op="relabel")
    assert remote.log() == [] and remote.violations() == []


@pytest.mark.parametrize("method, path, body, status, words", [
    ("GET", "/state", None, 200, "devices"),
    ("GET", "/log?server=fw1", None, 200, "[]"),
    ("GET", "/", None, 404, "unknown verb"),
    ("POST", "/fly", b"{}", 404, "there are state, log"),
    ("GET", "/mutate", None, 405, "POST"),
    ("PUT", "/state", b"{}", 405, "POST or GET"),
    ("POST", "/mutate", b"{", 400, "not JSON"),
    ("POST", "/mutate", b"[]", 400, "must be a JSON object"),
    ("POST", "/mutate", b"{}", 400, "op"),
    ("POST", "/clear_log", b'{"colour": 1}', 400, "colour"),
    ("POST", "/clear_log", b"", 200, "null"),
])
def test_control_over_http(core: Lab, method: str, path: str, body: bytes | None, status: int, words: str) -> None:
    answer = requests.request(method, core.control_url + path, data=body, timeout=20)
    assert answer.status_code == status and words in answer.text
    assert (status == 200) or "error" in answer.json()


def test_remote_control_without_a_lab() -> None:
    with pytest.raises(LabError, match="no lab answers at http://127.0.0.1:9"):
        RemoteControl("http://127.0.0.1:9", timeout=5).state()
