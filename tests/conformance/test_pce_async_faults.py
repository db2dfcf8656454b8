# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asynchronous collections, and the faults of the PCE itself."""

from __future__ import annotations

import json

import pytest

from ..lab.lab import Lab
from .pce_client import Client

WORKLOADS = "/orgs/1/workloads"


@pytest.fixture
def client():
    return Client()


def test_from_202_to_the_rows(client):
    submitted = client.submit()
    assert submitted.status == 202 and submitted.body == b""
    assert submitted.headers["Retry-After"] == "0" and submitted.headers["Location"].startswith("/orgs/1/jobs/")
    location = submitted.headers["Location"]
    polls = [client("GET", location) for _poll in range(3)]
    assert [poll.json["status"] for poll in polls] == ["pending", "running", "done"]
    assert polls[0].headers["Retry-After"] == "0" and polls[0].json["result"] == {} and "terminated_at" not in polls[0].json
    done = polls[-1].json
    assert done["href"] == location and done["job_type"] == ":illumio/async_requests" and done["description"] == WORKLOADS
    assert client("GET", done["result"]["href"]).json == client.rows()
    assert client("GET", location).json == done
    assert client.rows("/orgs/1/jobs") == [done]
    assert client("DELETE", location).status == 204
    assert client("GET", location).status == 404 and client("DELETE", location).status == 404


def test_filters_go_with_the_job(client):
    assert [row["name"] for row in client.gathered(managed="false")] == ["printer", "appliance"]
    assert client.job(managed="false")["description"] == WORKLOADS + "?managed=false"


@pytest.mark.parametrize("target", ["/orgs/1/labels", "/orgs/1/label_dimensions", "/orgs/1/events", "/orgs/1/sec_policy/active/label_groups"])
def test_the_other_collections_too(client, target):
    client.app.mutate("create_label", key="env", value="New")
    assert client.gathered(target) == client.rows(target) and client.rows(target)


def test_no_cut_without_max_results():
    client = Client({"workloads": 1300})
    assert len(client.gathered()) == 1300
    assert len(client.rows()) == 500


def test_the_rows_are_those_of_the_moment_the_job_was_done(client):
    location = client.submit().headers["Location"]
    client.app.mutate("add_workload", name="before")
    while client("GET", location).json["status"] != "done":
        pass
    client.app.mutate("add_workload", name="after")
    names = [row["name"] for row in client("GET", client("GET", location).json["result"]["href"]).json]
    assert "before" in names and "after" not in names


def test_a_datafile_under_a_name(client):
    answer = client("GET", client.job()["result"]["href"], params={"filename": "w.json"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="w.json"'


def test_over_https_in_blocks_and_with_faults_of_the_server():
    import requests

    with Lab({"pce": {"workloads": 900}, "devices": []}, firewalls=0) as lab:
        pce = lab.description()["pces"][0]
        base = f"https://{pce['host']}:{pce['port']}/api/v2"
        with requests.Session() as session:
            session.auth, session.verify, session.trust_env = (pce["api_key_username"], pce["api_key_secret"]), lab.ca_file, False
            for encoding in ("gzip", "identity"):
                session.headers["Accept-Encoding"] = encoding
                location = session.get(base + WORKLOADS, headers={"Prefer": "respond-async"}).headers["Location"]
                while True:
                    job = session.get(base + location).json()
                    if job["status"] == "done":
                        break
                answer = session.get(base + job["result"]["href"])
                assert answer.headers["Transfer-Encoding"] == "chunked" and answer.headers.get("Content-Encoding", "identity") == encoding
                assert len(answer.json()) == 900
            lab.control.arm("pce", "truncate", match={"type": "datafile"})
            with pytest.raises(requests.RequestException):
                session.get(base + job["result"]["href"])
        kinds = [entry["type"] for entry in lab.control.log("pce")]
        assert kinds[:2] == ["workloads", "job"] and kinds[-1] == "datafile"


def test_job_fails(client):
    client.app.arm("job_fails", message="out of memory")
    job = client.job()
    assert (job["status"], job["result"]) == ("failed", {"message": "out of memory"})
    assert client.job()["status"] == "done"
    client.app.arm("job_fails", status="cancelled")
    assert client.job()["status"] == "cancelled"


def test_job_never_ends(client):
    client.app.arm("job_never_ends")
    location = client.submit().headers["Location"]
    assert [client("GET", location).json["status"] for _poll in range(30)] == ["pending"] + ["running"] * 29
    assert client.job()["status"] == "done"


def test_jobs_and_datafiles_that_get_lost(client):
    client.app.arm("no_location")
    assert "Location" not in client.submit().headers
    client.app.arm("job_gone")
    assert client("GET", client.submit().headers["Location"]).status == 404
    client.app.arm("datafile_missing")
    href = client.job()["result"]["href"]
    assert [client("GET", href).status for _read in range(2)] == [404, 200]


@pytest.mark.parametrize("ask", [lambda client: client.gathered(), lambda client: client.rows()], ids=["job", "at once"])
class TestSpoiledRows:
    def test_short(self, client, ask):
        client.app.arm("short_datafile", rows=2)
        assert [row["name"] for row in ask(client)] == ["web01", "web02", "db01"]
        assert len(ask(client)) == 5

    @pytest.mark.parametrize("instead, rows", [(True, 5), (False, 6)])
    def test_duplicate(self, client, ask, instead, rows):
        client.app.arm("duplicate_row", instead=instead)
        got = [row["href"] for row in ask(client)]
        assert len(got) == rows and len(set(got)) == rows - 1

    @pytest.mark.parametrize("count, total", [("honest", 5), ("zero", 0)])
    def test_empty(self, client, ask, count, total):
        client.app.arm("empty_collection", count=count)
        assert client.get(WORKLOADS, max_results=1).count == total
        assert ask(client) == []
        assert client.get(WORKLOADS, max_results=1).count == 5 and len(ask(client)) == 5

    @pytest.mark.parametrize("change, total", [("appears", 6), ("disappears", 4)])
    def test_a_row_between_count_and_rows(self, client, ask, change, total):
        client.app.arm("extra_row_between_count_and_datafile", change=change)
        assert client.get(WORKLOADS, max_results=1).count == 5
        assert len(ask(client)) == total
        assert client.get(WORKLOADS, max_results=1).count == total

    @pytest.mark.parametrize("kind", ["object", "null", "cut", "garbage", "html", "strings"])
    def test_wrong_json(self, client, ask, kind):
        client.app.arm("wrong_json", kind=kind)
        try:
            got = ask(client)
        except ValueError:
            assert kind in ("cut", "garbage", "html")
        else:
            assert got == {"object": {"error": "server error"}, "null": None, "strings": ["one", "two"]}[kind]


def test_count_mismatch_lasts_until_disarmed(client):
    client.app.arm("count_mismatch", by=-2)
    assert [client.get(WORKLOADS, max_results=most).count for most in (1, 10)] == [3, 3]
    assert client.get("/orgs/1/labels").count == 6
    client.app.disarm()
    assert client.get(WORKLOADS).count == 5


def test_bulk_busy_and_key_expires(client):
    client.app.arm("bulk_busy")
    assert [client("PUT", WORKLOADS + "/bulk_delete", []).status for _call in range(2)] == [429, 200]
    client.app.arm("key_expires", after=2)
    assert [client.get("/noop").status for _call in range(4)] == [200, 200, 401, 401]


def test_faults_of_one_resource_leave_the_others_alone(client):
    client.app.arm("job_fails", resource="labels")
    assert client.job()["status"] == "done" and client.job("/orgs/1/labels")["status"] == "failed"
    client.app.arm("short_datafile", resource="labels", times=2)
    assert (len(client.rows()), len(client.rows("/orgs/1/labels")), len(client.gathered("/orgs/1/labels")), len(client.rows("/orgs/1/labels"))) == (5, 5, 5, 6)


@pytest.mark.parametrize(
    "fault, arguments, words",
    [
        ("nonsense", {}, "job_fails"),
        ("job_fails", {"rows": 1}, "takes message"),
        ("short_datafile", {"rows": "1"}, "rows cannot be"),
        ("short_datafile", {"rows": -1}, "rows cannot be"),
        ("wrong_json", {"kind": "other"}, "one of object"),
        ("duplicate_row", {"instead": 1}, "instead cannot be"),
    ],
)
def test_faults_that_cannot_be_armed(client, fault, arguments, words):
    with pytest.raises(ValueError, match=words):
        client.app.arm(fault, **arguments)


def test_every_fault_is_explained(client):
    assert set(client.app.FAULTS) >= {"job_fails", "job_never_ends", "short_datafile", "duplicate_row", "count_mismatch", "empty_collection", "wrong_json"}
    assert all(isinstance(text, str) and text for text in client.app.FAULTS.values())
    assert json.dumps(dict(client.app.FAULTS))
