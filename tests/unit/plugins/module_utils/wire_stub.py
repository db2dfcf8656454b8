# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers with the bytes it is told, for tests of the HTTP layer: what a real server never does included."""

from __future__ import annotations

import collections
import contextlib
import socket
import threading

Seen = collections.namedtuple('Seen', 'method target headers body connection')


def reply(status=200, body=b'', reason='X', length=None, **headers):
    """Return the bytes of an answer; O(length) overrides the Content-Length (False: none)."""
    lines = ['HTTP/1.1 %d %s' % (status, reason)]
    lines += ['%s: %s' % (name.replace('_', '-'), value) for name, value in headers.items()]
    if length is not False:
        lines.append('Content-Length: %d' % (len(body) if length is None else length))
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def chunked(pieces, end=b'0\r\n\r\n', **headers):
    """Return the bytes of an answer in chunks; O(end) is how it ends."""
    body = b''.join(b'%x\r\n%s\r\n' % (len(piece), piece) for piece in pieces) + end
    return reply(body=body, length=False, Transfer_Encoding='chunked', **headers)


class Wire:
    """Answers requests one after the other from O(answers): bytes (the connection is kept if they are a whole answer), C(('close', bytes)), or C('drop'),
    or a callable that gets the connection and does with it what it likes.

    The last answer is repeated. C(seen) holds the requests. O(greeting) is sent at once, before any request, or called with the connection.
    O(wrap) gets each connection and returns what to talk over, for TLS.
    """

    def __init__(self, answers=(), greeting=b'', wrap=None):
        self.answers = list(answers)
        self._greeting = greeting
        self._wrap = wrap or (lambda connection: connection)
        self.seen = []
        self._lock = threading.Lock()
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self._connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        number = 0
        while True:
            try:
                connection, dummy = self._socket.accept()
            except OSError:
                return
            number += 1
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        with contextlib.suppress(OSError), self._wrap(connection) as connection, connection.makefile('rb') as stream:
            if callable(self._greeting):
                self._greeting(connection)
                return
            connection.sendall(self._greeting)
            while True:
                first = stream.readline().decode('latin-1').split()
                if not first:
                    return
                headers = {}
                for line in iter(stream.readline, b'\r\n'):
                    name, dummy, value = line.decode('latin-1').partition(':')
                    headers[name.strip().lower()] = value.strip()
                body = stream.read(int(headers.get('content-length', 0)))
                with self._lock:
                    self.seen.append(Seen(first[0], first[1], headers, body, number))
                    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer == 'drop':
                    return
                if answer == 'hang':
                    threading.Event().wait(5)
                    return
                if callable(answer):
                    answer(connection)
                    return
                closing = isinstance(answer, tuple)
                connection.sendall(answer[1] if closing else answer)
                if closing:
                    return

    def close(self):
        """Stop."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would keep the port open
        self._socket.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
