# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections of the PCE: filters, limits, counts, labels, dimensions, groups."""

from __future__ import annotations

import json

import pytest

from .pce_client import Client


@pytest.fixture(scope="module")
def client():
    return Client()


@pytest.fixture(scope="module")
def many():
    return Client({"workloads": 700})


def test_500_rows_without_max_results_and_the_whole_count(many):
    answer = many.get("/orgs/1/workloads")
    assert (len(answer.json), answer.count) == (500, 700)
    assert [len(many.rows(max_results=most)) for most in (0, 1, 499, 501, 700, 100000)] == [0, 1, 499, 501, 700, 700]
    assert many.get("/orgs/1/workloads", max_results=0).count == 700


@pytest.mark.parametrize("bad", ["-1", "many", "1.5", "", "²"])
def test_max_results_must_be_a_number(client, bad):
    assert client.get("/orgs/1/workloads", max_results=bad).status == 406


@pytest.mark.parametrize(
    "params, names",
    [
        ({}, ["web01", "web02", "db01", "printer", "appliance"]),
        ({"name": "web"}, ["web01", "web02"]),
        ({"name": "WEB01"}, ["web01"]),
        ({"name": "nothing"}, []),
        ({"hostname": "db"}, ["db01"]),
        ({"description": "door"}, ["web01"]),
        ({"ip_address": "10.0.2.2"}, ["appliance"]),
        ({"ip_address": "10.0.0."}, ["web01", "web02"]),
        ({"ip_address": "FE80::1"}, ["web01"]),
        ({"managed": "true"}, ["web01", "web02", "db01"]),
        ({"managed": "False"}, ["printer", "appliance"]),
        ({"online": "false"}, ["web02"]),
        ({"managed": "yes", "online": "true"}, ["web01", "db01"]),
        ({"enforcement_mode": "selective"}, ["db01"]),
        ({"enforcement_modes": '["selective","visibility_only"]'}, ["db01", "printer", "appliance"]),
        ({"os_id": "centos"}, ["web01", "web02", "db01"]),
        ({"ven.ven_type": "server"}, ["web01", "web02", "db01"]),
        ({"ven.ven_type": "endpoint"}, []),
        ({"mode": "selective"}, ["db01"]),
        ({"log_traffic": "true"}, []),
        ({"policy_health": "active"}, ["web01", "web02", "db01"]),
        ({"security_policy_sync_state": "staged"}, []),
        ({"last_heartbeat_on[gte]": "2026-11-01T00:00:00Z"}, ["web01", "web02", "db01"]),
        ({"last_heartbeat_on[lte]": "2026-11-01T00:00:00+00:00"}, []),
        ({"external_data_set": "cmdb"}, []),
        ({"container_clusters": "[]"}, []),
        ({"labels": "[]"}, ["web01", "web02", "db01", "printer", "appliance"]),
        ({"agent.active_pce_fqdn": "x"}, []),
        ({"vulnerability_summary.vulnerability_exposure_score[gte]": "1"}, []),
        ({"include_deleted": "yes", "name": "web0"}, ["web01", "web02"]),
        ({"representation": "workload_labels", "name": "db"}, ["db01"]),
    ],
)
def test_filters(client, params, names):
    assert client.names(**params) == names


def test_labels_all_of_an_inner_list_any_of_the_outer(client):
    web, database, production, test = (client.label(*pair) for pair in (("role", "Web"), ("role", "Database"), ("env", "Production"), ("env", "Test")))

    def names(scopes):
        return client.names(labels=json.dumps(scopes))

    assert names([[web, production]]) == ["web01"]
    assert names([[web, production], [test]]) == ["web01", "web02", "appliance"]
    assert names([[database], [web]]) == ["web01", "web02", "db01"]
    assert names([["/orgs/1/labels/999999"]]) == []


@pytest.mark.parametrize(
    "params, token",
    [
        ({"labels": "nonsense"}, "input_validation_error"),
        ({"labels": '{"a":1}'}, "input_validation_error"),
        ({"labels": '["/orgs/1/labels/1"]'}, "input_validation_error"),
        ({"labels": "[[1]]"}, "input_validation_error"),
        ({"managed": "maybe"}, "input_validation_error"),
        ({"enforcement_mode": "strict"}, "input_validation_error"),
        ({"enforcement_modes": "selective"}, "input_validation_error"),
        ({"ip_address": "web01"}, "invalid_ip_address"),
        ({"ip_address": "10.0.0.0/8"}, "invalid_ip_address"),
        ({"last_heartbeat_on[gte]": "2026-11-01T00:00:00"}, "invalid_timestamp"),
        ({"last_heartbeat_on[gte]": "yesterday"}, "invalid_timestamp"),
        ({"representation": "everything"}, "input_validation_error"),
        ({"policy_health": "fine"}, "input_validation_error"),
        ({"ven.ven_type": "x"}, "input_validation_error"),
    ],
)
def test_a_malformed_filter_is_406(client, params, token):
    for answer in (client.get("/orgs/1/workloads", **params), client.submit("/orgs/1/workloads", **params)):
        assert (answer.status, answer.token) == (406, token)


def test_several_filters_at_once(client):
    assert client.names(name="web", online="true", enforcement_mode="full") == ["web01"]


def test_labels_match_in_part(client):
    def values(**params):
        return sorted(label["value"] for label in client.rows("/orgs/1/labels", **params))

    assert values(key="env") == ["Production", "Test", "Unused"]
    assert values(key="en") == ["Production", "Test", "Unused"]
    assert values(key="en", exact_match_for_label_type="true") == []
    assert values(value="prod") == ["Production"]
    assert values(key="env", value="t") == ["Production", "Test"]
    assert values(external_data_set="x") == []
    assert len(client.rows("/orgs/1/labels", max_results=2)) == 2
    assert client.get("/orgs/1/labels", max_results=0).count == 6


def test_label_usage(client):
    usage = {label["value"]: label["usage"] for label in client.rows("/orgs/1/labels", usage="true")}
    assert usage["Web"]["workload"] and not usage["Web"]["label_group"]
    assert usage["Test"]["label_group"] and not usage["Unused"]["workload"]
    assert "usage" not in client.rows("/orgs/1/labels")[0]
    assert client.get(client.label("role", "Web"), usage="true").json["usage"]["workload"]


def test_dimensions(client):
    rows = client.rows("/orgs/1/label_dimensions")
    assert [row["key"] for row in rows] == ["role", "app", "env", "loc", "compliance"]
    assert rows[0]["external_data_set"] == "defaults.illumio.com" and rows[0]["caps"] == ["write"]
    assert rows[4]["caps"] == ["write", "delete"]
    assert client.get(rows[4]["href"]).json == rows[4]
    assert [row["key"] for row in client.rows("/orgs/1/label_dimensions", key="com")] == ["compliance"]


def test_label_groups_draft_and_active_nested(client):
    for version in ("draft", "active"):
        base = f"/orgs/1/sec_policy/{version}/label_groups"
        groups = {group["name"]: group for group in client.rows(base)}
        assert [label["value"] for label in groups["Outer"]["labels"]] == ["Production"]
        assert groups["Outer"]["sub_groups"] == [{"href": groups["Inner"]["href"], "name": "Inner"}]
        assert version in groups["Inner"]["href"]
        assert {label["value"] for label in client.get(groups["Outer"]["href"] + "/all_labels").json} == {"Production", "Test"}
        assert [label["value"] for label in client.get(groups["Sibling"]["href"] + "/all_labels").json] == ["Test"]
        assert {parent["name"] for parent in client.get(groups["Inner"]["href"] + "/member_of").json} == {"Outer", "Sibling"}
        assert client.get(groups["Outer"]["href"]).json == groups["Outer"]
    assert [group["name"] for group in client.rows(base, name="inn")] == ["Inner"]
    assert client.rows(base, key="loc") == []
    assert [group["usage"]["label_group"] for group in client.rows(base, usage="true")] == [True, False, False]
    assert client.get("/orgs/1/sec_policy/7/label_groups").status == 404


def test_a_draft_group_is_ahead_of_the_active_one():
    client = Client({"workloads": 0})
    draft, active = ({group["name"]: group for group in client.rows(f"/orgs/1/sec_policy/{version}/label_groups")} for version in ("draft", "active"))
    assert len(draft["EU Datacenters"]["labels"]) == len(active["EU Datacenters"]["labels"]) + 1
    assert draft["EU Datacenters"]["update_type"] == "update" and active["EU Datacenters"]["update_type"] is None


def test_single_objects(client):
    row = client.rows(name="web01")[0]
    single = client.get(row["href"]).json
    assert row["services"] == {} and set(single["services"]) == {"uptime_seconds", "created_at", "open_service_ports"}
    assert {**single, "services": {}} == row
    assert client.get(client.label("role", "Web")).json["value"] == "Web"
    assert [entry["address"] for entry in client.get(row["href"] + "/interfaces", name="eth0").json] == ["10.0.0.1", "fe80::1"]
    for href in ("/orgs/1/workloads/00000000-0000-4000-8000-000000000000", "/orgs/1/labels/999", "/orgs/1/jobs/x", "/orgs/1/datafiles/x", "/orgs/1/events/x"):
        assert (client.get(href).status, client.get(href).token) == (404, "not_found_error")
