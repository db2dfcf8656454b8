# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deadlines of calls: a call that takes too long is ended wherever it waits.

A read timeout only bounds the pause between two pieces of data: a server that sends a byte a second, header after header or C(100 Continue) again and again
passes it for ever. A thread looks at the calls under way once in a while and shuts down the connection of one that is late. Whatever was waiting for it
(the TLS handshake, the CONNECT of a proxy, a line of the headers, a piece of the body) then sees the end of the connection. Nothing is added to single reads,
so it costs nothing that can be measured.

Connecting is not covered: each address is tried for the connect timeout, and the system bounds the resolving of names.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import http.cookiejar
import os
import socket
import threading
import time

from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import requests

TIMES = 4                # times the read timeout: what a call may take altogether, until its headers or, if it is held in memory, its body is there
LEAST_RATE = 16 << 10    # bytes a second, averaged: what a body that is read as it comes needs; 128 kbit/s
_LONGEST_TICK = 1.0      # seconds between two looks
_IDLE_TICKS = 20         # looks without a call under way after which the thread ends

_current = threading.local()  # C(deadline): of the call that this thread is making


class Deadline:
    """What one call may still take. Time counts between L(begin) and L(end) only, so a caller that is slow to take what has come does no harm.

    C(expired): it took longer, and its connection was shut down. What looks like an answer after that is not whole.

    :arg watchdog: the L(Watchdog). :arg seconds: what the call may take. :arg rate: None, or bytes a second: what arrives gives time back, up to O(seconds).
    """

    def __init__(self, watchdog, seconds, rate=None):
        self._watchdog = watchdog
        self._most = self._left = seconds
        self._rate = rate
        self.due = None
        self.expired = False
        self.switch = None

    def limit(self, seconds):
        """Take at most O(seconds) from now on."""
        self._left = min(self._left, seconds)

    def stream(self, seconds, rate):
        """From now on the answer is read as it comes: O(seconds) without pace, then O(rate) bytes a second on average."""
        self._most = self._left = seconds
        self._rate = rate

    def begin(self):
        """The call waits for the server from now on."""
        self.due = self._watchdog.clock() + self._left
        _current.deadline = self
        self._watchdog.add(self)

    def end(self, received=0):
        """It does no longer. :arg received: bytes that came."""
        self._watchdog.remove(self)
        _current.deadline = None
        self._left = self.due - self._watchdog.clock()
        if self._rate:
            self._left = min(self._most, self._left + received / self._rate)

    def holds(self, switch):
        """The call goes over the connection of O(switch)."""
        switch.owner = self
        self.switch = switch
        if self.expired:
            switch.shut()

    def expire(self):
        """End it."""
        self.expired = True
        if self.switch is not None and self.switch.owner is self:  # else the connection has gone on to another call
            self.switch.shut()


class Switch:
    """A second descriptor of a connection, by which another thread ends it. Shutting down works on the connection, whatever wraps the first descriptor."""

    def __init__(self, sock):
        self.owner = None
        self._kind = (sock.family, sock.type, sock.proto)
        self._descriptor = os.dup(sock.fileno())

    def shut(self):
        """End the connection in both directions; no matter how often."""
        sock = socket.socket(*self._kind, fileno=self._descriptor)
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was faster
        finally:
            sock.detach()

    def __del__(self, close=os.close):
        if '_descriptor' in self.__dict__:
            close(self._descriptor)


class Watchdog:
    """Looks after the calls of one client, in a thread that begins with the first and ends some time after the last.

    :arg timeout: the read timeout in seconds. :arg clock: returns monotonic seconds.
    """

    def __init__(self, timeout, clock=time.monotonic):
        self.clock = clock
        self._tick = min(_LONGEST_TICK, timeout / 4)
        self._calls = set()
        self._lock = threading.Lock()
        self._thread = None

    def add(self, deadline):
        """Look after a call."""
        with self._lock:
            self._calls.add(deadline)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name='microseg-watchdog', daemon=True)
                self._thread.start()

    def remove(self, deadline):
        """Do no longer. When this returns, the call has expired or it never will."""
        with self._lock:
            self._calls.discard(deadline)

    def _look(self):
        idle = 0
        while idle < _IDLE_TICKS:
            time.sleep(self._tick)
            with self._lock:
                now = self.clock()
                for deadline in self._calls:
                    if now >= deadline.due:
                        deadline.expire()
                idle = 0 if self._calls else idle + 1
                if idle == _IDLE_TICKS:
                    self._thread = None


class _Watched:
    """Mixed into the classes of connections of urllib3: tells the deadline of a call over which connection it goes, from the first byte on."""

    _switch = None

    def _new_conn(self):
        sock = super()._new_conn()
        self._switch = Switch(sock)
        self._tell()
        return sock

    def putrequest(self, *args, **kwargs):
        """Begin a request, perhaps over a connection that was kept."""
        self._tell()
        return super().putrequest(*args, **kwargs)

    def close(self):
        """Close the connection; an answer that is still being read keeps its own hold of it."""
        super().close()
        self._switch = None

    def _tell(self):
        deadline = getattr(_current, 'deadline', None)
        if deadline is not None and self._switch is not None:
            deadline.holds(self._switch)


def watched(manager):
    """Have every connection that a pool manager of urllib3 makes tell its deadline, and return the manager. Doing so twice is harmless."""
    pools = {}
    for scheme, pool in manager.pool_classes_by_scheme.items():
        if issubclass(pool.ConnectionCls, _Watched):
            return manager
        connection = type('Watched' + pool.ConnectionCls.__name__, (_Watched, pool.ConnectionCls), {})
        pools[scheme] = type('Watched' + pool.__name__, (pool,), {'ConnectionCls': connection})
    manager.pool_classes_by_scheme = pools
    return manager


class _Session(requests.Session if requests is not None else object):
    """A session that does not even look where a redirect leads: for that it would read the whole answer, however long."""

    def get_redirect_target(self, resp):
        """Say that there is none."""
        return None


class _Adapter(requests.adapters.HTTPAdapter if requests is not None else object):
    """An adapter whose connections can be ended at the deadline of a call."""

    def init_poolmanager(self, *args, **kwargs):
        """Prepare for calls without a proxy."""
        super().init_poolmanager(*args, **kwargs)
        watched(self.poolmanager)

    def proxy_manager_for(self, *args, **kwargs):
        """Prepare for calls through a proxy."""
        return watched(super().proxy_manager_for(*args, **kwargs))


def open_session(pool_size):
    """Return a session of requests that takes nothing from the environment, keeps no cookies, and whose calls can be ended.

    :arg pool_size: connections that are kept.
    """
    session = _Session()
    session.trust_env = False
    session.headers.clear()
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
    session.mount('https://', adapter)
    session.mount('http://', adapter)
    return session
