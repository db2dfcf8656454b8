# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that talks HTTP: session, TLS, proxy, timeouts, deadlines, retries, bounds and redaction.

Rules that hold for every request: C(verify=) is given with each one and C(trust_env) is off, else REQUESTS_CA_BUNDLE and
~/.netrc would override what the user set; no redirect is followed; a call ends at its deadline; a body is bounded and either whole or an error;
what the caller calls a secret appears in no message.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import threading
import time

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import (
    HttpStatus,
    IncompleteError,
    NotAnApi,
    OptionError,
    TimedOut,
    TransportError,
)
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_bodies import PIECE, Body, Exchange, HttpResponse
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_budget import Budget
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_options import checked_host, checked_port, checked_proxy, checked_verify
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_retries import MAX_WAIT, again, pause, repeated_statuses, retry_after
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_secrets import Cleaner
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_watch import LEAST_RATE, TIMES, Deadline, Watchdog, open_session
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import requests, urllib3

__all__ = ('Http', 'HttpResponse', 'MAX_WAIT', 'retry_after')

USER_AGENT = 'zerotrust.microseg (Ansible)'
CONNECT_TIMEOUT = 10.0     # seconds; a host that does not take a connection in that time is down
MAX_BODY = 64 << 20        # bytes of one decoded answer that is held in memory
MAX_STREAM = 8 << 30       # bytes of one decoded answer that is read as it comes
MAX_ERROR_BODY = 16 << 10  # bytes of an error answer that are kept
WAIT_TIMES = 10            # times the read timeout
POOL_SIZE = 5              # kept connections: nobody makes more than five calls at a time to one device
_REPEATABLE_METHODS = frozenset(('GET', 'HEAD'))

#: What a caller's options are called, for messages. Each client passes its own.
DEFAULT_NAMES = {'product': 'server', 'host': 'host', 'port': 'port', 'verify': 'verify', 'ca': 'ca', 'timeout': 'timeout', 'retries': 'retries',
                 'proxy': 'proxy'}


class Http:
    """One host over HTTPS with one pooled session; safe for up to five concurrent calls.

    :arg host: name or address, no scheme, no path. :arg port: TCP port.
    :arg verify: True (the CA bundle of requests), False, or the path of a CA file or folder.
    :arg timeout: seconds to wait for data; connecting takes at most 10 of them. A call takes at most four times as long altogether; a body that is read as it
        comes may take longer, as long as it keeps a least rate.
    :arg retries: how often a request is repeated after its first failure, where repeating is harmless.
    :arg proxy: URL, or None for C(https_proxy)/C(all_proxy)/C(no_proxy) of the environment, or C('') for none.
    :arg headers: sent with each request. :arg auth: (user, secret) for HTTP Basic.
    :arg secrets: mapping of option names to texts that must appear in no message; the secret of O(auth) and the proxy's password are added.
    :arg names: what the options are called, see DEFAULT_NAMES.
    :arg bounded: no more than five calls at a time, whoever on this controller makes them; a stream counts until its headers are there.
    :arg warn: callable for warnings. :arg sleep: callable that takes seconds. :arg now: callable that returns epoch seconds.
    :arg clock: callable that returns monotonic seconds, for deadlines. :arg least_rate: bytes a second.
    :raises OptionError: an option makes no sense.

    Counted over the life of the object: C(requests) (tries included), C(writes), C(bytes_sent) and C(bytes_received) (bodies on the wire).
    C(clean): callable for every text that others wrote, before it is shortened and goes into a message.
    """

    def __init__(self, host, port=443, *, verify=True, timeout=30.0, retries=3, proxy=None, headers=None, auth=None, secrets=None, names=None,
                 warn=None, sleep=time.sleep, now=time.time, user_agent=USER_AGENT, scheme='https', bounded=False, least_rate=LEAST_RATE,
                 clock=time.monotonic):
        self.names = dict(DEFAULT_NAMES, **(names or {}))
        self.warn = warn or (lambda text: None)
        self.requests = self.writes = self.bytes_sent = self.bytes_received = 0
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._secrets = {name: text for name, text in (secrets or {}).items() if text}
        self.clean = Cleaner(self._secrets.values())
        self._headers = {'User-Agent': user_agent, 'Accept-Encoding': 'gzip', 'Accept': '*/*'}
        self._headers.update(headers or {})
        if auth is not None:
            token = base64.b64encode(('%s:%s' % auth).encode('utf-8')).decode('ascii')
            self._headers['Authorization'] = 'Basic ' + token
            for text in (auth[1], token):
                self.clean.add(text)
        self._retries = max(0, int(retries))
        self._timeout = float(timeout)
        if self._timeout <= 0:
            raise OptionError('%s must be more than 0 seconds, got %s.' % (self.names['timeout'], timeout))
        self.host = checked_host(host, self.names['host'])
        self.port = checked_port(port, self.names['port'])
        self.where = '%s:%d' % ('[%s]' % self.host if ':' in self.host else self.host, self.port)
        self.base = '%s://%s' % (scheme, self.where)
        self._verify = checked_verify(verify, self.names['ca'])
        self._proxies, self.proxy, hidden = checked_proxy(proxy, self.base, self.names['proxy'])
        for text in hidden:
            self.clean.add(text)
        self._least_rate = least_rate
        self._watchdog = Watchdog(self._timeout, clock)
        self._budget = Budget(self.host, self.port, self._patience(), self.names['timeout'], sleep=sleep, now=now) if bounded else None
        self._session = open_session(POOL_SIZE)

    def hint(self, message):
        """Return a sentence for the user where the value of a secret option is a part of O(message), which we wrote; else C('').

        Ansible shows asterisks there. Who sets a secret to C(secret) has not put in the real one yet, and could not read why.
        """
        for name, text in self._secrets.items():
            if text in message:
                named = next((words for words in (name, 'A credential of this connection', 'What proves who asks') if text not in words), name)
                return (' %s has a value that is also a word of this message, so that Ansible may show asterisks in its place: it looks like a placeholder. '
                        'Put in the real value.' % named)
        return ''

    # -- requests -----------------------------------------------------------------------------------------------------

    def request(self, method, path, *, params=None, data=None, headers=None, repeatable=False, stream=False, max_body=None, accept_status=(200,), write=None,
                retries=None, shown=None):
        """Send one request, repeat it where that is allowed and helps, and return an L(HttpResponse) whose status is accepted.

        :arg path: from the root, begins with C(/). :arg params: query parameters (mapping or pairs). :arg data: body, bytes or text.
        :arg headers: in addition; one that is None is left out.
        :arg repeatable: repeating this is harmless although the method is not GET or HEAD.
        :arg stream: do not read the body; the caller reads HttpResponse.chunks().
        :arg max_body: bytes of the decoded body at which reading stops with an error.
        :arg accept_status: any other status is an HttpStatus error.
        :arg write: count it in C(writes); default: the method is neither GET nor HEAD.
        :arg shown: what messages say in the place of O(path), where that comes from the server.
        :raises Unreachable, TimedOut, CertificateNotTrusted, NotAnApi, HttpStatus, IncompleteError, Busy: see the errors module.
        """
        repeatable = repeatable or method in _REPEATABLE_METHODS
        if isinstance(data, str):
            data = data.encode('utf-8')
        if write is None:
            write = method not in _REPEATABLE_METHODS
        call = _Call(self, method, path, shown or path, params, data, headers, write, stream, max_body, accept_status)
        left = self._retries if retries is None else retries
        place = None
        busy_for = 0.0
        try:
            for attempt in range(left + 1):
                if place is None and self._budget is not None:
                    place = self._budget.take()
                busy_for = self.aftermath()  # also where somebody ends this run while the device works
                response, failure, wait = call.attempt(repeated_statuses(repeatable) if attempt < left else ())
                timed_out = isinstance(failure, TimedOut)
                busy_for = busy_for if timed_out else 0.0
                if response is not None:
                    return response
                if attempt == left or not again(failure, repeatable):
                    raise failure
                delay = pause(attempt, failure) if wait is None else wait
                if place is not None and timed_out:
                    delay = max(delay, busy_for)  # the repeat takes the place of the call that it repeats
                elif place is not None:
                    place.release()
                    place = None
                self._sleep(delay)
            raise AssertionError('unreachable: the last attempt returns or raises')
        finally:
            if place is not None:
                place.release(busy_for)

    def aftermath(self):
        """Return for how many seconds a device may still work on a call whose answer was not waited for any longer.

        Nothing tells when it has finished. Small models take 20 seconds for a full message (PAN-OS facts 2.8), so after another minute it is taken for
        finished, or after as long again as the user waits for an answer, if that is more. Who waits only briefly need not wait so long: three times as
        long again.
        """
        return min(TIMES * self._timeout - self._timeout, max(60.0, self._timeout))

    def _patience(self):
        """Return for how many seconds a call waits while no place changes hands: longer than another one needs that times out and is repeated as often
        as may be.
        """
        return WAIT_TIMES * self._timeout + self._retries * self.aftermath()


class _Call:
    """One request of one L(Http), which can be sent several times."""

    def __init__(self, client, method, path, shown, params, data, headers, write, stream, max_body, accept_status):
        self._http = client
        self._method = method
        self._path = path
        self._params = params
        self._data = data
        self._headers = {name: value for name, value in dict(client._headers, **(headers or {})).items() if value is not None}
        self._write = write
        self._stream = stream
        self._max_body = (MAX_STREAM if stream else MAX_BODY) if max_body is None else max_body
        self._accept_status = accept_status
        self._exchange = Exchange(method, shown, client.where, client.names, client._timeout, client.clean)

    def attempt(self, repeated):
        """Send it once. Return (answer, None, None), or (None, error, seconds to wait before it is sent again or None for the usual ones).

        Nothing is raised while an exception of requests is handled: its context would hold headers with credentials.

        :arg repeated: statuses after which it is sent again, so that nobody reads what the server says with them.
        """
        deadline = Deadline(self._http._watchdog, TIMES * self._http._timeout)
        answer, failure = self._send(deadline)
        if failure is not None:
            return None, failure, None
        status = answer.status_code
        wait = None
        try:
            if 300 <= status < 400:
                raise self._exchange.redirect(status, answer.headers.get('Location', ''))
            if status not in self._accept_status:
                wait = retry_after(answer.headers, None, self._http._now())
                raise self._status_error(answer, None if status in repeated else deadline)
            return self._response(answer, deadline), None, None
        except (TransportError, IncompleteError) as exc:
            answer.close()
            return None, exc, wait

    def _send(self, deadline):
        """Return (answer, None) or (None, error)."""
        client = self._http
        with client._lock:
            client.requests += 1
            client.writes += 1 if self._write else 0
            client.bytes_sent += len(self._data or b'')
        answer = failure = None
        deadline.begin()
        try:
            answer = client._session.request(
                self._method, client.base + self._path, params=self._params, data=self._data, headers=self._headers, stream=True, allow_redirects=False,
                verify=client._verify, proxies=client._proxies, timeout=(min(CONNECT_TIMEOUT, client._timeout), client._timeout))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, http.client.HTTPException) as exc:
            failure = translated(exc, self._method, self._exchange.path, client.where, client.names, client.proxy, min(CONNECT_TIMEOUT, client._timeout),
                                 client._timeout, client.clean)
        finally:
            deadline.end()
        if deadline.expired and deadline.switch is not None:
            if answer is not None:
                answer.close()  # its headers end where the watchdog ended the connection
            return None, self._exchange.too_slow(0)
        return answer, failure

    def _response(self, answer, deadline):
        body = Body(self._exchange, answer, deadline, self._max_body)
        if self._stream:
            deadline.stream(max(TIMES * self._http._timeout, PIECE / self._http._least_rate), self._http._least_rate)
            return HttpResponse(answer.status_code, answer.headers, pieces=self._counted(body, answer), close=answer.close)
        return HttpResponse(answer.status_code, answer.headers, body=b''.join(self._counted(body, answer)))

    def _counted(self, body, answer):
        try:
            yield from body.pieces()
        finally:
            self._count(body)
            answer.close()

    def _status_error(self, answer, deadline):
        """Return the error for a status that was not asked for, with the beginning of what the server says.

        :arg deadline: of the call, or None: nobody reads it. It is not waited for long.
        """
        status = answer.status_code
        text = b''
        if deadline is not None:
            deadline.limit(self._http._timeout)
            with contextlib.suppress(NotAnApi):
                body = Body(self._exchange, answer, deadline, MAX_ERROR_BODY)
                text = self._http.clean.raw(body.start())
                self._count(body)
        return HttpStatus('%s answered %s %s with HTTP %d %s.'
                          % (self._http.where, self._method, self._exchange.path, status, http.client.responses.get(status, '')),
                          status, text, host=self._http.where)

    def _count(self, body):
        with self._http._lock:
            self._http.bytes_received += body.wire
