# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that keep a client busy for ever although it never waits long: a limit on each pause does not end them, only one on the whole does.

Everything ends when the client closes, when the lab stops, and at the latest after `most` seconds: no test hangs on it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .http import Response
from .wire import Connection, cut, head_of

MOST = 120.0  # seconds
PARTS = ("body", "head", "all")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# name -> (default arguments, explanation), as in faults.ACTIONS
ACTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "drip": ({"seconds": 1.0, "part": "body", "status": None, "most": MOST},
             "one byte every so many seconds: of the body, of the head (status line and headers; then the body at once), or of all"),
    "drip_headers": ({"seconds": 1.0, "status": None, "most": MOST}, "a header line every so many seconds, without end"),
    "endless_chunks": ({"seconds": 0.05, "keep": 0.0, "status": None, "most": MOST},
                       "a chunked body without end: that share of the real one, then a chunk of one blank every so many seconds"),
    "endless_continue": ({"seconds": 0.05, "most": MOST}, "100 Continue every so many seconds, and never an answer"),
}
Piece = tuple[bytes, int]  # what goes out, and how many bytes of the body that is


def check(action: str, arguments: Mapping[str, Any]) -> None:
    """Checks the arguments of one of ACTIONS. Raises ValueError that names the argument."""
    for name in ("seconds", "most", "keep"):
        value = arguments.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= (1 if name == "keep" else 3600):
            raise ValueError(f"{name} of {action} is a number, {'0 to 1' if name == 'keep' else 'of seconds, 0 to 3600'}, not {value!r}")
    if arguments.get("part", "body") not in PARTS:
        raise ValueError(f"part of {action} is {', '.join(PARTS)}, not {arguments['part']!r}")


def changed(response: Response, arguments: Mapping[str, Any]) -> Response:
    """The answer with the status that the fault gives it."""
    status = arguments.get("status")
    return response if status is None else Response(int(status), response.headers, response.body)


def play(action: str, arguments: Mapping[str, Any], connection: Connection, response: Response, keep: bool,
         wait: Callable[[float], bool], sent: Callable[[int], None], ended: Callable[[], None]) -> bool:
    """Sends an answer that way; True if it came to its end.

    `wait(seconds)` returns True when the lab stops; `sent(n)` and `ended()` are called as in wire.send_response.
    """
    deadline = time.monotonic() + arguments["most"]
    patience = connection.sock.gettimeout()
    connection.sock.settimeout(max(arguments["most"], 0.1))  # for a client that does not read either
    pieces = _PIECES[action](response, arguments, keep)
    piece = next(pieces, None)
    while piece is not None:
        data, body = piece
        piece = next(pieces, None)
        sent(body)
        if piece is None:
            ended()
        connection.send(data)
        if piece is not None and (time.monotonic() >= deadline or wait(arguments["seconds"])):
            return False
    connection.sock.settimeout(patience)
    return True


def _drip(response: Response, arguments: Mapping[str, Any], keep: bool) -> Iterator[Piece]:
    body, length = cut(response, 1)
    head = head_of(response, length, keep)
    for content, size, name in ((head, 0, "head"), (body, 1, "body")):
        if arguments["part"] in (name, "all"):
            yield from ((content[place:place + 1], size) for place in range(len(content)))
        elif content:
            yield content, size * len(content)


def _drip_headers(response: Response, arguments: Mapping[str, Any], keep: bool) -> Iterator[Piece]:
    head = head_of(response, None, keep)
    yield head[:-2], 0
    for number in itertools.count():
        yield b"X-Lab-%d: and so on\r\n" % number, 0


def _endless_chunks(response: Response, arguments: Mapping[str, Any], keep: bool) -> Iterator[Piece]:
    yield head_of(response, None, keep), 0
    part = cut(response, float(arguments["keep"]))[0]
    if part:
        yield b"%x\r\n%b\r\n" % (len(part), part), len(part)
    while True:
        yield b"1\r\n \r\n", 1


def _endless_continue(response: Response, arguments: Mapping[str, Any], keep: bool) -> Iterator[Piece]:
    while True:
        yield CONTINUE, 0


_PIECES: dict[str, Callable[[Response, Mapping[str, Any], bool], Iterator[Piece]]] = {
    "drip": _drip, "drip_headers": _drip_headers, "endless_chunks": _endless_chunks, "endless_continue": _endless_continue,
}
