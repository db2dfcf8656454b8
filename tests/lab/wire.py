# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 on a connected socket: reading one request, writing one answer, cutting it short when told to.

Own code instead of http.server because faults need the bytes: an honest Content-Length over half a body, a chunked
body without its end, a connection reset after the request took effect (RFC 9112 for the framing).
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

from .http import Headers, Request, Response

LINE_LIMIT = 65_536
HEADER_LIMIT = 200
BODY_LIMIT = 64 * 1024 * 1024
HOLD_BACK = 65_536  # bodies from this size on keep their last byte until the request counts as ended
BUFFER = 65_536
REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """The peer does not speak HTTP/1.1 as this server does; carries the status to answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class TooLarge(Exception):
    """The request body is larger than the app takes; carries what is known (the request without body, the size)."""

    def __init__(self, request: Request, size: int) -> None:
        super().__init__(size)
        self.request = request
        self.size = size


class Connection:
    """One client connection: buffered reading, plain writing, hard or soft ending."""

    def __init__(self, sock: socket.socket, peer: tuple) -> None:
        self.sock = sock
        self.peer = peer
        self.busy = False
        self.idle_since = time.monotonic()
        self.reader = sock.makefile("rb", BUFFER)

    def read_request(self, max_body: int = BODY_LIMIT) -> Request | None:
        """The next request, or None when the peer is done. Raises BadRequest, TooLarge, OSError."""
        line = self.reader.readline(LINE_LIMIT)
        if line in (b"\r\n", b"\n"):
            line = self.reader.readline(LINE_LIMIT)
        if not line:
            return None
        self.busy = True
        received = time.monotonic()
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadRequest(400, "malformed request line")
        method, target = words[0].upper(), words[1]
        headers = Headers(self._header_lines())
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True) if parts.query else {}
        request = Request(method, unquote(parts.path), query, headers, b"", self.peer, received, target)
        if words[2] == "HTTP/1.0":
            request.notes["http10"] = True
        request.body = self._read_body(request, headers, min(max_body, BODY_LIMIT))
        return request

    def _header_lines(self) -> Iterator[tuple[str, str]]:
        for _count in range(HEADER_LIMIT):
            line = self.reader.readline(LINE_LIMIT)
            if line in (b"\r\n", b"\n", b""):
                return
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise BadRequest(400, "malformed header")
            yield name, value.strip()
        raise BadRequest(431, "too many headers")

    def _read_body(self, request: Request, headers: Headers, limit: int) -> bytes:
        chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        text = headers.get("Content-Length", "0")
        if not chunked and not text.isdigit():
            raise BadRequest(400, "malformed Content-Length")
        length = 0 if chunked else int(text)
        if length > limit:
            raise TooLarge(request, length)
        if (chunked or length) and headers.get("Expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if chunked:
            return self._read_chunks(request, limit)
        body = self.reader.read(length) if length else b""
        if len(body) != length:
            raise BadRequest(400, "body shorter than announced")
        return body

    def _read_chunks(self, request: Request, limit: int) -> bytes:
        parts = []
        size = 0
        while True:
            try:
                length = int(self.reader.readline(LINE_LIMIT).split(b";")[0], 16)
            except ValueError as error:
                raise BadRequest(400, "malformed chunk") from error
            size += length
            if size > limit:
                raise TooLarge(request, size)
            if not length:
                break
            parts.append(self.reader.read(length))
            self.reader.readline(LINE_LIMIT)
        for _name, _value in self._header_lines():
            pass  # trailer fields
        return b"".join(parts)

    def send(self, data: bytes) -> None:
        """Sends all of it."""
        self.sock.sendall(data)

    def end(self, reset: bool = False, linger: bool = False) -> None:
        """Ends the connection: with a TCP reset, or after reading what the peer still sends (so that it gets the answer)."""
        try:
            if reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif linger:
                self.sock.settimeout(2)
                socket.socket.shutdown(self.sock, socket.SHUT_WR)
                for _block in range(512):
                    if not self.reader.read1(BUFFER):
                        break
        except (OSError, ValueError):
            pass
        self.close()

    def interrupt(self) -> None:
        """Wakes a thread that reads from or writes to this connection; it then ends it."""
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except (OSError, ValueError):
            pass

    def close(self) -> None:
        """Closes the socket."""
        for thing in (self.reader, self.sock):
            try:
                thing.close()
            except (OSError, ValueError):
                pass


def head_of(response: Response, length: int | None, keep: bool) -> bytes:
    """Status line and headers; `length` None means chunked."""
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}"]
    lines.extend(f"{name}: {value}" for name, value in response.headers.items() if name.lower() != "content-length")
    if length is None:
        lines.append("Transfer-Encoding: chunked")
    elif response.status not in (204, 304):
        lines.append(f"Content-Length: {length}")
    if not keep:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def cut(response: Response, keep: float) -> tuple[bytes, int]:
    """The part of a body that is still sent when it is cut, and the length of the whole."""
    body = response.body
    whole = bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else b"".join(body)
    return whole[: int(len(whole) * keep)], len(whole)


def send_response(connection: Connection, response: Response, method: str, keep: bool, sent: Callable[[int], None], ended: Callable[[], None]) -> None:
    """Sends an answer.

    `sent(n)` is called before n body bytes go out and `ended()` before the last of them does, so that a client that has the whole
    answer finds the request logged and no longer counted as in progress.
    """
    body = response.body
    bodyless = method == "HEAD" or response.status in (204, 304)
    if isinstance(body, (bytes, bytearray, memoryview)):
        head = head_of(response, len(body), keep)
        if bodyless:
            body = b""
        sent(len(body))
        if len(body) < HOLD_BACK:
            ended()
            connection.send(head + body)
            return
        view = memoryview(body)
        connection.send(head)
        connection.send(view[:-1])
        ended()
        connection.send(view[-1:])
        return
    fixed = next((value for name, value in response.headers.items() if name.lower() == "content-length"), None)
    connection.send(head_of(response, None if fixed is None else int(fixed), keep))
    if bodyless:
        ended()
        return
    if fixed is not None:
        _send_blocks(connection, body, sent, ended)
        return
    for block in body:
        if block:
            sent(len(block))
            connection.send(b"%x\r\n%b\r\n" % (len(block), block))
    ended()
    connection.send(b"0\r\n\r\n")


def _send_blocks(connection: Connection, blocks, sent: Callable[[int], None], ended: Callable[[], None]) -> None:
    """Blocks under a known Content-Length; the last one goes out after `ended()`."""
    last = b""
    for block in blocks:
        if last:
            connection.send(last)
        sent(len(block))
        last = block
    ended()
    connection.send(last)
