# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of a PAN-OS device for unit tests, and an Http that gives them. All values are made up."""

from __future__ import annotations

import re
from urllib.parse import parse_qs
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import HttpStatus
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import HttpResponse
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_secrets import Cleaner
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.client import PanosClient

SYSTEM = """<response status="success"><result><system>
<hostname>edge-1</hostname><ip-address>192.0.2.5</ip-address><time>Mon Nov 23 08:00:00 2026
</time><family>3200</family><model>PA-3220</model><serial>016299000001</serial><sw-version>10.2.9-h1</sw-version>
<multi-vsys>off</multi-vsys><operational-mode>normal</operational-mode></system></result></response>"""
PANORAMA = SYSTEM.replace("PA-3220", "M-600").replace("<operational-mode>", "<system-mode>panorama</system-mode><operational-mode>")
MULTI = SYSTEM.replace("<multi-vsys>off", "<multi-vsys>on").replace("PA-3220", "PA-5220")

UNAUTH = '<response status="unauth" code="22"><msg><line>Session timed out</line></msg></response>'
INVALID = "<response status = 'error' code = '403'><result><msg>Invalid Credential</msg></result></response>"
ROLE = '<response status="error"><msg><line>Type [user-id] not authorized for user role</line></msg></response>'
NOT_READY = '<response status="error"><msg><line>Not ready to process xmlapi data</line></msg></response>'
CODE_17 = '<response status="error" code="17"><msg><line><![CDATA[ show -> nonsense  is unexpected]]></line></msg></response>'
CODE_15 = '<response status="error" code="15"><msg><line>Operation denied on passive device</line></msg></response>'
HTML = "<!DOCTYPE html>\n<html><body>Sign in</body></html>"
DONE = """<response status="success"><result><uid-response><version>2.0</version>
<payload><unregister> </unregister><register></register></payload></uid-response></result></response>"""


def refused(register=(), unregister=(), status="error"):
    """The answer that lists refused pairs: (address, words)."""
    def entries(pairs):
        return "".join("\n<entry ip=%s message=%s/>" % (quoteattr(address), quoteattr(words)) for address, words in pairs) or " "

    return ('<response status="%s"><msg><line><uid-response><version>2.0</version><payload><unregister>%s</unregister><register>%s</register>'
            "</payload></uid-response></line></msg></response>" % (status, entries(unregister), entries(register)))


def listing(entries, count=None):
    """A page of (address, tags)."""
    body = "".join(
        '<entry ip="%s" from_agent="0" persistent="1">\n<tag>\n%s</tag>\n</entry>\n' % (address, "".join("<member>%s</member>\n" % escape(tag) for tag in tags))
        for address, tags in entries)
    return '<response status="success"><result>\n%s<count>%d</count></result></response>' % (body, len(entries) if count is None else count)


def counted(number):
    """The answer to the count option."""
    return '<response status="success"><result><count>%d</count></result></response>' % number


class FakeHttp:
    """Gives what `answer` says, in order (a list of text, bytes or (status, text)), or by calling it with the form; keeps the requests."""

    where = "fw.example.com:443"
    clean = staticmethod(Cleaner())

    def __init__(self, answer):
        self.answer = answer if callable(answer) else iter(answer).__next__
        self.takes_form = callable(answer)
        self.sent = []
        self.requests = 0

    def hint(self, message):
        """As Http.hint."""
        return ""

    def request(self, method, path, *, params=None, data=None, headers=None, repeatable=False, write=None, accept_status=(200,), max_body=None):
        self.requests += 1
        form = parse_qs(data.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        self.sent.append({"method": method, "path": path, "params": params, "form": form, "headers": headers, "repeatable": repeatable, "write": write,
                          "bytes": len(data)})
        answer = self.answer(form) if self.takes_form else self.answer()
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        if status not in accept_status:
            raise HttpStatus("HTTP %d" % status, status, b"")
        return HttpResponse(status, {}, body=body.encode("utf-8") if isinstance(body, str) else body)


class Table:
    """A registered-ip table that answers counts and pages as a device does."""

    def __init__(self, rows, count=None):
        self.rows = list(rows)
        self.count = count
        self.asked = []

    def __call__(self, form):
        text = form["cmd"][0]
        if "<option>count" in text:
            self.asked.append("count")
            return counted(len(self.rows)) if self.count is None else self.count
        start = int(re.search(r"<start-point>(\d+)<", text).group(1))
        self.asked.append(start)
        return self.page(start)

    def page(self, start):
        return listing(self.rows[start - 1:start + 499])


def client(answer, target=None, patient=True):
    """A PanosClient over a FakeHttp that keeps its pauses and warnings in `.slept` and `.warned`."""
    slept, warned = [], []
    made = PanosClient(FakeHttp(answer), target=target, warn=warned.append, sleep=slept.append, patient=patient)
    made.slept, made.warned = slept, warned
    return made
