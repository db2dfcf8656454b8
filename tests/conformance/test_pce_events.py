# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that follow from mutations, and the mutations of the control port."""

from __future__ import annotations

import json
import re

import pytest

from .pce_client import Client

BASE = "/orgs/1/workloads/"


@pytest.fixture
def client():
    return Client()


def only(client, event_type):
    """The one event there is."""
    events = client.events()
    assert [event["event_type"] for event in events] == [event_type]
    return events[0]


def test_the_shape_of_an_event(client):
    client("POST", "/orgs/1/labels", {"key": "env", "value": "New"})
    event = only(client, "label.create")
    assert set(event) == {"href", "timestamp", "pce_fqdn", "created_by", "event_type", "status", "severity", "action", "resource_changes", "notifications"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["timestamp"])
    assert (event["status"], event["severity"], event["created_by"]["user"]["href"]) == ("success", "info", "/users/1")
    action = event["action"]
    assert (action["api_method"], action["api_endpoint"], action["http_status_code"], action["src_ip"]) == ("POST", "/api/v2/orgs/1/labels", 201, "127.0.0.1")
    assert "api_" + action["info"]["api_key_id"] == client.user
    change = event["resource_changes"][0]
    assert change["change_type"] == "create" and change["changes"]["value"] == {"before": None, "after": "New"}
    assert client.get(event["href"]).json == event


@pytest.mark.parametrize(
    "write, event_type",
    [
        (lambda c: c("POST", "/orgs/1/labels", {"key": "env", "value": "New"}), "label.create"),
        (lambda c: c("PUT", c.label("env", "Unused"), {"value": "New"}), "label.update"),
        (lambda c: c("DELETE", c.label("env", "Unused")), "label.delete"),
        (lambda c: c("POST", "/orgs/1/workloads", {"name": "new"}), "workload.create"),
        (lambda c: c("PUT", c.workload("printer")["href"], {"description": "x"}), "workload.update"),
        (lambda c: c("DELETE", c.workload("printer")["href"]), "workload.delete"),
        (lambda c: c("PUT", BASE + "bulk_create", [{"name": "new"}]), "workloads.bulk_create"),
        (lambda c: c("PUT", BASE + "bulk_update", [{"href": c.workload("printer")["href"], "name": "x"}]), "workloads.bulk_update"),
        (lambda c: c("PUT", BASE + "bulk_delete", [{"href": c.workload("printer")["href"]}]), "workloads.bulk_delete"),
        (
            lambda c: c("PUT", BASE + "set_labels", {"workloads": [{"href": c.workload("printer")["href"]}], "labels": [{"href": c.label("role", "Web")}]}),
            "workloads.set_labels",
        ),
        (
            lambda c: c("PUT", BASE + "remove_labels", {"workloads": [{"href": c.workload("web01")["href"]}], "label_keys": ["env"]}),
            "workloads.remove_labels",
        ),
        (lambda c: c("DELETE", c.submit().headers["Location"]), "job.delete"),
    ],
)
def test_each_write_leaves_one_event(client, write, event_type):
    assert write(client).status in (200, 201, 204)
    assert only(client, event_type)["action"]["api_method"] in ("POST", "PUT", "DELETE")


def test_a_refused_write_leaves_none(client):
    client("POST", "/orgs/1/labels", {"key": "env"})
    client("DELETE", client.workload("web01")["href"])
    assert client.events() == []


def test_bulk_update_tells_labels_as_sets_and_the_labels_after(client):
    row = client.workload("web01")
    test = client.label("env", "Test")
    client("PUT", BASE + "bulk_update", [{"href": row["href"], "labels": [{"href": test}], "description": "new"}])
    change = only(client, "workloads.bulk_update")["resource_changes"][0]
    assert change["resource"]["workload"]["labels"] == [{"href": test, "key": "env", "value": "Test"}]
    assert [label["value"] for label in change["changes"]["labels"]["deleted"]] == ["Web", "Production"]
    assert [label["value"] for label in change["changes"]["labels"]["created"]] == ["Test"]
    assert change["changes"]["description"] == {"before": "front door", "after": "new"}


def test_a_ven_changes_an_address_without_updated_at(client):
    before = client.workload("web01")
    assert client.app.mutate("readdress", workload="web01", address="10.0.0.99")["before"] == "10.0.0.1"
    after = client.workload("web01")
    assert after["interfaces"][0]["address"] == "10.0.0.99" and after["updated_at"] == before["updated_at"]
    event = only(client, "workload_interfaces.update")
    assert event["created_by"]["agent"]["href"] == before["agent"]["href"] and event["created_by"]["ven"]["href"] == before["ven"]["href"]
    updated = event["resource_changes"][0]["changes"]["workload_interfaces"]["updated"][0]
    assert updated["changes"]["address"] == {"before": "10.0.0.1", "after": "10.0.0.99"}
    assert updated["resource"]["name"] == "eth0" and updated["resource"]["href"] == before["href"] + "/interfaces/eth0"
    client.app.mutate("readdress", workload="web01", interface="eth0", address="2001:db8::1")
    client.app.mutate("readdress", workload="web02", interface="eth0", address="2001:db8::2")
    assert [entry["address"] for entry in client.workload("web02")["interfaces"]] == ["10.0.0.2", "2001:db8::2"]
    assert [entry["address"] for entry in client.workload("web01")["interfaces"]] == ["10.0.0.99", "10.9.0.1", "2001:db8::1"]


def test_an_operator_edits_an_unmanaged_one(client):
    before = client.workload("printer")["updated_at"]
    client.app.mutate("readdress", workload="printer", address="10.0.2.77")
    assert client.workload("printer")["updated_at"] > before
    assert only(client, "workload.update")["created_by"]["user"]["href"] == "/users/11"


def test_relabel_creates_what_is_missing(client):
    client.app.mutate("relabel", workload="web01", labels={"env": "Quarantine", "role": None, "Quarantine": "Severe"})
    assert {label["key"]: label["value"] for label in client.workload("web01")["labels"]} == {"env": "Quarantine", "Quarantine": "Severe"}
    assert [event["event_type"] for event in client.events()] == ["workload.update", "label.create", "label_dimension.create", "label.create"]
    assert "Quarantine" in [row["key"] for row in client.rows("/orgs/1/label_dimensions")]


def test_the_other_changes(client):
    mutate = client.app.mutate
    assert mutate("add_workload", name="m", managed=True, address="10.5.0.1", labels={"role": "Web"}, online=False)["name"] == "m"
    row = client.workload("m")
    assert row["managed"] and not row["online"] and row["ven"]["href"].endswith(row["href"].rsplit("/", 1)[1]) and set(row) >= set(client.workload("printer"))
    mutate("add_workload", name="u", interfaces=[{"name": "a", "address": "10.5.0.2"}, {"name": "b", "address": "2001:db8::5"}])
    assert [entry["address"] for entry in client.workload("u")["interfaces"]] == ["10.5.0.2", "2001:db8::5"]
    mutate("remove_workload", workload="m")
    mutate("remove_workload", workload="u")
    mutate("set_online", workload="web01", online=False)
    mutate("rename_label", key="env", value="Production", new_value="Prod")
    mutate("delete_label", key="role", value="Web", force=True)
    mutate("set_ignored_interfaces", workload="db01", names=["eth0"])
    rows = {row["name"]: row for row in client.rows()}
    assert list(rows) == ["web01", "web02", "db01", "printer", "appliance"]
    assert (
        not rows["web01"]["online"]
        and [label["value"] for label in rows["web01"]["labels"]] == ["Prod"]
        and rows["db01"]["ignored_interface_names"] == ["eth0"]
    )
    types = [event["event_type"] for event in reversed(client.events())]
    assert types == [
        "workload.create",
        "agent.activate",
        "workload.create",
        "agents.unpair",
        "workload.delete",
        "workload.delete",
        "system_task.agent_offline_check",
        "label.update",
        "workload.update",
        "workload.update",
        "label.delete",
        "workload.update",
    ]
    offline = next(event for event in client.events() if event["event_type"] == "system_task.agent_offline_check")
    assert offline["created_by"] == {"system": {}} and offline["resource_changes"][0]["changes"] == {"online": {"before": True, "after": False}}


@pytest.mark.parametrize(
    "operation, arguments, kind, words",
    [
        ("explode", {}, ValueError, "it knows relabel"),
        ("relabel", {"workload": "web01"}, ValueError, "it takes workload, labels"),
        ("relabel", {"workload": "x", "labels": {}}, LookupError, "no workload"),
        ("readdress", {"workload": "web01", "address": "10.0.0.300"}, ValueError, "10.0.0.300"),
        ("readdress", {"workload": "web01", "address": "10.0.0.3", "interface": "eth9"}, LookupError, "eth9"),
        ("rename_label", {"key": "env", "value": "Production", "new_value": "Test"}, ValueError, "exists already"),
        ("delete_label", {"key": "role", "value": "Web"}, ValueError, "force"),
        ("create_label", {"key": "role", "value": "Web"}, ValueError, "exists"),
        ("set_online", {"workload": "web01", "online": "no"}, ValueError, "true or false"),
        ("add_workload", {"name": "x", "enforcement_mode": "y"}, ValueError, "enforcement_mode"),
        ("delete_label", {"key": "role", "value": "Nope"}, LookupError, "Nope"),
    ],
)
def test_changes_that_are_refused(client, operation, arguments, kind, words):
    with pytest.raises(kind, match=words):
        client.app.mutate(operation, **arguments)


def test_newest_first_capped_and_filtered(client):
    for number in range(120):
        client("POST", "/orgs/1/labels", {"key": "app", "value": f"app {number}"})
    client("PUT", client.label("env", "Unused"), {"value": "Used"})
    everything = client.events(max_results=10000)
    assert len(everything) == 121 and len(client.events()) == 100 and len(client.events(max_results=3)) == 3
    stamps = [event["timestamp"] for event in everything]
    assert stamps == sorted(stamps, reverse=True) and len(set(stamps)) == 121
    assert client.events()[0] == everything[0] and client.events()[-1] == everything[99]
    assert len(client.gathered("/orgs/1/events")) == 121
    assert [event["event_type"] for event in client.events(event_type="label.update")] == ["label.update"]
    assert len(client.rows("/orgs/1/events?event_type[eq][]=label.update&event_type[eq][]=label.create", max_results=500)) == 121
    assert client.events(**{"timestamp[gte]": stamps[5]}) == everything[:6]
    assert client.events(**{"timestamp[gte]": stamps[5], "timestamp[lte]": stamps[3]}) == everything[3:6]
    assert (
        client.events(severity="err") == []
        and client.events(status="failure") == []
        and len(client.events(status="success", created_by="/users/1", max_results=200)) == 121
    )


def test_10000_events_at_most():
    client = Client({"workloads": 0})
    for _number in range(10001):
        client.app.events.add("x.y", [], {"system": {}})
    assert len(client.events(max_results=20000)) == 10000
    assert len(client.gathered("/orgs/1/events")) == 10001


@pytest.mark.parametrize(
    "params",
    [
        {"timestamp[gte]": "2026-11-22T17:00:00"},
        {"timestamp[lte]": "2026-11-22"},
        {"timestamp[gte]": "now"},
        {"severity": "loud"},
        {"status": "ok"},
        {"max_results": "x"},
    ],
)
def test_events_refuse_what_is_malformed(client, params):
    answer = client.get("/orgs/1/events", **params)
    assert answer.status == 406
    assert not any("timestamp" in name for name in params) or answer.token == "invalid_timestamp"


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.123456789Z", "2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00.5-0500"])
def test_timestamps_with_a_zone(client, moment):
    client.app.mutate("create_label", key="env", value="New")
    assert len(client.events(**{"timestamp[gte]": moment})) == 1


def test_the_state_is_what_tag_maps_depend_on(client):
    client.app.mutate("relabel", workload="web01", labels={"env": "Test"})
    state = json.loads(json.dumps(client.app.state()))
    assert state["counts"] == {"labels": 6, "workloads": 5}
    row = state["workloads"][0]
    assert (row["name"], row["addresses"], row["labels"]) == ("web01", ["10.0.0.1", "10.9.0.1", "fe80::1"], {"role": "Web", "env": "Test"})
    assert client.app.describe()["org_id"] == 1
