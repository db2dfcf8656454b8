# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One PAN-OS device over its XML API: credentials, virtual system, target behind Panorama, and the answers worth another try.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import re
import time
from urllib.parse import quote_plus

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import AuthenticationError, DeviceError, Unreachable
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import envelope

PATH = '/api/'
MAX_ANSWER = 256 << 20  # bytes; the members of all dynamic address groups of a large device

# A commit on the device makes it answer "not authorized for user role" for a while, and a restarted User-ID service "Not ready" (PAN-OS facts 1.3, 2.3).
# Two minutes are what that takes; a permission that is really missing costs them once.
_BACK_OFF = (2, 4, 8, 16, 30, 30, 30)  # seconds
_NOT_AUTHORIZED = 'not authorized for user role'
_NOT_READY = 'not ready to process xmlapi data'
_NOT_READY_BYTES = b'Not ready to process xmlapi data'
_INVALID_CREDENTIAL = 'invalid credential'
_NOT_CONNECTED = re.compile('client is not available|not connected')  # a Panorama about the firewall that a call is for (PAN-OS facts 1.7)
KEY_HEADER = 'X-PAN-KEY'
_FORM = {'Content-Type': 'application/x-www-form-urlencoded'}
_FORM_WITH_KEY = dict(_FORM, **{KEY_HEADER: None})  # the key is in one place only
_STATUS = (
    200,  # also carries errors (PAN-OS facts 0.3)
    400,  # carries an XML body that says what is missing
    401,  # no answer of the API; a proxy, or Basic authentication that is not accepted
    403,  # carries an XML body: a key that is not accepted, or a role without the permission
)


class PanosClient:
    """Calls of one device; safe for up to five at a time.

    :arg http: an L(Http) that carries the credentials in its headers.
    :arg target: serial number of a firewall behind this Panorama, or None.
    :arg warn: callable for warnings. :arg sleep: callable that takes seconds.
    :arg key: the API key, for devices before PAN-OS 9.0: they do not know the header, so it is tried once in the body instead, never in the URL.
    :arg credentials: where they come from, for people, for instance C(O(api_key)).
    :arg patient: wait for a commit or a starting User-ID service to end; false gives up at the first such answer.
    """

    def __init__(self, http, target=None, warn=None, sleep=time.sleep, patient=True, key=None, credentials=None):
        self.http = http
        self.clean = http.clean
        self.credentials = credentials
        self.target = target
        self.warn = warn or (lambda text: None)
        self.where = http.where if not target else '%s (through %s)' % (target, http.where)
        self._sleep = sleep
        self._waits = _BACK_OFF if patient else ()
        self._tail = '&target=' + quote_plus(target) if target else ''
        self._warned = False
        self._key = key
        self._key_in_body = False

    def op(self, command, vsys=None):
        """Run an operational command that only reads, and return the C(result) element as xmltodict gives it (None, text or mapping).

        :arg command: XML text. :arg vsys: C(vsys1) and so on, or None for the device's default (and always on Panorama).
        :raises DeviceError: the device refused. :raises NotAnApi, AuthenticationError, TransportError: see L(op_body).
        """
        return envelope.parse(self.op_body(command, vsys), self.where, self.clean).result

    def op_body(self, command, vsys=None):
        """As L(op), but return the whole answer as bytes: it says success, the rest is not parsed yet.

        :raises DeviceError: C(status) is not C(success); C(code) as in PAN-OS facts 1.4.
        :raises AuthenticationError: the credentials or the role are not accepted.
        :raises NotAnApi: no answer of the XML API. :raises IncompleteError: it was cut off on the way.
        """
        body, answer = self._call('op', quote_plus(command), vsys, write=False)
        if answer is not None:
            raise answer.error(self.where, envelope.in_words(command))
        return body

    def user_id(self, message, vsys=None, encoded=False):
        """Send a User-ID message and return the answer as bytes, whether it says success or error.

        Repeating such a message is harmless: it states what is to be there or not, so a lost answer is asked for again.

        :arg message: XML text of the C(uid-message), or form-encoded bytes of it with O(encoded).
        :raises: as L(op_body), without DeviceError for answers that name entries.
        """
        body, answer = self._call('user-id', message if encoded else quote_plus(message), vsys, write=True)
        if answer is not None:
            raise answer.error(self.where, 'a User-ID message')
        return body

    def _call(self, kind, command, vsys, write):
        """Return (body, None) for success and (body, Envelope) for a refusal that no repetition will cure."""
        if isinstance(command, str):
            command = command.encode('ascii')
        data = b''.join((b'type=', kind.encode('ascii'), ('&vsys=' + quote_plus(vsys)).encode('ascii') if vsys else b'', self._tail.encode('ascii'), b'&cmd=',
                         command))
        waits = iter(self._waits)
        renewed = False
        while True:
            in_body = self._key_in_body
            response = self.http.request(
                'POST', PATH, data=data + b'&key=' + quote_plus(self._key).encode('ascii') if in_body else data, headers=_FORM_WITH_KEY if in_body else _FORM,
                repeatable=True, write=write, accept_status=_STATUS, max_body=MAX_ANSWER)
            body = response.body
            if response.status == 200 and (envelope.says_success(body) or (kind == 'user-id' and b'<uid-response' in body)) and _NOT_READY_BYTES not in body:
                return body, None  # the hot path: who asked parses it, once
            if response.status == 401:
                raise self._not_accepted('HTTP 401')
            answer = envelope.parse(body, self.where, self.clean)
            words = answer.said.lower()
            if answer.status in ('unauth', 'noauth') or answer.code == '22':
                # The session of an earlier call ended; neither a key nor Basic authentication needs one, so the same call is simply made again.
                if renewed:
                    raise AuthenticationError('%s says "%s" twice in a row, although the API key or the password came with the call. Check that the account '
                                              'is not locked, and that no other program asks for API keys with it: each new key ends its sessions.'
                                              % (self.where, answer.words or 'session timed out'), code=answer.code)
                renewed = True
                continue
            if _INVALID_CREDENTIAL in words or (answer.code in ('16', '403') and _NOT_AUTHORIZED not in words):
                if not self._key or in_body:
                    raise self._not_accepted(answer.words or 'code %s' % answer.code)
                self._key_in_body = True
                continue
            if self.target and _NOT_CONNECTED.search(words):
                raise self._not_connected()
            for text, error in ((_NOT_AUTHORIZED, self._role_too_small), (_NOT_READY, self._never_ready)):
                if text in words:
                    break
            else:
                if response.status == 200 and answer.status == 'success':
                    return body, None
                return body, answer
            delay = next(waits, None)
            if delay is None:
                raise error(kind, answer)
            if not self._warned:
                self._warned = True
                self.warn('%s says "%s", as it does while a commit runs or its User-ID service starts: waiting up to two minutes for it.' % (self.where,
                                                                                                                                             answer.words))
            self._sleep(delay)

    def _not_accepted(self, words):
        message = (
            '%s does not accept the credentials (%s; it says "%s"). The answer does not tell why; it can be: the API key is wrong, expired, revoked, or '
            'was made on a device with another master key; the password of its administrator was changed since; user name or password is wrong; the account is '
            'locked or may not use the XML API; PAN-OS is too old for user name and password (9.1); or O(ip_address) and O(port) lead to something else.'
            % (self.where, self.credentials or 'those of this connection', words))
        return AuthenticationError(message + self.http.hint(message))

    def _role_too_small(self, kind, answer):
        message = (
            '%s says "%s". Two minutes were given to a commit that may have been running, so this is the administrator\'s role: in its admin role profile, '
            'on the tab XML API, enable "%s" (this collection needs "User-ID Agent" and "Operational Requests").'
            % (self.where, answer.words, 'User-ID Agent' if kind == 'user-id' else 'Operational Requests'))
        return AuthenticationError(message + self.http.hint(message), permission=kind, code=answer.code)

    def _not_connected(self):
        return Unreachable('The firewall %s is not connected to the Panorama %s, so it could not be asked anything. Nothing was concluded from that. On the '
                           'Panorama, look at Panorama > Managed Devices > Summary; if the firewall has another serial number, correct O(serial_number).'
                           % (self.target, self.http.where), host=self.http.where)

    def _never_ready(self, dummy, answer):
        return DeviceError('%s still says "%s" after two minutes. Its User-ID service does not come up: look at its system log, then run again.'
                           % (self.where, answer.words), code=answer.code)
