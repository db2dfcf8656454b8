# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of answers: inflated, bounded, and either whole or an error.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import http.client
import socket
import zlib

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, NotAnApi, TimedOut, marked
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import urllib3

PIECE = 1 << 18


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
        :raises TimedOut: nothing came for the read timeout, or too little for too long.
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


class Exchange:
    """What messages about one request need: C(method), C(path), C(where) (C(host:port)), C(names) (what options are called), C(timeout), C(clean)."""

    def __init__(self, method, path, where, names, timeout, clean):
        self.method = method
        self.path = path
        self.where = where
        self.names = names
        self.timeout = timeout
        self.clean = clean

    def too_slow(self, wire):
        """Return the error for an answer that was ended at its deadline. Such a call is not repeated: the next one would take as long."""
        return marked(TimedOut('%s answers too slowly: its answer to %s %s was still not whole when its time was over (%d bytes had come). Look at the load of '
                               'the server and at the network in between, or raise %s.'
                               % (self.where, self.method, self.path, wire, self.names['timeout']), host=self.where), again=False)

    def silent(self, wire):
        """Return the error for an answer in which nothing came any more."""
        return TimedOut('%s sent nothing more for %g seconds in its answer to %s %s (%d bytes had come). Try again, or raise %s.'
                        % (self.where, self.timeout, self.method, self.path, wire, self.names['timeout']), host=self.where)

    def cut_off(self, wire, announced):
        """Return the error for a body that is not whole."""
        return IncompleteError('The answer of %s to %s %s was cut off or damaged after %d%s bytes. Try again; nothing was concluded from it.'
                               % (self.where, self.method, self.path, wire, '' if announced is None else ' of %d' % announced))

    def too_large(self, limit):
        """Return the error for a body without end."""
        return marked(IncompleteError('The answer of %s to %s %s is larger than %d bytes: reading was stopped.'
                                      % (self.where, self.method, self.path, limit)), too_large=True)

    def html(self, status):
        """Return the error for a page for people."""
        return NotAnApi('%s answered %s %s with an HTML page (HTTP %d), so this is not the API of the %s: a login page, a proxy or another server. '
                        'Check %s and %s.'
                        % (self.where, self.method, self.path, status, self.names['product'], self.names['host'], self.names['port']), status=status)

    def redirect(self, status, target):
        """Return the error for an answer that names another place. :arg target: its C(Location)."""
        target = self.clean(target.partition('?')[0])[:200]
        return NotAnApi('%s answered %s %s with HTTP %d%s. An API does not redirect: check %s and %s.'
                        % (self.where, self.method, self.path, status, ', a redirect to ' + target if target else '', self.names['host'], self.names['port']),
                        status=status)

    def encoding(self, name):
        """Return the error for an encoding that nobody asked for."""
        return NotAnApi('%s answered %s %s in the encoding "%s", which nobody asked for.' % (self.where, self.method, self.path, self.clean(name)[:40]))


class Body:
    """The body of one answer of requests, read once. C(wire): bytes that came.

    :arg exchange: the L(Exchange). :arg answer: the Response. :arg deadline: the Deadline of the call. :arg limit: bytes, decoded, at which reading stops.
    :raises NotAnApi: its encoding is none that was asked for.
    """

    def __init__(self, exchange, answer, deadline, limit):
        self.wire = 0
        self._exchange = exchange
        self._answer = answer
        self._deadline = deadline
        self._limit = limit
        self._html = 'html' in answer.headers.get('Content-Type', '').lower()
        encoding = answer.headers.get('Content-Encoding', '').strip().lower()
        if encoding not in ('', 'identity', 'gzip', 'x-gzip'):
            answer.close()
            raise exchange.encoding(encoding)
        self._inflate = zlib.decompressobj(31) if 'gzip' in encoding else None
        chunked = 'chunked' in answer.headers.get('Transfer-Encoding', '').lower()
        self._announced = None if chunked else number(answer.headers.get('Content-Length'))

    def pieces(self):
        """Yield the decoded body; nothing if it is empty. :raises IncompleteError, TimedOut, NotAnApi: see HttpResponse.chunks."""
        exchange = self._exchange
        total = 0
        while True:
            data, failure = self._read()
            if failure is not None:
                raise failure
            try:
                for piece in (data,) if self._inflate is None else _inflated(self._inflate, data):
                    if not piece:
                        continue
                    if not total and _is_html(piece, self._html):
                        raise exchange.html(self._answer.status_code)
                    total += len(piece)
                    if total > self._limit:
                        raise exchange.too_large(self._limit)
                    yield piece
            except zlib.error:
                raise exchange.cut_off(self.wire, self._announced) from None
            if not data:
                break
        if self._html and not total:
            raise exchange.html(self._answer.status_code)
        if (self._announced is not None and self.wire != self._announced) or (self._inflate is not None and self.wire and not self._inflate.eof):
            raise exchange.cut_off(self.wire, self._announced)

    def start(self):
        """Return the first bytes of the decoded body, whatever they are: of an error that is all that anybody reads."""
        data, failure = self._read()
        try:
            return b'' if failure is not None else (data if self._inflate is None else next(_inflated(self._inflate, data)))[:self._limit]
        except zlib.error:
            return b''

    def _read(self):
        """Return (the next bytes, None), or (None, what went wrong)."""
        data = failure = None
        self._deadline.begin()
        try:
            data = self._answer.raw.read(PIECE, decode_content=False)
        except (urllib3.exceptions.ReadTimeoutError, socket.timeout):
            failure = self._exchange.silent(self.wire)
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError, OverflowError):
            failure = self._exchange.cut_off(self.wire, self._announced)  # ValueError: the size of a chunk is no number, or a negative one
        finally:
            self._deadline.end(len(data or b''))
        self.wire += len(data or b'')
        if self._deadline.expired:
            return None, self._exchange.too_slow(self.wire)  # the end that was read is the one that the watchdog made
        return data, failure


def number(text):
    """Return a header's text as a number, or None where it is none: C(int) also takes digits of other alphabets, and refuses very long ones."""
    text = (text or '').strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _inflated(inflate, data):
    """Yield what one piece of compressed bytes becomes, at most a megabyte at a time: a small piece can hold a gigabyte."""
    if data and inflate.eof:
        raise zlib.error('data after the end')
    yield inflate.decompress(data, 4 * PIECE)
    while inflate.unconsumed_tail:
        yield inflate.decompress(inflate.unconsumed_tail, 4 * PIECE)
    if inflate.unused_data:
        raise zlib.error('data after the end')


def _is_html(data, announced):
    """Whether a body that begins with O(data) is a page for people; O(announced): its content type says so."""
    start = data[:1024].lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    if announced:
        return not start.startswith((b'{', b'[', b'<response')) and not (start.startswith(b'<?xml') and b'<html' not in start)
    return start.startswith((b'<!doctype html', b'<html')) or (start.startswith(b'<?xml') and b'<html' in start)
