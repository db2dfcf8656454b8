# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that talks HTTP: session, TLS, proxy, timeouts, retries, bounds and redaction.

Rules that hold for every request: C(verify=) is given with each one and C(trust_env) is off, else REQUESTS_CA_BUNDLE and
~/.netrc would override what the user set; no redirect is followed; a body is bounded and either whole or an error;
what the caller calls a secret appears in no message.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import base64
import email.utils
import http.client
import http.cookiejar
import os
import socket
import ssl
import threading
import time
import warnings
import zlib

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import (
    HttpStatus,
    IncompleteError,
    NotAnApi,
    OptionError,
    TimedOut,
    TransportError,
    Unreachable,
)
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_errors import marked, translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import requests, urllib3

USER_AGENT = 'zerotrust.microseg (Ansible)'
CONNECT_TIMEOUT = 10.0     # seconds; a host that does not take a connection in that time is down
MAX_BODY = 64 << 20        # bytes of one decoded answer that is held in memory
MAX_STREAM = 8 << 30       # bytes of one decoded answer that is read as it comes
MAX_ERROR_BODY = 64 << 10  # bytes of an error answer that are kept
MAX_WAIT = 60.0            # seconds that a Retry-After may ask for
POOL_SIZE = 5              # kept connections: nobody makes more than five calls at a time to one device
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)
_PIECE = 1 << 18

RETRIED_ALWAYS = frozenset((
    429,  # rate limit: the request was refused unread, so even a POST may be repeated; a window of a minute wants longer pauses
))
RETRIED_IF_REPEATABLE = frozenset((
    500,  # a PCE gives it during failover
    502,  # a proxy before a PCE whose node restarts
    503,  # service restarts; PAN-OS gives it while its management plane starts
    504,  # a proxy before a slow node
))
_REPEATABLE_METHODS = frozenset(('GET', 'HEAD'))

#: What a caller's options are called, for messages. Each client passes its own.
DEFAULT_NAMES = {'product': 'server', 'host': 'host', 'port': 'port', 'verify': 'verify', 'ca': 'ca', 'timeout': 'timeout', 'retries': 'retries',
                 'proxy': 'proxy'}


class HttpResponse:
    """One answer. C(status), C(headers) (case-insensitive), C(body) (whole, decoded; empty for a stream).

    A stream is read once with L(chunks) and closed by its end, by L(close) or as a context manager.
    """

    def __init__(self, status, headers, body=b'', pieces=None, close=None):
        self.status = status
        self.headers = headers
        self.body = body
        self._pieces = pieces
        self._close = close

    def chunks(self):
        """Yield the decoded body in pieces of bytes.

        :raises IncompleteError: the connection ended before the announced end, or the compressed data is cut off.
        :raises TimedOut: nothing came for the read timeout.
        :raises NotAnApi: the body is an HTML page.
        """
        if self._pieces is None:
            return iter((self.body,))
        return self._pieces

    def close(self):
        """Give up the rest of the answer."""
        if self._close is not None:
            self._close()

    def __enter__(self):
        return self

    def __exit__(self, *dummy):
        self.close()
        return False


class Http:
    """One host over HTTPS with one pooled session; safe for up to five concurrent calls.

    :arg host: name or address, no scheme, no path. :arg port: TCP port.
    :arg verify: True (the CA bundle of requests), False, or the path of a CA file or folder.
    :arg timeout: seconds to wait for data; connecting takes at most 10 of them.
    :arg retries: how often a request is repeated after its first failure, where repeating is harmless.
    :arg proxy: URL, or None for C(https_proxy)/C(all_proxy)/C(no_proxy) of the environment, or C('') for none.
    :arg headers: sent with each request. :arg auth: (user, secret) for HTTP Basic.
    :arg secrets: texts that must appear in no message; the secret of O(auth) and the proxy's password are added.
    :arg names: what the options are called, see DEFAULT_NAMES.
    :arg warn: callable for warnings. :arg sleep: callable that takes seconds. :arg now: callable that returns epoch seconds.
    :raises OptionError: an option makes no sense.

    Counted over the life of the object: C(requests) (tries included), C(writes), C(bytes_sent) and C(bytes_received) (bodies on the wire).
    """

    def __init__(self, host, port=443, *, verify=True, timeout=30.0, retries=3, proxy=None, headers=None, auth=None, secrets=(), names=None,
                 warn=None, sleep=time.sleep, now=time.time, user_agent=USER_AGENT, scheme='https'):
        self.names = dict(DEFAULT_NAMES, **(names or {}))
        self.warn = warn or (lambda text: None)
        self.requests = self.writes = self.bytes_sent = self.bytes_received = 0
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._secrets = [secret for secret in secrets if secret]
        self._headers = {'User-Agent': user_agent, 'Accept-Encoding': 'gzip', 'Accept': '*/*'}
        self._headers.update(headers or {})
        if auth is not None:
            token = base64.b64encode(('%s:%s' % auth).encode('utf-8')).decode('ascii')
            self._headers['Authorization'] = 'Basic ' + token
            self._secrets += [text for text in (auth[1], token) if text]
        self._retries = max(0, int(retries))
        self._timeout = float(timeout)
        if self._timeout <= 0:
            raise OptionError('%s must be more than 0 seconds, got %s.' % (self.names['timeout'], timeout))
        self.host = self._checked_host(host)
        self.port = int(port)
        if not 0 < self.port < 65536:
            raise OptionError('%s must be a TCP port from 1 to 65535, got %s.' % (self.names['port'], port))
        self.where = '%s:%d' % ('[%s]' % self.host if ':' in self.host else self.host, self.port)
        self.base = '%s://%s' % (scheme, self.where)
        self._verify = self._checked_verify(verify)
        self._proxies = self._checked_proxy(proxy)
        self._session = self._open_session()

    # -- options ------------------------------------------------------------------------------------------------------

    def _checked_host(self, host):
        text = (host or '').strip()
        if text.startswith('[') and text.endswith(']'):
            text = text[1:-1]
        if not text or any(char in text for char in '/@?#\\ ') or (':' in text and text.count(':') < 2):
            raise OptionError('%s must be a host name or an address without https://, port or path, got "%s".' % (self.names['host'], host))
        return text

    def _checked_verify(self, verify):
        if verify is True or verify is False:
            if verify is False:
                warnings.simplefilter('ignore', urllib3.exceptions.InsecureRequestWarning)
            return verify
        path = os.path.expanduser(str(verify))
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            if os.path.isdir(path):
                os.listdir(path)
                context.load_verify_locations(capath=path)
            else:
                context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as exc:
            why = exc.strerror if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) else 'it holds no certificate in PEM form'
            raise OptionError('%s: cannot use the CA file %s: %s.' % (self.names['ca'], path, why or exc)) from exc
        return path

    def _checked_proxy(self, proxy):
        if proxy is None:
            found = requests.utils.get_environ_proxies(self.base)
            chosen = requests.utils.select_proxy(self.base, found)
        else:
            chosen = proxy.strip()
        if not chosen:
            self.proxy = None
            return {}
        if '://' not in chosen:
            chosen = 'http://' + chosen
        parts = urllib3.util.parse_url(chosen)
        if parts.auth:
            self._secrets += [text for text in (parts.auth, parts.auth.partition(':')[2]) if text]
        self.proxy = '%s://%s%s' % (parts.scheme, parts.host, ':%d' % parts.port if parts.port else '')
        return {'http': chosen, 'https': chosen}

    def _open_session(self):
        session = requests.Session()
        session.trust_env = False
        session.headers.clear()
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=0)
        session.mount('https://', adapter)
        session.mount('http://', adapter)
        return session

    # -- requests -----------------------------------------------------------------------------------------------------

    def request(self, method, path, *, params=None, data=None, headers=None, repeatable=False, stream=False, max_body=None, accept_status=(200,), write=None,
                retries=None):
        """Send one request, repeat it where that is allowed and helps, and return an L(HttpResponse) whose status is accepted.

        :arg path: from the root, begins with C(/). :arg params: query parameters (mapping or pairs). :arg data: body, bytes or text.
        :arg repeatable: repeating this is harmless although the method is not GET or HEAD.
        :arg stream: do not read the body; the caller reads HttpResponse.chunks().
        :arg max_body: bytes of the decoded body at which reading stops with an error.
        :arg accept_status: any other status is an HttpStatus error.
        :arg write: count it in C(writes); default: the method is neither GET nor HEAD.
        :raises Unreachable, TimedOut, CertificateNotTrusted, NotAnApi, HttpStatus, IncompleteError: see the errors module.
        """
        repeatable = repeatable or method in _REPEATABLE_METHODS
        if isinstance(data, str):
            data = data.encode('utf-8')
        if write is None:
            write = method not in _REPEATABLE_METHODS
        left = self._retries if retries is None else retries
        for attempt in range(left + 1):
            last = attempt == left
            answer = None
            try:
                answer = self._send(method, path, params, data, headers, write)
                status = answer.status_code
                if status not in accept_status and not last and (status in RETRIED_ALWAYS or (repeatable and status in RETRIED_IF_REPEATABLE)):
                    delay = retry_after(answer.headers, self._delay(attempt) * (4 if status == 429 else 1), self._now())
                    answer.close()
                else:
                    return self._checked_answer(method, path, answer, accept_status, stream, max_body)
            except TransportError as exc:
                again = isinstance(exc, (Unreachable, TimedOut)) and (repeatable or getattr(exc, 'unsent', False))
                if last or not again:
                    raise
                delay = self._delay(attempt)
            except IncompleteError as exc:
                if last or not repeatable or getattr(exc, 'too_large', False):
                    raise
                delay = self._delay(attempt)
            self._sleep(delay)
        raise AssertionError('unreachable: the last attempt returns or raises')

    def _send(self, method, path, params, data, headers, write):
        with self._lock:
            self.requests += 1
            self.writes += 1 if write else 0
            self.bytes_sent += len(data or b'')
        try:
            return self._session.request(
                method, self.base + path, params=params, data=data, headers=dict(self._headers, **(headers or {})), stream=True, allow_redirects=False,
                verify=self._verify, proxies=self._proxies, timeout=(min(CONNECT_TIMEOUT, self._timeout), self._timeout))
        except requests.exceptions.RequestException as exc:
            raise self._translated(exc, method, path) from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError, http.client.HTTPException) as exc:
            raise self._translated(exc, method, path) from None

    def _checked_answer(self, method, path, answer, accept_status, stream, max_body):
        status = answer.status_code
        if 300 <= status < 400:
            answer.close()
            target = self._clean(answer.headers.get('Location', '').partition('?')[0])[:200]
            raise NotAnApi('%s answered %s %s with HTTP %d%s. An API does not redirect: check %s and %s.'
                           % (self.where, method, path, status, ', a redirect to ' + target if target else '', self.names['host'], self.names['port']),
                           status=status)
        if status not in accept_status:
            raise self._status_error(method, path, answer)
        pieces = self._pieces(method, path, answer, (MAX_STREAM if stream else MAX_BODY) if max_body is None else max_body)
        if stream:
            return HttpResponse(status, answer.headers, pieces=pieces, close=answer.close)
        return HttpResponse(status, answer.headers, body=b''.join(pieces))

    def _status_error(self, method, path, answer):
        try:
            body = next(self._pieces(method, path, answer, MAX_ERROR_BODY, cut=True), b'')
        except (TransportError, IncompleteError):
            body = b''
        finally:
            answer.close()
        for secret in self._secrets:
            body = body.replace(secret.encode('utf-8'), b'***')
        status = answer.status_code
        return HttpStatus('%s answered %s %s with HTTP %d %s.' % (self.where, method, path, status, http.client.responses.get(status, '')),
                          status, body, host=self.where)

    # -- bodies -------------------------------------------------------------------------------------------------------

    def _pieces(self, method, path, answer, limit, cut=False):
        """Yield the decoded body: at least one piece unless it is empty; with O(cut), one piece of at most O(limit) bytes."""
        raw = answer.raw
        html = 'html' in answer.headers.get('Content-Type', '').lower()
        encoding = answer.headers.get('Content-Encoding', '').strip().lower()
        if encoding not in ('', 'identity', 'gzip', 'x-gzip'):
            answer.close()
            raise NotAnApi('%s answered %s %s in the encoding "%s", which nobody asked for.' % (self.where, method, path, self._clean(encoding[:40])))
        inflate = zlib.decompressobj(31) if 'gzip' in encoding else None
        announced = answer.headers.get('Content-Length', '').strip()
        announced = int(announced) if announced.isdigit() and 'chunked' not in answer.headers.get('Transfer-Encoding', '').lower() else None
        wire = total = 0
        try:
            while True:
                data = raw.read(_PIECE, decode_content=False)
                wire += len(data)
                for piece in (data,) if inflate is None else _inflated(inflate, data):
                    if not piece:
                        continue
                    if cut:
                        yield piece[:limit]
                        return
                    if not total and _is_html(piece, html):
                        raise self._html(method, path, answer.status_code)
                    total += len(piece)
                    if total > limit:
                        raise marked(IncompleteError('The answer of %s to %s %s is larger than %d bytes: reading was stopped.'
                                                     % (self.where, method, path, limit)), too_large=True)
                    yield piece
                if not data:
                    break
            if html and not total and not cut:
                raise self._html(method, path, answer.status_code)
            if (announced is not None and wire != announced) or (inflate is not None and wire and not inflate.eof):
                raise self._cut_off(method, path, wire, announced)
        except (urllib3.exceptions.ReadTimeoutError, socket.timeout):
            raise TimedOut('%s sent nothing more for %g seconds in its answer to %s %s (%d bytes had come). Try again, or raise %s.'
                           % (self.where, self._timeout, method, path, wire, self.names['timeout'])) from None
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, zlib.error):
            raise self._cut_off(method, path, wire, announced) from None
        finally:
            with self._lock:
                self.bytes_received += wire
            answer.close()

    def _cut_off(self, method, path, wire, announced):
        return IncompleteError('The answer of %s to %s %s was cut off or damaged after %d%s bytes. Try again; nothing was concluded from it.'
                               % (self.where, method, path, wire, '' if announced is None else ' of %d' % announced))

    def _html(self, method, path, status):
        return NotAnApi('%s answered %s %s with an HTML page (HTTP %d), so this is not the API of the %s: a login page, a proxy or another server. '
                        'Check %s and %s.'
                        % (self.where, method, path, status, self.names['product'], self.names['host'], self.names['port']), status=status)

    # -- waiting ------------------------------------------------------------------------------------------------------

    def _delay(self, attempt):
        return _BACK_OFF[min(attempt, len(_BACK_OFF) - 1)]

    # -- errors -------------------------------------------------------------------------------------------------------

    def _clean(self, text):
        for secret in self._secrets:
            text = text.replace(secret, '***')
        return text

    def _translated(self, exc, method, path):
        return translated(exc, method, path, self.where, self.names, self.proxy, min(CONNECT_TIMEOUT, self._timeout), self._timeout, self._clean)


def retry_after(headers, default, now):
    """Return the seconds that a C(Retry-After) header asks for (a number or an HTTP date), bounded to 60, else O(default).

    :arg headers: case-insensitive mapping. :arg now: epoch seconds.
    """
    text = (headers.get('Retry-After') or '').strip()
    if not text:
        return default
    if text.isdigit():
        return min(float(text), MAX_WAIT)
    try:
        return min(max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0), MAX_WAIT)
    except (TypeError, ValueError, OverflowError):
        return default


def _inflated(inflate, data):
    """Yield what one piece of compressed bytes becomes, at most a megabyte at a time: a small piece can hold a gigabyte."""
    if data and inflate.eof:
        raise zlib.error('data after the end')
    yield inflate.decompress(data, 4 * _PIECE)
    while inflate.unconsumed_tail:
        yield inflate.decompress(inflate.unconsumed_tail, 4 * _PIECE)
    if inflate.unused_data:
        raise zlib.error('data after the end')


def _is_html(data, announced):
    """Whether a body that begins with O(data) is a page for people; O(announced): its content type says so."""
    start = data[:1024].lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    if announced:
        return not start.startswith((b'{', b'[', b'<response')) and not (start.startswith(b'<?xml') and b'<html' not in start)
    return start.startswith((b'<!doctype html', b'<html')) or (start.startswith(b'<?xml') and b'<html' in start)
