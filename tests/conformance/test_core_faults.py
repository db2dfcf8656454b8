# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault that the server can play: what the client sees, and whether the request took effect."""

from __future__ import annotations

import threading

import pytest
import requests

from tests.lab.faults import EVERY, Fault
from tests.lab.lab import Lab
from tests.lab.scenario import LabError

from .wire_client import raw, session, url

LOST = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


def last(lab: Lab) -> dict:
    """The last log entry."""
    return lab.control.log()[-1]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("action, effect", [("drop_before", False), ("drop_after", True)])
def test_drop(core: Lab, action: str, effect: bool, reset: bool) -> None:
    core.control.arm("fw1", action, reset=reset)
    with session(core) as client:
        with pytest.raises(LOST):
            client.post(url(core, "fw1", "/user-id"), data=b"x")
        assert core.devices["fw1"].handled == ([("POST", "/user-id")] if effect else [])
        assert (last(core)["fault"], last(core)["status"], last(core)["bytes_out"]) == (action, None, 0)
        assert client.post(url(core, "fw1", "/user-id"), data=b"x").status_code == 200
        assert last(core)["fault"] is None


@pytest.mark.parametrize("status, retry_after", [(429, 7), (500, None), (503, "2"), (302, None)])
def test_status(core: Lab, status: int, retry_after: object) -> None:
    core.control.arm("pce", "status", status=status, retry_after=retry_after)
    with session(core) as client:
        answer = client.get(url(core, "pce", "/labels"), allow_redirects=False)
    assert answer.status_code == status == last(core)["status"]
    assert answer.headers.get("Retry-After") == (None if retry_after is None else str(retry_after))
    assert core.pce.handled == []


def test_status_with_own_body_after_the_request_took_effect(core: Lab) -> None:
    core.control.arm("pce", "status", status=500, body="[]", handled=True)
    with session(core) as client:
        assert client.post(url(core, "pce", "/labels")).text == "[]"
    assert core.pce.handled == [("POST", "/labels")]


@pytest.mark.parametrize("action, content", [("html", b"<html>"), ("empty_body", b""), ("empty_list", b"[]"), ("garbage", b"not an answer")])
@pytest.mark.parametrize("handled", [False, True])
def test_wrong_bodies_with_status_200(core: Lab, action: str, content: bytes, handled: bool) -> None:
    core.control.arm("pce", action, handled=handled)
    with session(core) as client:
        answer = client.get(url(core, "pce", "/workloads"))
    assert answer.status_code == 200
    assert content in answer.content and (content or not answer.content)
    assert b"path" not in answer.content
    assert ("text/html" in answer.headers["Content-Type"]) == (action == "html")
    assert len(core.pce.handled) == int(handled)


@pytest.mark.parametrize("path, whole", [("/page", 200_000), ("/big", 800_000), ("/sized", 30)])
def test_truncate_is_a_short_read(core: Lab, path: str, whole: int) -> None:
    core.control.arm("pce", "truncate")
    answer = raw(core, "pce", b"GET %b HTTP/1.1\r\n\r\n" % path.encode())
    head, _blank, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % whole in head
    assert len(body) == whole // 2 == last(core)["bytes_out"]
    core.control.arm("pce", "truncate")
    with session(core) as client, pytest.raises(LOST):
        assert len(client.get(url(core, "pce", path)).content) == whole


def test_truncate_of_a_chunked_body(core: Lab) -> None:
    core.control.arm("pce", "truncate", chunked=True, keep=0.25)
    answer = raw(core, "pce", b"GET /big HTTP/1.1\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in answer and not answer.endswith(b"0\r\n\r\n")
    assert last(core)["bytes_out"] == 200_000
    core.control.arm("pce", "truncate", chunked=True)
    with session(core) as client, pytest.raises(LOST):
        client.get(url(core, "pce", "/big"))


def test_truncate_silent_is_half_a_body_that_looks_whole(core: Lab) -> None:
    core.control.arm("pce", "truncate_silent")
    with session(core) as client:
        answer = client.get(url(core, "pce", "/big"))
        assert answer.headers["Content-Length"] == "400000" and len(answer.content) == 400_000
        assert len(client.get(url(core, "pce", "/big")).content) == 800_000


@pytest.mark.parametrize("when, handled", [("before", 0), ("after", 1), ("body", 1)])
def test_slow_waits_before_or_after_the_request_took_effect(core: Lab, when: str, handled: int) -> None:
    core.control.arm("fw1", "slow", seconds=30, when=when)
    with session(core) as client, pytest.raises(requests.exceptions.RequestException):
        client.post(url(core, "fw1", "/user-id"), timeout=(20, 1))
    core.stop()  # ends the waiting thread too
    assert len(core.devices["fw1"].handled) == handled
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lab ")]


@pytest.mark.parametrize("when", ["before", "after", "body"])
def test_slow_answers_arrive_whole(core: Lab, when: str) -> None:
    core.control.arm("pce", "slow", seconds=0.01, when=when)
    with session(core) as client:
        assert len(client.get(url(core, "pce", "/big")).content) == 800_000
    assert last(core)["fault"] == "slow" and last(core)["bytes_out"] == 800_000


def test_nth_and_times(core: Lab) -> None:
    core.control.arm("pce", "status", nth=3, times=2)
    with session(core) as client:
        statuses = [client.get(url(core, "pce", "/x")).status_code for _number in range(6)]
    assert statuses == [200, 200, 503, 503, 200, 200]
    assert core.control.faults() == []


def test_every_call_until_disarmed(core: Lab) -> None:
    number = core.control.arm("pce", "status", nth=0)
    with session(core) as client:
        assert [client.get(url(core, "pce", "/x")).status_code for _number in range(4)] == [503] * 4
        assert core.control.faults()[0]["hits"] == 4
        assert core.control.disarm(number) == 1
        assert client.get(url(core, "pce", "/x")).status_code == 200
        core.control.arm("pce", "status", nth=0, times=1)
        assert [client.get(url(core, "pce", "/x")).status_code for _number in range(2)] == [503, 200]


def test_matching(core: Lab) -> None:
    control = core.control
    control.arm("fw1", "status", match={"type": "user-*"}, nth=2)
    control.arm("*", "status", match={"path": "/labels/*", "method": "get"}, status=429)
    control.arm("fw2", "status", match={"write": True}, status=500)
    with session(core) as client:
        def ask(method: str, server: str, path: str) -> int:
            return client.request(method, url(core, server, path)).status_code

        assert [ask("POST", "fw1", "/user-id"), ask("GET", "fw1", "/op"), ask("POST", "fw1", "/user-id")] == [200, 200, 503]
        assert [ask("GET", "pce", "/labels"), ask("POST", "pce", "/labels/7"), ask("GET", "pce", "/labels/7")] == [200, 200, 429]
        assert [ask("GET", "fw2", "/x"), ask("POST", "fw2", "/x"), ask("POST", "fw2", "/x")] == [200, 500, 200]


def test_two_faults_for_one_call_go_in_order_of_arming(core: Lab) -> None:
    core.control.arm("pce", "status", status=429)
    core.control.arm("pce", "status", status=500)
    with session(core) as client:
        assert [client.get(url(core, "pce", "/x")).status_code for _number in range(3)] == [429, 500, 200]


def test_disarm_by_server_and_all(core: Lab) -> None:
    control = core.control
    control.arm("pce", "status")
    control.arm("fw1", "status")
    control.arm("fw1", "own_fault", nth=3, colour="red")
    assert core.devices["fw1"].armed == [("own_fault", {"nth": 3, "colour": "red"})]
    assert control.disarm(server="fw1") == 1
    assert core.devices["fw1"].armed == [] and [fault["server"] for fault in control.faults()] == ["pce"]
    control.arm("pce", "own_fault")
    assert control.disarm() == 1
    assert control.faults() == [] and core.pce.armed == []


@pytest.mark.parametrize("arguments, words", [
    ({"server": "fw9", "action": "status"}, "no server 'fw9'.*pce, fw1, fw2"),
    ({"server": "fw1", "action": "explode"}, "no fault 'explode'.*drop_before.*own_fault"),
    ({"server": "fw1", "action": "status", "colour": "red"}, "no argument colour.*retry_after"),
    ({"server": "fw1", "action": "status", "match": {"colour": "red"}}, "cannot match by colour"),
    ({"server": "fw1", "action": "status", "nth": -1}, "nth of a fault is a whole number"),
    ({"server": "fw1", "action": "status", "times": "many"}, "times of a fault is a whole number"),
])
def test_what_cannot_be_armed(core: Lab, arguments: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        core.control.arm(**arguments)
    assert core.control.faults() == []


def test_every_action_is_explained() -> None:
    for name, (arguments, text) in EVERY.items():
        assert text and Fault("pce", action=name).arguments == arguments
