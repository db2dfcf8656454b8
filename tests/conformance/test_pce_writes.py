# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing to the PCE: labels and workloads, strict bodies, partial updates, soft deletion."""

from __future__ import annotations

import pytest

from .pce_client import Client

WORKLOADS, LABELS = "/orgs/1/workloads", "/orgs/1/labels"


@pytest.fixture
def client():
    return Client()


def hrefs(client, *pairs):
    return [{"href": client.label(*pair)} for pair in pairs]


def test_create_read_update_delete_a_label(client):
    created = client("POST", LABELS, {"key": "env", "value": "Blue", "external_data_set": "cmdb", "external_data_reference": "7"})
    assert created.status == 201
    href = created.json["href"]
    assert client.get(href).json["value"] == "Blue"
    assert client("PUT", href, {"value": "Green"}).status == 204
    assert client.get(href).json == {**created.json, "value": "Green", "updated_at": client.get(href).json["updated_at"]}
    deleted = client("DELETE", href)
    assert deleted.status == 204 and deleted.body == b""
    assert client.get(href).json["deleted"] is True
    assert href not in [row["href"] for row in client.rows(LABELS)]
    assert href in [row["href"] for row in client.rows(LABELS, include_deleted="true")]
    again = client("DELETE", href)
    assert again.status == 406 and again.json["token"] == "label_already_deleted"
    assert client("PUT", href, {"value": "x"}).status == 400


@pytest.mark.parametrize(
    "body, token",
    [
        ({"key": "env"}, "input_validation_error"),
        ({"key": "env", "value": 7}, "input_validation_error"),
        ({"key": "env", "value": "a", "href": "b"}, "input_validation_error"),
        ([], "input_validation_error"),
        ({"key": "env", "value": "x" * 256}, "input_validation_error"),
        ({"key": "env", "value": "Production"}, "label_key_and_value_must_be_unique"),
        ({"key": "colour", "value": "a"}, "invalid_label_key"),
        ({"key": "app", "value": "All Applications"}, "invalid_label_value"),
        ({"key": "app", "value": ""}, "invalid_label_value"),
    ],
)
def test_labels_that_are_refused(client, body, token):
    answer = client("POST", LABELS, body)
    assert (answer.status, answer.token) == (406, token)


def test_the_wording_of_a_refusal(client):
    answer = client("POST", LABELS, {"key": "env", "value": "a", "colour": 1, "size": 2})
    assert answer.json == [
        {
            "token": "input_validation_error",
            "message": "Input validation failed. Details: {The property '#/' contains additional properties [\"colour\", \"size\"] outside of"
            " the schema when none are allowed in schema labels_post.schema.json}",
        }
    ]


@pytest.mark.parametrize(
    "headers, body", [({"Content-Type": "text/plain"}, {"key": "env", "value": "a"}), ({}, b"{"), ({}, b"null"), ({"Content-Type": ""}, b"")]
)
def test_a_body_that_is_no_json_object_is_nil(client, headers, body):
    answer = client("POST", LABELS, body, headers=headers)
    assert answer.status == 406 and "of type NilClass" in answer.json[0]["message"]


def test_the_key_of_a_label_is_immutable(client):
    assert "additional properties [\"key\"]" in client("PUT", client.label("role", "Web"), {"key": "app"}).json[0]["message"]


def test_renaming_shows_on_every_workload_at_once(client):
    href = client.label("env", "Production")
    before = client.workload("web01")["updated_at"]
    assert client("PUT", href, {"value": "Prod"}).status == 204
    for name in ("web01", "db01"):
        assert {"href": href, "key": "env", "value": "Prod"} in client.workload(name)["labels"]
    assert client.workload("web01")["updated_at"] == before
    group = next(row for row in client.rows("/orgs/1/sec_policy/active/label_groups") if row["name"] == "Outer")
    assert group["labels"][0]["value"] == "Prod"
    assert client("PUT", href, {"value": "Test"}).token == "label_key_and_value_must_be_unique"


@pytest.mark.parametrize("label, token", [(("role", "Web"), "label_still_has_associated_agent_info"), (("env", "Test"), "label_referenced_by_label_group")])
def test_a_label_in_use_stays(client, label, token):
    if token.endswith("group"):
        for name in ("web02", "appliance"):
            client.app.mutate("relabel", workload=name, labels={"env": None})
    answer = client("DELETE", client.label(*label))
    assert (answer.status, answer.token) == (406, token)


def test_create_a_workload(client):
    labels = hrefs(client, ("role", "Web"), ("env", "Test"))
    answer = client("POST", WORKLOADS, {
        "name": "new", "hostname": "new.example.com", "labels": labels, "enforcement_mode": "idle", "public_ip": "203.0.113.7", "online": False,
        "interfaces": [{"name": "eth0", "address": "10.7.0.1", "cidr_block": 24, "link_state": "up"}, {"name": "eth0", "address": "2001:DB8::7"}],
    })
    assert answer.status == 201
    row = answer.json
    assert row["managed"] is False and row["ven"] is None and row["agent"]["config"]["mode"] == "idle" and row["online"] is False
    assert [entry["address"] for entry in row["interfaces"]] == ["10.7.0.1", "2001:db8::7"]
    assert [(entry["cidr_block"], entry["link_state"]) for entry in row["interfaces"]] == [(24, "up"), (None, None)]
    assert [label["value"] for label in row["labels"]] == ["Web", "Test"]
    assert client.get(row["href"]).json == row
    assert client.rows()[-1] == row
    assert set(row) == set(client.workload("printer"))


@pytest.mark.parametrize(
    "extra, token",
    [
        ({"managed": True}, "input_validation_error"),
        ({"labels": [{"href": "/orgs/1/labels/1", "key": "role"}]}, "input_validation_error"),
        ({"labels": ["/orgs/1/labels/1"]}, "input_validation_error"),
        ({"labels": [{"href": "/orgs/1/labels/1"}] * 2}, "input_validation_error"),
        ({"labels": [{"href": "/orgs/1/labels/99999"}]}, "invalid_uri"),
        ({"interfaces": [{"name": "e"}]}, "input_validation_error"),
        ({"interfaces": [{"name": "e", "address": "10.0.0.1/24"}]}, "input_validation_error"),
        ({"interfaces": [{"name": "e", "address": "10.0.0.1", "loopback": False}]}, "input_validation_error"),
        ({"interfaces": [{"name": "e", "address": "10.0.0.1", "link_state": None}]}, "input_validation_error"),
        ({"enforcement_mode": "enforced"}, "input_validation_error"),
        ({"interfaces": {"name": "e"}}, "input_validation_error"),
        ({"online": "yes"}, "input_validation_error"),
        ({"name": "x" * 256}, "input_validation_error"),
    ],
)
def test_workloads_that_are_refused(client, extra, token):
    answer = client("POST", WORKLOADS, {"name": "new", **extra})
    assert (answer.status, answer.token) == (406, token)
    assert len(client.rows()) == 5


def test_a_workload_needs_a_name_or_hostname(client):
    assert client("POST", WORKLOADS, {"description": "x"}).status == 406
    assert client("POST", WORKLOADS, {"hostname": "x"}).status == 201


def test_external_data_identify_one_workload(client):
    pair = {"external_data_set": "cmdb", "external_data_reference": "1"}
    href = client("POST", WORKLOADS, {"name": "a", **pair}).json["href"]
    assert client("POST", WORKLOADS, {"name": "b", **pair}).token == "external_data_reference_must_be_unique"
    assert client("PUT", href, pair).status == 204
    assert [row["href"] for row in client.rows(external_data_set="cmdb", external_data_reference="1")] == [href]


def test_put_is_partial_and_arrays_replace(client):
    row = client.workload("appliance")
    assert client("PUT", row["href"], {"description": "new words"}).status == 204
    changed = client.workload("appliance")
    assert changed == {**row, "description": "new words", "updated_at": changed["updated_at"], "updated_by": {"href": "/users/1"}}
    assert changed["updated_at"] > row["updated_at"]
    client("PUT", row["href"], {"labels": hrefs(client, ("role", "Web")), "interfaces": [{"name": "lan", "address": "10.0.2.99"}]})
    changed = client.workload("appliance")
    assert [label["value"] for label in changed["labels"]] == ["Web"]
    assert [(entry["name"], entry["address"]) for entry in changed["interfaces"]] == [("lan", "10.0.2.99")]


def test_echoing_a_row_back_fails(client):
    row = client.workload("printer")
    assert "contains additional properties" in client("PUT", row["href"], row).json[0]["message"]


@pytest.mark.parametrize("name, body, schema", [
    ("web01", {"hostname": "x"}, "workloads_with_ven_put"), ("web01", {"online": False}, "workloads_with_ven_put"),
    ("web01", {"interfaces": [], "os_id": "x"}, "workloads_with_ven_interfaces_put"), ("web01", {"public_ip": None}, "workloads_with_ven_interfaces_put"),
    ("printer", {"datacenter_nat_1to1": True}, "workloads_without_ven_put"), ("printer", {"description": None}, "workloads_without_ven_put"),
    ("printer", {"agent": {"status": {"status": "active"}}}, "workloads_without_ven_put"),
])
def test_what_the_three_shapes_of_put_refuse(client, name, body, schema):
    answer = client("PUT", client.workload(name)["href"], body)
    assert answer.status == 406 and f"{schema}.schema.json" in answer.json[0]["message"]


@pytest.mark.parametrize(
    "name, body, field, value",
    [
        ("web01", {"description": None}, "description", None),
        ("web01", {"datacenter_nat_1to1": True}, "datacenter_nat_1to1", True),
        ("web01", {"enforcement_mode": "idle"}, "enforcement_mode", "idle"),
        ("web01", {"agent": {"config": {"mode": "illuminated"}}}, "enforcement_mode", "visibility_only"),
        ("web01", {"public_ip": "203.0.113.1"}, "public_ip", "203.0.113.1"),
        ("web01", {"ignored_interface_names": ["eth0"]}, "ignored_interface_names", ["eth0"]),
        ("printer", {"hostname": "p1"}, "hostname", "p1"),
        ("printer", {"online": False}, "online", False),
        ("printer", {"public_ip": None}, "public_ip", None),
        ("printer", {"visibility_level": "flow_drops"}, "visibility_level", "flow_drops"),
    ],
)
def test_what_the_three_shapes_of_put_accept(client, name, body, field, value):
    href = client.workload(name)["href"]
    assert client("PUT", href, body).status == 204
    assert client.get(href).json[field] == value


def test_suspending_a_ven(client):
    href = client.workload("web01")["href"]
    assert client("PUT", href, {"agent": {"status": {"status": "suspended"}}}).status == 204
    assert client.names(policy_health="suspended") == ["web01"]


def test_delete_is_soft_and_for_unmanaged_ones_only(client):
    managed, href = client.workload("web01")["href"], client.workload("printer")["href"]
    assert (client("DELETE", managed).status, client("DELETE", managed).token) == (405, "method_not_allowed_error")
    assert client("DELETE", href).status == 204
    assert "printer" not in client.names() and client.get(WORKLOADS).count == 4
    assert "printer" in client.names(include_deleted="true")
    assert client.get(href).json["deleted"] is True
    assert client("DELETE", href).status == 404 and client("PUT", href, {"description": ""}).status == 404


def test_the_href_of_a_put_must_be_its_own(client):
    first, second = client.workload("printer")["href"], client.workload("appliance")["href"]
    assert client("PUT", first, {"href": first, "description": "a"}).status == 204
    assert client("PUT", first, {"href": second}).status == 406
