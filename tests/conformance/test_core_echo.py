# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault `echo`: errors that repeat the request, in every form and encoding, cut anywhere."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies

from tests.lab import echo
from tests.lab.http import Headers, Request
from tests.lab.lab import Lab
from tests.lab.scenario import LabError

from .wire_client import session, url

KEY = "LUFRPT1-&<\"'é=="
DECODERS = {
    "plain": str, "base64": lambda text: base64.b64decode(text).decode(), "percent": unquote, "percent_all": unquote,
    "json": lambda text: json.loads(f'"{text}"'), "xml": html.unescape, "xml_hex": html.unescape,
}


def arguments(**more: object) -> dict:
    return {**echo.ARGUMENTS, **more}


def texts(response, form: str) -> tuple[str, str]:
    """Code and message of an answer, as a parser of its form sees them."""
    content = bytes(response.body).decode()
    if form == "json":
        return tuple(json.loads(content)[0][name] for name in ("token", "message"))
    if form == "xml":
        root = ElementTree.fromstring(content)
        return root.get("code"), root.findtext("result/msg")
    title, shown = content.split("<title>")[1].split("</title>")[0], content.split("<pre>")[1].split("</pre>")[0]
    return html.unescape(title), html.unescape(shown)


def request(**headers: str) -> Request:
    given_headers = {"X-PAN-KEY": KEY, "Authorization": "Basic " + base64.b64encode(b"api_1:s3cret").decode(), **headers}
    return Request("POST", "/api/", {"key": ["q&1"]}, Headers(given_headers.items()), b"type=keygen&user=u&password=p%26w%2B", target="/api/?key=q%261")


@pytest.mark.parametrize("form", ["json", "xml", "html"])
@pytest.mark.parametrize("encoding", echo.ENCODINGS)
def test_what_is_decoded_again_is_the_secret(form: str, encoding: str) -> None:
    response = echo.answer(arguments(form=form, encoding=encoding, what="credentials"), request(), "pce")
    native = (form, encoding) in (("json", "json"), ("xml", "xml"), ("xml", "xml_hex"), ("html", "xml"), ("html", "xml_hex"))
    assert response.status == 403
    for text in texts(response, form):
        assert (text if native else DECODERS[encoding](text)) == f"{KEY}\napi_1:s3cret\nq&1\np&w+"
    if encoding not in ("plain", "percent"):
        assert b"LUFRPT1" not in bytes(response.body) and b"s3cret" not in bytes(response.body)


@given(strategies.integers(0, 60), strategies.integers(0, 60), strategies.integers(0, 5), strategies.sampled_from(sorted(echo.ENCODINGS)))
def test_cut_anywhere(offset: int, length: int, padding: int, encoding: str) -> None:
    whole = "x" * padding + f"{KEY}\napi_1:s3cret\nq&1\np&w+"
    plain = echo.answer(arguments(form="plain", what="credentials", encoding=encoding, cut=[offset, length], padding=padding), request(), "pce")
    text = bytes(plain.body).decode()
    assert DECODERS[encoding](text) == whole[offset:offset + length]
    after = echo.answer(arguments(form="plain", what="credentials", encoding=encoding, cut_encoded=[offset, length], padding=padding), request(), "pce")
    assert bytes(after.body).decode() == echo.ENCODINGS[encoding](whole)[offset:offset + length]


def test_what_is_repeated() -> None:
    def shown(what: str) -> str:
        return bytes(echo.answer(arguments(form="plain", what=what), request(Accept="*/*"), "pce").body).decode()

    assert shown("body") == "type=keygen&user=u&password=p%26w%2B"
    assert shown("parameters") == "key=q&1\ntype=keygen\nuser=u\npassword=p&w+"
    assert shown("headers").splitlines()[0] == f"X-Pan-Key: {KEY}" and "Accept: */*" in shown("headers")
    assert shown("all") == f"POST /api/?key=q%261\n{shown('headers')}\n\n{shown('body')}"


@pytest.mark.parametrize("place, code, message", [("message", False, True), ("code", True, False), ("both", True, True)])
@pytest.mark.parametrize("form", ["json", "xml", "html"])
def test_where_it_stands(form: str, place: str, code: bool, message: bool) -> None:
    found = texts(echo.answer(arguments(form=form, place=place, what="credentials", status=400), request(), "panos"), form)
    assert tuple(KEY in text for text in found) == (code, message)


def test_the_product_decides_the_form(core: Lab) -> None:
    for server, form in (("pce", "json"), ("fw1", "xml")):
        core.control.arm(server, "echo", status=400)
        with session(core) as client:
            answer = client.post(url(core, server, "/x?key=abc"), data="secret body", auth=("user", "pass"))
            assert answer.status_code == 400 and form in answer.headers["Content-Type"]
            assert client.get(url(core, server, "/x")).status_code == 200
        for text in ("secret body", "/x?key=abc", "Authorization: Basic " + base64.b64encode(b"user:pass").decode()):
            assert text in html.unescape(answer.text)
    assert core.pce.handled == [("GET", "/x")]  # the request itself had no effect
    assert "abc" not in json.dumps(core.control.log("fw1"))


def test_an_echo_of_a_request_that_took_effect(core: Lab) -> None:
    core.control.arm("fw1", "echo", status=200, handled=True, form="plain", what="body")
    with session(core) as client:
        assert client.post(url(core, "fw1", "/x"), data="abc").text == "abc"
    assert core.devices["fw1"].handled == [("POST", "/x")]


@pytest.mark.parametrize("wrong, words", [
    ({"encoding": "rot13"}, "encoding of echo is plain, base64"), ({"form": "yaml"}, "form of echo"), ({"what": "soul"}, "what of echo"),
    ({"place": "here"}, "place of echo"), ({"cut": [1]}, "cut of echo is .offset, length."), ({"cut_encoded": [0, -1]}, "cut_encoded of echo"),
    ({"padding": -1}, "padding of echo"), ({"colour": 1}, "no argument colour"),
])
def test_wrong_arguments(core: Lab, wrong: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        core.control.arm("pce", "echo", **wrong)
