# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each switch of the PCE in every position: what differs, and nothing else to look at."""

from __future__ import annotations

import re

import pytest

from ..lab.pce import PceApp
from .pce_client import Client

WORKLOADS, LABELS, EVENTS = "/orgs/1/workloads", "/orgs/1/labels", "/orgs/1/events"


def relabelled(client, how):
    """The changes that an event tells after a label change."""
    web, test = client.workload("web01")["href"], client.label("env", "Test")
    if how == "put":
        client("PUT", web, {"labels": [{"href": test}]})
    else:
        client("PUT", WORKLOADS + "/set_labels", {"workloads": [{"href": web}], "labels": [{"href": test}]})
    return set(client.events()[0]["resource_changes"][0]["changes"]["labels"])


def reads(client):
    """How often a datafile can be read."""
    href = client.job()["result"]["href"]
    return [client("GET", href).status for _read in range(2)]


def after_delete(client):
    """Whether a datafile survives its job."""
    job = client.job()
    client("DELETE", job["href"])
    return client("GET", job["result"]["href"]).status


def limited(client, advance=0.0):
    """The statuses of four requests."""
    statuses = []
    for _request in range(4):
        statuses.append(client.get("/noop").status)
        client.app.advance(advance)
    return statuses


def window(client):
    """Requests late in one minute of the clock and early in the next: a fixed window forgets, a sliding one does not."""
    client.app.set_switch("rate_limit", 2)
    client.app.advance(60 - client.app.clock.monotonic() % 60 + 50)
    statuses = [client.get("/noop").status for _request in range(3)]
    client.app.advance(15)
    return [*statuses, client.get("/noop").status]


def deleted(client):
    """Reading one deleted workload."""
    href = client.workload("printer")["href"]
    client("DELETE", href)
    return client.get(href).status


def bumped(client):
    """Whether an edit changes updated_at."""
    row = client.workload("printer")
    client("PUT", row["href"], {"description": "x"})
    return client.workload("printer")["updated_at"] != row["updated_at"]


def prefixed(client):
    """Whether part of an event type is enough."""
    client.app.mutate("create_label", key="env", value="New")
    return len(client.events(event_type="label.")), len(client.events(event_type="label.create"))


def delayed(client):
    """How many events are listed at once and a minute later."""
    client.app.mutate("create_label", key="env", value="New")
    now = len(client.events())
    client.app.advance(61)
    return now, len(client.events())


def two_of_a_key(client):
    """A workload with two labels of one key."""
    labels = [{"href": client.label("env", value)} for value in ("Production", "Test")]
    return client("POST", WORKLOADS, {"name": "a", "labels": labels}).status


def set_labels(client):
    """Which of the two ways to remove labels is understood."""
    body = {"workloads": [{"href": client.workload("web01")["href"]}], "labels": [{"href": client.label("env", "Test")}]}
    return [client("PUT", WORKLOADS + "/set_labels", {**body, **more}).status for more in ({}, {"delete_existing": True}, {"delete_existing_keys": ["role"]})]


def error_bodies(client):
    """What 401, 403 and 404 look like."""
    answers = [client("GET", "/noop", headers={"Authorization": ""}), client.get("/orgs/2/labels"), client.get(LABELS + "/999")]
    assert [answer.status for answer in answers] == [401, 403, 404]
    assert client.get(WORKLOADS, max_results="x").token == "input_validation_error"
    return {answer.body[:1] for answer in answers}


def role(client):
    """Statuses of creating a label, relabelling a workload and reading events, and how many workloads are seen."""
    labels = [{"href": client.label("env", "Test")}]
    statuses = [
        client("POST", LABELS, {"key": "env", "value": "New"}).status,
        client("PUT", client.workload("web02")["href"], {"labels": labels}).status,
        client.get(EVENTS).status,
    ]
    scope = client.get("/users/login").json["orgs"][0]["role_scopes"][0]
    return statuses, len(client.rows()), client.get(WORKLOADS).count, scope["role"]["href"].rsplit("/", 1)[1], len(scope["scope"])


CASES = {
    "location": {
        "relative": lambda c: c.submit().headers["Location"].startswith("/orgs/1/jobs/"),
        "absolute": lambda c: c.submit().headers["Location"].startswith("https://pce.lab:8443/api/v2/orgs/1/jobs/") and c.gathered() == c.rows(),
    },
    "retry_after": {value: lambda c, value=value: c.submit().headers["Retry-After"] == str(value) for value in (0, 1)},
    "job_polls": {
        0: lambda c: c("GET", c.submit().headers["Location"]).json["status"] == "done",
        1: lambda c: [c("GET", href).json["status"] for href in [c.submit().headers["Location"]] * 2] == ["running", "done"],
        2: lambda c: [c("GET", href).json["status"] for href in [c.submit().headers["Location"]] * 3] == ["pending", "running", "done"],
        4: lambda c: [c("GET", href).json["status"] for href in [c.submit().headers["Location"]] * 5] == ["pending", "running", "running", "running", "done"],
    },
    "job_timestamps": {
        "space": lambda c: re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", c.job()["terminated_at"]),
        "rfc3339": lambda c: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", c.job()["requested_at"]),
    },
    "datafile_reads": {"repeatedly": lambda c: reads(c) == [200, 200], "once": lambda c: reads(c) == [200, 404]},
    "job_delete": {"keeps_datafile": lambda c: after_delete(c) == 200, "drops_datafile": lambda c: after_delete(c) == 404},
    "gzip": {
        value: lambda c, wanted=wanted: c("GET", WORKLOADS, headers={"Accept-Encoding": "gzip"}).headers.get("Content-Encoding") == wanted
        for value, wanted in (("offered", "gzip"), ("never", None))
    },
    "header_case": {
        "lower": lambda c: "x-total-count" in c.get(WORKLOADS).sent_headers,
        "documented": lambda c: "X-Total-Count" in c.get(WORKLOADS).sent_headers,
    },
    "total_count": {
        "unfiltered": lambda c: c.get(WORKLOADS, managed="true").count == 5,
        "filtered": lambda c: c.get(WORKLOADS, managed="true", max_results=1).count == 3,
    },
    "matched_count": {
        "absent": lambda c: "X-Matched-Count" not in c.get(WORKLOADS).headers,
        "sent": lambda c: (c.get(WORKLOADS, managed="true").headers["X-Matched-Count"], c.get(WORKLOADS).headers["X-Matched-Count"]) == ("3", "5"),
    },
    "product_version": {
        "flat": lambda c: c.get("/product_version").json["version"] == "25.2.40",
        "nested": lambda c: c.get("/product_version").json["product_version"]["build"] == 4047,
    },
    "health": {"served": lambda c: c.get("/health").status == 200, "absent": lambda c: c.get("/health").status == 404},
    "label_dimensions": {
        value: lambda c, status=status: c.get("/orgs/1/label_dimensions").status == status
        for value, status in (("served", 200), ("absent", 404), ("forbidden", 403))
    },
    "users_login": {"served": lambda c: c.get("/users/login").status == 200, "forbidden": lambda c: c.get("/users/login").status == 403},
    "workload_labels": {
        "expanded": lambda c: c.rows()[0]["labels"][0] == {"href": "/orgs/1/labels/2", "key": "role", "value": "Web"},
        "href_only": lambda c: c.rows()[0]["labels"][0]
        == {"href": "/orgs/1/labels/2"}
        == c.gathered()[0]["labels"][0]
        == c.get(c.rows()[0]["href"]).json["labels"][0]
        and c.rows(representation="workload_labels")[0]["labels"][0]["value"] == "Web",
    },
    "unknown_parameters": {
        "ignored": lambda c: len(c.rows(start=3)) == 5,
        "refused": lambda c: [c.get(path, start=3).status for path in (WORKLOADS, LABELS, EVENTS, "/orgs/1/jobs", "/orgs/1/label_dimensions")] == [406] * 5,
    },
    "rate_limit": {0: lambda c: limited(c) == [200] * 4, 3: lambda c: limited(c) == [200, 200, 200, 429], 1: lambda c: limited(c, 61) == [200] * 4},
    "rate_limit_window": {"sliding": lambda c: window(c) == [200, 200, 429, 429], "fixed": lambda c: window(c) == [200, 200, 429, 200]},
    "error_bodies": {"json": lambda c: error_bodies(c) == {b"["}, "empty": lambda c: error_bodies(c) == {b""}, "html": lambda c: error_bodies(c) == {b"<"}},
    "same_key_labels": {"refused": lambda c: two_of_a_key(c) == 406, "accepted": lambda c: two_of_a_key(c) == 201},
    "label_case": {
        value: lambda c, status=status: c("POST", LABELS, {"key": "env", "value": "PRODUCTION"}).status == status
        for value, status in (("sensitive", 201), ("insensitive", 406))
    },
    "ignored_interfaces": {
        "listed": lambda c: [entry["name"] for entry in c.rows()[0]["interfaces"]] == ["eth0", "eth1", "eth0"],
        "removed": lambda c: [entry["name"] for entry in c.rows()[0]["interfaces"]]
        == ["eth0", "eth0"]
        == [e["name"] for e in c.get(c.rows()[0]["href"]).json["interfaces"]],
    },
    "deleted_workload": {"shown": lambda c: deleted(c) == 200, "404": lambda c: deleted(c) == 404, "410": lambda c: deleted(c) == 410},
    "edits_bump_updated_at": {True: bumped, False: lambda c: not bumped(c)},
    "event_type_filter": {"exact": lambda c: prefixed(c) == (0, 1), "prefix": lambda c: prefixed(c) == (1, 1)},
    "event_delay": {0: lambda c: delayed(c) == (1, 1), 60: lambda c: delayed(c) == (0, 1)},
    "label_changes": {
        "sets": lambda c: relabelled(c, "put") == {"created", "deleted"},
        "before_after": lambda c: relabelled(c, "set_labels") == {"before", "after"},
    },
    "set_labels_field": {
        "either": lambda c: set_labels(c) == [204, 204, 204],
        "delete_existing": lambda c: set_labels(c) == [204, 204, 406],
        "delete_existing_keys": lambda c: set_labels(c) == [204, 406, 204],
    },
    "set_labels_response": {
        204: lambda c: c("PUT", WORKLOADS + "/set_labels", {"workloads": [], "labels": []}).status == 204,
        200: lambda c: c("PUT", WORKLOADS + "/remove_labels", {"workloads": [], "label_keys": []}).json == [],
    },
    "heartbeats": {"moving": lambda c: beaten(c) is True, "still": lambda c: not beaten(c)},
    "key_role": {
        "owner": lambda c: role(c) == ([201, 204, 200], 5, 5, "owner", 0),
        "read_only": lambda c: role(c) == ([403, 403, 200], 5, 5, "read_only", 0),
        "scoped": lambda c: role(c) == ([403, 204, 403], 2, 2, "workload_manager", 1),
    },
}


def beaten(client):
    """Whether five minutes later a VEN has sent a heartbeat."""
    last = client.workload("web01")["agent"]["status"]["last_heartbeat_on"]
    client.app.advance(300)
    return client.workload("web01")["agent"]["status"]["last_heartbeat_on"] > last


SCOPE = {"scope": {"env": "Test"}}


@pytest.mark.parametrize("name, value", [(name, value) for name, cases in CASES.items() for value in cases])
def test_a_switch(name, value):
    from .pce_client import SMALL

    assert CASES[name][value](Client({**SMALL, **SCOPE}, **{name: value}))


def test_max_results_honoured_or_capped():
    config = {"workloads": 520}
    assert len(Client(config).rows(max_results=10000)) == 520
    capped = Client(config, max_results="hard_500")
    assert (len(capped.rows(max_results=10000)), len(capped.gathered()), capped.get(WORKLOADS).count) == (500, 520, 520)


@pytest.mark.parametrize("value, sent", [("absent", False), ("sent", True)])
def test_retry_after_of_the_rate_limit(value, sent):
    client = Client(rate_limit=1, rate_limit_retry_after=value)
    client.get("/noop")
    answer = client.get("/noop")
    assert (answer.status, answer.token, "Retry-After" in answer.headers) == (429, "too_many_requests_error", sent)
    if sent:
        client.app.advance(int(answer.headers["Retry-After"]))
        assert client.get("/noop").status == 200


def test_no_switch_is_left_out():
    tested = {name: set(cases) for name, cases in CASES.items()}
    tested.update({  # in test_pce_policy.py
        "delete_created": {"immediate", "pending"}, "put_on_deleted": {"accepted", "refused"}, "auto_dependencies": {"no", "yes"},
        "transitive_dependencies": {"yes", "direct_only"}, "active_write": {"405", "404"},
    })
    tested["max_results"] = {"honoured", "hard_500"}
    tested["rate_limit_retry_after"] = {"absent", "sent"}
    for name, switch in PceApp.SWITCHES.items():
        assert switch.default in tested[name] and switch.why, name
        if switch.values == (int,):
            assert len(tested[name]) > 1, name
        else:
            assert tested[name] == set(switch.values), name
    assert set(tested) == set(PceApp.SWITCHES)


def test_a_wrong_switch_is_named():
    client = Client()
    with pytest.raises(ValueError, match="location accepts relative, absolute"):
        client.app.set_switch("location", "somewhere")
    with pytest.raises(ValueError, match="no switch 'nonsense'; it has "):
        client.app.set_switch("nonsense", 1)
