# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's server: HTTP in wire detail, the request log, concurrency, read-only mode, certificates."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import requests

from tests.lab.lab import Lab

from .wire_client import raw, session, url


def test_keep_alive_and_bodies(core: Lab) -> None:
    with session(core) as client:
        first = client.post(url(core, "pce", "/echo/a%20b?x=1&x=2&empty="), data=b"hello")
        assert first.json() == {"path": "/echo/a b", "query": {"x": ["1", "2"], "empty": [""]}, "size": 5, "body": "hello"}
        assert first.headers["Content-Type"] == "application/json"
        assert client.post(url(core, "pce", "/echo"), data=iter([b"chun", b"ked"])).json()["body"] == "chunked"
        assert client.get(url(core, "pce", "/nothing")).status_code == 204
        assert client.get(url(core, "pce", "/echo")).status_code == 200
        assert len({pool.num_connections for pool in client.get_adapter("https://").poolmanager.pools._container.values()}) == 1


def test_one_connection_carries_many_requests(core: Lab) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", core.servers["pce"].port, context=ssl.create_default_context(cafile=core.ca_file))
    connection.connect()
    local = connection.sock.getsockname()
    for path in ("/echo", "/big", "/sized", "/page", "/nothing", "/echo"):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is not None and connection.sock.getsockname() == local, path
    connection.request("GET", "/last")
    answer = connection.getresponse()
    assert answer.read() == b"bye" and answer.getheader("Connection") == "close"


def test_iterables_are_chunked_unless_sized(core: Lab) -> None:
    with session(core) as client:
        big = client.get(url(core, "pce", "/big"))
        assert big.headers["Transfer-Encoding"] == "chunked" and len(big.content) == 800_000
        sized = client.get(url(core, "pce", "/sized"))
        assert sized.headers["Content-Length"] == "30" and sized.content == b"a" * 10 + b"b" * 20
        head = client.head(url(core, "pce", "/page"))
        assert head.headers["Content-Length"] == "200000" and head.content == b""
    big, sized, _head = core.control.log()
    assert (big["bytes_out"], big["entries"]) == (800_000, 100)
    assert sized["bytes_out"] == 30


def test_expect_continue_and_http10(core: Lab) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok"
    assert raw(core, "pce", request + b"GET /last HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b"Connection: close" in raw(core, "pce", b"GET /echo HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("request_bytes, status", [
    (b"nonsense\r\n\r\n", 400),
    (b"GET / SPDY/3\r\n\r\n", 400),
    (b"GET /echo HTTP/1.1\r\nno colon\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
    (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (b"GET /echo HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n", 431),
])
def test_what_is_not_http_is_refused(core: Lab, request_bytes: bytes, status: int) -> None:
    assert raw(core, "pce", request_bytes).startswith(b"HTTP/1.1 %d " % status)
    assert core.pce.handled == []


def test_large_bodies_are_refused_before_they_are_read(core: Lab) -> None:
    announced = b"POST %b HTTP/1.1\r\nContent-Length: 200000\r\n\r\n"
    assert raw(core, "pce", announced % b"/refused").startswith(b"HTTP/1.1 413 ")
    assert raw(core, "pce", announced % b"/closed") == b""
    assert raw(core, "pce", b"POST /refused HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n").startswith(b"HTTP/1.1 413 ")
    assert core.pce.handled == []
    assert [(entry["status"], entry["bytes_in"]) for entry in core.control.log()] == [(413, 200_000), (None, 200_000), (413, 200_000)]
    with session(core) as client:
        assert client.post(url(core, "pce", "/refused"), data=b"x" * 3_000_000).status_code == 413


def test_a_bug_in_a_simulator_is_an_answer(core: Lab, capsys: pytest.CaptureFixture) -> None:
    with session(core) as client:
        assert client.get(url(core, "pce", "/bug")).status_code == 500
        assert client.get(url(core, "pce", "/echo")).status_code == 200
    assert "a bug in the simulator" in capsys.readouterr().err


def test_log_entries(core: Lab) -> None:
    with session(core) as client:
        client.post(url(core, "fw1", "/user-id?key=topsecret&vsys=vsys2"), data=b"<entry/><entry/>")
        client.get(url(core, "fw2", "/op"), headers={"X-PAN-KEY": "topsecret"})
        client.get(url(core, "pce", "/labels"), auth=("user", "topsecret"))
    entries = core.control.log()
    assert [entry["sequence"] for entry in entries] == [1, 2, 3]
    assert [entry["server"] for entry in entries] == ["fw1", "fw2", "pce"]
    assert [entry["key_in"] for entry in entries] == ["query", "header", "basic"]
    first = entries[0]
    assert (first["method"], first["path"], first["type"], first["write"], first["status"]) == ("POST", "/user-id", "user-id", True, 200)
    assert (first["bytes_in"], first["entries"], first["fault"], first["concurrency"]) == (16, 2, None, 1)
    assert first["query"] == {"key": "(redacted)", "vsys": "vsys2"}
    assert first["bytes_out"] > 0 and first["duration"] >= 0
    assert "topsecret" not in json.dumps(entries)
    assert [entry["sequence"] for entry in core.control.log("fw2")] == [2]
    core.control.clear_log()
    assert core.control.log() == []
    with session(core) as client:
        client.get(url(core, "pce", "/labels"))
    assert [entry["sequence"] for entry in core.control.log()] == [4]


def test_concurrency_is_counted_per_server(core: Lab) -> None:
    answers = []

    def ask() -> None:
        with session(core) as client:
            answers.append(client.get(url(core, "fw1", "/wait")).status_code)

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    waiting = threading.Event()
    while len(core.devices["fw1"].handled) < 4:
        waiting.wait(0.01)
    core.devices["fw1"].gate.set()
    for thread in threads:
        thread.join()
    assert answers == [200] * 4
    assert sorted(entry["concurrency"] for entry in core.control.log("fw1")) == [1, 2, 3, 4]
    with session(core) as client:
        client.get(url(core, "fw1", "/echo"))
        client.get(url(core, "fw2", "/echo"))
    assert [entry["concurrency"] for entry in core.control.log()[-2:]] == [1, 1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_that_its_client_gave_up_stays_in_progress(core: Lab, when: str) -> None:
    core.control.arm("fw1", "slow", seconds=6, when=when, times=6)
    for _number in range(6):
        with session(core) as client, pytest.raises(requests.exceptions.ReadTimeout):
            client.post(url(core, "fw1", "/user-id"), timeout=0.1)
    with session(core) as client:
        client.get(url(core, "fw1", "/echo"))
    assert core.control.log("fw1")[-1]["concurrency"] == 7 == core.servers["fw1"].max_concurrency
    patience = time.monotonic() + 20
    while len(core.control.log("fw1")) < 7 and time.monotonic() < patience:
        time.sleep(0.05)
    while core.servers["fw1"]._in_progress and time.monotonic() < patience:
        time.sleep(0.01)
    with session(core) as client:
        client.get(url(core, "fw1", "/echo"))
    assert core.control.log("fw1")[-1]["concurrency"] == 1
    assert core.devices["fw1"].handled.count(("POST", "/user-id")) == 6  # all of them were carried out in the end


def test_sequential_requests_never_count_as_concurrent(core: Lab) -> None:
    for _number in range(10):
        for path in ("/big", "/page", "/sized"):
            with session(core) as client:
                client.get(url(core, "pce", path))
    assert {entry["concurrency"] for entry in core.control.log()} == {1}


def test_more_connections_than_threads_are_served(core: Lab) -> None:
    context = ssl.create_default_context(cafile=core.ca_file)
    kept = []
    for _number in range(140):  # idle connections hold threads; the longest idle one has to give way
        connection = http.client.HTTPSConnection("127.0.0.1", core.servers["pce"].port, context=context, timeout=20)
        connection.request("GET", "/echo")
        assert connection.getresponse().read()
        kept.append(connection)
    for connection in kept:
        connection.close()


def test_read_only_mode(core: Lab) -> None:
    control = core.control
    control.read_only("fw1")
    with session(core) as client:
        refused = client.post(url(core, "fw1", "/user-id"), data=b"<entry/>")
        assert refused.status_code == 500 and "read-only" in refused.text
        assert client.get(url(core, "fw1", "/op")).status_code == 200
        assert client.post(url(core, "fw2", "/user-id")).status_code == 200
        assert core.devices["fw1"].handled == [("GET", "/op")]
        violations = control.violations()
        assert [(entry["server"], entry["type"], entry["status"]) for entry in violations] == [("fw1", "user-id", 500)]
        control.read_only()
        assert client.post(url(core, "fw2", "/user-id")).status_code == 500
        assert client.post(url(core, "pce", "/labels")).status_code == 500
        assert len(control.violations()) == 3 and len(control.violations("pce")) == 1
        control.read_only(on=False)
        assert client.post(url(core, "fw1", "/user-id")).status_code == 200
        assert len(control.violations()) == 3
    control.clear_log()
    assert control.violations() == []


@pytest.mark.parametrize("kind, words", [("untrusted", "self-signed|unable to get local issuer"), ("wrong_host", "match|valid for"), ("expired", "expired")])
def test_certificates_to_refuse(core_factory, kind: str, words: str) -> None:
    lab = core_factory("empty", certificates={"fw1": kind})
    with session(lab) as client:
        assert client.get(url(lab, "fw2", "/echo")).status_code == 200
        with pytest.raises(requests.exceptions.SSLError, match=words):
            client.get(url(lab, "fw1", "/echo"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_certificate_names(core: Lab, host: str) -> None:
    context = ssl.create_default_context(cafile=core.ca_file)
    with socket.create_connection(("127.0.0.1", core.servers["pce"].port)) as plain:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_stop_ends_open_connections(core_factory) -> None:
    lab = core_factory("empty")
    before = {thread.name for thread in threading.enumerate()}
    assert any("lab pce" in name for name in before)
    connection = http.client.HTTPSConnection("127.0.0.1", lab.servers["pce"].port, context=ssl.create_default_context(cafile=lab.ca_file))
    connection.request("GET", "/echo")
    connection.getresponse().read()
    directory = Path(lab.directory)
    lab.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lab ")]
    assert not directory.exists()
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/echo")
        connection.getresponse()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", connection.port))
    lab.stop()
