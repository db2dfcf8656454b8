# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls and what is asked: parameters of query and body, keys, users and their roles (PAN-OS facts 1.1 to 1.3, 2.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from ..http import Request
from .xmltext import INVALID_CREDENTIAL, Refusal

HEADER_KEY_SINCE = (9, 0)
BASIC_SINCE = (9, 1)
TYPES = ("keygen", "version", "op", "user-id", "config", "commit", "report", "log", "export", "import")
ROLE_TYPES = ("op", "user-id", "config", "commit", "report", "log", "export", "import")
WRITING_ACTIONS = ("set", "edit", "delete", "rename", "clone", "move", "override", "multi-move", "multi-clone", "multi-config", "complete")

LONG = 4096  # bytes

_MALFORMED = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(rb'name="([^"]*)"')
_OPERATIONS = {
    "registered-ip": "op:registered-ip", "dynamic-address-group": "op:dynamic-address-group", "high-availability": "op:ha", "dg-hierarchy": "op:dg-hierarchy",
}
_ELEMENT = re.compile(r"<([A-Za-z][\w.-]*)")


def invalid_credential() -> Refusal:
    """HTTP 403 for a wrong password, a wrong key, or none."""
    return Refusal(INVALID_CREDENTIAL, code=403, http=403, where="result")


@dataclass
class User:
    """An administrator. `types`: the API types that the role permits (None: all)."""

    name: str
    password: str
    key: str
    types: tuple[str, ...] | None = None


@dataclass
class Call:
    """A request's parameters, and where a key was found."""

    parameters: dict[str, str]
    query_names: frozenset[str]
    key: str | None = None
    key_in: str | None = None
    basic: tuple[str, str] | None = None
    keys: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """A parameter, "" if it is missing."""
        return self.parameters.get(name, "")


def parse(request: Request) -> Call:
    """The call of a request; parsed once per request."""
    call = request.notes.get("panos")
    if call is not None:
        return call
    query = {name: values[0] for name, values in request.query.items() if values}
    body: dict[str, str] = {}
    if request.method == "POST" and request.body:
        kind = request.headers.get("Content-Type", "")
        if kind.lower().startswith("multipart/form-data"):
            body = _multipart(kind, bytes(request.body))
        elif not kind or kind.lower().startswith("application/x-www-form-urlencoded"):
            body = _form(bytes(request.body))
    if "file" in body and "cmd" not in body and "cmd" not in query:
        body["cmd"] = body["file"]
    call = Call({**query, **body}, frozenset(query))
    if request.headers.get("X-PAN-KEY"):
        call.keys["header"] = request.headers["X-PAN-KEY"].strip()
    for place, parameters in (("query", query), ("body", body)):
        if parameters.get("key"):
            call.keys[place] = parameters["key"]
    call.basic = _basic(request.headers.get("Authorization", ""))
    call.key_in = next((place for place in ("query", "body", "header") if place in call.keys), "basic" if call.basic else None)
    request.notes["panos"] = call
    return call


def classify(request: Request) -> dict:
    """What a request is, for the server's log and faults."""
    call = parse(request)
    kind, entries, write = call.get("type"), 0, False
    command = call.get("cmd")
    if kind == "user-id":
        entries = command.count("<entry")
        write = entries > 0 or "<clear>" in command
    elif kind == "op":
        names = _ELEMENT.findall(command[:400])
        kind = next((_OPERATIONS[name] for name in names if name in _OPERATIONS), "op:" + "-".join(name for name in names[1:3]))
        write = bool(names) and names[0] in ("clear", "delete", "request", "load", "save", "revert")
    elif kind == "config":
        write = call.get("action") in WRITING_ACTIONS
    elif kind in ("commit", "import"):
        write = True
    known = {"type": kind or "none", "write": write, "entries": entries, "key_in": call.key_in}
    for name in ("vsys", "target"):
        if call.get(name):
            known[name] = call.get(name)
    return known


class Guard:
    """The door of one device: its users, their keys, and what they may do."""

    def __init__(self, users: list[User], version: tuple[int, ...]) -> None:
        self.users = {user.name: user for user in users}
        self.version = version
        self.keygens = 0

    def keygen(self, call: Call) -> str:
        """The key for a user and password. Raises Refusal (403)."""
        user = self._by_password(call.get("user"), call.get("password"))
        self.keygens += 1
        return user.key

    def admit(self, call: Call, header_accepted: bool) -> User:
        """The user whose key or password a call carries. Raises Refusal (403)."""
        keys = dict(call.keys)
        if not header_accepted or self.version < HEADER_KEY_SINCE:
            keys.pop("header", None)
        if keys:
            for place in ("header", "body", "query"):
                if place in keys:
                    for user in self.users.values():
                        if hmac.compare_digest(user.key.encode(), keys[place].encode()):
                            return user
                    raise invalid_credential()
        if call.basic and self.version >= BASIC_SINCE:
            return self._by_password(*call.basic)
        raise invalid_credential()

    def permit(self, user: User, kind: str) -> None:
        """Checks the role. Raises Refusal (403 without a code)."""
        if kind in ROLE_TYPES and user.types is not None and kind not in user.types:
            raise not_authorized(kind)

    def _by_password(self, name: str, password: str) -> User:
        user = self.users.get(name)
        if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
            raise invalid_credential()
        return user


def not_authorized(kind: str) -> Refusal:
    """HTTP 403 for a role that is too small, and for everybody while a commit runs."""
    return Refusal(f"Type [{kind}] not authorized for user role", http=403)


def make_key(seed: object, device: str, user: str, password: str) -> str:
    """An API key that looks like one, the same for the same seed.

    Real keys are Base64 of Base64, so they have neither + nor /: pan-python sends them without form-encoding.
    """
    digest = hashlib.sha256(f"{seed}/{device}/{user}/{password}".encode()).digest()
    return base64.b64encode(b"-AQ==" + base64.b64encode(digest[:20]) + base64.b64encode(digest[20:])).decode()


def make_password(seed: object, device: str, user: str) -> str:
    """A password with the characters that have to be form-encoded."""
    return "p&w+%#" + hashlib.sha256(f"{seed}/{device}/{user}".encode()).hexdigest()[:14]


def _form(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in body.split(b"&"):
        name, equals, value = part.partition(b"=")
        if name:
            found.setdefault(unquote_plus(name.decode("latin-1")), _decoded(value))
    return found


def _decoded(value: bytes) -> str:
    """unquote_plus; for long, well-formed values through quoted-printable, which is the same with another sign and 10 times as fast."""
    if len(value) < LONG or _MALFORMED.search(value):
        return unquote_plus(value.decode("latin-1"))
    return binascii.a2b_qp(value.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")).decode("utf-8", "replace")


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    match = re.search(r'boundary="?([^";]+)"?', kind)
    found: dict[str, str] = {}
    if not match:
        return found
    for part in body.split(b"--" + match.group(1).encode("latin-1"))[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name and blank:
            content = content[:-2] if content.endswith(b"\r\n") else content
            found.setdefault(name.group(1).decode("latin-1"), content.decode("utf-8", "replace"))
    return found


def _basic(header: str) -> tuple[str, str] | None:
    scheme, blank, value = header.partition(" ")
    if scheme.lower() != "basic" or not blank:
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None
