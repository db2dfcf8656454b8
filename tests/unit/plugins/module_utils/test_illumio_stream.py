# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import json

import pytest
from hypothesis import given, settings, strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._collector import collector_at_rest
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import stream

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10**20, 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8)
ROWS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=6)
SPACE = st.sampled_from(['', ' ', '\n', '\r\n\t '])


def cut(data, sizes):
    """Cut bytes in pieces of the given sizes, over and over."""
    at = number = 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        yield data[at:at + size]
        at += size
        number += 1


@settings(max_examples=200, deadline=None)
@given(ROWS, st.lists(st.integers(0, 40), min_size=1, max_size=4).filter(any), st.lists(SPACE, min_size=4, max_size=4), st.booleans())
def test_reads_what_json_reads(rows, sizes, space, ascii_only):
    before, inside, between, after = space
    body = (inside + ',' + between).join(json.dumps(row, ensure_ascii=ascii_only, separators=(',' + between, inside + ':')) for row in rows)
    text = before + '[' + inside + body + between + ']' + after
    assert json.loads(text) == rows
    assert list(stream.rows(cut(text.encode('utf-8'), sizes), 'x')) == rows


@settings(max_examples=100, deadline=None)
@given(ROWS, st.data())
def test_a_text_that_is_cut_anywhere_is_an_error(rows, data):
    whole = json.dumps(rows, ensure_ascii=False).encode('utf-8')
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(IncompleteError):
        list(stream.rows(cut(whole[:end], [7]), 'x'))


@pytest.mark.parametrize('text', [
    '', ' ', '[', ']', '{}', '{"a":1}', 'null', '[1]', '["a"]', '[[]]', '[null]', '[{}', '[{},', '[{},]', '[,{}]', '[{} {}]', '[{}]]',
    '[{}],', '[{}][{}]', '[{}]x', '[]{}',
    '[{"a":}]', '[{"a" 1}]', '[{a:1}]', "[{'a':1}]", '[{"a":1,}]', '[{"a":tru}]', '[{}, 1]', '[1, {}]', '[{},{"a":"\\ud8"}]',
    '<html>', '[{"a":1}}]', '[' * 100000, '[{"a":' * 100000,
], ids=lambda text: text[:20] or 'empty')
@pytest.mark.parametrize('size', [1, 3, 1 << 20])
def test_malformed(text, size):
    if len(text) > 1000 and size < 10:
        size = 1000
    with pytest.raises(IncompleteError, match='labels'):
        list(stream.rows(cut(text.encode('utf-8'), [size]), 'labels'))


@pytest.mark.parametrize('data', [b'\xff[]', b'[{"a":"\xc3"}]', b'[{"a":"x"}]\xc3'])
def test_not_utf8(data):
    with pytest.raises(IncompleteError):
        list(stream.rows([data], 'x'))


def test_a_character_may_be_cut_in_two():
    data = '[{"name":"caf\u00e9 \U0001f600"}]'.encode('utf-8')
    assert list(stream.rows(cut(data, [1]), 'x')) == [{'name': 'caf\u00e9 \U0001f600'}]


def test_an_object_without_end_is_not_collected_for_ever(monkeypatch):
    monkeypatch.setattr(stream, 'MAX_ROW', 1000)
    taken = []

    def endless():
        yield b'[{"a":"'
        while True:
            taken.append(1)
            yield b'x' * 100

    with pytest.raises(IncompleteError, match='without end'):
        list(stream.rows(endless(), 'x'))
    assert len(taken) < 100


def test_pieces_are_read_as_rows_are_taken():
    taken = []

    def pieces():
        for number in range(1000):
            taken.append(number)
            yield b'%s{"n":%d}' % (b',' if number else b'[', number)
        yield b']'

    rows = stream.rows(pieces(), 'x')
    for dummy in range(10):
        next(rows)
    assert len(taken) < 20
    assert len(list(rows)) == 990


@pytest.mark.parametrize('enabled', [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ValueError):
            with collector_at_rest():
                assert not gc.isenabled()
                raise ValueError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
