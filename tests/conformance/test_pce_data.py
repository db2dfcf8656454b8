# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data: a generated organisation, captured collections, the Ordering application."""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter

import pytest

from ..lab.lab import Lab, LabError
from ..lab.organisation import organisation
from ..lab.organisation_vocabulary import AWKWARD_APPS
from ..lab.pce import ordering, wire
from .pce_client import Client

# Mean size of a row of the capture of PCE 25.2.40 (29 workloads, compact separators): 3381 bytes.
CAPTURED_MEAN = 3381


@pytest.fixture(scope="module")
def hosts():
    return list(organisation(3000, 1))


@pytest.fixture(scope="module")
def rows():
    return Client({"workloads": 3000}).gathered()


def test_the_same_seed_makes_the_same_hosts():
    first, second = organisation(300, 5), organisation(300, 5)
    assert list(first) == list(second) and first.labels == second.labels
    assert list(organisation(300, 6)) != list(organisation(300, 5))


def test_a_smaller_organisation_is_the_beginning_of_a_larger_one(hosts):
    small = organisation(333, 1)
    assert list(small) == hosts[:333]
    assert set(small.labels) < set(organisation(3000, 1).labels)


@pytest.mark.parametrize("size", [0, 1, 7, 500])
def test_the_size_is_exact(size):
    assert len(list(organisation(size, 2))) == size
    assert Client({"workloads": size}, seed=2).get("/orgs/1/workloads", max_results=0).count == size


def test_rows_are_as_large_as_captured_ones(rows):
    sizes = [len(wire.encode(row)) for row in rows]
    assert abs(sum(sizes) / len(sizes) - CAPTURED_MEAN) < 0.05 * CAPTURED_MEAN


def test_rows_carry_the_properties_of_captured_ones(rows):
    managed = next(row for row in rows if row["managed"])
    unmanaged = next(row for row in rows if not row["managed"])
    common = {
        "href",
        "deleted",
        "name",
        "description",
        "managed",
        "hostname",
        "service_principal_name",
        "agent_to_pce_certificate_authentication_id",
        "distinguished_name",
        "public_ip",
        "external_data_set",
        "external_data_reference",
        "interfaces",
        "ignored_interface_names",
        "service_provider",
        "data_center",
        "data_center_zone",
        "datacenter_nat_1to1",
        "os_id",
        "os_detail",
        "online",
        "containers_inherit_host_policy",
        "blocked_connection_action",
        "labels",
        "services",
        "enforcement_mode",
        "visibility_level",
        "agent",
        "ven",
        "risk_summary",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "caps",
    }
    assert set(unmanaged) == common and set(managed) - {"firewall_coexistence"} == common
    assert unmanaged["ven"] is None and set(unmanaged["agent"]) == {"config"} and unmanaged["hostname"] == ""
    assert managed["ven"]["href"].rsplit("/")[-1] == managed["href"].rsplit("/")[-1]
    assert all(row["services"] == {} and entry["link_state"] is None and entry["loopback"] is False for row in rows for entry in row["interfaces"])
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row[name]) for row in rows for name in ("created_at", "updated_at"))
    assert len({row["href"] for row in rows}) == len(rows)


def test_timestamps_before_the_reference():
    assert wire.before(0, 0) == "2026-11-01T06:25:44.000000Z"
    assert wire.before(6 * 3600 + 25 * 60 + 44, 0) == "2026-11-01T00:00:00.000000Z"
    assert wire.before(6 * 3600 + 25 * 60 + 45, 0) == "2026-10-31T23:59:59.000000Z"
    assert wire.before(10**9, 3).startswith("201")


@pytest.mark.parametrize("size", [200, 3000])
def test_everything_awkward_occurs(hosts, size):
    hosts = hosts[:size]
    names = Counter(nic.name for host in hosts for nic in host.nics)
    addresses = [nic.address for host in hosts for nic in host.nics]
    assert names["docker0"] > size / 5 and any(re.fullmatch("br-[0-9a-f]{12}", name) for name in names) and any(name.startswith("veth") for name in names)
    assert (
        {"172.17.0.1"} < set(addresses)
        and any(address.startswith("fe80:") for address in addresses)
        and any(address.startswith("169.254.") for address in addresses)
    )
    assert any(ipaddress.ip_address(address).is_global and ":" in address for address in addresses)
    assert any(not host.managed for host in hosts) and any(not host.online for host in hosts) and any(host.managed and not host.labels for host in hosts)
    assert any(not host.nics for host in hosts) and any(len(host.nics) >= 12 for host in hosts) and any(host.ignored for host in hosts)
    assert any(host.name is None for host in hosts) and any(host.hostname == "" for host in hosts)
    assert any(host.nics and all(nic.name == "docker0" or nic.address.startswith("fe80") for nic in host.nics) for host in hosts)
    assert any(len({nic.address for nic in host.nics}) < len(host.nics) for host in hosts)
    holders: dict = {}
    for host in hosts:
        for nic in host.nics:
            if nic.address.startswith("10."):
                holders.setdefault(nic.address, []).append(host)
    shared = [group for group in holders.values() if len({host.uuid for host in group}) > 1]
    assert any({host.managed for host in group} == {True, False} for group in shared)
    assert any(len({host.online for host in group}) == 2 for group in shared) and any(
        len({host.heartbeat for host in group if host.managed}) == 1 < len(group) for group in shared
    )
    assert any(len({host.labels for host in group}) == 1 for group in shared) and any(len({host.labels for host in group}) > 1 for group in shared)
    if size > 200:
        assert any(name.startswith("cali") for name in names) and "vxlan.calico" in names and "virbr0" in names
        assert any(address != str(ipaddress.ip_address(address)) for address in addresses)


def test_awkward_labels_are_carried(hosts):
    carried = {label.value for host in hosts[:600] for label in host.labels}
    assert set(AWKWARD_APPS) <= carried
    values = carried | set(AWKWARD_APPS)
    assert any("'" in value for value in values) and any('"' in value for value in values) and any("  " in value for value in values)
    assert any(len("illumio.app." + value) == 127 for value in values) and any(len("illumio.app." + value) == 128 for value in values) and "and" in values
    assert any(value != value.strip() for value in values) and any(not value.isascii() for value in values)
    keys = {label.key for host in hosts for label in host.labels}
    assert {"role", "app", "env", "loc", "compliance", "os", "Business.Unit"} == keys
    assert any(label.id > 2**53 for host in hosts for label in host.labels)


def test_label_hrefs_survive_as_text(rows):
    hrefs = {label["href"] for row in rows for label in row["labels"] if label["key"] == "compliance"}
    assert all(re.fullmatch(r"/orgs/1/labels/17732923533262\d{3}", href) for href in hrefs) and len(hrefs) == 6


def test_labels_of_workloads_are_those_of_the_label_list(rows):
    client = Client({"workloads": 3000})
    known = {label["href"]: (label["key"], label["value"]) for label in client.gathered("/orgs/1/labels")}
    assert all(known[label["href"]] == (label["key"], label["value"]) for row in rows for label in row["labels"])
    assert len(set(known.values())) == len(known)
    carried = {label["href"] for row in rows for label in row["labels"]}
    assert set(known) - carried, "some labels nobody carries"


def test_a_captured_collection_is_served_as_it_is(tmp_path):
    captured = Client({"workloads": 40}, seed=3).gathered()
    captured[0] = {"labels": captured[0]["labels"], "unknown_to_the_lab": {"z": [1, None]}, "href": captured[0]["href"], "interfaces": []}
    captured[1]["labels"] = [{"href": "/orgs/1/labels/77", "key": "Net", "value": "Server"}]
    captured[2]["labels"] = [{"href": "/orgs/1/labels/78"}]
    path = tmp_path / "workloads.json"
    path.write_text(json.dumps(captured), encoding="utf-8")
    lab = Lab("organisation", firewalls=0, workloads_file=path)
    client = Client({"file": str(path)})
    assert client.gathered() == captured
    assert lab.pce.state()["counts"]["workloads"] == 40
    carried = {(label["href"], label["key"], label["value"]) for row in captured for label in row["labels"] if "key" in label}
    assert {(label["href"], label["key"], label["value"]) for label in client.rows("/orgs/1/labels")} == carried
    assert [row["key"] for row in client.rows("/orgs/1/label_dimensions")][:4] == ["role", "app", "env", "loc"]
    assert "Net" in [row["key"] for row in client.rows("/orgs/1/label_dimensions")]
    assert lab.pce.describe()["org_id"] == 1
    for row in captured[:4]:  # sparse rows can be read and changed like any other
        assert client.get(row["href"]).status == 200
        assert client("PUT", row["href"], {"external_data_set": "x", "external_data_reference": row["href"]}).status == 204
        client.app.mutate("set_online", workload=row["href"], online=False)
        client.app.mutate("readdress", workload=row["href"], address="10.200.0.1")
        client.app.mutate("set_ignored_interfaces", workload=row["href"], names=["eth0"])
    for switch in ("workload_labels=href_only", "ignored_interfaces=removed"):
        client.app.set_switch(*switch.split("="))
        assert len(client.gathered()) == 40
    client.app.set_switch("workload_labels", "expanded")
    client.app.mutate("relabel", workload=captured[1]["href"], labels={"Net": "DMZ"})
    assert [label["value"] for label in client.gathered()[1]["labels"]] == ["DMZ"]


@pytest.mark.parametrize(
    "content, words",
    [
        ("[1]", "row 1"),
        ('[{"name":"a"}]', "row 1"),
        ("{}", "array"),
        ("[", "JSON"),
        ('[{"href":"/x","labels":[7]}]', "row 1"),
        ('[{"href":"/x"},{"href":"/x"}]', "row 2"),
    ],
)
def test_a_wrong_workloads_file_is_one_clear_line(tmp_path, content, words):
    path = tmp_path / "w.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabError, match=words):
        Lab("organisation", firewalls=0, workloads_file=path)


def test_a_captured_collection_says_which_organisation_it_is(tmp_path):
    path = tmp_path / "w.json"
    path.write_text(
        '[{"href": "/orgs/181/workloads/a", "labels": [{"href": "/orgs/181/labels/17732923533262812", "key": "env", "value": "x"}]}]', encoding="utf-8"
    )
    client = Client({"file": str(path)})
    assert client.app.describe()["org_id"] == 181
    assert client.rows("/orgs/181/labels")[0]["href"] == "/orgs/181/labels/17732923533262812"


def test_the_ordering_application():
    scenario = ordering.scenario(1)
    assert scenario == ordering.scenario(1) and json.dumps(scenario)
    client = Client({key: value for key, value in scenario["pce"].items() if key != "name"})
    rows = client.gathered()
    assert 36 <= len(rows) <= 48 and {"web01-dev-ny", "proc02-prod-lon", "db01-prod-ny"} < {row["name"] for row in rows}
    values: dict = {}
    for row in rows:
        for label in row["labels"]:
            values.setdefault(label["key"], set()).add(label["value"])
    assert values == {
        "role": {"Web", "Processing", "Database", "Load Balancer"},
        "app": {"Ordering"},
        "env": {"Development", "Production"},
        "loc": {"NY_DC", "LON_DC"},
    }
    assert {(label["key"], label["value"]) for label in client.rows("/orgs/1/labels")} >= {("env", "Quarantine"), ("Quarantine", "Severe")}
    addresses = [entry["address"] for row in rows for entry in row["interfaces"] if entry["name"] != "docker0"]
    assert len(set(addresses)) == len(addresses)
    assert [device["name"] for device in scenario["devices"]] == ["fw1", "fw2"]
    for device in scenario["devices"]:
        assert device["groups"]["Development"] == {"filter": "'illumio.env.Development'", "referenced": True}
        assert {"Production", "Quarantine", "Ordering-Web", "Ordering-Processing", "Ordering-Database", "Ordering-Web-Production"} < set(device["groups"])
    assert ordering.WATCHED in addresses


def test_the_ordering_lab_starts(lab):
    state = lab.control.state()
    assert state["pce"]["counts"]["workloads"] == 40
    for device in ("fw1", "fw2"):
        groups = state["devices"][device]["vsys"]["vsys1"]["groups"]
        assert groups["Watchlist"] == [ordering.WATCHED] and groups["Development"] == []
    lab.control.mutate("relabel", workload="web01-dev-ny", labels={"env": "Quarantine"})
    row = next(row for row in lab.control.state()["pce"]["workloads"] if row["name"] == "web01-dev-ny")
    assert row["labels"]["env"] == "Quarantine"


def beats(client: Client) -> dict[str, str]:
    return {row["name"]: row["agent"]["status"]["last_heartbeat_on"] for row in client.rows() if row["managed"]}


def twins(**switches: object) -> Client:
    """Two workloads that are online and share an address, their heartbeats half a period apart."""
    return Client({"workloads": [
        {"name": "one", "address": "10.0.0.1", "labels": {"env": "Production"}, "heartbeat": 10},
        {"name": "other", "address": "10.0.0.1", "labels": {"env": "Test"}, "heartbeat": 160},
        {"name": "gone", "address": "10.0.0.2", "online": False}, {"name": "unmanaged", "address": "10.0.0.3", "managed": False},
    ]}, **switches)


def test_two_online_workloads_of_one_address_take_turns_in_being_seen_last():
    client = twins()
    before = client.rows()
    latest = []
    for _turn in range(6):
        found = beats(client)
        latest.append(max(("one", "other"), key=found.get))
        assert found["gone"] == beats(client)["gone"]
        client.app.advance(150)
    assert latest == ["one", "other"] * 3
    for old, new in zip(before, client.rows()):  # nothing else has changed
        for row in (old, new):
            (row["agent"].get("status") or {}).pop("last_heartbeat_on", None)
        assert old == new


def test_heartbeats_of_an_organisation_move_by_their_period():
    client = Client({"workloads": 60})
    before = {row["href"]: row for row in client.gathered()}
    client.app.advance(300)
    after = {row["href"]: row for row in client.gathered()}
    for href, row in after.items():
        old, new = [(each["agent"].get("status") or {}).get("last_heartbeat_on") for each in (before[href], row)]
        assert (new > old) if row["managed"] and row["online"] else new == old
    cut = sorted(row["agent"]["status"]["last_heartbeat_on"] for row in after.values() if row["managed"] and row["online"])[10]
    found = client.rows(**{"last_heartbeat_on[gte]": cut})  # the filter sees the new ones
    assert sorted(row["href"] for row in found) == sorted(
        href for href, row in after.items() if row["managed"] and row["agent"]["status"]["last_heartbeat_on"] >= cut)


def test_a_workload_that_comes_back_and_one_that_is_new_send_heartbeats_too():
    client = twins()
    client.app.mutate("add_workload", name="new", address="10.0.0.9", managed=True)
    client.app.mutate("set_online", workload="gone", online=True)
    before = beats(client)
    client.app.advance(601)
    after = beats(client)
    assert all(after[name] > before[name] for name in before) and set(before) == {"one", "other", "gone", "new"}


def test_heartbeats_can_stand_still():
    client = twins(heartbeats="still")
    before = client.rows()
    client.app.advance(1000)
    assert client.rows() == before
