# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a PceApp without sockets: builds requests, reads answers."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from ..lab import pce
from ..lab.http import Headers, Request

SMALL = {
    "dimensions": ["compliance"],
    "labels": [{"key": "env", "value": "Unused"}],
    "label_groups": [
        {"name": "Inner", "key": "env", "labels": ["Test"]},
        {"name": "Outer", "key": "env", "labels": ["Production"], "sub_groups": ["Inner"]},
        {"name": "Sibling", "key": "env", "labels": ["Test"], "sub_groups": ["Inner"]},
    ],
    "workloads": [
        {
            "name": "web01",
            "labels": {"role": "Web", "env": "Production"},
            "address": "10.0.0.1",
            "description": "front door",
            "ignored_interface_names": ["eth1"],
            "interfaces": [{"name": "eth0", "address": "10.0.0.1"}, {"name": "eth1", "address": "10.9.0.1"}, {"name": "eth0", "address": "fe80::1"}],
        },
        {"name": "web02", "labels": {"role": "Web", "env": "Test"}, "address": "10.0.0.2", "online": False},
        {"name": "db01", "labels": {"role": "Database", "env": "Production"}, "address": "10.0.1.1", "enforcement_mode": "selective"},
        {"name": "printer", "managed": False, "address": "10.0.2.1"},
        {"name": "appliance", "managed": False, "address": "10.0.2.2", "labels": {"env": "Test", "compliance": "PCI"}},
    ],
}


class Answer:
    """One answer: status, case-insensitive headers, the body after decompression."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.sent_headers = headers
        self.headers = Headers(headers.items())
        self.raw = body
        self.body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The token of the first error."""
        return self.json[0]["token"]

    @property
    def count(self) -> int:
        """X-Total-Count."""
        return int(self.headers["X-Total-Count"])


class Client:
    """The app with credentials."""

    def __init__(self, config: dict[str, Any] | None = None, seed: int = 1, **switches: Any) -> None:
        self.app = pce.build({"name": "pce", **(SMALL if config is None else config), "switches": switches}, seed)
        self.user, self.secret = self.app.api_key_username, self.app.api_key_secret

    def __call__(self, method: str, target: str, body: Any = None, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Answer:
        if params:
            target += ("&" if "?" in target else "?") + urlencode(params)
        if target.startswith("https://"):
            target = target.split("/api/v2", 1)[1]
        parts = urlsplit(target)
        sent = {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode(), "Host": "pce.lab:8443"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        request = Request(
            method,
            "/api/v2" + unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            Headers(sent.items()),
            data,
            ("127.0.0.1", 5),
            0.0,
            "/api/v2" + target,
        )
        response = self.app.handle(request)
        raw = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        return Answer(response.status, response.headers, raw)

    def get(self, target: str, **params: Any) -> Answer:
        """GET with parameters."""
        return self("GET", target, params=params)

    def rows(self, target: str = "/orgs/1/workloads", **params: Any) -> list[dict[str, Any]]:
        """The rows of a collection."""
        answer = self.get(target, **params)
        assert answer.status == 200, answer.body
        return answer.json

    def names(self, **params: Any) -> list[str]:
        """The names of the workloads that a filter leaves."""
        return [row["name"] for row in self.rows(**params)]

    def label(self, key: str, value: str) -> str:
        """The href of a label."""
        return next(row["href"] for row in self.rows("/orgs/1/labels", max_results=100000) if (row["key"], row["value"]) == (key, value))

    def workload(self, name: str) -> dict[str, Any]:
        """A workload by name."""
        return next(row for row in self.rows(max_results=100000) if row["name"] == name)

    def submit(self, target: str = "/orgs/1/workloads", **params: Any) -> Answer:
        """Asks for a collection asynchronously."""
        return self("GET", target, params=params, headers={"Prefer": "respond-async"})

    def job(self, target: str = "/orgs/1/workloads", **params: Any) -> dict[str, Any]:
        """Asks asynchronously and polls to the end."""
        location = self.submit(target, **params).headers["Location"]
        for _poll in range(20):
            job = self("GET", location).json
            if job["status"] not in ("pending", "running"):
                return job
        raise AssertionError(f"the job does not end: {job}")

    def gathered(self, target: str = "/orgs/1/workloads", **params: Any) -> list[dict[str, Any]]:
        """A whole collection by way of a job."""
        return self("GET", self.job(target, **params)["result"]["href"]).json

    def events(self, **params: Any) -> list[dict[str, Any]]:
        """The events, newest first."""
        return self.rows("/orgs/1/events", **params)
