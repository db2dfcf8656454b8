# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk operations, set_labels and remove_labels."""

from __future__ import annotations

import threading

import pytest

from .pce_client import Client

BASE = "/orgs/1/workloads/"


@pytest.fixture
def client():
    return Client()


def test_bulk_create_answers_in_order(client):
    missing = [{"href": "/orgs/1/labels/99999"}]
    answer = client("PUT", BASE + "bulk_create", [{"name": "a"}, {"name": "b", "labels": missing}, {"hostname": "c"}])
    assert answer.status == 200
    assert [item["status"] for item in answer.json] == ["created", "failed", "created"]
    assert answer.json[1]["token"] == "invalid_uri"
    assert [client.get(item["href"]).json["managed"] for item in answer.json if item["href"]] == [False, False]
    assert len(client.rows()) == 7


def test_bulk_create_refuses_all_for_one_malformed_item(client):
    assert client("PUT", BASE + "bulk_create", [{"name": "a"}, {"name": "b", "managed": True}]).status == 406
    assert len(client.rows()) == 5


def test_bulk_update_fails_item_by_item(client):
    web, printer = client.workload("web01")["href"], client.workload("printer")["href"]
    answer = client("PUT", BASE + "bulk_update", [
        {"href": web, "description": "one"}, {"href": printer, "online": False}, {"href": web, "hostname": "x"}, {"href": BASE + "xxx", "description": ""},
        {"description": "no href"}, {"href": printer, "labels": [{"href": "/orgs/1/labels/99999"}]},
    ])
    assert answer.status == 200
    assert [(item["status"], item.get("token")) for item in answer.json] == [
        ("updated", None),
        ("updated", None),
        ("validation_failure", "input_validation_error"),
        ("failed", "invalid_uri"),
        ("failed", "invalid_uri"),
        ("failed", "invalid_uri"),
    ]
    assert answer.json[3]["message"] == f"Invalid URI: {{{BASE}xxx}}"
    assert client.get(web).json["description"] == "one" and client.get(printer).json["online"] is False


def test_bulk_delete_answers_with_the_failed_ones(client):
    web, printer = client.workload("web01")["href"], client.workload("printer")["href"]
    client("PUT", client.workload("appliance")["href"], {"external_data_set": "cmdb", "external_data_reference": "25"})
    by_data = "/orgs/1/workloads?external_data_set=cmdb&external_data_reference=25"
    answer = client("PUT", BASE + "bulk_delete", [{"href": printer}, {"href": web}, {"href": BASE + "bad"}, {"href": by_data}, {"href": by_data}])
    assert answer.json == [
        {"href": web, "errors": [{"token": "method_not_allowed_error", "message": "Not allowed"}]},
        {"href": BASE + "bad", "errors": [{"token": "not_found_error", "message": "Not found"}]},
        {"href": by_data, "errors": [{"token": "not_found_error", "message": "Not found"}]},
    ]
    assert client.names() == ["web01", "web02", "db01"]
    assert client("PUT", BASE + "bulk_delete", [{"href": client.workload("web01")["href"], "x": 1}]).status == 406


@pytest.mark.parametrize("operation", ["bulk_create", "bulk_update", "bulk_delete"])
def test_a_thousand_items_at_most(client, operation):
    items = [{"href": f"{BASE}none-{number}"} if operation != "bulk_create" else {"name": f"n{number}"} for number in range(1001)]
    answer = client("PUT", BASE + operation, items)
    assert (answer.status, answer.token) == (406, "input_validation_error")
    assert client("PUT", BASE + operation, items[:1000]).status == 200
    assert client("PUT", BASE + operation, {"not": "an array"}).status == 406
    assert client("PUT", BASE + operation, []).json == []


def test_one_bulk_operation_at_a_time(client):
    entered, leave = threading.Event(), threading.Event()
    slow = client.app.events.add

    def waiting(*arguments, **named):
        entered.set()
        leave.wait(10)
        return slow(*arguments, **named)

    client.app.events.add = waiting
    results = []
    first = threading.Thread(target=lambda: results.append(client("PUT", BASE + "bulk_create", [{"name": "a"}])))
    first.start()
    assert entered.wait(10)
    second = client("PUT", BASE + "bulk_create", [{"name": "b"}])
    leave.set()
    first.join()
    assert (second.status, second.token) == (429, "too_many_requests_error")
    assert results[0].status == 200 and "b" not in client.names()
    client.app.events.add = slow
    assert client("PUT", BASE + "bulk_create", [{"name": "b"}]).status == 200


def test_set_labels_replaces_by_key(client):
    web = client.workload("web01")["href"]
    test = {"href": client.label("env", "Test")}
    assert client("PUT", BASE + "set_labels", {"workloads": [{"href": web}], "labels": [test]}).status == 204
    assert {label["value"] for label in client.get(web).json["labels"]} == {"Web", "Test"}
    assert client("PUT", BASE + "set_labels", {"workloads": [{"href": web}], "labels": [test], "delete_existing": True}).status == 204
    assert {label["value"] for label in client.get(web).json["labels"]} == {"Test"}


def test_set_labels_with_keys_to_remove(client):
    web = client.workload("web01")["href"]
    body = {"workloads": [{"href": web}], "labels": [{"href": client.label("env", "Test")}], "delete_existing_keys": ["role"]}
    assert client("PUT", BASE + "set_labels", body).status == 204
    assert {label["value"] for label in client.get(web).json["labels"]} == {"Test"}


def test_remove_labels(client):
    rows = [client.workload(name)["href"] for name in ("web01", "web02")]
    assert client("PUT", BASE + "remove_labels", {"workloads": [{"href": href} for href in rows], "label_keys": ["role"]}).status == 204
    assert [[label["key"] for label in client.get(href).json["labels"]] for href in rows] == [["env"], ["env"]]
    assert client("PUT", BASE + "remove_labels", {"workloads": [{"href": BASE + "x"}], "label_keys": ["role"]}).token == "invalid_uri"
    assert client("PUT", BASE + "remove_labels", {"workloads": [], "keys": []}).status == 406
