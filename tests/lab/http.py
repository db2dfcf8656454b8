# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulator and the lab's server say to each other: Request, Response and the App protocol.

Nothing here opens a socket; `server.py` does. A simulator (PceApp, PanosApp) only sees these types.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Union

Body = Union[bytes, bytearray, memoryview, Iterable[bytes]]


class Headers(Mapping):
    """Case-insensitive, read-only mapping of header names to values (repeated headers are joined by ', ')."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            lower = name.lower()
            if lower in self._values:
                value = self._values[lower] + ", " + value
            self._values[lower] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a header, or `default`."""
        return self._values.get(key.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass
class Request:
    """One HTTP request, completely read.

    `path` is percent-decoded and has no query; `target` is the request target as sent; `query` keeps every value, blank
    ones too; `received_at` is in seconds of the monotonic clock; `notes` is for the app (what `classify` parsed need not
    be parsed again by `handle`).
    """

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    peer: tuple = ("", 0)
    received_at: float = 0.0
    target: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    def first(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter, or `default`."""
        values = self.query.get(name)
        return values[0] if values else default


@dataclass
class Response:
    """One HTTP answer.

    A `body` of bytes gets a Content-Length. An iterable of byte blocks is sent chunked, unless `headers` has a
    Content-Length. `close` ends the connection after it. `entries`, where set, replaces the count that `classify` gave
    in the request log (rows returned, pairs written).
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = b""
    close: bool = False
    entries: int | None = None

    @classmethod
    def json(cls, obj: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """A JSON answer (compact, UTF-8)."""
        body = json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        return cls(status, {"Content-Type": "application/json", **(headers or {})}, body)

    @classmethod
    def xml(cls, text: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An XML answer from finished text."""
        body = text.encode("utf-8") if isinstance(text, str) else text
        return cls(status, {"Content-Type": "application/xml; charset=UTF-8", **(headers or {})}, body)

    @classmethod
    def text(cls, text: str, status: int = 200, content_type: str = "text/plain; charset=UTF-8") -> Response:
        """A plain answer."""
        return cls(status, {"Content-Type": content_type}, text.encode("utf-8"))


class App(Protocol):
    """What the lab expects of a simulator.

    `name` is the server's name in the lab ("pce", "fw1"); `kind` is "pce" or "panos". SWITCHES come from
    `switches.Switchable`, which also keeps `switches` and `set_switch`. FAULTS maps the names of the app's own faults to
    one line of explanation. `max_body` (bytes, optional) is the largest request body that is read; for a larger one the
    server asks `too_large(request, size)` for the answer without reading it (None: the connection is closed).
    The server calls `handle` from several threads.
    """

    name: str
    kind: str
    SWITCHES: Mapping[str, Any]
    FAULTS: Mapping[str, str]
    switches: dict[str, Any]

    def handle(self, request: Request) -> Response:
        """Answers one request."""

    def classify(self, request: Request) -> dict[str, Any]:
        """Says what a request is, before it is handled and without side effects.

        Keys: type (str: "workloads", "job", "datafile", "user-id", "op:registered-ip", "version" ...), write (bool),
        entries (int), key_in ("header", "query", "body", "basic" or None). Further keys go to the request log as they are.
        """

    def set_switch(self, name: str, value: Any) -> None:
        """Sets a switch; ValueError names the switch and its values."""

    def arm(self, fault: str, **arguments: Any) -> None:
        """Arms one of FAULTS; ValueError for an unknown name or argument."""

    def disarm(self) -> None:
        """Forgets all armed faults of the app."""

    def state(self) -> dict[str, Any]:
        """The whole state, as plain JSON types."""

    def mutate(self, operation: str, **arguments: Any) -> Any:
        """Changes the state as somebody else would; ValueError or LookupError with the reason. Plain JSON types back."""

    def advance(self, seconds: float) -> None:
        """Moves the app's virtual clock on."""

    def describe(self) -> dict[str, Any]:
        """What a client needs besides host and port: the credentials and identity fields of `Lab.description()`."""
