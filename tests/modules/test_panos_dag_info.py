# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""panos_dag_info against the lab: as Ansible runs it (a process of its own) and, where many runs are needed, in this process."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys

import pytest
import yaml

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import ArtifactReader
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import AuthenticationError, DeviceError, MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import argspec, look
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Message, chunk, read_table, send
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system
from ansible_collections.zerotrust.microseg.plugins.modules import panos_dag_info as module
from tests.lab.faults import ACTIONS
from tests.lab.panos.chaos import FAULTS
from tests.lab.panos.switches import SWITCHES

COLLECTIONS = next(folder for folder in map(os.path.abspath, sys.path + os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep))
                   if os.path.isfile(os.path.join(folder, "ansible_collections/zerotrust/microseg/plugins/modules/panos_dag_info.py")))
MODULE = "ansible_collections.zerotrust.microseg.plugins.modules.panos_dag_info"
NOW = datetime.datetime(2026, 11, 22, 17, 0, tzinfo=datetime.timezone.utc)

TABLE = {
    "10.0.0.1": ["illumio.app.Ordering", "illumio.env.Development"],
    "10.0.0.2": ["illumio.env.Production", "quarantine"],
    "10.0.0.10": ["a & <b>"],
    "2001:db8::1": ["illumio.env.Production"],
    "10.1.0.0/16": ["site-a"],
    "192.0.2.1-192.0.2.9": ["site-b"],
}
GROUPS = {
    "DAG-Production": {"filter": "'illumio.env.Production'"},
    "DAG-Nobody": {"filter": "'illumio.env.Staging'"},
    "DAG-Unused": {"filter": "'quarantine'", "referenced": False},
    "DAG-Shared": {"filter": "'illumio.app.Ordering' and 'illumio.env.Development'", "vsys": "shared"},
}


def rows(table):
    """Registrations as the lab's scenario has them."""
    return [{"ip": address, "tags": tags} for address, tags in table.items()]


def scenario(*devices, **switches):
    """A lab without a PCE."""
    return {"pce": None, "devices": [{"switches": switches, **device} for device in devices]}


FIREWALL = {"name": "fw1", "groups": GROUPS, "registrations": {"vsys1": rows(TABLE)}}


def connection(lab, name="fw1", **changes):
    """The connection options of one of the lab's devices."""
    device = next(found for found in lab.description()["devices"] if found["name"] == name)
    return {"ip_address": device["host"], "port": device["port"], "api_key": device["api_key"], "ca_path": lab.ca_file, "proxy": "", **changes}


def run(check=False, environment=None, **arguments):
    """Run the module in a process; returns (result, all that it wrote)."""
    code = f"import runpy; import ansible.module_utils.basic as basic; basic._ANSIBLE_PROFILE = 'legacy'; runpy.run_module('{MODULE}', run_name='__main__')"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PANOS_")}
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}}),
                          capture_output=True,
                          text=True, check=False, timeout=60, env={**clean, "PYTHONPATH": COLLECTIONS, **(environment or {})})
    assert done.stdout.strip(), done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1]), done.stdout + done.stderr


def client(lab, name="fw1", **changes):
    """A PanosClient that does not wait; what it would have waited is in `.slept`."""
    slept = []
    params = {**{option: found.get("default") for option, found in argspec.CONNECTION.items()}, **connection(lab, name, **{"timeout_seconds": 2, **changes})}
    made = argspec.connect(params, lambda text: None, sleep=slept.append)
    made.slept = slept
    return made


def looked(lab, name="fw1", **changes):
    """The use case in this process: (result, warnings)."""
    options = {"gather_subset": list(look.SUBSETS), "addresses": None, "tags": None, "dest": None, "vsys": None}
    device = {option: changes.pop(option) for option in list(changes) if option not in options}
    warnings = []
    return look.look(client(lab, name, **device), {**options, **changes}, NOW, warnings.append), warnings


def held(lab, name="fw1", vsys="vsys1"):
    """What the device holds, as the lab itself knows it."""
    return {address: sorted(tags) for address, tags in lab.control.state(name)["vsys"][vsys]["registrations"].items()}


class TestResult:
    """What is returned."""

    def test_a_whole_firewall(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL))
        lab.control.read_only()
        result, dummy = run(**connection(lab))
        assert result["changed"] is False and "warnings" not in result
        target = result["targets"][0]
        assert target["vsys"] == "vsys1"
        assert target["registrations"] == TABLE
        assert list(target["registrations"]) == ["10.0.0.1", "10.0.0.2", "10.0.0.10", "2001:db8::1", "10.1.0.0/16", "192.0.2.1-192.0.2.9"]
        assert (target["matched"], target["address_count"], target["opaque_count"], target["complete"]) == (6, 4, 2, True)
        assert target["tag_counts"]["illumio.env.Production"] == 2 and sum(target["tag_counts"].values()) == 8
        assert {group["name"]: (group["vsys"], [member.get("address") for member in group["members"]]) for group in target["groups"]} == {
            "DAG-Production": ("vsys1", ["10.0.0.2", "2001:db8::1"]), "DAG-Nobody": ("vsys1", []), "DAG-Unused": ("vsys1", []),
            "DAG-Shared": ("shared", ["10.0.0.1"])}
        device = lab.description()["devices"][0]
        assert result["system"] == {"hostname": "fw1", "model": "PA-3220", "serial": device["serial"], "sw_version": "10.2.8", "version": [10, 2, 8, 0],
                                    "multi_vsys": False, "is_panorama": False}
        assert result["high_availability"] == {"enabled": False, "mode": None, "state": "standalone", "peer_state": None, "active": True,
                                               "address": None, "peer_address": None, "serial": None, "peer_serial": None}
        assert result["capacity"] == {"addresses": 200000, "tags_per_address": 32, "used": 6, "source": "model"}
        assert result["requests"] == len(lab.control.log()) == 5
        assert not lab.control.violations()
        assert {entry["key_in"] for entry in lab.control.log()} == {"header"}

    @pytest.mark.parametrize("subset, requests, keys", [
        (["registrations"], 3, {"registrations", "tag_counts"}), (["groups"], 2, {"groups"}), (["capacity"], 2, set()),
        (["registrations", "capacity"], 3, {"registrations"}),
        (["system"], 1, None), (["high_availability"], 2, None), ([], 1, None),
    ])
    def test_only_what_is_asked_for(self, lab_factory, subset, requests, keys):
        lab = lab_factory(scenario(FIREWALL))
        result, dummy = looked(lab, gather_subset=subset)
        assert result["requests"] == len(lab.control.log()) == requests
        assert {"system", "high_availability", "capacity"} & set(result) == set(subset) - {"registrations", "groups"}
        assert len(result["targets"]) == (0 if keys is None else 1)
        assert keys is None or keys <= set(result["targets"][0])
        if "capacity" in subset:
            assert result["capacity"]["used"] == 6

    @pytest.mark.parametrize("filters, expected", [
        ({"addresses": ["10.0.0.2", "2001:DB8:0::1", "10.9.9.9"]}, ["10.0.0.2", "2001:db8::1"]), ({"addresses": ["10.1.0.0/16"]}, ["10.1.0.0/16"]),
        ({"tags": ["illumio.env.Production"]}, ["10.0.0.2", "2001:db8::1"]), ({"tags": ["illumio.env"]}, []),
        ({"tags": ["site-a", "a & <b>"]}, ["10.0.0.10", "10.1.0.0/16"]),
        ({"tags": ["quarantine"], "addresses": ["10.0.0.1", "10.0.0.2"]}, ["10.0.0.2"]), ({"addresses": []}, []), ({"tags": []}, []),
    ])
    def test_filters(self, lab_factory, filters, expected):
        target = looked(lab_factory(scenario(FIREWALL)), **filters)[0]["targets"][0]
        assert target["registrations"] == {address: TABLE[address] for address in expected}
        assert list(target["registrations"]) == expected
        assert target["matched"] == len(expected) and target["address_count"] == 4

    @pytest.mark.parametrize("check", [False, True])
    def test_a_file(self, lab_factory, tmp_path, check):
        lab = lab_factory(scenario(FIREWALL))
        result, dummy = run(check=check, dest=str(tmp_path / "deep/registrations.jsonl"), **connection(lab))
        assert "registrations" not in result["targets"][0] and result["changed"] is False
        reader = ArtifactReader(result["path"], look.REGISTRATIONS)
        found = list(reader.rows())
        assert {row["address"]: row["tags"] for row in found} == TABLE and {row["vsys"] for row in found} == {"vsys1"}
        assert reader.counts == {"targets": 1, "addresses": 6} and reader.sha256 == result["sha256"]
        assert reader.header["complete"] is True and reader.header["source"]["hostname"] == "fw1"
        again = looked(lab, dest=str(tmp_path / "again.jsonl"))[0]
        assert again["sha256"] == result["sha256"]

    def test_a_large_table(self, lab_factory):
        lab = lab_factory(scenario({"name": "fw1"}))
        table = {"10.%d.%d.%d" % (index >> 16, index >> 8 & 255, index & 255): ("illumio.env.%d" % (index % 3),
                                                                                "illumio.app.%d" % (index % 40)) for index in range(4200)}
        for message in chunk([], table.items()):
            assert send(client(lab), "vsys1", message) == []
        lab.control.clear_log()
        result, warnings = looked(lab, gather_subset=["registrations"])
        assert result["targets"][0]["registrations"] == {address: sorted(tags) for address, tags in table.items()} == held(lab)
        assert not warnings and result["targets"][0]["complete"]
        log = lab.control.log()
        assert len(log) == result["requests"] == 1 + 1 + 9
        assert max(entry["concurrency"] for entry in log) <= 4

    def test_a_firewall_that_is_full_of_nothing(self, lab_factory):
        target = looked(lab_factory(scenario({"name": "fw1"})))[0]["targets"][0]
        assert target["registrations"] == {} and target["groups"] == [] and target["complete"] is True


class TestDevices:
    """Firewalls with several virtual systems, pairs, Panorama."""

    MULTI = {"name": "fw1", "vsys": ["vsys1", "vsys2", "vsys3"],
             "registrations": {"vsys1": rows({"10.0.0.1": ["a"]}), "vsys2": rows({"10.0.0.1": ["b"], "10.0.0.2": ["b"]})},
             "groups": {"G1": {"filter": "'a'"}, "G2": {"filter": "'b'", "vsys": "vsys2"}}}

    def test_several_virtual_systems(self, lab_factory):
        result, dummy = run(**connection(lab_factory(scenario(self.MULTI)), vsys=["vsys2", "vsys1", "vsys3"]))
        assert [(target["vsys"], target["registrations"]) for target in result["targets"]] == [
            ("vsys2", {"10.0.0.1": ["b"], "10.0.0.2": ["b"]}), ("vsys1", {"10.0.0.1": ["a"]}), ("vsys3", {})]
        assert [[group["name"] for group in target["groups"]] for target in result["targets"]] == [["G2"], ["G1"], []]
        assert result["capacity"]["used"] == 3

    def test_one_must_be_chosen(self, lab_factory):
        lab = lab_factory(scenario(self.MULTI))
        result, dummy = run(**connection(lab))
        assert result["failed"] is True and result["error"]["kind"] == "option"
        assert "vsys" in result["msg"] and "vsys1" in result["msg"]
        assert run(environment={"PANOS_VSYS": "vsys1,vsys2"}, **connection(lab))[0]["capacity"]["used"] == 3

    @pytest.mark.parametrize("value", ["code12", "code14", "no_code"])
    def test_a_virtual_system_that_is_not_there(self, lab_factory, value):
        result, dummy = run(**connection(lab_factory(scenario(self.MULTI, unknown_vsys=value)), vsys="vsys9"))
        assert result["failed"] is True and result["error"]["kind"] == "device"
        assert "vsys9" in result["msg"]

    def test_a_firewall_behind_a_panorama(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL, {"name": "panorama", "kind": "panorama"}))
        serial = lab.description()["devices"][0]["serial"]
        result, dummy = run(**connection(lab, "panorama", serial_number=serial))
        assert result["system"]["serial"] == serial and result["targets"][0]["registrations"] == TABLE
        assert {entry["server"] for entry in lab.control.log()} == {"panorama"}
        lab.control.mutate("disconnect", device="fw1")
        result, dummy = run(**connection(lab, "panorama", serial_number=serial))
        assert result["failed"] is True and serial in result["msg"]

    def test_the_table_of_a_panorama(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL, {"name": "panorama", "kind": "panorama", "groups": {"P": {"filter": "'x'"}}}))
        assert send(client(lab, "panorama"), None, Message([], [("10.0.0.7", ("x",))])) == []
        result, dummy = run(**connection(lab, "panorama", vsys=["vsys1"]))
        assert result["system"]["is_panorama"] is True
        assert [(target["vsys"], target["registrations"]) for target in result["targets"]] == [(None, {"10.0.0.7": ["x"]})]
        assert [group["members"] for group in result["targets"][0]["groups"]] == [[]]
        assert result["capacity"] == {"addresses": None, "tags_per_address": None, "used": 1, "source": "unknown"}

    @pytest.mark.parametrize("state, active", [
        ("active", True), ("passive", False), ("suspended", False), ("initial", False), ("non-functional", False), ("tentative", False),
        ("active-primary", True), ("active-secondary", False),
    ])
    def test_high_availability(self, lab_factory, state, active):
        mode = "active-active" if state.startswith("active-") else "active-passive"
        lab = lab_factory(scenario({"name": "fw1", "ha": {"mode": mode, "state": state, "peer": "fw2"}}, {"name": "fw2"}))
        found = looked(lab, gather_subset=["high_availability"])[0]["high_availability"]
        assert (found["enabled"], found["mode"], found["state"], found["active"]) == (True, mode, state, active)

    @pytest.mark.parametrize("state, active",
                             [("primary-active", True), ("secondary-active", True), ("primary-passive", False), ("secondary-suspended", False)])
    def test_high_availability_of_panorama(self, lab_factory, state, active):
        lab = lab_factory(scenario({"name": "p1", "kind": "panorama", "ha": {"state": state, "peer": "p2"}}, {"name": "p2", "kind": "panorama"}))
        found = read_ha(client(lab, "p1"), True)
        assert (found.state, found.active) == (state, active)


class TestCredentials:
    """Key, password, environment; and that none of them gets out."""

    def test_username_and_password(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL))
        device = lab.description()["devices"][0]
        result, text = run(**connection(lab, api_key=None, username=device["username"], password=device["password"]))
        assert result["targets"][0]["registrations"] == TABLE
        assert device["password"] not in text
        assert {entry["key_in"] for entry in lab.control.log()} == {"basic"} and not {entry["type"] for entry in lab.control.log()} & {"keygen"}

    def test_everything_from_the_environment(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL))
        names = {"ip_address": "HOSTNAME", "port": "PORT", "api_key": "API_KEY", "ca_path": "CA_PATH"}
        found = connection(lab)
        result, text = run(proxy="", environment={"PANOS_" + name: str(found[option]) for option, name in names.items()})
        assert result["targets"][0]["registrations"] == TABLE and found["api_key"] not in text

    def test_wrong_key(self, lab_factory):
        lab = lab_factory(scenario(FIREWALL))
        result, text = run(**connection(lab, api_key="V1JPTkcta2V5LW9mLW5vYm9keQ=="))
        assert result["failed"] is True and result["error"]["kind"] == "authentication" and "expired" in result["msg"]
        assert "V1JPTkcta2V5LW9mLW5vYm9keQ==" not in text
        # Once in the header, and once in the body, as devices before 9.0 need it; never in the URL.
        assert len(lab.control.log()) == 2 and not any("key" in entry["query"] for entry in lab.control.log())

    def test_role_too_small(self, lab_factory):
        lab = lab_factory(scenario({**FIREWALL, "users": [{"name": "reader", "types": ["user-id"]}]}))
        made = client(lab)
        with pytest.raises(AuthenticationError, match="Operational Requests"):
            read_system(made)
        assert 60 <= sum(made.slept) <= 120

    @pytest.mark.parametrize("options, kind", [
        ({"ip_address": None}, "option"), ({"api_key": None}, "option"), ({"ca_path": None}, "certificate"), ({"port": 1}, "unreachable"),
        ({"ca_path": "nowhere.pem"}, "option"),
    ])
    def test_the_message_names_the_way_out(self, lab_factory, options, kind):
        result, dummy = run(**connection(lab_factory(scenario(FIREWALL)), retries=0, **options))
        assert result["failed"] is True and result["error"]["kind"] == kind
        assert any(name in result["msg"] for name in ("ip_address", "api_key", "ca_path"))


class TestFaults:
    """Whatever fails: the right table, or an error."""

    MANY = {"name": "fw1",
            "registrations": {"vsys1": [{"ip": "10.0.%d.%d" % (index >> 8, index & 255), "tags": ["t%d" % (index % 7)]} for index in range(1300)]}}

    PASSING = ("drop_before", "drop_after", "status", "truncate", "slow")  # once only: repeating the call helps

    @pytest.mark.parametrize("action", sorted(ACTIONS))
    def test_every_fault_at_every_request(self, lab_factory, action):
        lab = lab_factory(scenario(self.MANY))
        good = held(lab)
        arguments = {"seconds": 3.0} if action == "slow" else {}
        for nth in range(1, 6):
            for times in (1, None) if action != "slow" else (1,):
                lab.control.disarm()
                lab.control.arm("fw1", action, nth=nth, times=times or 50, **arguments)
                try:
                    result = looked(lab, gather_subset=["registrations"], retries=1)[0]
                except MicrosegError:
                    assert times is None or action not in self.PASSING, (nth, times)
                    continue
                target = result["targets"][0]
                assert target["registrations"] == good and target["complete"], (nth, times)
        lab.control.disarm()
        assert looked(lab)[0]["targets"][0]["registrations"] == good

    @pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"foreign_writer"}))
    @pytest.mark.parametrize("calls", [1, 2])
    def test_what_passes_by_itself_is_waited_for(self, lab_factory, fault, calls):
        lab = lab_factory(scenario(self.MANY))
        if fault == "session_expired":
            lab.control.arm("fw1", fault, nth=calls)
        else:
            lab.control.arm("fw1", fault, calls=calls, **({"types": ["op", "user-id"]} if fault == "commit_window" else {}))
        assert looked(lab)[0]["targets"][0]["registrations"] == held(lab)
        assert send(client(lab), "vsys1", Message([], [("10.200.0.1", ("x",))])) == []
        assert held(lab)["10.200.0.1"] == ["x"]

    @pytest.mark.parametrize("pages", [1, 2, 3, 0])
    def test_another_program_writes_between_pages(self, lab_factory, pages):
        lab = lab_factory(scenario(self.MANY))
        before = held(lab)
        lab.control.arm("fw1", "foreign_writer", pages=pages, add=2, remove=1)
        result, warnings = looked(lab, gather_subset=["registrations"])
        target = result["targets"][0]
        foreign = {address for address in target["registrations"] if address.startswith("198.18.")}
        assert {address: tags for address, tags in target["registrations"].items() if address not in foreign} == before
        assert target["complete"] or warnings
        if pages:
            lab.control.disarm()
            assert looked(lab)[0]["targets"][0]["registrations"] == held(lab)


class TestUncertain:
    """The client is right under every setting of what is not known about PAN-OS."""

    @pytest.mark.parametrize("name, value", [(name, value) for name, switch in SWITCHES.items() for value in switch.values], ids=str)
    def test_every_switch(self, lab_factory, name, value):
        lab = lab_factory(scenario({**FIREWALL, "name": "fw1"}, **{name: value}))
        target = looked(lab)[0]["targets"][0]
        assert target["address_count"] == 4 and target["opaque_count"] == 2
        if (name, value) != ("inherited_tags_listed", True):
            assert target["registrations"] == TABLE
        new = {"10.3.%d.%d" % (index >> 8, index & 255): ("illumio.a", "illumio.b") for index in range(1100)}
        for dummy in range(2):  # the second time all pairs are known
            for message in chunk([], new.items()):
                assert send(client(lab), "vsys1", message, persistent=True) == []
        for dummy in range(2):  # the second time none is
            for message in chunk([(address, ("illumio.b",)) for address in new], []):
                assert send(client(lab), "vsys1", message) == []
        warnings = []
        table = read_table(client(lab), "vsys1", warnings.append)
        assert table.complete and not warnings
        assert {address: tags for address, tags in table.entries.items() if address in new} == dict.fromkeys(new, ("illumio.a",))
        assert {address: list(tags) for address, tags in table.entries.items()} == {
            address: tags for address, tags in held(lab).items() if address not in table.opaque} or name == "inherited_tags_listed"

    @pytest.mark.parametrize("mixed", ["applied", "all_or_nothing"])
    @pytest.mark.parametrize("text", SWITCHES["text_invalid_ip"].values)
    def test_refused_pairs_are_told_apart(self, lab_factory, mixed, text):
        lab = lab_factory(scenario({"name": "fw1", "registrations": {"vsys1": rows({"10.0.0.1": ["old"]})}}, mixed_message=mixed, text_invalid_ip=text))
        found = send(client(lab), "vsys1", Message([("10.0.0.1", ("gone",))], [("10.0.0.1", ("old",)), ("10.0.0.999", ("x",)), ("10.0.0.2", ("y",))]))
        assert [(failure.section, failure.address, failure.tag, failure.message) for failure in found] == [("register", "10.0.0.999", "x", text)]

    def test_a_passive_member_refuses_with_its_code(self, lab_factory):
        lab = lab_factory(scenario({"name": "fw1", "ha": {"state": "passive", "peer": "fw2"}}, {"name": "fw2"}))
        with pytest.raises(DeviceError) as caught:
            send(client(lab), "vsys1", Message([], [("10.0.0.1", ("x",))]))
        assert caught.value.code == "15"


class TestNeighbours:
    """Documentation, and what others read."""

    def test_every_return_value_is_documented(self, lab_factory, tmp_path):
        documented = yaml.safe_load(module.RETURN)
        lab = lab_factory(scenario(FIREWALL))
        for result in (looked(lab)[0], looked(lab, dest=str(tmp_path / "r.jsonl"))[0]):
            assert set(result) - {"changed"} <= set(documented)
            assert set(result["targets"][0]) <= set(documented["targets"]["contains"])
            assert set(result["targets"][0]["groups"][0]) == set(documented["targets"]["contains"]["groups"]["contains"])
        result = looked(lab)[0]
        for name in ("system", "high_availability", "capacity"):
            assert set(result[name]) == set(documented[name]["sample"])

    def test_the_examples_run(self, lab_factory, tmp_path, monkeypatch):
        lab = lab_factory(scenario(FIREWALL, {"name": "panorama", "kind": "panorama"}))
        monkeypatch.chdir(tmp_path)
        firewall, panorama = lab.description()["devices"]
        known = {"{{ panos_api_key }}": firewall["api_key"], "{{ panorama_password }}": panorama["password"], "007951000012345": firewall["serial"],
                 "automation": panorama["username"]}
        ran = 0
        for task in yaml.safe_load(module.EXAMPLES):
            arguments = task.get("zerotrust.microseg.panos_dag_info")
            if arguments is None:
                continue
            arguments = {name: known.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
            device = connection(lab, arguments["ip_address"].split(".")[0])
            arguments.update({name: device[name] for name in ("ip_address", "port", "ca_path", "proxy")})
            result, dummy = run(**arguments)
            assert not result.get("failed"), result
            ran += 1
        assert ran >= 3
        assert (tmp_path / "registrations.jsonl").is_file()

    def test_pan_os_python_reads_the_same(self, lab_factory):
        firewall = pytest.importorskip("panos.firewall")
        lab = lab_factory(scenario({**FIREWALL, "registrations": {"vsys1": rows(TABLE) + TestFaults.MANY["registrations"]["vsys1"][100:]}}))
        device = lab.description()["devices"][0]
        theirs = firewall.Firewall(device["host"], api_key=device["api_key"], port=device["port"]).userid.get_registered_ip()
        ours = looked(lab)[0]["targets"][0]["registrations"]
        assert {address: sorted(tags) for address, tags in theirs.items()} == ours == held(lab)
