# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error answers that repeat what was asked, secrets included, as a careless server or a proxy in between does: spelled as they please, and cut anywhere."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from .http import Request, Response

ARGUMENTS: dict[str, Any] = {
    "status": 403, "form": None, "encoding": "plain", "what": "all", "place": "both", "cut": None, "cut_encoded": None, "padding": 0, "handled": False,
}
EXPLAINED = (
    "an error that repeats `what` of the request (all, headers, body, parameters, credentials), in an encoding, cut before or after it to [offset, length], "
    "behind so many characters of padding; its form is the product's own, or json, xml, html, plain; its place the message, the code, or both"
)
FORMS = {"pce": "json", "panos": "xml"}  # by App.kind
SECRETS = ("key", "password")  # parameters of PAN-OS
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")  # not even as a character reference (XML 1.0, 2.2)


def _units(text: str) -> list[str]:
    data = text.encode("utf-16-be", "surrogatepass")
    return [data[place:place + 2].hex() for place in range(0, len(data), 2)]


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "percent": lambda text: quote(text, safe=""),
    "percent_all": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "json": lambda text: "".join(f"\\u{unit}" for unit in _units(text)),
    "xml": lambda text: "".join(f"&#{ord(character)};" for character in _UNWRITABLE.sub("?", text)),
    "xml_hex": lambda text: "".join(f"&#x{ord(character):x};" for character in _UNWRITABLE.sub("?", text)),
}


def _all(request: Request) -> str:
    return f"{request.method} {request.target or request.path}\n{_headers(request)}\n\n{_body(request)}"


def _headers(request: Request) -> str:
    return "\n".join(f"{name.title()}: {value}" for name, value in request.headers.items())


def _body(request: Request) -> str:
    return bytes(request.body).decode("utf-8", "replace")


def _pairs(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.target).query, True) + parse_qsl(_body(request), True)


def _parameters(request: Request) -> str:
    return "\n".join(f"{name}={value}" for name, value in _pairs(request))


def _credentials(request: Request) -> str:
    """Keys and passwords as they are, without anything around them."""
    found = [request.headers.get("X-PAN-KEY", "")]
    scheme, _blank, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            pass
    found.append(value)
    found += [value for name, value in _pairs(request) if name in SECRETS]
    return "\n".join(value for value in found if value)


WHAT: dict[str, Callable[[Request], str]] = {
    "all": _all, "headers": _headers, "body": _body, "parameters": _parameters, "credentials": _credentials,
}
_CHOICES = {"form": (None, "json", "xml", "html", "plain"), "encoding": tuple(ENCODINGS), "what": tuple(WHAT), "place": ("message", "code", "both")}


def check(arguments: Mapping[str, Any]) -> None:
    """Checks the arguments. Raises ValueError that names the one that is wrong, and its values."""
    for name, values in _CHOICES.items():
        if arguments[name] not in values:
            raise ValueError(f"{name} of echo is {', '.join(str(value) for value in values)}, not {arguments[name]!r}")
    for name in ("cut", "cut_encoded"):
        value = arguments[name]
        right = value is None or (isinstance(value, (list, tuple)) and len(value) == 2 and _number(value[0]) and (value[1] is None or _number(value[1])))
        if not right:
            raise ValueError(f"{name} of echo is [offset, length] (length null: to the end), not {value!r}")
    for name in ("padding", "status"):
        if not _number(arguments[name]):
            raise ValueError(f"{name} of echo is a whole number, 0 or more, not {arguments[name]!r}")


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def answer(arguments: Mapping[str, Any], request: Request, kind: str) -> Response:
    """The answer to a request; `kind` is that of the app (App.kind)."""
    text = _part("x" * arguments["padding"] + WHAT[arguments["what"]](request), arguments["cut"])
    encoding = arguments["encoding"]
    text = _part(ENCODINGS[encoding](text), arguments["cut_encoded"])
    form = arguments["form"] or FORMS.get(kind, "plain")
    return _WRITERS[form](text, encoding, arguments["status"], arguments["place"])


def _part(text: str, limits: Any) -> str:
    if limits is None:
        return text
    offset, length = limits
    return text[offset:] if length is None else text[offset:offset + length]


def _marked_up(text: str, encoding: str) -> str:
    """Content of an element or an attribute: character references stay what they are, all else is escaped."""
    return text if encoding.startswith("xml") else html.escape(_UNWRITABLE.sub("?", text)).replace("\n", "&#10;")


def _json(text: str, encoding: str, status: int, place: str) -> Response:
    inner = f'"{text}"' if encoding == "json" else json.dumps(text)
    token = inner if place != "message" else '"forbidden_error"'
    message = inner if place != "code" else '"Forbidden"'
    return Response(status, {"Content-Type": "application/json"}, f'[{{"token":{token},"message":{message}}}]'.encode())


def _xml(text: str, encoding: str, status: int, place: str) -> Response:
    inner = _marked_up(text, encoding)
    code = inner if place != "message" else str(status)
    message = inner if place != "code" else "Invalid Credential"
    return Response.xml(f'<response status="error" code="{code}"><result><msg>{message}</msg></result></response>', status)


def _html(text: str, encoding: str, status: int, place: str) -> Response:
    inner = _marked_up(text, encoding)
    title = inner if place != "message" else f"{status}"
    shown = inner if place != "code" else "Access denied"
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{status}</h1><pre>{shown}</pre></body></html>\n"
    return Response.text(page, status, "text/html; charset=UTF-8")


def _plain(text: str, encoding: str, status: int, place: str) -> Response:
    return Response.text(text, status)


_WRITERS: dict[str, Callable[[str, str, int, str], Response]] = {"json": _json, "xml": _xml, "html": _html, "plain": _plain}
