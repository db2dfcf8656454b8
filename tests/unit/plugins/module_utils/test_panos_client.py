# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML API's envelope and the client's use of it: wire form, credentials, refusals, repetitions."""

from __future__ import annotations

import base64

import pytest
import yaml

from ansible_collections.zerotrust.microseg.plugins.doc_fragments._panos import ModuleDocFragment
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import (
    AuthenticationError,
    DeviceError,
    IncompleteError,
    NotAnApi,
    OptionError,
    Unreachable,
)
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import argspec, envelope
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.client import PanosClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import System
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils import panos_samples as samples
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import Wire, reply

COMMAND = "<show><thing/></show>"
SUCCESS = '<response status="success"><result><thing>1</thing></result></response>'


class TestWire:
    """What leaves for the device."""

    def test_op_is_a_form_in_the_body(self):
        client = samples.client([SUCCESS])
        assert client.op(COMMAND, "vsys2") == {"thing": "1"}
        sent = client.http.sent[0]
        assert (sent["method"], sent["path"], sent["params"]) == ("POST", "/api/", None)
        assert sent["form"] == {"type": ["op"], "vsys": ["vsys2"], "cmd": [COMMAND]}
        assert sent["headers"] == {"Content-Type": "application/x-www-form-urlencoded"}
        assert sent["repeatable"] is True and sent["write"] is False

    def test_user_id_counts_as_a_write_and_may_be_repeated(self):
        client = samples.client([samples.DONE])
        client.user_id("<uid-message/>")
        sent = client.http.sent[0]
        assert sent["form"] == {"type": ["user-id"], "cmd": ["<uid-message/>"]}
        assert sent["repeatable"] is True and sent["write"] is True

    def test_target_goes_with_every_call(self):
        client = samples.client([SUCCESS, samples.DONE], target="0162&1")
        client.op(COMMAND)
        client.user_id("<uid-message/>", "vsys1")
        assert [sent["form"]["target"] for sent in client.http.sent] == [["0162&1"]] * 2
        assert "0162&1" in client.where and "fw.example.com" in client.where


class TestEnvelope:
    """What counts as an answer."""

    @pytest.mark.parametrize("root", [
        '<response status="success">', "<response status='success'>", "<response status = 'success'>", '<response cmd="status" status="success">',
        '<response code="19" status = "success" >', '<?xml version="1.0" encoding="UTF-8"?>\n<response status="success">', '\ufeff<response status="success">',
    ])
    def test_success_in_every_spelling(self, root):
        body = (root + "<result><thing>1</thing></result></response>").encode("utf-8")
        assert envelope.says_success(body)
        assert envelope.parse(body, "fw").status == "success"
        assert envelope.elements(body, "fw").get("status") == "success"

    @pytest.mark.parametrize("body", [
        b"<response><result/></response>", b'<response status="error"><result status="success"/></response>',
        b'<response note=\'status="success"\' status="error"/>',
        b'<responses status="success"/>', b"", b'<response astatus="success"/>', b'<response status="successful"/>',
    ])
    def test_no_success(self, body):
        assert not envelope.says_success(body)

    @pytest.mark.parametrize("parse", [envelope.parse, envelope.elements])
    @pytest.mark.parametrize("body", [
        b"", b"   ", b"garbage", b'{"status": "success"}', samples.HTML.encode(), b"<html><body/></html>", b"<response><result/></response>",
        b"<other status='success'/>",
        SUCCESS.encode()[:-4], SUCCESS.encode()[:30], b'<response status="success">\xff</response>', b'<response status="success"/><response/>',
        b'<!DOCTYPE response [<!ENTITY a "b">]><response status="success">&a;</response>',
        b'<!DOCTYPE response SYSTEM "file:///etc/hosts"><response status="success"/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r><response status="success"/>'.encode("utf-16"),
        b'<response status="success">&undefined;</response>',
        b'<response status="success">' + b"<a>" * 100000,
    ])
    def test_not_an_answer(self, parse, body):
        with pytest.raises(NotAnApi) as caught:
            parse(body, "fw.example.com:443")
        assert "fw.example.com:443" in caught.value.message

    @pytest.mark.parametrize("inner, words", [
        ("<msg><line>Malformed Request</line></msg>", "Malformed Request"),
        ("<msg><line><![CDATA[ show -> x  is unexpected]]></line></msg>", "show -> x is unexpected"),
        ("<msg><line><line>a</line><line>b</line></line></msg>", "a; b"),
        ("<msg><line>one</line><line>two</line></msg>", "one; two"),
        ("<result><msg><line>deep</line></msg></result>", "deep"),
        ("<result><msg>Parameter &quot;cmd&quot; is missing</msg></result>", 'Parameter "cmd" is missing'),
        ("<msg>plain</msg>", "plain"),
        ("<result><job><details><line>job text</line></details></job></result>", "job text"),
        ('<response status="error" code="12"><msg><line>nested</line></msg></response>', "nested"),
        ('<msg><line><uid-response><payload><register><entry ip="192.0.2.9" message="Failed"/></register></payload></uid-response></line></msg>',
         "192.0.2.9 Failed"),
        ("<msg/>", ""),
        ("", ""),
        ("<msg><line>%s</line></msg>" % ("x" * 2000), "x" * 600 + " ..."),
    ])
    def test_words_wherever_they_are(self, inner, words):
        assert envelope.parse(('<response status="error">%s</response>' % inner).encode(), "fw").words == words


class TestRefusals:
    """Answers without success."""

    def test_device_error_has_code_and_words(self):
        client = samples.client([samples.CODE_17])
        with pytest.raises(DeviceError) as caught:
            client.op(COMMAND)
        assert caught.value.code == "17"
        assert "invalid command" in caught.value.message and "show -> nonsense is unexpected" in caught.value.message

    def test_http_400_is_read_too(self):
        client = samples.client([(400, "<response status = 'error' code = '400'><result><msg>Missing value for parameter cmd</msg></result></response>")])
        with pytest.raises(DeviceError, match="Missing value") as caught:
            client.op(COMMAND)
        assert caught.value.code == "400"

    @pytest.mark.parametrize("answer", [(403, samples.INVALID), (200, samples.INVALID), (401, "Unauthorized"), (403, "<response status='error' code='16'/>")])
    def test_credentials(self, answer):
        client = samples.client([answer])
        with pytest.raises(AuthenticationError) as caught:
            client.op(COMMAND)
        for meaning in ("expired", "revoked", "master key", "password", "9.1", "wrong"):
            assert meaning in caught.value.message
        assert client.slept == [] and len(client.http.sent) == 1

    def test_session_ended_is_tried_once_more_at_once(self):
        client = samples.client([samples.UNAUTH, SUCCESS])
        assert client.op(COMMAND) == {"thing": "1"}
        assert client.slept == []

    def test_session_ended_twice(self):
        client = samples.client([samples.UNAUTH] * 2)
        with pytest.raises(AuthenticationError, match="Session timed out"):
            client.op(COMMAND)

    @pytest.mark.parametrize("answer", [(403, samples.ROLE), samples.NOT_READY])
    def test_a_commit_is_waited_for(self, answer):
        client = samples.client([answer, answer, samples.DONE])
        client.user_id("<uid-message/>")
        assert client.slept == [2, 4]
        assert len(client.warned) == 1

    def test_a_missing_permission_is_named(self):
        client = samples.client([(403, samples.ROLE)] * 20)
        with pytest.raises(AuthenticationError) as caught:
            client.user_id("<uid-message/>")
        assert sum(client.slept) == 120
        assert '"User-ID Agent"' in caught.value.message
        assert caught.value.details["permission"] == "user-id"

    def test_never_ready(self):
        client = samples.client([samples.NOT_READY] * 20)
        with pytest.raises(DeviceError, match="User-ID service"):
            client.user_id("<uid-message/>")

    def test_not_ready_inside_a_user_id_answer(self):
        client = samples.client([samples.refused([("192.0.2.7", "Not ready to process xmlapi data")]), samples.DONE])
        assert b"success" in client.user_id("<uid-message/>")

    def test_no_patience_without_retries(self):
        client = samples.client([(403, samples.ROLE)], patient=False)
        with pytest.raises(AuthenticationError):
            client.op(COMMAND)

    @pytest.mark.parametrize("answer", [samples.HTML, (403, samples.HTML), "", (403, ""), SUCCESS[:-5], "<response><result/></response>"])
    def test_no_answer_at_all(self, answer):
        client = samples.client([answer])
        with pytest.raises(NotAnApi):
            client.op(COMMAND)

    def test_errors_of_the_transport_pass(self):
        client = samples.client([IncompleteError("cut")])
        with pytest.raises(IncompleteError):
            client.op(COMMAND)


PARAMS = {"ip_address": "fw.example.com", "port": 443, "api_key": None, "username": None, "password": None, "serial_number": None, "validate_certs": True,
          "ca_path": None, "vsys": None, "timeout_seconds": 60, "retries": 3, "proxy": ""}


class TestBehindAPanorama:
    """A firewall that its Panorama does not reach."""

    @pytest.mark.parametrize("words", ["op command for client 0162 timed out as client is not available", "Device 0162 not connected"])
    def test_is_told_in_a_sentence(self, words):
        client = samples.client(['<response status="error"><msg><line>%s</line></msg></response>' % words] * 2, target="0162")
        for call in (lambda: client.op("<show><system><info/></system></show>"), lambda: client.user_id("<uid-message/>")):
            with pytest.raises(Unreachable) as caught:
                call()
            assert "The firewall 0162 is not connected to the Panorama fw.example.com:443" in caught.value.message
            assert "<" not in caught.value.message and "O(serial_number)" in caught.value.message

    def test_without_a_target_it_is_a_refusal_like_others(self):
        client = samples.client(['<response status="error"><msg><line>not connected</line></msg></response>'])
        with pytest.raises(DeviceError):
            client.op(COMMAND)


class TestConnect:
    """From options to a client."""

    def connect(self, environ=None, **options):
        return argspec.connect(dict(PARAMS, **options), lambda text: None, environ=environ or {})

    def headers(self, client):
        return client.http._headers  # pylint: disable=protected-access

    def test_key_in_its_header_only(self):
        client = self.connect(api_key=" abc==\n", username="admin", password="never sent")
        assert self.headers(client)["X-PAN-KEY"] == "abc=="
        assert "Authorization" not in self.headers(client)

    def test_username_and_password_are_basic(self):
        client = self.connect(username="admin", password="p&w+d%")
        assert self.headers(client)["Authorization"].startswith("Basic ")
        assert "X-PAN-KEY" not in self.headers(client)

    @pytest.mark.parametrize("options, words", [
        ({"ip_address": ""}, "PANOS_HOSTNAME"), ({"ip_address": None}, "PANOS_HOSTNAME"), ({}, "PANOS_API_KEY"), ({"username": "admin"}, "PANOS_PASSWORD"),
        ({"api_key": "a b"}, "api_key"), ({"api_key": "schlüssel"}, "api_key"), ({"username": "a:b", "password": "x"}, "colon"),
        ({"api_key": "k", "ip_address": "https://fw"}, "ip_address"), ({"api_key": "k", "timeout_seconds": 0}, "timeout_seconds"),
    ])
    def test_refuses(self, options, words):
        with pytest.raises(OptionError, match=words):
            self.connect(**options)

    KEY, PAIR = {"PANOS_API_KEY": "env-key"}, {"PANOS_USERNAME": "env-user", "PANOS_PASSWORD": "env-password"}
    BOTH = dict(KEY, **PAIR)
    BLANK = {"PANOS_API_KEY": "", "PANOS_USERNAME": " ", "PANOS_PASSWORD": ""}  # as AWX sets what a credential leaves out

    @pytest.mark.parametrize("options, environ, sent, source", [
        ({"api_key": "k"}, BOTH, "k", "O(api_key)"),
        ({"api_key": "k", "username": "u", "password": "p"}, BOTH, "k", "O(api_key)"),
        ({"username": "u", "password": "p"}, BOTH, ("u", "p"), "O(username) and O(password)"),
        ({"username": "u", "password": "p"}, KEY, ("u", "p"), "O(username) and O(password)"),
        ({"username": "u"}, BOTH, ("u", "env-password"), "O(username) and PANOS_PASSWORD of the environment"),
        ({"password": "p"}, BOTH, ("env-user", "p"), "PANOS_USERNAME of the environment and O(password)"),
        ({"username": "u"}, KEY, "env-key", "PANOS_API_KEY of the environment"),
        ({}, BOTH, "env-key", "PANOS_API_KEY of the environment"),
        ({"api_key": " ", "username": "", "password": ""}, BOTH, "env-key", "PANOS_API_KEY of the environment"),
        ({}, PAIR, ("env-user", "env-password"), "PANOS_USERNAME and PANOS_PASSWORD of the environment"),
        ({}, dict(BLANK, **PAIR), ("env-user", "env-password"), "PANOS_USERNAME and PANOS_PASSWORD of the environment"),
        ({"username": "u", "password": "p"}, BLANK, ("u", "p"), "O(username) and O(password)"),
    ], ids=str)
    def test_options_win_over_the_environment(self, options, environ, sent, source):
        client = self.connect(environ, **options)
        headers = self.headers(client)
        if isinstance(sent, tuple):
            assert base64.b64decode(headers["Authorization"].split()[1]).decode() == "%s:%s" % sent and "X-PAN-KEY" not in headers
        else:
            assert headers["X-PAN-KEY"] == sent and "Authorization" not in headers
        assert client.credentials == source
        secret = sent[1] if isinstance(sent, tuple) else sent
        assert secret not in client.clean("it says %s" % secret) or len(secret) < 2, "also what the environment holds is a secret"

    @pytest.mark.parametrize("options, environ", [
        ({}, {}), ({"username": "u"}, {}), ({"password": "p"}, {}), ({}, BLANK), ({}, {"PANOS_USERNAME": "u"}),
    ], ids=str)
    def test_no_credentials_at_all(self, options, environ):
        with pytest.raises(OptionError) as caught:
            self.connect(environ, **options)
        for word in ("O(api_key)", "O(username)", "O(password)", "PANOS_API_KEY", "PANOS_PASSWORD", "keygen"):
            assert word in caught.value.message

    def test_a_bad_ca_file_is_named_with_its_option(self):
        with pytest.raises(OptionError, match=r"/missing/ca.pem.*O\(ca_path\)"):
            self.connect(api_key="k", ca_path="/missing/ca.pem")

    def test_a_key_that_the_header_does_not_carry_goes_into_the_body_alone(self):
        wire = Wire([reply(403, body=samples.INVALID.encode()), reply(body=SUCCESS.encode())])
        http = Http("127.0.0.1", wire.port, scheme="http", timeout=5, proxy="", headers={"X-PAN-KEY": "k=&+"})
        client = PanosClient(http, key="k=&+")
        try:
            assert client.op(COMMAND) == {"thing": "1"} == client.op(COMMAND)
        finally:
            wire.close()
        assert [seen.headers.get("x-pan-key") for seen in wire.seen] == ["k=&+", None, None]
        assert [seen.body.partition(b"&key=")[2] for seen in wire.seen] == [b"", b"k%3D%26%2B", b"k%3D%26%2B"]

    def test_calls_that_are_under_way_meanwhile_try_the_body_too(self):
        """The first to be refused must not make the others believe that the body has been refused as well."""
        client = samples.client([])
        client._key = "k"  # pylint: disable=protected-access

        def answer(form):
            if "key" in form:
                return SUCCESS
            client._key_in_body = True  # pylint: disable=protected-access
            return 403, samples.INVALID

        client.http.answer, client.http.takes_form = answer, True
        assert client.op(COMMAND) == {"thing": "1"}

    def test_target(self):
        assert self.connect(api_key="k", serial_number=" 0162 ").target == "0162"
        assert self.connect(api_key="k", serial_number="").target is None


def system(**changes):
    """A System."""
    values = {"hostname": "edge-1", "model": "PA-3220", "serial": "1", "sw_version": "10.2.0", "version": (10, 2, 0, 0), "multi_vsys": False,
              "is_panorama": False}
    return System(**dict(values, **changes))


@pytest.mark.parametrize("chosen, changes, expected", [
    (None, {}, ["vsys1"]), ([], {}, ["vsys1"]), ([""], {}, ["vsys1"]), (["vsys2", " vsys3 ", "vsys2"], {"multi_vsys": True}, ["vsys2", "vsys3"]),
    (["vsys1"], {"is_panorama": True}, [None]), (None, {"is_panorama": True, "multi_vsys": True}, [None]),
])
def test_chosen_vsys(chosen, changes, expected):
    assert argspec.chosen_vsys({"vsys": chosen}, system(**changes)) == expected


def test_several_virtual_systems_and_no_choice():
    with pytest.raises(OptionError) as caught:
        argspec.chosen_vsys({"vsys": None}, system(multi_vsys=True), known=lambda: ["vsys1", "vsys4"])
    assert "vsys1, vsys4" in caught.value.message and "O(vsys)" in caught.value.message


@pytest.mark.parametrize("name", ["Branch", "vsys", "1", "vsys1,vsys2"])
def test_vsys_names(name):
    with pytest.raises(OptionError, match="vsys1"):
        argspec.chosen_vsys({"vsys": [name]}, system())


def test_the_fragment_documents_the_connection():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(documented) == set(argspec.CONNECTION)
    for name, option in argspec.CONNECTION.items():
        for key in ("type", "default", "elements"):
            assert documented[name].get(key) == option.get(key), name
        for variable in option.get("fallback", (None, ()))[1]:
            assert "E(%s)" % variable in str(documented[name]["description"])
    for name in ("api_key", "username", "password"):  # resolved together, see TestConnect
        assert "fallback" not in argspec.CONNECTION[name] and "E(PANOS_%s)" % name.upper() in str(documented[name]["description"])
    assert {name for name, option in argspec.CONNECTION.items() if option.get("no_log")} == {"api_key", "password", "proxy"}
