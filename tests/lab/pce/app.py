# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Policy Compute Engine as one App: authentication, limits, roles, routing, common headers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import threading
import uuid
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..http import Request, Response
from ..switches import Switchable
from . import collection, faults, mutations, routes, switches, wire
from .call import Call
from .errors import ApiError, forbidden
from .events import EventLog
from .store import Clock, Store
from .streams import Gzip

_HTML = "<!DOCTYPE html>\n<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
_WORTH_COMPRESSING = 1024


class PceApp(Switchable):
    """One PCE with one organisation and one API key."""

    kind = "pce"
    SWITCHES = switches.SWITCHES
    FAULTS: Mapping[str, str] = faults.explanations()

    def __init__(self, name: str, org: int, api_key_username: str, api_key_secret: str, version: str = "25.2.40-4047", fqdn: str = "pce.example.com",
                 switches: Mapping[str, Any] | None = None, scope: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.api_key_username = api_key_username
        self.api_key_secret = api_key_secret
        self.version = version
        self.fqdn = fqdn
        self.clock = Clock()
        self.store = Store(org, self.clock)
        self.events = EventLog(self.store, fqdn)
        self.jobs = collection.Jobs()
        self.gzip = Gzip()
        self.armed = faults.ArmedFaults()
        self._scope = dict(scope or {})
        self._lock = threading.RLock()
        self._bulk = threading.Lock()
        self._requests: deque[float] = deque()
        super().__init__(switches)

    @property
    def scope(self) -> str | None:
        """The href of the label a scoped key is limited to; None for a key that sees everything."""
        if self.switches["key_role"] != "scoped":
            return None
        wanted = self._scope or {"env": "Development"}
        return next((href for href, label in self.store.labels.items() if label["key"] in wanted and label["value"] == wanted[label["key"]]), "/no/label")

    def classify(self, request: Request) -> dict[str, Any]:
        """What a request is, for the log and for faults."""
        path = routes.plain(request.path)
        route = routes.resolve(request.method, path)[0]
        key_in = "basic" if request.headers.get("Authorization", "").lower().startswith("basic ") else None
        if route is None:
            node = path == routes.PREFIX + "/node_available"
            return {"type": "node_available" if node else "unknown", "write": False, "entries": 0, "key_in": key_in}
        entries = _items(request.body) if route.bulk else int(route.write)
        result = {"type": route.type, "write": route.write, "entries": entries, "key_in": key_in}
        if route.collection:
            result["async"] = "respond-async" in request.headers.get("Prefer", "").lower()
        return result

    def handle(self, request: Request) -> Response:
        """Answers one request."""
        request = replace(request, path=routes.plain(request.path))
        try:
            response = self._answer(request)
        except ApiError as error:
            response = self._error(error)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.update({"Server": "nginx", "X-Request-Id": str(uuid.uuid4())})
        return self._compressed(request, response)

    def _answer(self, request: Request) -> Response:
        if request.path == routes.PREFIX + "/node_available" and request.method == "GET":
            return Response(200)
        self._authenticate(request)
        self._limit()
        route, arguments, known = routes.resolve(request.method, request.path)
        if route is None:
            if known:
                raise ApiError(405, "method_not_allowed_error", "Not allowed")
            return Response.text(_HTML.format(status="404 Not Found"), 404, "text/html; charset=UTF-8")
        if "org" in arguments and arguments["org"] != str(self.store.org):
            raise forbidden()
        self._allow(route)
        call = Call(self, request, arguments)
        if not route.bulk:
            return self._carried_out(route, call)
        if self.armed.take("bulk_busy") or not self._bulk.acquire(blocking=False):
            raise ApiError(429, "too_many_requests_error", "Another bulk operation is in progress")
        try:
            return self._carried_out(route, call)
        finally:
            self._bulk.release()

    def _carried_out(self, route: routes.Route, call: Call) -> Response:
        with self._lock:
            if route.collection:
                return collection.answer(call, lambda: route.handler(call))
            result = route.handler(call)
            return result if isinstance(result, Response) else Response(200, {"Content-Type": "application/json"}, wire.encode(result))

    def _authenticate(self, request: Request) -> None:
        scheme, _blank, text = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _colon, secret = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            user = secret = ""
        right = scheme.lower() == "basic" and user == self.api_key_username and hmac.compare_digest(secret.encode(), self.api_key_secret.encode())
        if not right or self.armed.key_has_expired():
            raise ApiError(401, "authentication_error", "Authentication failed")

    def _limit(self) -> None:
        """Counts a request against the rate limit. Raises ApiError 429; a refused request does not count."""
        most = self.switches["rate_limit"]
        if not most:
            return
        now = self.clock.monotonic()
        start = now - 60 if self.switches["rate_limit_window"] == "sliding" else now // 60 * 60
        with self._lock:
            while self._requests and self._requests[0] < start:
                self._requests.popleft()
            if len(self._requests) < most:
                self._requests.append(now)
                return
            wait = int(self._requests[0] - start) + 1 if self.switches["rate_limit_window"] == "sliding" else int(start + 60 - now) + 1
        headers = {"Retry-After": str(wait)} if self.switches["rate_limit_retry_after"] == "sent" else {}
        raise ApiError(429, "too_many_requests_error", "API rate limit exceeded", headers)

    def _allow(self, route: routes.Route) -> None:
        """403 where the key's role is too small (PCE facts 1.7)."""
        role = self.switches["key_role"]
        if route.write and (role == "read_only" or (role == "scoped" and route.role == "all")):
            raise forbidden()
        if role == "scoped" and route.type in ("events", "event", "health"):
            raise forbidden()

    def _error(self, error: ApiError) -> Response:
        kind = self.switches["error_bodies"] if error.status in (401, 403, 404) else "json"
        if kind == "empty":
            return Response(error.status, dict(error.headers))
        if kind == "html":
            response = Response.text(_HTML.format(status=error.status), error.status, "text/html; charset=UTF-8")
            response.headers.update(error.headers)
            return response
        return Response.json(error.body, error.status, error.headers)

    def compresses(self, request: Request) -> bool:
        """Whether the answer to a request may be gzip."""
        return self.switches["gzip"] == "offered" and "gzip" in request.headers.get("Accept-Encoding", "").lower()

    def _compressed(self, request: Request, response: Response) -> Response:
        """Compresses a body of bytes that is worth it, where the client asks."""
        response.headers["Vary"] = "Accept-Encoding"
        body = response.body
        if isinstance(body, bytes) and len(body) >= _WORTH_COMPRESSING and "Content-Encoding" not in response.headers and self.compresses(request):
            machine = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
            response.body = machine.compress(body) + machine.flush()
            response.headers["Content-Encoding"] = "gzip"
        return response

    def arm(self, fault: str, **arguments: Any) -> None:
        """Arms a fault of the PCE. Raises ValueError."""
        self.armed.arm(fault, arguments)

    def disarm(self) -> None:
        """Forgets all armed faults."""
        self.armed.disarm()

    def advance(self, seconds: float) -> None:
        """Moves the lab's clock on: rate limit, delayed events, timestamps, heartbeats."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        with self._lock:
            self.clock.offset += seconds
            if self.switches["heartbeats"] == "moving":
                self.store.wait(seconds)

    def mutate(self, operation: str, **arguments: Any) -> Any:
        """Changes the organisation as an operator or a VEN would. Raises ValueError, LookupError."""
        with self._lock:
            return mutations.carry_out(self, operation, arguments)

    def surprise(self, change: str) -> None:
        """A workload appears or disappears just now (fault extra_row_between_count_and_datafile)."""
        with self._lock:
            if change == "appears":
                mutations.carry_out(self, "add_workload", {"name": f"surprise-{uuid.uuid4().hex[:8]}", "address": "10.254.254.254"})
            elif self.store.live:
                mutations.carry_out(self, "remove_workload", {"workload": self.store.live[-1].href})

    def state(self) -> dict[str, Any]:
        """Labels, and for each workload what a tag map depends on."""
        with self._lock:
            labels = [{name: label[name] for name in ("href", "key", "value")} for label in self.store.labels.values() if not label["deleted"]]
            spelled = {label["href"]: label for label in labels}
            rows = [{
                "href": row.href, "name": row.name or row.hostname, "managed": row.managed, "online": row.online, "addresses": list(row.addresses),
                "labels": {spelled[href]["key"]: spelled[href]["value"] for href in row.labels if href in spelled},
            } for row in self.store.live]
        return {"kind": "pce", "org_id": self.store.org, "counts": {"labels": len(labels), "workloads": len(rows)}, "labels": labels, "workloads": rows}

    def describe(self) -> dict[str, Any]:
        """Credentials and identity."""
        return {"org_id": self.store.org, "api_key_username": self.api_key_username, "api_key_secret": self.api_key_secret, "version": self.version}


def _items(body: bytes) -> int:
    """How many workloads a bulk request names."""
    try:
        content = json.loads(body)
    except ValueError:
        return 0
    if isinstance(content, dict):
        content = content.get("workloads")
    return len(content) if isinstance(content, list) else 0


def credentials(name: str, seed: int) -> tuple[str, str]:
    """User and secret of the API key of a PCE: made up, and the same for the same seed."""
    text = hashlib.sha256(f"{name}/{seed}".encode()).hexdigest()
    return f"api_1{text[:16]}", text[16:]
