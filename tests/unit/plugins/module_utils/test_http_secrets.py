# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers repeat of the credentials that they got, and what is left of it in what people read."""

from __future__ import annotations

import base64
import html
import json
import time
from random import Random
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_secrets import MASK, PART, Cleaner
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.client import PceClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.client import KEY_HEADER, PanosClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.user_id import Message, send
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import reply

NAMED = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;'}
KEY = 'LUFRPT1' + base64.b64encode(bytes(range(120))).decode()  # as long as those of PAN-OS
ECHOED = 'P@s"w0r"d12"xyz'
PASSWORD = 'pa$$ w\u00f6rd/with+"signs" & <more>'


# -- any secret, any spelling, any cut --------------------------------------------------------------------------------------

def spellings(char):
    """Every way to write one character."""
    data = char.encode('utf-8')
    units = [char, ''.join('%%%02X' % byte for byte in data), ''.join('%%%02x' % byte for byte in data)]
    code = json.dumps(char + '\u0100')[1:-7] if ord(char) > 0xFFFF else '\\u%04x' % ord(char)
    units += [code, code[:2] + code[2:].upper() if ord(char) < 0x10000 else code]
    units += ['&#%d;' % ord(char), '&#x%x;' % ord(char), '&#X%06X;' % ord(char)]
    if char in NAMED:
        units.append(NAMED[char])
    if char == ' ':
        units.append('+')
    if char in '/"\\':
        units.append('\\' + char)
    return units


ANY_CHARACTER = st.characters(blacklist_categories=('Cs', 'Cc'), blacklist_characters='*')
SECRETS = st.one_of(st.text(st.sampled_from(KEY), min_size=6, max_size=80), st.text(st.sampled_from(r'''ab /+"\&<%;#x'''), min_size=1, max_size=12),
                    st.text(ANY_CHARACTER, min_size=1, max_size=30))
AROUND = st.text(st.sampled_from('Key: "\\u%&#+;/<>='), max_size=12)


def left(spelt, text, part=PART):
    """The first part of a secret, as it was written, that is still there."""
    part = min(part, len(spelt))
    return next((''.join(spelt[at:at + part]) for at in range(len(spelt) - part + 1) if ''.join(spelt[at:at + part]) in text), None)


def cut(units, data):
    """Some units from the middle, the first and the last of them perhaps in halves."""
    first = data.draw(st.integers(0, max(0, len(units) - 1)))
    last = data.draw(st.integers(first, len(units)))
    whole = units[first:last]
    before = units[first - 1][data.draw(st.integers(0, len(units[first - 1]))):] if first else ''
    after = units[last][:data.draw(st.integers(0, len(units[last])))] if last < len(units) else ''
    return whole, before + ''.join(whole) + after


@settings(max_examples=400, deadline=None)
@given(SECRETS, AROUND, AROUND, st.booleans(), st.data())
def test_no_part_of_a_secret_is_left_whatever_its_spelling(secret, before, after, whole, data):
    spelt = [data.draw(st.sampled_from(spellings(char))) for char in secret]
    kept, text = (spelt, ''.join(spelt)) if whole else cut(spelt, data)
    if len(kept) < min(PART, len(secret)):
        return
    clean = Cleaner([secret])
    assert left(kept, clean.raw((before + text + after).encode()).decode()) is None
    assert left(kept, clean(before + text + after)) is None


WHOLE = [
    lambda text: quote(text, safe=''), quote_plus, lambda text: ''.join('%%%02x' % byte for byte in text.encode()), lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1], lambda text: ''.join('\\u%04X' % ord(char) if ord(char) < 0x10000 else char for char in text),
    lambda text: escape(text, {'"': '&quot;', "'": '&apos;'}), html.escape, lambda text: ''.join('&#%d;' % ord(char) for char in text),
]


def nested(secret, levels, random):
    """The characters of a secret as they are spelt after so many encodings: each the whole text in one way, or each character in another."""
    spelt = list(secret)
    for dummy in range(levels):
        way = random.choice(WHOLE + [None] * 3)
        spelt = [''.join(random.choice(spellings(char)) for char in unit) if way is None else way(unit) for unit in spelt]
    return spelt


NESTED_SECRETS = st.one_of(st.text(st.sampled_from(r'''P@s"w0r'd /+\&<%;#x'''), min_size=1, max_size=14), st.text(ANY_CHARACTER, min_size=1, max_size=10))


@settings(max_examples=400, deadline=None)
@given(NESTED_SECRETS, AROUND, AROUND, st.integers(2, 3), st.booleans(), st.integers(0, 1 << 30), st.data())
def test_nor_after_several_encodings(secret, before, after, levels, whole, seed, data):
    """JSON in XML, JSON in JSON, percent of percent, any mixture, and cut off anywhere."""
    spelt = nested(secret, levels, Random(seed))
    kept, text = (spelt, ''.join(spelt)) if whole else cut(spelt, data)
    if len(kept) < min(PART, len(secret)):
        return
    assert left(kept, Cleaner([secret]).raw((before + text + after).encode()).decode()) is None


@pytest.mark.parametrize('text', [
    html.escape(json.dumps(ECHOED)), json.dumps(json.dumps(ECHOED)), json.dumps(json.dumps(json.dumps(ECHOED))), json.dumps(html.escape(ECHOED)),
    quote(quote(ECHOED)), quote(quote(quote(ECHOED))), html.escape(html.escape(ECHOED)), quote(json.dumps(html.escape(ECHOED))),
    html.escape(quote(json.dumps(ECHOED))),
], ids=range(9))
def test_what_is_left_of_an_echo(text):
    found = Cleaner([ECHOED])('You sent: %s, sorry' % text)
    assert found.startswith('You sent: ') and found.endswith(', sorry') and MASK in found
    assert not any(part in found for part in ('P@', 'w0r', 'd12', 'xyz'))


CONVOLUTED = {
    'backslashes': '\\', 'quotes': r'\\\"', 'percent': '%25', 'percent all': '%41', 'percent of percent': '%252525', 'names': '&amp;amp;', 'numbers': '&#65;',
    'no numbers': '&#', 'units': r'\u0041', 'no names': '&' + 'a' * 32, 'mixture': r'%5C&amp;\%25&#x5c;5C', 'key': KEY, 'plus': '+', 'one letter': 'a',
}


@pytest.mark.parametrize('size', [16 << 10, 64 << 10])
@pytest.mark.parametrize('name', sorted(CONVOLUTED))
def test_a_long_text_takes_no_longer_than_anybody_waits(name, size):
    text = (CONVOLUTED[name] * size)[:size]
    clean = Cleaner([KEY, ECHOED, 'a' * 100])
    began = time.process_time()
    clean.raw(text.encode())
    assert time.process_time() - began < 1.5  # seconds; measured: at most 0.6, and 0.2 for 16 KB, which is what an error may have


def test_what_is_too_convoluted_to_be_read_is_left_out():
    text = ECHOED.replace('"', r'\"') + '\\' * 30000 + ' the end ' + html.escape(json.dumps(ECHOED))
    found = Cleaner([ECHOED]).raw(text.encode()).decode()
    assert found.startswith(MASK) and ' the end ' in found and not any(part in found for part in ('P@', 'w0r', 'd12', 'xyz'))


@settings(max_examples=300, deadline=None)
@given(st.text(ANY_CHARACTER, min_size=4, max_size=60), st.text(st.sampled_from('user:-@'), max_size=5), st.booleans(), st.booleans(), st.data())
def test_nor_in_base64_wherever_it_begins(secret, user, safe, escaped, data):
    secret_bytes = secret.encode('utf-8')
    text = (base64.urlsafe_b64encode if safe else base64.b64encode)(user.encode() + secret_bytes + b'more').decode()
    first, last = -(-8 * len(user) // 6), (len(user) + len(secret_bytes)) * 8 // 6  # characters that tell nothing but the secret
    spelt = [data.draw(st.sampled_from(spellings(char))) if escaped else char for char in text]
    start = data.draw(st.integers(0, first))
    end = data.draw(st.integers(last, len(spelt)))
    found = Cleaner([secret]).raw(''.join(spelt[start:end]).encode()).decode()
    assert left(spelt[first:last], found, 8) is None


@pytest.mark.parametrize('text', ['Invalid credential', 'tag illumio.env.Production already exists, ignore', 'a+b & c%d \\ "e"', '&lt;show&gt; \u00e4\u00f6'])
def test_other_text_is_left_alone(text):
    assert Cleaner([KEY, PASSWORD])(text) == text
    assert Cleaner()(text) == text


def test_a_mask_for_each_place_and_one_for_neighbours():
    assert Cleaner(['topsecret'])('a topsecret b topsecrettopsecret c opsecre') == 'a %s b %s c %s' % (MASK, MASK, MASK)


def test_what_steers_a_terminal_is_shown():
    shown = r'\x1b[2J\x1b]0;title\x07 gr' + '\u00fc\u00df' + r' \u202egnp.exe \x9b1m\x00'
    assert Cleaner()('\x1b[2J\x1b]0;title\x07 gr\u00fc\u00df \u202egnp.exe \x9b1m\x00') == shown
    assert Cleaner()(' two\n  lines\r\n') == 'two lines'


def test_a_text_without_end_is_shortened():
    text = Cleaner([KEY])(KEY[:100] * 100000)
    assert len(text) < 10000 and left(list(KEY[:100]), text) is None


# -- through the clients ------------------------------------------------------------------------------------------------------

def everything(exc):
    """All text of an exception that could be logged or returned."""
    parts = []
    while exc is not None:
        parts += [str(exc), repr(exc.args), repr({name: value for name, value in vars(exc).items() if not isinstance(value, BaseException)})]
        exc = exc.__cause__ or exc.__context__
    return ' '.join(parts)


def told(caught, *secrets):
    """What an exception tells; fails where a part of a secret is in it. Each secret: text, or the spellings of its characters."""
    text = everything(caught.value)
    for secret in secrets:
        assert left(secret, text) is None, text
    return caught.value.message


ENCODINGS = {
    'plain': lambda text: text, 'percent': lambda text: quote(text, safe=''), 'percent all': lambda text: ''.join('%%%02x' % byte for byte in text.encode()),
    'form': quote_plus, 'json': lambda text: json.dumps(text)[1:-1], 'json all': lambda text: ''.join('\\u%04X' % ord(char) for char in text),
    'xml': lambda text: escape(text, {'"': '&quot;'}), 'xml all': lambda text: ''.join('&#%d;' % ord(char) for char in text),
    'base64': lambda text: base64.b64encode(text.encode()).decode(),
}


def units(encoding, text):
    """The spellings of the characters of a text."""
    return list(ENCODINGS[encoding](text)) if encoding == 'base64' else [ENCODINGS[encoding](char) for char in text]


CUTS = [slice(None), slice(55, 200)]
TOKEN = base64.b64encode(('admin:' + PASSWORD).encode()).decode()


def panos(wire, **options):
    http = Http('127.0.0.1', wire.port, scheme='http', timeout=5, retries=0, **options)
    return PanosClient(http, patient=False, credentials='O(api_key)', key=options.get('headers', {}).get(KEY_HEADER))


def with_key(wire):
    return panos(wire, headers={KEY_HEADER: KEY}, secrets={'O(api_key)': KEY})


def with_password(wire):
    return panos(wire, auth=('admin', PASSWORD), secrets={'O(password)': PASSWORD})


@pytest.mark.parametrize('part', CUTS, ids=str)
@pytest.mark.parametrize('encoding', sorted(ENCODINGS))
@pytest.mark.parametrize('answer', [
    '<response status="error" code="17"><msg><line>Bad header %s</line></msg></response>',
    '<response status="error" code="403"><result><msg>Invalid Credential %s</msg></result></response>',
    '<response status="error"><msg><line>Type [user-id] not authorized for user role %s</line></msg></response>',
    '<response status="error"><msg><line>Not ready to process xmlapi data %s</line></msg></response>',
    '<response status="unauth" code="22"><msg><line>Session timed out %s</line></msg></response>',
    '<response status="error" code="%s"><msg><line>x</line></msg></response>',
    '%s', '<p>%s', '<response status="success"><result>%s',
], ids=['refused', 'credentials', 'role', 'not ready', 'session', 'code', 'text', 'page', 'not whole'])
def test_a_device_that_repeats_what_it_got(serve, answer, encoding, part):
    for client, secret in ((with_key, KEY), (with_password, PASSWORD)):
        headers = 'X-PAN-KEY: %s, Authorization: Basic %s' % (secret, TOKEN)
        spelt = escape(ENCODINGS[encoding](headers[part]), {'"': '&quot;'})
        one = client(serve(reply(body=(answer % spelt).encode())))
        with pytest.raises(errors.MicrosegError) as caught:
            one.op('<show><system><info></info></system></show>')
        known = [secret] + ([TOKEN] if secret == PASSWORD else [])
        told(caught, *known, *[units(encoding, text) for text in known])


def test_a_device_that_repeats_it_for_a_single_pair(serve):
    body = ('<response status="error"><msg><line><uid-response><payload><register><entry ip=%s message=%s/><entry ip="10.0.0.1" message=%s/></register>'
            '</payload></uid-response></line></msg></response>'
            % (quoteattr(KEY[:50]), quoteattr('key ' + quote(KEY)), quoteattr('tag %s already exists, ignore it' % KEY[9:])))
    client = with_key(serve(reply(body=body.encode())))
    found = send(client, None, Message([], [('10.0.0.1', ('a', 'b'))]))
    assert len(found) == 2 and left(list(KEY), repr(found)) is None
    assert found[1].address == '10.0.0.1'


@pytest.mark.parametrize('part', CUTS, ids=str)
@pytest.mark.parametrize('encoding', sorted(ENCODINGS))
@pytest.mark.parametrize('status, body', [
    (400, '[{"token":"x","message":%s}]'), (403, '%s'), (406, '[{"message":%s}]'), (500, '{"error":%s}'), (200, '{"broken":%s'), (200, '<html>%s'), (302, ''),
    (409, '[{"message":%s'),
], ids=str)
def test_a_pce_that_repeats_what_it_got(serve, status, body, encoding, part):
    secret = KEY[:64]
    token = base64.b64encode(('api_12345:' + secret).encode()).decode()
    spelt = ENCODINGS[encoding](('Authorization: Basic %s; secret: %s' % (token, secret))[part])
    text = (body % json.dumps(spelt) if body else '').encode()
    http = Http('127.0.0.1', serve(reply(status, body=text, Location='https://x.example.com/' + quote(spelt))).port, scheme='http', timeout=5, retries=0,
                auth=('api_12345', secret), secrets={'O(api_key_secret)': secret})
    with pytest.raises(errors.MicrosegError) as caught:
        PceClient(http, 1).get('/x')
    told(caught, secret, token, units(encoding, secret), units(encoding, token))


@pytest.mark.parametrize('state', [
    {'status': 'failed', 'result': {'message': 'no: ' + KEY}}, {'status': KEY}, {'status': 'done', 'result': {'href': KEY}},
], ids=str)
def test_a_job_that_repeats_what_it_got(serve, state):
    wire = serve(reply(202, Location='/orgs/1/jobs/' + KEY), reply(body=json.dumps(state).encode()))
    now = [0.0]
    http = Http('127.0.0.1', wire.port, scheme='http', timeout=5, retries=0, secrets={'O(api_key_secret)': KEY})
    client = PceClient(http, 1, sleep=lambda seconds: now.__setitem__(0, now[0] + 1000), clock=lambda: now[0])
    with pytest.raises(errors.MicrosegError) as caught:
        client.open(client.order('/orgs/1/labels'))
    told(caught, KEY)


def test_a_job_that_is_gone_and_whose_name_is_the_secret(serve):
    wire = serve(reply(202, Location='/orgs/1/jobs/' + KEY), reply(500))
    client = PceClient(Http('127.0.0.1', wire.port, scheme='http', timeout=5, retries=0, secrets={'O(api_key_secret)': KEY}), 1, sleep=lambda seconds: None)
    with pytest.raises(errors.MicrosegError) as caught:
        client.open(client.order('/orgs/1/labels'))
    assert '/orgs/1/jobs/' in told(caught, KEY)


# -- our own text -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('word', ['credentials', 'API', 'key', 'it says', 'Palo', 'PAN-OS'])
def test_our_own_words_are_not_cleaned(serve, word):
    """Who set a secret to a word of our messages gets the whole message."""
    whole = serve(reply(403, body=b'<response status="error" code="403"><result><msg>no</msg></result></response>'))
    with pytest.raises(errors.AuthenticationError) as plain:
        panos(whole).op('<show/>')
    with pytest.raises(errors.AuthenticationError) as caught:
        panos(whole, headers={KEY_HEADER: word}, secrets={'O(api_key)': word}).op('<show/>')
    assert caught.value.message.startswith(plain.value.message)


@pytest.mark.parametrize('value, named', [('role', 'O(api_key_secret)'), ('secret', 'A credential of this connection'), ('zzz-9481-yyy', None)])
def test_a_placeholder_is_called_one(serve, value, named):
    """Ansible would show asterisks in the place of each such word, and nobody could read what is wrong."""
    http = Http('127.0.0.1', serve(reply(401)).port, scheme='http', timeout=5, retries=0, auth=('api_1', value), secrets={'O(api_key_secret)': value})
    with pytest.raises(errors.AuthenticationError) as caught:
        PceClient(http, 1, credentials='O(api_key_username) and O(api_key_secret)').get('/x')
    assert ('looks like a placeholder' in caught.value.message) == bool(named)
    if named:
        sentence = caught.value.message[caught.value.message.rindex(named):]
        assert value not in sentence


def test_commands_are_told_in_words(serve):
    client = with_key(serve(reply(body=b'<response status="error" code="17"><msg><line>unexpected</line></msg></response>')))
    with pytest.raises(errors.DeviceError) as caught:
        client.op('<show><object><registered-ip><limit>500</limit><start-point>1</start-point></registered-ip></object></show>')
    assert '"show object registered-ip limit 500 start-point 1"' in caught.value.message and '<' not in caught.value.message
