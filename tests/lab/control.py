# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control verbs: look at the lab's state and log, change things behind the client's back, arm faults.

As methods of `lab.control`; as HTTP on the control port: POST /<verb> with a JSON object of the arguments, and GET /state,
/log, /violations, /faults, /switches, /description (query parameters are arguments). Answers are JSON; an error is
{"error": "..."} with status 400, or 404 for an unknown verb.
"""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request as UrlRequest, build_opener

from .faults import EVERY, Fault
from .http import Request, Response
from .scenario import LabError

if TYPE_CHECKING:
    from .lab import Lab

READING = ("state", "log", "violations", "faults", "switches", "description")
CHANGING = ("clear_log", "mutate", "arm", "disarm", "switch", "read_only", "advance", "stop")


class Control:
    """The verbs. Every method takes and returns plain JSON types and raises LabError with the reason."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def state(self, server: str | None = None) -> dict[str, Any]:
        """The state of all simulators ({"pce": ..., "devices": {name: ...}}; further PCEs under "pces"), or of one server.

        Of a device, `registrations` of a virtual system is {address: [tags]}; persistent, from_agent and timeouts (seconds left) of each address
        are in `details`.
        """
        lab = self._lab
        if server is not None:
            return shown(lab.app(server).state())
        state: dict[str, Any] = {"devices": {name: shown(app.state()) for name, app in lab.devices.items()}}
        if lab.pces:
            state["pce"] = lab.pce.state()
        if len(lab.pces) > 1:
            state["pces"] = {app.name: app.state() for app in lab.pces}
        return state

    def log(self, server: str | None = None) -> list[dict[str, Any]]:
        """The request log, oldest first (log.RequestLog says what an entry holds), of one server or all."""
        return self._lab.log.entries(server)

    def clear_log(self) -> None:
        """Forgets the log and the violations."""
        self._lab.log.clear()

    def violations(self, server: str | None = None) -> list[dict[str, Any]]:
        """Log entries of writes that arrived in read-only mode."""
        return self._lab.log.violations(server)

    def description(self) -> dict[str, Any]:
        """Where everything listens and the credentials."""
        return self._lab.description()

    def mutate(self, op: str, device: str | None = None, pce: str | None = None, **arguments: Any) -> Any:
        """Changes a simulator as somebody else would: a device's tables, HA state or power, or (without `device`) the PCE's objects."""
        if device is None and not self._lab.pces:
            raise LabError("the lab has no PCE; name a device")
        app = self._lab.app(device if device is not None else pce or self._lab.pce.name)
        return self._asked(app.mutate, op, **arguments)

    def arm(self, server: str, action: str, match: dict[str, Any] | None = None, nth: int | None = None, times: int | None = None,
            arguments: dict[str, Any] | None = None, **more: Any) -> int | None:
        """Arms a fault on a server ("*": any of them).

        `action` is one of faults.EVERY (returns its id) or a fault of the app itself (App.FAULTS), which gets all that is given as arguments.
        """
        given = {**(arguments or {}), **more}
        if action in EVERY:
            if server != "*":
                self._lab.app(server)
            return self._lab.faults.arm(self._asked(Fault, server, match or {}, 1 if nth is None else nth, times, action, given))
        for name, value in (("match", match), ("nth", nth), ("times", times)):
            if value is not None:
                given[name] = value
        for app in self._lab.named(server):
            if action not in app.FAULTS:
                raise LabError(f"{app.name} has no fault {action!r}; there are {', '.join([*sorted(EVERY), *sorted(app.FAULTS)])}")
            self._asked(app.arm, action, **given)
        return None

    def faults(self) -> list[dict[str, Any]]:
        """The server's faults that are armed, with how many calls they have seen and hit."""
        return self._lab.faults.armed()

    def disarm(self, id: int | None = None, server: str | None = None) -> int:
        """Forgets one fault, or those of one server, or (without arguments) all, those of the apps too; returns how many of the server's."""
        if id is None:
            for app in self._lab.named(server or "*"):
                app.disarm()
        return self._lab.faults.disarm(id, server)

    def switch(self, server: str, name: str, value: Any) -> None:
        """Sets a switch of a server, of all devices ("panos"), or of all ("*")."""
        self._lab.set_switch(server, name, value)

    def switches(self, server: str | None = None) -> dict[str, dict[str, Any]]:
        """The switches of each server with their current values."""
        return {app.name: dict(app.switches) for app in self._lab.named(server or "*")}

    def read_only(self, server: str | None = None, on: bool = True) -> None:
        """Makes any write to a server (None: all) fail with status 500 and count as a violation, or ends that."""
        for app in self._lab.named(server or "*"):
            self._lab.servers[app.name].read_only = bool(on)

    def advance(self, seconds: float) -> None:
        """Moves the virtual clock of all simulators on."""
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e10:
            raise LabError(f"seconds must be a number, 0 or more, not {seconds!r}")
        for app in self._lab.apps.values():
            app.advance(seconds)

    def stop(self) -> None:
        """Asks the lab's command to end."""
        self._lab.stop_requested.set()

    @staticmethod
    def _asked(function: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except (ValueError, LookupError, TypeError) as error:
            raise LabError(str(error.args[0] if error.args else error)) from error


def shown(state: dict[str, Any]) -> dict[str, Any]:
    """A simulator's state with the tags of each registered address apart from its details."""
    if "vsys" not in state:
        return state
    tables = {}
    for name, table in state["vsys"].items():
        found = table["registrations"]
        tables[name] = {
            **table,
            "registrations": {address: entry["tags"] for address, entry in found.items()},
            "details": {address: {key: value for key, value in entry.items() if key != "tags"} for address, entry in found.items()},
        }
    return {**state, "vsys": tables}


class ControlApp:
    """The control verbs as an App for the lab's own server."""

    name = "control"
    kind = "control"

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def classify(self, request: Request) -> dict[str, Any]:
        """Nothing here is logged or refused."""
        return {"type": "control"}

    def handle(self, request: Request) -> Response:
        """Runs one verb."""
        verb = request.path.strip("/")
        if verb not in READING + CHANGING:
            return Response.json({"error": f"unknown verb {verb!r}; there are {', '.join(READING + CHANGING)}"}, 404)
        if request.method == "GET" and verb in READING:
            arguments: Any = {name: values[-1] for name, values in request.query.items()}
        elif request.method == "POST":
            try:
                arguments = json.loads(request.body or b"{}")
            except ValueError as error:
                return Response.json({"error": f"the body is not JSON: {error}"}, 400)
        else:
            return Response.json({"error": f"{verb} is asked for with POST" + (" or GET" if verb in READING else "")}, 405)
        if not isinstance(arguments, dict):
            return Response.json({"error": "the body must be a JSON object with the verb's arguments"}, 400)
        method = getattr(self._lab.control, verb)
        try:
            inspect.signature(method).bind(**arguments)
        except TypeError as error:
            return Response.json({"error": f"{verb}: {error}"}, 400)
        try:
            return Response.json(method(**arguments))
        except LabError as error:
            return Response.json({"error": str(error)}, 400)


class RemoteControl:
    """The same verbs against a lab in another process: `RemoteControl(url).mutate(op="relabel", ...)`. Raises LabError."""

    def __init__(self, url: str, timeout: float = 60.0) -> None:
        self._url = url
        self._timeout = timeout
        self._open = build_opener(ProxyHandler({})).open  # loopback: never through a proxy of the environment

    def __getattr__(self, verb: str) -> Any:
        if verb.startswith("_"):
            raise AttributeError(verb)
        return lambda **arguments: self.call(verb, **arguments)

    def call(self, verb: str, **arguments: Any) -> Any:
        """One verb. Raises LabError with the lab's reason, or when nothing answers."""
        request = UrlRequest(f"{self._url}/{verb}", json.dumps(arguments).encode("utf-8"), {"Content-Type": "application/json"})
        try:
            with self._open(request, timeout=self._timeout) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise LabError(json.loads(error.read())["error"]) from error
        except (OSError, ValueError) as error:
            raise LabError(f"no lab answers at {self._url} ({error})") from error
