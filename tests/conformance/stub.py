# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stub simulators: the least that the App protocol asks for, so that tests of the core test only the core."""

from __future__ import annotations

import threading
from typing import Any

from tests.lab.http import Request, Response
from tests.lab.switches import Switch, Switchable


class StubApp(Switchable):
    """Counts what it handles. GET /big streams blocks, /sized streams under a Content-Length, /wait blocks until `gate` is set."""

    SWITCHES = {
        "mode": Switch("mode", ("plain", "strict"), "plain", "nothing is uncertain here"),
        "echo": Switch("echo", (True, False), True, "nothing is uncertain here"),
        "pause": Switch("pause", (float,), 0.0, "nothing is uncertain here"),
    }
    FAULTS = {"own_fault": "the app's own fault"}
    max_body = 100_000

    def __init__(self, config: dict[str, Any], kind: str) -> None:
        self.name = config["name"]
        self.kind = kind
        self.config = config
        self.handled: list[tuple[str, str]] = []
        self.armed: list[tuple[str, dict[str, Any]]] = []
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.clock = 0.0
        self.gate = threading.Event()
        super().__init__(config.get("switches"))

    def classify(self, request: Request) -> dict[str, Any]:
        """Every POST is a write, the type is the first part of the path."""
        key_in = "header" if "X-PAN-KEY" in request.headers else "basic" if "Authorization" in request.headers else "query" if "key" in request.query else None
        return {"type": request.path.split("/")[1], "write": request.method == "POST", "entries": request.body.count(b"<entry"), "key_in": key_in}

    def handle(self, request: Request) -> Response:
        """Answers by path."""
        self.handled.append((request.method, request.path))
        if request.path == "/big":
            return Response(200, {}, (b"%07d\n" % number * 1000 for number in range(100)), entries=100)
        if request.path == "/sized":
            return Response(200, {"Content-Length": "30"}, iter([b"a" * 10, b"", b"b" * 20]))
        if request.path == "/page":
            return Response(200, {}, b"p" * 200_000)
        if request.path == "/wait":
            self.gate.wait(20)
        if request.path == "/bug":
            raise KeyError("a bug in the simulator")
        if request.path == "/last":
            return Response(200, {}, b"bye", close=True)
        if request.path == "/nothing":
            return Response(204)
        return Response.json({"path": request.path, "query": request.query, "size": len(request.body), "body": request.body[:100].decode("latin-1")})

    def too_large(self, request: Request, size: int) -> Response | None:
        """Refuses by size: 413, or without an answer."""
        return None if request.path == "/closed" else Response.text("too large\n", 413)

    def arm(self, fault: str, **arguments: Any) -> None:
        """Remembers."""
        self.armed.append((fault, arguments))

    def disarm(self) -> None:
        """Forgets."""
        self.armed.clear()

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"handled": len(self.handled), "changes": [name for name, _arguments in self.changes], "clock": self.clock}

    def mutate(self, operation: str, **arguments: Any) -> Any:
        """Remembers; 'impossible' is refused."""
        if operation == "impossible":
            raise ValueError("impossible is impossible")
        self.changes.append((operation, arguments))
        return {"changed": operation, **arguments}

    def advance(self, seconds: float) -> None:
        """Moves the clock."""
        self.clock += seconds

    def describe(self) -> dict[str, Any]:
        """Made-up identity."""
        if self.kind == "pce":
            return {"org_id": 1, "api_key_username": "api_stub", "api_key_secret": "stub-secret"}
        kind = self.config["kind"]
        return {"kind": kind, "api_key": f"key-{self.name}", "username": "stub", "password": "stub-password", "serial": "1",
                "vsys": [] if kind == "panorama" else self.config.get("vsys", ["vsys1"])}


def build_pce(config: dict[str, Any], seed: int) -> StubApp:
    """As tests.lab.pce.build."""
    return StubApp(config, "pce")


def build_panos(config: dict[str, Any], devices: list[dict[str, Any]], seed: int) -> list[StubApp]:
    """As tests.lab.panos.build."""
    return [StubApp(device, "panos") for device in devices]
