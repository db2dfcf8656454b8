# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated device as the lab's server sees it: requests in, answers out, state and switches beside."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from ..http import Request, Response
from ..switches import Switchable
from ..wire import BODY_LIMIT
from . import access, chaos, config, mutations, op_system, operational, users
from .device import OWN_TABLE, Device
from .op_panorama import Inventory
from .switches import SWITCHES
from .uid_message import Message, Registrar, parse
from .xmltext import Refusal, Writer

MAX_BODY = 5_000_000  # bytes of one request (PAN-OS facts 2.8)
REGISTER_SECONDS, UNREGISTER_SECONDS = 0.0034, 0.0004  # per address, a VM-50 (PAN-OS facts 2.8)
PATHS = ("/api", "/api/")
VSYS_ERRORS = {"code12": 12, "code14": 14, "no_code": None}


class PanosApp(Switchable):
    """A firewall or a Panorama. All apps of one lab share `lock`, because members of a pair and a Panorama reach each other."""

    kind = "panos"
    SWITCHES = SWITCHES
    FAULTS = chaos.FAULTS

    def __init__(self, device: Device, guard: access.Guard, seed: object = 1, switches: dict[str, Any] | None = None, lock: Any = None) -> None:
        self.name = device.name
        self.device = device
        self.guard = guard
        self.inventory = Inventory()
        self.peers: dict[str, PanosApp] = {}  # every app of the lab, by name
        self.lock = lock or threading.RLock()
        self.sleep = time.sleep
        self.rng = random.Random(f"{seed}/{device.name}")
        self.writer = Writer(self.rng)
        self.chaos = chaos.Chaos()
        super().__init__(switches)
        self.registrar = Registrar(device, self.switches)

    def switched(self, name: str, value: Any) -> None:
        """Takes a switch over where it is kept."""
        if name in ("noise", "entry_attributes"):
            with self.lock:
                self.writer.noise = self.switches["noise"]
                for table in self.device.tables.values():
                    table.forget_xml()

    def classify(self, request: Request) -> dict[str, Any]:
        """See lab.http.App."""
        return access.classify(request)

    @property
    def max_body(self) -> int:
        """Bytes of the largest request that is read."""
        return BODY_LIMIT if self.switches["large_body"] == "accepted" else MAX_BODY

    def too_large(self, request: Request, size: int) -> Response | None:
        """The answer to a request above 5 MB; None: the connection is closed."""
        return Response.text("Request Entity Too Large\n", 413) if self.switches["large_body"] == "413" else None

    def handle(self, request: Request) -> Response:
        """Answers one request."""
        if request.path not in PATHS:
            return Response.text("<html><body><h1>404 Not Found</h1></body></html>", 404, "text/html; charset=UTF-8")
        if request.method not in ("GET", "POST"):
            return Response.text("Method Not Allowed\n", 405)
        if len(request.body) > self.max_body:
            return self.too_large(request, len(request.body)) or Response(status=413, close=True)
        with self.lock:
            try:
                response, delay = self._answer(access.parse(request))
            except Refusal as error:
                response, delay = self.writer.refusal(error), 0.0
        if delay:
            self.sleep(delay)
        return response

    def _answer(self, call: access.Call) -> tuple[Response, float]:
        kind = call.get("type")
        if kind == "keygen":
            return self.writer.success(f"<key>{self.guard.keygen(call)}</key>"), 0.0
        user = self.guard.admit(call, self.switches["header_key"] == "accepted")
        self.chaos.session(self.switches["unauth_body"])
        if not kind:
            raise Refusal('Missing value for parameter "type".', code=400, http=400, where="result")
        if kind not in access.TYPES:
            raise Refusal(f'Illegal value for parameter "type" [{kind}].', code=400, http=400, where="result")
        self.guard.permit(user, kind)
        self.chaos.commit_window(kind)
        serial = call.get("target")
        if serial and self.device.panorama and not (kind == "version" and self.switches["version_with_target"] == "panorama"):
            return self._target(serial).execute(call, kind)
        return self.execute(call, kind)

    def _target(self, serial: str) -> PanosApp:
        device = self.inventory.connected(serial)
        if device is None:
            raise Refusal(f"op command for client {serial} timed out as client is not available")
        return self.peers[device.name]

    def execute(self, call: access.Call, kind: str) -> tuple[Response, float]:
        """Carries an admitted call out on this device; the seconds that it would take there."""
        if kind == "version":
            return op_system.version(self.device, self.writer), 0.0
        if kind == "config":
            return config.answer(call, self.device, self.inventory, self.writer), 0.0
        if kind not in ("op", "user-id"):
            raise Refusal(f"type={kind} is not simulated")
        if not call.get("cmd").strip():
            raise Refusal('Missing value for parameter "cmd".', code=400, http=400, where="result")
        name = call.get("vsys")
        vsys = self._vsys("" if kind == "op" and name == "shared" else name)
        if kind == "user-id":
            return self._user_id(call.get("cmd"), vsys)
        self.device.expire()
        context = operational.Context(self.device, vsys, self.writer, self.switches, self.chaos, self.inventory, self.peers)
        return operational.answer(call.get("cmd"), context), 0.0

    def _vsys(self, name: str) -> str:
        if self.device.panorama:
            return OWN_TABLE
        if not name:
            return self.device.default_vsys
        if name not in self.device.tables:
            raise Refusal(f"vsys {name} does not exist", code=VSYS_ERRORS[self.switches["unknown_vsys"]])
        return name

    def _user_id(self, command: str, vsys: str) -> tuple[Response, float]:
        self.chaos.not_ready()
        message = parse(command)
        if self._refuses_writes():
            raise Refusal("Operation denied: not allowed on a device that is not active", code=15)
        failures = self.registrar.carry_out(message, vsys)
        failures.update(users.carry_out(self.device, message, vsys))
        if not (any(failures.values()) and self.switches["mixed_message"] == "all_or_nothing"):
            self.mirror(message, vsys)
        delay = 0.0
        if self.switches["latency"]:
            delay = REGISTER_SECONDS * len(message.sections.get("register", ())) + UNREGISTER_SECONDS * len(message.sections.get("unregister", ()))
        return self._outcome(message, failures), delay

    def _refuses_writes(self) -> bool:
        if self.device.ha.state == "active-secondary":
            return self.switches["active_secondary_writes"] == "refused"
        return not self.device.ha.writable and self.switches["passive_writes"] == "refused"

    def _outcome(self, message: Message, failures: dict[str, list[tuple[str, str]]]) -> Response:
        sections = sorted(message.sections, key=lambda name: not name.startswith("unregister"))
        if self.switches["error_order"] == "shuffled":
            for failing in failures.values():
                self.rng.shuffle(failing)
        failed = any(failures.values())
        key = "user" if any(failing for name, failing in failures.items() if name.endswith("-user")) else "ip"
        inner = self.writer.sections(sections, failures, key)
        if not failed:
            response = self.writer.success(inner)
        else:
            blank = self.writer.blank
            response = Response.xml(self.writer.root("error", f"<msg>{blank()}<line>{inner}</line>{blank()}</msg>"))
        response.entries = message.entries
        return response

    def mirror(self, message: Message, vsys: str) -> None:
        """Carries a message over to the HA peer, where tables are synchronised and this member is active."""
        peer = self.device.ha.peer
        if peer is None or not self.device.ha.enabled or not self.device.ha.writable or not self.switches["ha_sync"]:
            return
        app = self.peers.get(peer.name)
        if app is not None and vsys in peer.tables:
            app.registrar.carry_out(message, vsys)
            users.carry_out(peer, message, vsys)

    def arm(self, fault: str, **arguments: Any) -> None:
        """Arms one of FAULTS."""
        with self.lock:
            self.chaos.arm(fault, **arguments)

    def disarm(self) -> None:
        """Forgets the armed faults."""
        with self.lock:
            self.chaos.disarm()

    def mutate(self, operation: str, **arguments: Any) -> Any:
        """Changes the state as somebody else would; see mutations.OPERATIONS."""
        with self.lock:
            return mutations.carry_out(self, operation, arguments)

    def advance(self, seconds: float) -> None:
        """Moves the device's clock on; registrations may end."""
        if seconds < 0:
            raise ValueError(f"the clock only goes on, not back ({seconds})")
        with self.lock:
            self.device.now += seconds
            self.device.expire()

    def state(self) -> dict[str, Any]:
        """The whole state, as plain JSON types."""
        with self.lock:
            state = self.device.state(self.switches["inherited_tags_listed"])
            if self.device.panorama:
                state["devices"] = {device.serial: {"name": device.name, "connected": device.connected} for device in self.inventory.devices}
            return state

    def describe(self) -> dict[str, Any]:
        """Credentials and identity for a client."""
        user = next(iter(self.guard.users.values()))
        return {
            "name": self.name, "kind": "panorama" if self.device.panorama else "firewall",
            "api_key": user.key, "username": user.name, "password": user.password,
            "serial": self.device.serial, "vsys": [] if self.device.panorama else list(self.device.tables), "model": self.device.model,
            "version": self.device.version_text, "hostname": self.device.hostname, "multi_vsys": self.device.multi_vsys,
            "users": {user.name: {"api_key": user.key, "password": user.password, "types": list(user.types) if user.types is not None else None}
                      for user in self.guard.users.values()},
        }
