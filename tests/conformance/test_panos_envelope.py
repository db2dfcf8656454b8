# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: the endpoint, keys, roles and error envelopes (PAN-OS facts 1)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.conformance.panos_client import FORM, Client, basic, firewall, positions
from tests.conformance.wire_client import session, url
from tests.lab.http import Headers, Request
from tests.lab.panos import build
from tests.lab.panos.switches import SWITCHES

INFO = "<show><system><info/></system></show>"


def test_every_switch_has_a_test_in_all_positions() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_panos_*.py"))
    assert [name for name in SWITCHES if f'@positions("{name}")' not in sources] == []
    assert all(len(switch.values) >= 2 and switch.default in switch.values for switch in SWITCHES.values())


@pytest.mark.parametrize("path", ["/api", "/api/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("place", ["query", "body", "header", "basic"])
def test_key_in_every_place(path: str, method: str, place: str) -> None:
    client = firewall()
    described = client.app.describe()
    parameters = {"type": "op", "cmd": INFO}
    headers = {"header": {"X-PAN-KEY": client.key}, "basic": basic(described["username"], described["password"])}.get(place, {})
    query, body = (parameters, {}) if method == "GET" else ({}, parameters)
    if place == "query":
        query = {**query, "key": client.key}
    elif place == "body":
        body, query = {**body, **query, "key": client.key}, {}
        method = "POST"
    answer = client.send(method, path, query, body, headers)
    assert answer.status == "success"
    assert client.kind["key_in"] == place


def test_other_paths_and_methods() -> None:
    client = firewall()
    assert client.app.handle(Request("GET", "/", {}, Headers())).status == 404
    assert client.app.handle(Request("PUT", "/api/", {}, Headers())).status == 405


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_keygen(method: str) -> None:
    client = firewall()
    described = client.app.describe()
    parameters = {"type": "keygen", "user": described["username"], "password": described["password"]}
    answer = client.send(method, query=parameters if method == "GET" else {}, body=parameters if method == "POST" else None)
    assert answer.find("key") == client.key
    assert client.app.guard.keygens == 1


@pytest.mark.parametrize("user, password", [("automation", "wrong"), ("nobody", "x"), ("", "")])
def test_keygen_refuses(user: str, password: str) -> None:
    answer = firewall().send(body={"type": "keygen", "user": user, "password": password})
    assert (answer.http, answer.status, answer.code, answer.message) == (403, "error", "403", "Invalid Credential")


def test_keygen_takes_no_basic_authentication() -> None:
    client = firewall()
    described = client.app.describe()
    assert client.send(body={"type": "keygen"}, headers=basic(described["username"], described["password"])).http == 403


@pytest.mark.parametrize("headers, body", [
    ({}, {}), ({"X-PAN-KEY": "wrong"}, {}), ({}, {"key": "wrong"}), ({"Authorization": "Basic !!"}, {}), ({"Authorization": "Bearer x"}, {}),
    (basic("automation", "wrong"), {}),
])
def test_no_key_or_a_wrong_one(headers: dict, body: dict) -> None:
    answer = firewall().send(body={"type": "version", **body}, headers=headers)
    assert (answer.http, answer.code, answer.message) == (403, "403", "Invalid Credential")


@positions("header_key")
def test_header_key(value: str) -> None:
    client = firewall(switches={"header_key": value})
    assert client.call(type="version").http == (200 if value == "accepted" else 403)
    assert client.send(body={"type": "version", "key": client.key}).http == 200


def test_old_versions_know_no_header_and_no_basic() -> None:
    old = firewall(version="8.1.3")
    assert old.call(type="version").http == 403
    assert old.send(body={"type": "version", "key": old.key}).http == 200
    described = old.app.describe()
    assert old.send(body={"type": "version"}, headers=basic(described["username"], described["password"])).http == 403


def test_roles() -> None:
    users = [{"name": "reader", "password": "a", "types": ["op"]}, {"name": "tagger", "password": "b", "types": ["op", "user-id"]}]
    client = firewall(users=users)
    answer = client.register({"10.0.0.1": ["a"]})
    assert (answer.http, answer.status, answer.code, answer.message) == (403, "error", None, "Type [user-id] not authorized for user role")
    assert client.call(type="version").status == client.op(INFO).status == "success"
    client.key = client.app.describe()["users"]["tagger"]["api_key"]
    assert client.register({"10.0.0.1": ["a"]}).status == "success"


@pytest.mark.parametrize("parameters, text", [
    ({}, 'Missing value for parameter "type".'), ({"type": "op"}, 'Missing value for parameter "cmd".'),
    ({"type": "user-id"}, 'Missing value for parameter "cmd".'),
    ({"type": "nonsense"}, 'Illegal value for parameter "type" [nonsense].'),
])
def test_missing_parameters(parameters: dict, text: str) -> None:
    answer = firewall().call(**parameters)
    assert (answer.http, answer.status, answer.code, answer.find("msg")) == (400, "error", "400", text)


@pytest.mark.parametrize("kind", ["commit", "log", "export"])
def test_types_that_come_later_say_so(kind: str) -> None:
    answer = firewall().call(type=kind, action="get")
    assert (answer.http, answer.status, answer.message) == (200, "error", f"type={kind} is not simulated")


@pytest.mark.parametrize("command, text", [
    ("<show><redistribution><service/></redistribution></show>", " show -> redistribution  is unexpected"),
    ("<debug><object/></debug>", " debug  is unexpected"),
    ("<show><object><registered-ip><nonsense/></registered-ip></object></show>", " show -> object -> registered-ip -> nonsense  is unexpected"),
    ("<show><devices><all/></devices></show>", " show -> devices  is unexpected"),
])
def test_unknown_commands(command: str, text: str) -> None:
    answer = firewall().op(command)
    assert (answer.http, answer.status, answer.code) == (200, "error", "17")
    assert text in answer.root.findtext("msg/line")
    assert f"<![CDATA[{text}]]>" in answer.text


@pytest.mark.parametrize("text", ["<show><system>", "no xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><show/>"])
def test_malformed_xml(text: str) -> None:
    client = firewall()
    for kind in ("op", "user-id"):
        answer = client.call(type=kind, cmd=text)
        assert (answer.status, answer.code, answer.message) == ("error", "18", "Malformed Request")


def test_version() -> None:
    client = firewall(model="PA-5410", version="11.1.4-h7", serial="016201000001", vsys=["vsys1", "vsys2"])
    answer = client.call(type="version")
    found = [answer.find(name) for name in ("sw-version", "multi-vsys", "model", "serial")]
    assert found == ["11.1.4-h7", "on", "PA-5410", "016201000001"]


def test_upload_of_a_file() -> None:
    client = firewall()
    message = "<uid-message><type>update</type><payload><register><entry ip='10.0.0.1'><tag><member>a</member></tag></entry></register></payload></uid-message>"
    body = (
        '--B\r\nContent-Disposition: form-data; name="key"\r\n\r\n' + client.key
        + '\r\n--B\r\nContent-Disposition: form-data; name="file"; filename="uid.xml"\r\nContent-Type: text/xml\r\n\r\n' + message + "\r\n--B--\r\n"
    ).encode()
    answer = client.send(query={"type": "user-id"}, body=body, headers={"Content-Type": "multipart/form-data; boundary=B"})
    assert answer.status == "success"
    assert client.kind == {"type": "user-id", "write": True, "entries": 1, "key_in": "body"}
    assert client.table() == {"10.0.0.1": ["a"]}


def test_form_with_awkward_characters() -> None:
    client = firewall()
    tags = ["a&b <c>", "50%+1", "x=y;z", "naïve"]
    client.register({"10.0.0.1": tags})
    assert client.table() == {"10.0.0.1": tags}
    big = {address: ["a = b", "50% + 1", "é"] for address in many_addresses()}  # long enough for the fast path of the form parser
    client.register(big)
    assert client.table()["10.9.3.7"] == ["a = b", "50% + 1", "é"]


def many_addresses() -> list[str]:
    return [f"10.9.{third}.{fourth}" for third in range(5) for fourth in range(100)]


@positions("large_body")
def test_body_above_5_mb(value: str) -> None:
    app = build({}, [{"name": "fw1", "switches": {"large_body": value}}], 1)[0]
    if value == "accepted":
        assert app.max_body > 20_000_000
        client = Client(app)
        answer = client.register({f"10.{number // 62500}.{number // 250 % 250}.{number % 250}": ["t" * 100] for number in range(33_000)})
        assert (answer.http, answer.status, answer.entries) == (200, "success", 33_000) and client.count() == 33_000
        return
    assert app.max_body == 5_000_000
    answer = app.too_large(Request("POST", "/api/"), 6_000_000)
    assert (answer is None) if value == "closed" else (answer.status == 413)
    assert app.handle(Request("POST", "/api/", {}, Headers(), b" " * 5_000_001)).status == 413


def test_bodies_above_5_mb_over_https(lab_factory) -> None:
    """All three readings, switched while the device runs."""
    lab = lab_factory({"pce": None, "devices": [{"name": "fw1"}]})
    device = lab.description()["devices"][0]
    payload = "".join(f'<entry ip="10.0.{number // 250}.{number % 250}"><tag><member>{"t" * 120}</member></tag></entry>' for number in range(15_000))
    command = f"<uid-message><type>update</type><payload><register>{payload}</register></payload></uid-message>"
    body = urlencode({"type": "user-id", "cmd": command + " " * (5_200_000 - len(command))})
    outcomes = {}
    for value in SWITCHES["large_body"].values:
        lab.control.switch("fw1", "large_body", value)
        with session(lab) as client:
            try:
                outcomes[value] = client.post(url(lab, "fw1", "/api/"), body, headers={"X-PAN-KEY": device["api_key"], "Content-Type": FORM}).status_code
            except requests.exceptions.ConnectionError:
                outcomes[value] = None
        assert bool(lab.control.state("fw1")["vsys"]["vsys1"]["registrations"]) == (value == "accepted")
    assert outcomes == {"closed": None, "413": 413, "accepted": 200}


@positions("noise")
def test_noise(value: bool) -> None:
    client = Client(build({}, [{"name": "fw1", "switches": {"noise": value}}], 3)[0])
    texts = {client.call(type="version").text for _call in range(30)}
    assert (len(texts) > 3) is value
    assert any("status = '" in text for text in texts) is value
    again = Client(build({}, [{"name": "fw1", "switches": {"noise": value}}], 3)[0])
    assert {again.call(type="version").text for _call in range(30)} == texts  # the same seed, the same noise


@pytest.mark.parametrize("command, kind, write", [
    ("<show><object><registered-ip><all/></registered-ip></object></show>", "op:registered-ip", False),
    ("<show><high-availability><state/></high-availability></show>", "op:ha", False),
    (INFO, "op:system-info", False),
    ("<show><devices><connected/></devices></show>", "op:devices-connected", False),
    ("<show><object><dynamic-address-group><all/></dynamic-address-group></object></show>", "op:dynamic-address-group", False),
])
def test_classification(command: str, kind: str, write: bool) -> None:
    client = firewall()
    client.op(command)
    assert (client.kind["type"], client.kind["write"]) == (kind, write)
    client.call(type="version")
    assert client.kind == {"type": "version", "write": False, "entries": 0, "key_in": "header"}
    client.user_id("<register></register>")
    assert (client.kind["write"], client.kind["entries"]) == (False, 0)
    client.register({"10.0.0.1": ["a"], "10.0.0.2": ["a"]}, {"10.0.0.3": None})
    assert (client.kind["write"], client.kind["entries"]) == (True, 3)
