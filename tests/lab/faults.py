# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that the server plays on any app: lost connections, wrong statuses, wrong bodies, slowness."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from . import echo, hostile
from .http import Request, Response

# name -> (default arguments, explanation). "handled" says whether the app has carried the request out before it goes wrong.
ACTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "drop_before": ({"reset": False}, "the connection ends without an answer, the request had no effect"),
    "drop_after": ({"reset": False}, "the connection ends without an answer, the request took effect"),
    "status": ({"status": 503, "retry_after": None, "body": None, "handled": False},
               "another HTTP status (429, 500, 503), with Retry-After if retry_after is set"),
    "html": ({"status": 200, "handled": False}, "an HTML page (a proxy's or a login page) with status 200"),
    "truncate": ({"keep": 0.5, "chunked": False}, "the body stops half way: Content-Length tells the whole, or the last chunk never comes"),
    "truncate_silent": ({"keep": 0.5}, "half the body, and a Content-Length that says so"),
    "slow": ({"seconds": 1.0, "when": "before"}, "the answer waits: before the app handles the request, or 'after', or 'body' (half way through the body)"),
    "empty_body": ({"handled": False}, "status 200 and no body"),
    "empty_list": ({"handled": False}, "status 200 and the JSON text []"),
    "garbage": ({"handled": False, "content_type": None}, "status 200 and bytes that are neither JSON nor XML"),
    "echo": (echo.ARGUMENTS, echo.EXPLAINED),
}
EVERY = {**ACTIONS, **hostile.ACTIONS}  # ACTIONS end by themselves, so a test can play them all one after another; the others only with its client's patience
MATCHES = ("type", "path", "method", "write")
HTML = (
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Please sign in</h1>"
    "<p>Your session has ended.</p></body></html>\n"
)
GARBAGE = b"\x00\xff\xfe{[<<]}\x1b not an answer \xc3\x28\n" * 8


@dataclass
class Fault:
    """One armed fault.

    server: name, or "*". match: any of type, path (both shell patterns), method, write; empty matches every call. nth: the n-th matching
    call from arming, 1-based; 0 = every one. times: how many calls are hit from there on; None = one, or all if nth is 0.
    """

    server: str
    match: Mapping[str, Any] = field(default_factory=dict)
    nth: int = 1
    times: int | None = None
    action: str = "drop_before"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.action not in EVERY:
            raise ValueError(f"unknown fault {self.action!r}; the server knows {', '.join(sorted(EVERY))}")
        defaults = EVERY[self.action][0]
        unknown = sorted(set(self.arguments) - set(defaults))
        if unknown:
            raise ValueError(f"fault {self.action} has no argument {', '.join(unknown)}; it takes {', '.join(sorted(defaults)) or 'none'}")
        unknown = sorted(set(self.match) - set(MATCHES))
        if unknown:
            raise ValueError(f"a fault cannot match by {', '.join(unknown)}, only by {', '.join(MATCHES)}")
        for name, number in (("nth", self.nth), ("times", self.times)):
            if not (number is None and name == "times") and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
                raise ValueError(f"{name} of a fault is a whole number, 0 or more, not {number!r}")
        self.arguments = {**defaults, **self.arguments}
        if self.action in hostile.ACTIONS:
            hostile.check(self.action, self.arguments)
        elif self.action == "echo":
            echo.check(self.arguments)

    @property
    def limit(self) -> int | None:
        """How often it may still hit in all; None = without end."""
        if self.times is not None:
            return self.times
        return 1 if self.nth else None

    def matches(self, server: str, request: Request, kind: Mapping[str, Any]) -> bool:
        """Whether a call is one of those that this fault counts."""
        if self.server not in ("*", server):
            return False
        for name, wanted in self.match.items():
            if name == "write":
                if bool(kind.get("write")) != bool(wanted):
                    return False
            elif name == "method":
                if request.method != str(wanted).upper():
                    return False
            elif not fnmatchcase(request.path if name == "path" else str(kind.get("type")), str(wanted)):
                return False
        return True

    def describe(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "id": self.id, "server": self.server, "match": dict(self.match), "nth": self.nth, "times": self.times,
            "action": self.action, "arguments": dict(self.arguments), "seen": self.seen, "hits": self.hits,
        }


class Faults:
    """The armed faults of a lab. Thread-safe. Of several faults that want one call, the one armed first gets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []
        self._last = 0

    def arm(self, fault: Fault) -> int:
        """Arms a fault and returns its id."""
        with self._lock:
            self._last += 1
            fault.id = self._last
            self._armed.append(fault)
            return fault.id

    def disarm(self, id: int | None = None, server: str | None = None) -> int:
        """Forgets one fault, those of a server, or all; returns how many."""
        with self._lock:
            kept = [f for f in self._armed if (id is not None and f.id != id) or (server is not None and f.server != server)]
            gone = len(self._armed) - len(kept)
            self._armed = kept
            return gone

    def armed(self) -> list[dict[str, Any]]:
        """What is armed, with the calls seen and hit so far."""
        with self._lock:
            return [fault.describe() for fault in self._armed]

    def take(self, server: str, request: Request, kind: Mapping[str, Any]) -> Fault | None:
        """Counts a call and returns the fault that hits it, if any. A fault that has hit often enough is forgotten."""
        if not self._armed:
            return None
        chosen = None
        with self._lock:
            for fault in list(self._armed):
                if not fault.matches(server, request, kind):
                    continue
                fault.seen += 1
                if chosen is None and fault.seen >= (fault.nth or 1) and (fault.limit is None or fault.hits < fault.limit):
                    chosen = fault
                    fault.hits += 1
                if fault.limit is not None and fault.hits >= fault.limit:
                    self._armed.remove(fault)
        return chosen


def replacement(fault: Fault, request: Request, kind: str) -> Response | None:
    """The answer that a fault puts in place of the app's (`kind`: App.kind); None if it lets the app's answer stand (perhaps cut)."""
    arguments = fault.arguments
    if fault.action == "echo":
        return echo.answer(arguments, request, kind)
    if fault.action == "status":
        status = int(arguments["status"])
        body = arguments["body"]
        response = Response.text(f"lab: status {status}\n" if body is None else str(body), status)
        if arguments["retry_after"] is not None:
            response.headers["Retry-After"] = str(arguments["retry_after"])
        return response
    if fault.action == "html":
        return Response.text(HTML, int(arguments["status"]), "text/html; charset=UTF-8")
    if fault.action == "empty_body":
        return Response(200, {"Content-Type": "application/json"}, b"")
    if fault.action == "empty_list":
        return Response.json([])
    if fault.action == "garbage":
        return Response(200, {"Content-Type": arguments["content_type"] or "application/json"}, GARBAGE)
    return None
