# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that never pause for long enough to be timed out, and never come to an end."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import ssl
import threading
import time

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_watch import TIMES
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import reply

HEAD = b'HTTP/1.1 200 OK\r\n'
PAUSE = 0.02      # seconds between two drops: far below the read timeout of a second
FAST = 10         # how much faster than ours the clock of deadlines runs: a deadline of four seconds comes after 0.4
FOR_EVER = 10.0   # seconds after which a server gives up, so that no test hangs


def client(wire, **options):
    options = dict({'timeout': 1, 'scheme': 'http', 'names': {'timeout': 'O(pce_timeout)'}, 'clock': lambda: time.monotonic() * FAST}, **options)
    return Http('127.0.0.1', wire.port, sleep=lambda seconds: None, **options)


def drip(start, again, seconds=FOR_EVER):
    """Return what sends O(start), and then O(again) every 20 milliseconds until the other side has gone."""
    def send(connection):
        end = time.monotonic() + seconds
        connection.sendall(start)
        while time.monotonic() < end:
            connection.sendall(again)
            time.sleep(PAUSE)
    return send


@contextlib.contextmanager
def told_soon(*words):
    """A call that ends within its time, and says that the server is too slow and what can be done about it."""
    began = time.monotonic()
    with pytest.raises(errors.TimedOut) as caught:
        yield
    assert time.monotonic() - began < FOR_EVER / 3
    for word in ('answers too slowly', 'O(pce_timeout)') + words:
        assert word in caught.value.message


NEVER_ENDING = {
    'body': drip(HEAD + b'Content-Length: 100000\r\n\r\n', b'x'),
    'body without a length': drip(HEAD + b'Connection: close\r\n\r\n', b'x'),
    'chunks': drip(HEAD + b'Transfer-Encoding: chunked\r\n\r\n', b'1\r\nx\r\n'),
    'size of a chunk': drip(HEAD + b'Transfer-Encoding: chunked\r\n\r\n', b'0'),
    'compressed body': drip(HEAD + b'Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff', b'\0'),
    'headers': drip(HEAD, b'X-A: b\r\n'),
    'one header': drip(HEAD + b'X-A: ', b'b'),
    'status line': drip(b'HTTP/1.1 200 ', b'O'),
    '100 Continue': drip(b'', b'HTTP/1.1 100 Continue\r\n\r\n'),
}


@pytest.mark.parametrize('name', sorted(NEVER_ENDING))
def test_an_answer_without_end_is_ended(serve, name):
    wire = serve(NEVER_ENDING[name])
    http = client(wire, retries=3)
    with told_soon():
        http.request('GET', '/x')
    assert len(wire.seen) == 1, 'the next one would take as long'


@pytest.mark.parametrize('name', ['body', 'body without a length', 'chunks', 'compressed body'])
def test_a_stream_that_only_drips_is_ended(serve, name):
    http = client(serve(NEVER_ENDING[name]), least_rate=1 << 22)
    with http.request('GET', '/x', stream=True) as answer, told_soon():
        b''.join(answer.chunks())


def test_the_body_of_an_error_is_not_waited_for(serve):
    http = client(serve(drip(b'HTTP/1.1 403 X\r\nContent-Length: 100000\r\n\r\nno', b'x')))
    began = time.monotonic()
    with pytest.raises(errors.HttpStatus) as caught:
        http.request('GET', '/x')
    assert caught.value.status == 403 and time.monotonic() - began < FOR_EVER / 3


def test_the_answer_of_a_proxy_is_not_waited_for_either(serve):
    proxy = serve(drip(b'HTTP/1.1 200 OK\r\n', b'X-A: b\r\n'))
    http = client(serve(reply()), scheme='https', proxy='http://127.0.0.1:%d' % proxy.port)
    with told_soon():
        http.request('GET', '/x')


def test_tls_that_never_gets_under_way(serve):
    # a record of TLS that announces 16 KB and comes a byte at a time
    wire = serve(reply(), greeting=drip(b'\x16\x03\x03\x40\0', b'\2'))
    began = time.monotonic()
    with pytest.raises(errors.TransportError):
        client(wire, scheme='https', retries=0).request('GET', '/x')
    assert time.monotonic() - began < FOR_EVER / 3


def test_tls_data_that_drips(serve, tmp_path):
    trustme = pytest.importorskip('trustme')
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / 'ca.pem'))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert('127.0.0.1').configure_cert(context)
    wire = serve(NEVER_ENDING['chunks'], wrap=lambda connection: context.wrap_socket(connection, server_side=True))
    with told_soon():
        client(wire, scheme='https', verify=str(tmp_path / 'ca.pem')).request('GET', '/x')


def test_a_large_stream_over_a_slow_line_passes(serve, monkeypatch):
    """Three times the deadline, at more than the least rate: 80 KB a second as the clock of the deadline sees it."""
    monkeypatch.setattr('ansible_collections.zerotrust.microseg.plugins.module_utils._http_bodies.PIECE', 1 << 14)
    monkeypatch.setattr('ansible_collections.zerotrust.microseg.plugins.module_utils._http.PIECE', 1 << 14)
    size, times = 1 << 14, 60

    def slowly(connection):
        connection.sendall(HEAD + b'Content-Length: %d\r\n\r\n' % (size * times))
        for dummy in range(times):
            connection.sendall(b'x' * size)
            time.sleep(PAUSE)

    with client(serve(slowly)).request('GET', '/x', stream=True) as answer:
        began = time.monotonic()
        assert len(b''.join(answer.chunks())) == size * times
        assert time.monotonic() - began > 2 * TIMES / FAST, 'long enough to prove something'


def test_who_takes_a_stream_slowly_is_not_cut_off(serve):
    http = client(serve(reply(body=b'x' * 3000000)))
    total = 0
    for piece in http.request('GET', '/x', stream=True).chunks():
        total += len(piece)
        time.sleep(0.06)  # 0.7 seconds altogether, where the deadline is 0.4
    assert total == 3000000


def test_others_of_the_same_client_are_not_hurt(serve):
    """The connection of a call that is over is kept for the next one, which is not ended in the place of the first."""
    wire = serve(reply(body=b'ok'))
    http = client(wire)
    for dummy in range(8):
        assert http.request('GET', '/x').body == b'ok'
        time.sleep(0.1)
    assert len({seen.connection for seen in wire.seen}) == 1


def test_one_sick_call_ends_and_its_neighbours_go_on(serve):
    def answer(connection):
        NEVER_ENDING['chunks'](connection)

    sick, healthy = serve(answer), serve(reply(body=b'ok'))
    slow, other = client(sick), client(healthy)
    failed = []

    def call():
        try:
            slow.request('GET', '/x')
        except errors.TimedOut as exc:
            failed.append(exc)

    threads = [threading.Thread(target=call) for dummy in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert other.request('GET', '/x').body == b'ok'
    assert len(failed) == 4


def test_the_watchdog_goes_to_sleep_and_wakes_up(serve, monkeypatch):
    monkeypatch.setattr('ansible_collections.zerotrust.microseg.plugins.module_utils._http_watch._IDLE_TICKS', 1)
    http = client(serve(reply(body=b'ok'), NEVER_ENDING['body']), timeout=0.4)
    http.request('GET', '/x')
    end = time.monotonic() + 5
    while any(thread.name == 'microseg-watchdog' for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(thread.name == 'microseg-watchdog' for thread in threading.enumerate())
    with told_soon():
        http.request('GET', '/x')


def test_no_descriptor_is_left(serve):
    """The second descriptor of a connection goes with the connection."""
    gc.collect()
    before = len(os.listdir('/dev/fd'))
    wire = serve(('close', reply(body=b'ok')))
    http = client(wire)
    for dummy in range(20):
        http.request('GET', '/x')
    del http
    wire.close()
    end = time.monotonic() + 5
    while len(os.listdir('/dev/fd')) > before and time.monotonic() < end:
        gc.collect()
        time.sleep(0.05)
    assert len(os.listdir('/dev/fd')) <= before


def test_redirects_are_not_even_read(serve):
    """requests would read the whole body of a redirect to find out where it leads."""
    http = client(serve(drip(b'HTTP/1.1 302 X\r\nLocation: http://[broken/\r\nContent-Length: 100000\r\n\r\n', b'x')))
    began = time.monotonic()
    with pytest.raises(errors.NotAnApi, match='redirect'):
        http.request('GET', '/x')
    assert time.monotonic() - began < 0.3


def test_sending_is_bounded_too(serve):
    """A server that takes the request a little at a time."""
    server = socket.create_server(('127.0.0.1', 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    done = threading.Event()

    def take():
        connection = server.accept()[0]
        with contextlib.suppress(OSError), connection:
            while not done.wait(PAUSE):
                connection.recv(100)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        http = Http('127.0.0.1', server.getsockname()[1], scheme='http', timeout=1, retries=0, clock=lambda: time.monotonic() * FAST)
        began = time.monotonic()
        with pytest.raises(errors.TransportError):
            http.request('POST', '/x', data=b'x' * 30000000)
        assert time.monotonic() - began < FOR_EVER / 3
    finally:
        done.set()
        server.close()
        thread.join(5)
