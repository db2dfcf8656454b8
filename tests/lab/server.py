# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's HTTPS server: one per simulator. It logs, counts, plays faults and refuses writes in read-only mode."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

from . import hostile
from .faults import Fault, Faults, replacement
from .http import App, Request, Response
from .log import RequestLog, redacted
from .wire import BODY_LIMIT, BadRequest, Connection, TooLarge, cut, head_of, send_response

MAX_CONNECTIONS = 128
IDLE_SECONDS = 300.0
GRACE_SECONDS = 1.0
READ_ONLY = "the lab is read-only: this write was refused and recorded as a violation\n"


class HttpsServer:
    """Serves one App over HTTPS (HTTP/1.1, keep-alive) with a bounded number of threads, one per connection.

    tls_context None serves plain HTTP (the lab's control port). `read_only` True refuses every request that the app
    classifies as a write with status 500 and records it in the log's violations.
    """

    def __init__(self, app: App, tls_context: ssl.SSLContext | None, log: RequestLog, faults: Faults,
                 host: str = "127.0.0.1", port: int = 0, max_connections: int = MAX_CONNECTIONS) -> None:
        self.app = app
        self.name = app.name
        self.host = host
        self.port = port
        self.read_only = False
        self._tls = tls_context
        self._log = log
        self._faults = faults
        self._slots = threading.BoundedSemaphore(max_connections)
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._in_progress = 0
        self.max_concurrency = 0
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def bind(self) -> None:
        """Takes the port (0: a free one). Raises OSError where it is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(256)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self.port = listener.getsockname()[1]

    def start(self) -> None:
        """Binds, if not done yet, and serves in the background."""
        if self._listener is None:
            self.bind()
        self._acceptor = threading.Thread(target=self._accept, name=f"lab {self.name} accept", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Ends the listener and all connections and waits for their threads. A request in progress gets GRACE_SECONDS to end."""
        self._stopping.set()
        if self._listener is not None:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
        if self._acceptor is not None:
            self._acceptor.join(5)
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            if not connection.busy:
                connection.interrupt()
        deadline = time.monotonic() + GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for connection in connections:
            connection.interrupt()
        for thread in threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, peer = self._listener.accept()
            except OSError:
                if self._stopping.wait(0.05):
                    return
                continue
            while not self._slots.acquire(timeout=0.05):
                if self._stopping.is_set():
                    sock.close()
                    return
                self._end_longest_idle()
            thread = threading.Thread(target=self._serve, args=(sock, peer), name=f"lab {self.name} connection", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def _end_longest_idle(self) -> None:
        with self._lock:
            idle = [connection for connection in self._connections if not connection.busy]
        if idle:
            min(idle, key=lambda connection: connection.idle_since).interrupt()

    def _serve(self, sock: socket.socket, peer: tuple) -> None:
        connection = None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(IDLE_SECONDS)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            connection = Connection(sock, peer)
            with self._lock:
                self._connections.add(connection)
            if self._tls is not None:
                sock.do_handshake()
            while not self._stopping.is_set() and self._one(connection):
                connection.busy = False
                connection.idle_since = time.monotonic()
        except (OSError, ValueError, AttributeError):
            pass  # the peer went away, did not trust the certificate, or stop() closed the socket under our feet
        finally:
            if connection is not None:
                connection.close()
            else:
                sock.close()
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())
            self._slots.release()

    def _one(self, connection: Connection) -> bool:
        """Serves one request; False ends the connection."""
        try:
            request = connection.read_request(getattr(self.app, "max_body", BODY_LIMIT))
        except BadRequest as error:
            response = Response.text(f"{error}\n", error.status)
            connection.send(head_of(response, len(response.body), False) + response.body)
            connection.end(linger=True)
            return False
        except TooLarge as error:
            return self._refuse_size(connection, error)
        if request is None:
            return False
        with self._lock:
            self._in_progress += 1
            concurrency = self._in_progress
            self.max_concurrency = max(self.max_concurrency, concurrency)
        ended = _Once(self._leave)
        try:
            return self._answer(connection, request, concurrency, ended)
        finally:
            ended()

    def _leave(self) -> None:
        with self._lock:
            self._in_progress -= 1

    def _refuse_size(self, connection: Connection, error: TooLarge) -> bool:
        refuse = getattr(self.app, "too_large", None)
        response = refuse(error.request, error.size) if refuse else Response.text("request body too large\n", 413)
        entry = self._entry(error.request, {"type": "too-large", "write": False}, self._in_progress + 1, None)
        entry["bytes_in"] = error.size
        entry["status"] = None if response is None else response.status
        self._log.add(entry)
        if response is None:
            connection.end()
            return False
        connection.send(head_of(response, len(response.body), False) + response.body)
        connection.end(linger=True)
        return False

    def _entry(self, request: Request, kind: dict[str, Any], concurrency: int, fault: Fault | None) -> dict[str, Any]:
        entry = {
            "sequence": 0, "server": self.name, "method": request.method, "path": request.path, "query": redacted(request.query, self.app.kind),
            "type": None, "write": False, "bytes_in": len(request.body), "bytes_out": 0, "entries": 0, "status": None,
            "concurrency": concurrency, "key_in": None, "duration": 0.0, "fault": fault.action if fault else None,
        }
        entry.update(kind)
        return entry

    def _answer(self, connection: Connection, request: Request, concurrency: int, ended: _Once) -> bool:
        kind = dict(self._guarded(self.app.classify, request) or {"type": "unclassified", "write": False})
        fault = self._faults.take(self.name, request, kind)
        entry = self._entry(request, kind, concurrency, fault)
        action = fault.action if fault else ""
        arguments = fault.arguments if fault else {}
        response = replacement(fault, request, self.app.kind) if fault else None
        if action == "slow" and arguments["when"] == "before":
            if self._stopping.wait(float(arguments["seconds"])):
                return False
        if action != "drop_before" and (response is None or arguments.get("handled")):
            answer = self._handled(request, entry)
            response = answer if response is None else response
            if answer.entries is not None:
                entry["entries"] = answer.entries
        if action == "slow" and arguments["when"] == "after":
            self._stopping.wait(float(arguments["seconds"]))
        entry["duration"] = time.monotonic() - request.received_at
        if action in ("drop_before", "drop_after"):
            self._log.add(entry)
            ended()
            connection.end(reset=bool(arguments["reset"]))
            return False
        if action in hostile.ACTIONS:
            response = hostile.changed(response, arguments)
        entry["status"] = None if action == "endless_continue" else response.status
        self._log.add(entry)
        return self._send(connection, request, response, entry, ended, fault)

    def _handled(self, request: Request, entry: dict[str, Any]) -> Response:
        """The app's answer, or the refusal of a write in read-only mode."""
        if self.read_only and entry["write"]:
            self._log.violation(entry)
            return Response.text(READ_ONLY, 500)
        return self._guarded(self.app.handle, request) or Response.text("the simulator failed, see the lab's standard error\n", 500)

    def _guarded(self, function: Any, request: Request) -> Any:
        """Calls the app; a bug in it is shown on standard error and becomes an answer with status 500, not a dead thread."""
        try:
            return function(request)
        except Exception:  # whatever an app raises, the client gets an answer
            traceback.print_exc(file=sys.stderr)
            return None

    def _send(self, connection: Connection, request: Request, response: Response, entry: dict[str, Any], ended: _Once, fault: Fault | None) -> bool:
        def sent(size: int) -> None:
            entry["bytes_out"] += size

        action = fault.action if fault else ""
        keep = not response.close and request.headers.get("Connection", "").lower() != "close" and "http10" not in request.notes
        if action == "truncate":
            part, length = cut(response, float(fault.arguments["keep"]))
            chunked = fault.arguments["chunked"]
            sent(len(part))
            ended()
            connection.send(head_of(response, None if chunked else length, keep) + (b"%x\r\n%b\r\n" % (len(part), part) if chunked else part))
            connection.end()
            return False
        if action in hostile.ACTIONS:
            whole = hostile.play(action, dict(fault.arguments), connection, response, keep, self._stopping.wait, sent, ended)
            if not (whole and keep):
                connection.end()
            return whole and keep
        if action == "slow" and fault.arguments["when"] == "body":
            response = Response(response.status, response.headers, self._halves(response, float(fault.arguments["seconds"])))
        if action == "truncate_silent":
            response = Response(response.status, response.headers, cut(response, float(fault.arguments["keep"]))[0])
        send_response(connection, response, request.method, keep, sent, ended)
        if not keep:
            connection.end(linger=True)
        return keep

    def _halves(self, response: Response, seconds: float) -> Iterator[bytes]:
        """The body in two blocks with a wait between them."""
        whole = cut(response, 1)[0]
        yield whole[: len(whole) // 2]
        self._stopping.wait(seconds)
        yield whole[len(whole) // 2:]


class _Once:
    """A call that happens at most once."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self) -> None:
        function, self._function = self._function, None
        if function is not None:
            function()
