# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that never pause for long and never end, on the wire; and that the lab ends them where the client does not."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from tests.lab import hostile
from tests.lab.lab import Lab
from tests.lab.scenario import LabError

from .wire_client import raw, session, url

ENDLESS = [("drip", {}), ("drip_headers", {}), ("endless_chunks", {}), ("endless_continue", {})]
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def asked(lab: Lab, server: str = "pce"):
    """A connection on which a request was sent."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    with socket.create_connection(("127.0.0.1", lab.servers[server].port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(GET)
            yield secure


def pieces(secure: ssl.SSLSocket, number: int) -> list[bytes]:
    """The next pieces as they arrive, each a TLS record of its own."""
    return [secure.recv(65536) for _piece in range(number)]


@pytest.mark.parametrize("part", hostile.PARTS)
def test_drip(core: Lab, part: str) -> None:
    core.control.arm("pce", "drip", seconds=0.001, part=part)
    with asked(core) as secure:
        first = secure.recv(65536)
        assert first == b"H" if part != "body" else first.endswith(b"\r\n\r\n")
        answer = first
        while not answer.endswith(b'"body":""}'):
            block = secure.recv(65536)
            assert len(block) == 1 or (part == "head" and block.startswith(b"{"))
            answer += block
        head, _blank, body = answer.partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % len(body) in head
        secure.sendall(GET)  # the connection lives on
        assert secure.recv(65536).startswith(b"HTTP/1.1 200")
    assert [(entry["fault"], entry["status"], entry["bytes_out"], entry["concurrency"]) for entry in core.control.log()] == [
        ("drip", 200, len(body), 1), (None, 200, len(body), 1)]


def test_drip_takes_its_time(core: Lab) -> None:
    core.control.arm("pce", "drip", seconds=0.02, status=403)
    with session(core) as client:
        started = time.monotonic()
        answer = client.get(url(core, "pce", "/echo"), timeout=0.5)
        assert (answer.status_code, answer.json()["path"]) == (403, "/echo")
        assert time.monotonic() - started > 0.02 * (len(answer.content) - 1)


def test_headers_without_end(core: Lab) -> None:
    core.control.arm("pce", "drip_headers", seconds=0.001, status=401)
    with asked(core) as secure:
        found = b"".join(pieces(secure, 300))
    assert found.startswith(b"HTTP/1.1 401 ") and b"\r\n\r\n" not in found
    assert found.count(b"X-Lab-") > 250


@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_chunks_without_end(core: Lab, keep: float) -> None:
    core.control.arm("pce", "endless_chunks", seconds=0.001, keep=keep)
    with asked(core) as secure:
        found = b"".join(pieces(secure, 300))
    head, _blank, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"Transfer-Encoding: chunked" in head and b"Content-Length" not in head
    assert body.count(b"1\r\n \r\n") > 250 and b"0\r\n\r\n" not in body.replace(b"20\r\n", b"")
    assert (b'"path":"/echo"' in body) == bool(keep)


def test_continue_without_end(core: Lab) -> None:
    core.control.arm("fw1", "endless_continue", seconds=0.001)
    with asked(core, "fw1") as secure:
        assert set(pieces(secure, 100)) == {b"HTTP/1.1 100 Continue\r\n\r\n"}
    assert core.control.log()[-1]["status"] is None and core.devices["fw1"].handled


@pytest.mark.parametrize("action, more", ENDLESS)
def test_the_lab_ends_it_after_the_given_time(core: Lab, action: str, more: dict) -> None:
    core.control.arm("pce", action, seconds=0.05, most=0.3, **more)
    started = time.monotonic()
    answer = raw(core, "pce", GET)
    assert 0.2 < time.monotonic() - started < 10 and answer.startswith(b"HTTP/1.1 ")
    with session(core) as client:
        assert client.get(url(core, "pce", "/echo")).status_code == 200


@pytest.mark.parametrize("action, more", ENDLESS)
def test_it_ends_with_the_client(core: Lab, action: str, more: dict) -> None:
    core.control.arm("pce", action, seconds=0.05, **more)
    with asked(core) as secure:
        secure.recv(65536)
        assert core.servers["pce"]._in_progress == 1
    patience = time.monotonic() + 10
    while core.servers["pce"]._in_progress and time.monotonic() < patience:
        time.sleep(0.02)
    assert core.servers["pce"]._in_progress == 0


@pytest.mark.parametrize("action, more", ENDLESS)
def test_it_ends_with_the_lab(core: Lab, action: str, more: dict) -> None:
    core.control.arm("pce", action, seconds=60, **more)
    with asked(core) as secure:
        secure.recv(65536)
        started = time.monotonic()
        core.stop()
        assert time.monotonic() - started < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lab ")]


def test_a_limit_on_each_pause_does_not_help(core: Lab) -> None:
    core.control.arm("pce", "endless_chunks", seconds=0.01, most=1)
    with session(core) as client, pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get(url(core, "pce", "/echo"), timeout=0.5)  # ended by the lab, not by the client's timeout


@pytest.mark.parametrize("action, arguments, words", [
    ("drip", {"seconds": -1}, "seconds of drip"), ("drip", {"part": "tail"}, "part of drip is body, head, all"), ("drip", {"most": "long"}, "most of drip"),
    ("endless_chunks", {"keep": 2}, "keep of endless_chunks"), ("endless_continue", {"status": 200}, "no argument status"),
])
def test_wrong_arguments(core: Lab, action: str, arguments: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        core.control.arm("pce", action, **arguments)


def test_every_action_ends_on_its_own_at_last() -> None:
    assert hostile.MOST <= 120 and all(arguments["most"] == hostile.MOST for arguments, _text in hostile.ACTIONS.values())
