# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PCE's envelope: authentication, organisation, roles, headers, compression, unknown paths, rate limit."""

from __future__ import annotations

import pytest

from .pce_client import Client


def test_a_right_key_is_enough_at_once():
    assert Client().get("/noop").json == {}


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic YXBpXzE6d3Jvbmc=", "Bearer abc", "Token token=x"])
def test_any_other_key_is_refused(header):
    answer = Client()("GET", "/orgs/1/labels", headers={"Authorization": header})
    assert answer.status == 401
    assert answer.json == [{"token": "authentication_error", "message": "Authentication failed"}]


def test_another_organisation_is_forbidden():
    answer = Client().get("/orgs/2/labels")
    assert (answer.status, answer.token) == (403, "forbidden_error")


def test_node_available_needs_no_key():
    assert Client()("GET", "/node_available", headers={"Authorization": ""}).status == 200


def test_every_answer_has_its_own_request_id():
    client = Client()
    ids = {client.get(path).headers["X-Request-Id"] for path in ("/noop", "/orgs/1/labels", "/orgs/2/labels", "/nowhere")}
    assert len(ids) == 4


def test_an_unknown_path_is_an_html_page():
    answer = Client().get("/orgs/1/nowhere")
    assert answer.status == 404 and answer.body.startswith(b"<!DOCTYPE html>")


def test_a_known_path_with_another_method():
    answer = Client()("DELETE", "/orgs/1/labels")
    assert (answer.status, answer.token) == (405, "method_not_allowed_error")


def test_gzip_only_when_asked():
    client = Client()
    plain, packed = client.get("/orgs/1/workloads"), client("GET", "/orgs/1/workloads", headers={"Accept-Encoding": "gzip, deflate"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == plain.body and len(packed.raw) < len(plain.raw)


def test_gzip_of_a_long_collection_stays_right_after_changes():
    client = Client({"workloads": 1100})
    big = {"max_results": 5000}
    asked = {"headers": {"Accept-Encoding": "gzip"}, "params": big}
    for name in ("", "first", "second"):
        if name:
            client.app.mutate("add_workload", name=name, address="10.1.2.3")
        rows = client("GET", "/orgs/1/workloads", **asked).json
        assert rows == client.rows(**big)
    changed = rows[300]["href"]
    client.app.mutate("relabel", workload=changed, labels={"env": "Moved"})
    assert client("GET", "/orgs/1/workloads", **asked).json[300] == client("GET", changed).json | {"services": {}}


def test_version_login_and_settings():
    client = Client()
    assert client.get("/product_version").json["long_display"] == "25.2.40-4047"
    login = client.get("/users/login").json
    assert login["orgs"] == [{
        "org_id": 1, "org_href": "/orgs/1", "display_name": "Example", "role_scopes": [{"role": {"href": "/orgs/1/roles/owner"}, "scope": []}],
    }]
    assert client.get("/health").json[0]["status"] == "normal"
    assert client.get("/orgs/1/settings/workloads").json["workload_disconnected_timeout_seconds"][0] == {"scope": [], "value": 10800, "ven_type": "server"}
    assert client.get("/orgs/1/settings/events").json["audit_event_min_severity"] == "informational"


def test_credentials_follow_from_the_seed():
    assert (Client(seed=1).user, Client(seed=1).secret) == (Client(seed=1).user, Client(seed=1).secret)
    assert Client(seed=1).secret != Client(seed=2).secret


def test_the_log_learns_what_a_request_is():
    client = Client()
    from ..lab.http import Headers, Request
    basic = Headers({"Authorization": "Basic x", "Prefer": "respond-async"}.items())

    def kind(method, path, body=b""):
        return client.app.classify(Request(method, "/api/v2" + path, {}, basic, body))

    assert kind("GET", "/orgs/1/workloads") == {"type": "workloads", "write": False, "entries": 0, "key_in": "basic", "async": True}
    assert kind("GET", "/orgs/1/jobs/abc")["type"] == "job"
    assert kind("DELETE", "/orgs/1/jobs/abc") == {"type": "job-delete", "write": False, "entries": 0, "key_in": "basic"}
    assert kind("GET", "/orgs/1/datafiles/abc")["type"] == "datafile"
    assert kind("PUT", "/orgs/1/workloads/bulk_delete", b'[{"href":"a","labels":[{"href":"l"}]},{"href":"b"}]') == {
        "type": "bulk_delete",
        "write": True,
        "entries": 2,
        "key_in": "basic",
    }
    assert kind("POST", "/orgs/1/labels")["write"] and kind("PUT", "/orgs/1/workloads/abc")["write"]
    assert kind("GET", "/elsewhere")["type"] == "unknown"


@pytest.mark.parametrize(
    "config, word", [({"nonsense": 1}, "nonsense"), ({"workloads": [{"labels": {}}]}, "no name"), ({"workloads": [{"name": "a", "adress": "x"}]}, "adress")]
)
def test_a_wrong_scenario_is_named(config, word):
    with pytest.raises(ValueError, match=word):
        Client(config)
