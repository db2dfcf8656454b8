# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import threading

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import MAX_WAIT, Http, retry_after
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import Wire, chunked, reply

SECRET = 'pa$$word/with+signs'


def client(wire, slept=None, **options):
    options.setdefault('timeout', 5)
    return Http('127.0.0.1', wire.port, scheme='http', sleep=(slept if slept is not None else []).append, **options)


# -- what comes back ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('answer', [
    reply(body=b'[1]'),
    chunked([b'[', b'1', b']']),
    reply(body=gzip.compress(b'[1]'), Content_Encoding='gzip'),
    chunked([gzip.compress(b'[1]')], Content_Encoding='gzip'),
    ('close', reply(body=b'[1]', length=False)),
], ids=['length', 'chunked', 'gzip', 'gzip chunked', 'until close'])
@pytest.mark.parametrize('stream', [False, True])
def test_whole_bodies(serve, answer, stream):
    http = client(serve(answer))
    found = http.request('GET', '/x', stream=stream)
    assert (b''.join(found.chunks()) if stream else found.body) == b'[1]'
    assert found.status == 200
    assert http.requests == 1 and http.writes == 0
    if not stream:
        assert b''.join(found.chunks()) == b'[1]'


def test_large_gzip_body_is_inflated_in_pieces(serve):
    big = b'0' * (5 << 20)
    http = client(serve(reply(body=gzip.compress(big), Content_Encoding='gzip')))
    sizes = [len(piece) for piece in http.request('GET', '/x', stream=True).chunks()]
    assert sum(sizes) == len(big) and max(sizes) <= 1 << 20
    assert http.bytes_received < 100000


@pytest.mark.parametrize('answer', [
    ('close', reply(body=b'[1,2', length=100)),
    ('close', chunked([b'[1,2'], end=b'')),
    ('close', chunked([b'[1,2'], end=b'5\r\nab')),
    reply(body=gzip.compress(b'[1,2,3]')[:-9], Content_Encoding='gzip'),
    chunked([gzip.compress(b'[1,2,3]' * 100)[:-12]], Content_Encoding='gzip'),
    reply(body=b'this is not gzip', Content_Encoding='gzip'),
    reply(body=gzip.compress(b'[1]') + b'more', Content_Encoding='gzip'),
], ids=['short', 'no last chunk', 'cut in a chunk', 'gzip cut', 'gzip cut chunked', 'no gzip', 'more than gzip'])
@pytest.mark.parametrize('stream', [False, True])
def test_cut_off_bodies_are_errors(serve, answer, stream):
    http = client(serve(answer), retries=0)
    with pytest.raises(errors.IncompleteError, match='cut off or damaged'):
        b''.join(http.request('GET', '/x', stream=stream).chunks())


def test_a_cut_off_answer_is_asked_for_again(serve):
    slept = []
    wire = serve(('close', reply(body=b'[1', length=3)), reply(body=b'[1]'))
    assert client(wire, slept).request('GET', '/x').body == b'[1]'
    assert len(wire.seen) == 2 and slept == [0.5]


@pytest.mark.parametrize('stream', [False, True])
def test_bodies_are_bounded(serve, stream):
    wire = serve(reply(body=gzip.compress(b'0' * 3000000), Content_Encoding='gzip'))
    with pytest.raises(errors.IncompleteError, match='larger than 1000000 bytes'):
        b''.join(client(wire).request('GET', '/x', stream=stream, max_body=1000000).chunks())
    assert len(wire.seen) == 1


@pytest.mark.parametrize('answer', [
    reply(302, Location='https://login.example.com/sso?token=abc'),
    reply(body=b'<!DOCTYPE html><title>Login</title>'),
    reply(body=b'  \n<HTML>'),
    reply(body=b'<p>hello', Content_Type='text/html; charset=utf-8'),
    reply(body=b'', Content_Type='text/html'),
    reply(body=b'<?xml version="1.0"?><html xmlns="x">'),
    reply(body=b'[1]', Content_Encoding='br'),
], ids=['redirect', 'doctype', 'html', 'content type', 'empty page', 'xhtml', 'encoding'])
@pytest.mark.parametrize('stream', [False, True])
def test_not_an_api(serve, answer, stream):
    wire = serve(answer)
    with pytest.raises(errors.NotAnApi) as caught:
        b''.join(client(wire).request('GET', '/x', stream=stream).chunks())
    assert len(wire.seen) == 1
    assert 'token' not in str(caught.value)


@pytest.mark.parametrize('body', [b'<response status="success"/>', b'<?xml version="1.0"?>\n<response/>', b'{}', b'[]'])
def test_an_answer_of_an_api_with_the_wrong_type_passes(serve, body):
    assert client(serve(reply(body=body, Content_Type='text/html'))).request('GET', '/x').body == body


def test_accepted_statuses_and_others(serve):
    wire = serve(reply(202, Location='/x'), reply(404, body=b'{"why": "%s"}' % SECRET.encode()))
    http = client(wire, auth=('user', SECRET))
    assert http.request('GET', '/x', accept_status=(200, 202)).headers['location'] == '/x'
    with pytest.raises(errors.HttpStatus) as caught:
        http.request('GET', '/x')
    assert caught.value.status == 404 and caught.value.body == b'{"why": "***"}'
    assert wire.seen[0].connection == wire.seen[1].connection


# -- repeating ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('first, method, options, expected', [
    (reply(503), 'GET', {}, [0.5]),
    (reply(500), 'GET', {}, [0.5]),
    (reply(502), 'GET', {}, [0.5]),
    (reply(504), 'GET', {}, [0.5]),
    (reply(429), 'GET', {}, [2.0]),
    (reply(429, Retry_After='7'), 'GET', {}, [7.0]),
    (reply(503, Retry_After='100000'), 'GET', {}, [MAX_WAIT]),
    (reply(503, Retry_After='soon'), 'GET', {}, [0.5]),
    (reply(429), 'POST', {}, [2.0]),
    (reply(503), 'POST', {'repeatable': True}, [0.5]),
    ('drop', 'GET', {}, [0.5]),
    ('drop', 'POST', {'repeatable': True}, [0.5]),
], ids=str)
def test_what_is_repeated(serve, first, method, options, expected):
    slept = []
    wire = serve(first, reply(body=b'ok'))
    http = client(wire, slept)
    assert http.request(method, '/x', data='body' if method == 'POST' else None, **options).body == b'ok'
    assert slept == expected and len(wire.seen) == 2 == http.requests


@pytest.mark.parametrize('first, method, error', [
    (reply(503), 'POST', errors.HttpStatus),
    ('drop', 'POST', errors.Unreachable),
    (reply(400), 'GET', errors.HttpStatus),
    (reply(401), 'GET', errors.HttpStatus),
    (reply(403), 'GET', errors.HttpStatus),
    (reply(404), 'GET', errors.HttpStatus),
    (reply(501), 'GET', errors.HttpStatus),
], ids=str)
def test_what_is_not_repeated(serve, first, method, error):
    wire = serve(first, reply(body=b'ok'))
    with pytest.raises(error):
        client(wire).request(method, '/x', data=b'x')
    assert len(wire.seen) == 1


def test_repeating_ends(serve):
    slept = []
    wire = serve(reply(503, body=b'busy'))
    with pytest.raises(errors.HttpStatus) as caught:
        client(wire, slept, retries=3).request('GET', '/x')
    assert slept == [0.5, 1.0, 2.0] and len(wire.seen) == 4 and caught.value.body == b'busy'


def test_a_connection_that_was_never_made_is_tried_again_even_for_a_post(serve):
    slept = []
    wire = serve(reply())
    wire.close()
    with pytest.raises(errors.Unreachable, match='refused'):
        client(wire, slept, retries=2).request('POST', '/x', data=b'x')
    assert slept == [0.5, 1.0]


@pytest.mark.parametrize('stream', [False, True])
def test_read_timeout(serve, stream):
    wire = serve('hang')
    http = client(wire, timeout=0.2, retries=0, names={'timeout': 'pce_timeout'})
    with pytest.raises(errors.TimedOut, match='raise pce_timeout'):
        http.request('GET', '/x', stream=stream)


@pytest.mark.parametrize('text, expected', [
    ('', 3.0), ('0', 0.0), ('12', 12.0), ('61', 60.0), ('-1', 3.0), ('x', 3.0), ('1.5', 3.0),
    ('Thu, 01 Jan 1970 00:00:20 GMT', 10.0), ('Thu, 01 Jan 1970 00:00:05 GMT', 0.0), ('Fri, 02 Jan 1970 00:00:05 GMT', 60.0),
])
def test_retry_after(text, expected):
    assert retry_after({'Retry-After': text}, 3.0, 10.0) == expected


# -- what is sent ---------------------------------------------------------------------------------------------------------

def test_request_line_headers_and_counts(serve):
    wire = serve(reply(body=b'ok'))
    http = client(wire, auth=('user', SECRET), headers={'Accept': 'application/json'})
    http.request('POST', '/x/y', params={'a': 'b c', 'd': '["/e"]'}, data='caf\u00e9', headers={'X-Extra': '1'})
    http.request('POST', '/read', data=b'', write=False)
    seen = wire.seen[0]
    assert (seen.method, seen.target) == ('POST', '/x/y?a=b+c&d=%5B%22%2Fe%22%5D')
    assert seen.body == 'caf\u00e9'.encode()
    assert seen.headers['authorization'].startswith('Basic ')
    assert seen.headers['accept'] == 'application/json' and seen.headers['accept-encoding'] == 'gzip' and seen.headers['x-extra'] == '1'
    assert (http.requests, http.writes, http.bytes_sent, http.bytes_received) == (2, 1, 5, 4)


def test_environment_does_not_override_options(serve, monkeypatch, tmp_path):
    netrc = tmp_path / 'netrc'
    netrc.write_text('machine 127.0.0.1 login somebody password else\n')
    monkeypatch.setenv('NETRC', str(netrc))
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', str(tmp_path / 'missing.pem'))
    wire = serve(reply(body=b'ok', Set_Cookie='session=1'))
    http = client(wire)
    http.request('GET', '/x')
    http.request('GET', '/x')
    assert all('authorization' not in seen.headers and 'cookie' not in seen.headers for seen in wire.seen)


@pytest.mark.parametrize('variables, option, proxied', [
    ({}, 'option', True),
    ({'http_proxy': 'env'}, None, True),
    ({'http_proxy': 'env', 'no_proxy': '127.0.0.1'}, None, False),
    ({'http_proxy': 'env'}, '', False),
    ({'http_proxy': 'env'}, 'none', False),
    ({'http_proxy': 'env', 'no_proxy': '*'}, 'option', True),
    ({}, None, False),
], ids=str)
def test_proxy(serve, monkeypatch, variables, option, proxied):
    proxy, wire = serve(reply(body=b'proxy')), serve(reply(body=b'direct'))
    url = 'http://user:%s@127.0.0.1:%d' % ('hidden', proxy.port)
    for name, value in variables.items():
        monkeypatch.setenv(name, url if value == 'env' else value)
    http = client(wire, proxy=url if option == 'option' else option)
    assert http.request('GET', '/x').body == (b'proxy' if proxied else b'direct')
    if proxied:
        assert proxy.seen[0].headers['proxy-authorization'].startswith('Basic ')
        assert http.proxy == 'http://127.0.0.1:%d' % proxy.port


def test_a_dead_proxy_is_named_without_its_password(serve):
    wire, proxy = serve(reply()), serve(reply())
    proxy.close()
    http = client(wire, proxy='http://user:hidden@127.0.0.1:%d' % proxy.port, retries=0, names={'proxy': 'pce_proxy'})
    with pytest.raises(errors.Unreachable, match='pce_proxy') as caught:
        http.request('GET', '/x')
    assert 'hidden' not in str(caught.value)


def test_no_secret_in_any_message(serve):
    wire = serve(reply(302, Location='https://example.com/%s/x' % SECRET), reply(403, body=SECRET.encode()),
                 reply(200, body=b'', Content_Encoding=SECRET.lower()), 'drop')
    http = client(wire, auth=('user', SECRET), secrets={'O(secret)': SECRET.lower()}, retries=0)
    for dummy in range(4):
        with pytest.raises(errors.MicrosegError) as caught:
            http.request('GET', '/x', params={'key': SECRET})
        told = '%s %s %s' % (caught.value, caught.value.details, getattr(caught.value, 'body', ''))
        assert SECRET not in told and SECRET.lower() not in told
        assert caught.value.__cause__ is None


@pytest.mark.parametrize('options, name', [
    ({'host': 'https://pce.example.com'}, 'pce_hostname'),
    ({'host': 'pce.example.com:8443'}, 'pce_hostname'),
    ({'host': 'pce.example.com/api'}, 'pce_hostname'),
    ({'host': 'user@pce'}, 'pce_hostname'),
    ({'host': ''}, 'pce_hostname'),
    ({'port': 0}, 'pce_port'),
    ({'port': 70000}, 'pce_port'),
    ({'timeout': 0}, 'pce_timeout'),
    ({'verify': '/missing/ca.pem'}, 'pce_tls_ca'),
    ({'verify': __file__}, 'pce_tls_ca'),
])
def test_senseless_options(options, name):
    names = {'host': 'pce_hostname', 'port': 'pce_port', 'timeout': 'pce_timeout', 'ca': 'pce_tls_ca'}
    with pytest.raises(errors.OptionError, match=name):
        Http(**dict({'host': 'pce', 'names': names}, **options))


@pytest.mark.parametrize('host, where', [
    ('2001:db8::1', '[2001:db8::1]:443'), ('[2001:db8::1]', '[2001:db8::1]:443'), ('pce.example.com', 'pce.example.com:443'),
])
def test_hosts(host, where):
    assert Http(host).where == where


@pytest.mark.parametrize('host, port', [('name.invalid', 443), ('127.0.0.1', 1)])
def test_unreachable(host, port):
    with pytest.raises(errors.Unreachable, match='Cannot reach .*Check pce_hostname'):
        Http(host, port, retries=0, timeout=2, names={'host': 'pce_hostname'}).request('GET', '/x')


def test_a_server_without_tls_is_not_the_api(request):
    wire = Wire([reply()], greeting=reply(400))
    request.addfinalizer(wire.close)
    with pytest.raises(errors.NotAnApi, match='does not speak TLS'):
        Http('127.0.0.1', wire.port, timeout=5, retries=0).request('GET', '/x')


def test_five_calls_at_a_time(serve):
    wire = serve(reply(body=b'ok'))
    http = client(wire)
    found = []
    threads = [threading.Thread(target=lambda: found.extend(http.request('GET', '/x').body for dummy in range(20))) for dummy in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 100 == http.requests == len(wire.seen)
    assert len({seen.connection for seen in wire.seen}) <= 5
