# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few lines of client for the conformance tests of PAN-OS devices: it calls the app as the server does, and parses answers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import pytest

from tests.lab.http import Headers, Request
from tests.lab.panos import PanosApp, build
from tests.lab.panos.switches import SWITCHES

FORM = "application/x-www-form-urlencoded"


def positions(name: str):
    """Runs a test once per value of a switch, as argument `value`."""
    return pytest.mark.parametrize("value", SWITCHES[name].values)


@dataclass
class Answer:
    """A parsed answer."""

    http: int
    text: str
    entries: int | None = None

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.text)

    @property
    def status(self) -> str:
        return self.root.get("status")

    @property
    def code(self) -> str | None:
        return self.root.get("code")

    @property
    def message(self) -> str:
        """The text of an error, wherever it is; outer white space stripped."""
        for path in ("./msg/line", "./result/msg"):
            found = self.root.find(path)
            if found is not None and (found.text or "").strip():
                return found.text.strip()
        return ""

    @property
    def failures(self) -> list[tuple[str, str, str]]:
        """(section, ip, message) of a user-id answer."""
        payload = self.root.find(".//uid-response/payload")
        return [(section.tag, entry.get("ip"), entry.get("message")) for section in payload for entry in section]

    @property
    def sections(self) -> list[str]:
        """The sections that a user-id answer echoes."""
        return [section.tag for section in self.root.find(".//uid-response/payload")]

    @property
    def rows(self) -> dict[str, list[str]]:
        """Registered addresses of an answer to show object registered-ip."""
        return {entry.get("ip"): [member.text for member in entry.iterfind("tag/member")] for entry in self.root.iterfind("result/entry")}

    def find(self, path: str) -> str | None:
        """Stripped text of an element below result; None if it is not there."""
        found = self.root.find(f"result/{path}")
        return None if found is None else (found.text or "").strip()


class Client:
    """Calls one app with its first user's key."""

    def __init__(self, app: PanosApp) -> None:
        self.app = app
        self.key = app.describe()["api_key"]

    def send(
        self, method: str = "POST", path: str = "/api/", query: dict | None = None, body: dict | bytes | None = None, headers: dict | None = None,
    ) -> Answer:
        """One request as given; no key is added."""
        content = urlencode(body).encode() if isinstance(body, dict) else body or b""
        given = {"Content-Type": FORM, **(headers or {})}
        request = Request(method, path, {name: [value] for name, value in (query or {}).items()}, Headers(given.items()), content)
        self.kind = self.app.classify(request)
        response = self.app.handle(request)
        return Answer(response.status, bytes(response.body).decode("utf-8"), response.entries)

    def call(self, **parameters: str) -> Answer:
        """A POST with the key in the header."""
        return self.send(body=parameters, headers={"X-PAN-KEY": self.key})

    def op(self, command: str, **parameters: str) -> Answer:
        """An operational command in XML."""
        return self.call(type="op", cmd=command, **parameters)

    def user_id(self, payload: str, **parameters: str) -> Answer:
        """A message with this payload."""
        return self.call(type="user-id", cmd=f"<uid-message><version>2.0</version><type>update</type><payload>{payload}</payload></uid-message>", **parameters)

    def register(self, entries: dict, unregister: dict | None = None, attributes: str = "", timeout: int | str | None = None, **parameters: str) -> Answer:
        """Registers address -> tags (and unregisters, in the same message; tags None: the whole address)."""
        payload = f"<unregister>{pairs(unregister)}</unregister>" if unregister is not None else ""
        return self.user_id(payload + f"<register>{pairs(entries, attributes, timeout)}</register>", **parameters)

    def unregister(self, entries: dict, **parameters: str) -> Answer:
        """Unregisters address -> tags."""
        return self.user_id(f"<unregister>{pairs(entries)}</unregister>", **parameters)

    def page(self, start: int = 1, limit: int = 500, **parameters: str) -> Answer:
        """One page of the table."""
        return self.op(f"<show><object><registered-ip><limit>{limit}</limit><start-point>{start}</start-point></registered-ip></object></show>", **parameters)

    def table(self, **parameters: str) -> dict[str, list[str]]:
        """All pages."""
        rows: dict[str, list[str]] = {}
        start = 1
        while True:
            page = self.page(start, **parameters)
            rows.update(page.rows)
            if len(page.rows) < 500:
                return rows
            start += 500

    def count(self, **parameters: str) -> int:
        """The device's own count."""
        answer = self.op("<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>", **parameters)
        return int("".join(answer.root.find("result").itertext()))

    def members(self, group: str, **parameters: str) -> list[str]:
        """Names of a group's members."""
        answer = self.op(f"<show><object><dynamic-address-group><name>{group}</name></dynamic-address-group></object></show>", **parameters)
        return [entry.get("name") for entry in answer.root.iterfind(".//member-list/entry")]


def pairs(entries: dict, attributes: str = "", timeout: int | str | None = None) -> str:
    """The entries of a section."""
    parts = []
    for address, tags in entries.items():
        timer = "" if timeout is None else f' timeout="{timeout}"'
        members = "".join(f"<member{timer}>{escape(tag)}</member>" for tag in tags or ())
        parts.append(f"<entry ip={quoteattr(address)} {attributes}>" + (f"<tag>{members}</tag>" if tags is not None else "") + "</entry>")
    return "".join(parts)


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def firewall(seed: int = 1, **config) -> Client:
    """A client of a single firewall."""
    return Client(build({}, [{"name": "fw1", **config}], seed)[0])


def fleet(*devices: dict, seed: int = 1) -> list[Client]:
    """Clients of several devices, in order."""
    return [Client(app) for app in build({}, devices, seed)]


def many(count: int, tags: int = 1, network: str = "10.0") -> dict[str, list[str]]:
    """Addresses with tags, in an order that is neither numeric nor textual."""
    return {f"{network}.{(number * 7) % 250}.{number // 250}": [f"tag{index}" for index in range(tags)] for number in range(count)}
