# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that somebody else wrote, as it may go to a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Labels
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import render
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.workloads import compact
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.labels import Catalogue
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

STEERING = {'LRE', 'RLE', 'PDF', 'LRO', 'RLO', 'LRI', 'RLI', 'FSI', 'PDI'}  # classes of characters that change the direction of what follows
EVIL = st.sampled_from(['\x1b[2J', '\x1b]0;x\x07', '\r', '\n', '\x7f', '\x9b31m', '\u202egpj', '\u2066', '\u200f', '\u061c', '\u2028', '\u2029', '\x00',
                        '\ud800'])
TEXTS = st.one_of(st.text(), st.lists(st.one_of(EVIL, st.text(max_size=3)), max_size=5).map(''.join))


def steers(letter):
    """Whether a character steers a terminal, by the words of Unicode instead of a list of numbers."""
    return unicodedata.category(letter) in ('Cc', 'Cs', 'Zl', 'Zp') or unicodedata.bidirectional(letter) in STEERING or letter in '\u200e\u200f\u061c'


@given(TEXTS)
def test_nothing_that_steers_a_terminal_is_left_and_nothing_else_is_changed(text):
    shown = printable(text)
    assert not any(map(steers, shown))
    assert shown.encode('utf-8').decode('utf-8') == printable(shown) == shown
    assert shown == ''.join(letter.encode('unicode_escape').decode('ascii') if steers(letter) else letter for letter in text)


@pytest.mark.parametrize('text, shown', [
    ('Zürich', 'Zürich'), ('東京 \U0001f600 C:\\x', '東京 \U0001f600 C:\\x'),
    ('a\x1b[31mb', r'a\x1b[31mb'), ('a\nb\tc', r'a\nb\tc'), ('\u202e', r'\u202e'),
    ('\x85\x9f\x7f', r'\x85\x9f\x7f'), (None, 'None'), (5, '5'),
])
def test_examples(text, shown):
    assert printable(text) == shown


def everything_said(rows, **options):
    """Every text that a rendering has for people: warnings, report, errors with their details."""
    labels, workloads = compact(rows)
    try:
        result = render(workloads, labels, Rules(**options))
    except MicrosegError as exc:
        return [exc.message] + list(leaves(exc.details))
    return result.warnings() + list(leaves(result.report()))


def leaves(value):
    """Every text in a JSON-like value."""
    if isinstance(value, dict):
        value = list(value) + list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in leaves(item)]
    return [str(value)]


@given(EVIL, st.sampled_from([{}, {'duplicates': 'union'}, {'duplicates': 'fail'}, {'invalid_tags': 'skip'}, {'invalid_tags': 'fail'}, {'aliases': ['env']},
                              {'label_keys': ['en']}, {'select': {'any_of': ['env=Produktion']}}, {'select': {'any_of': ['env']}}]))
def test_no_label_and_no_name_reaches_a_terminal_as_it_is(evil, options):
    rows = [{'name': 'web' + evil, 'labels': {'env': 'Production' + evil + str(number), 'e' + evil: 'x'},
             'interfaces': [{'name': 'eth' + evil, 'address': '10.0.0.1'}, {'name': 'eth' + evil, 'address': 'nonsense' + evil}]} for number in range(2)]
    said = everything_said(rows, **options)
    assert said and not [text for text in said if any(map(steers, text))]


@given(EVIL)
def test_what_the_pce_does_not_know_is_said_printably(evil):
    labels = Labels([('env', 'Production' + evil), ('e' + evil, 'x')])
    assert not any(map(steers, labels.unknown_key('en') + labels.unknown_label('env', 'Produktion') + labels.unknown_label('env', evil)))
    catalogue = Catalogue([{'href': '/orgs/1/labels/1', 'key': 'env', 'value': 'Production' + evil},
                           {'href': '/orgs/1/labels/2', 'key': 'e' + evil, 'value': 'x'}])
    for key, value in (('en', 'x'), ('env', 'Production'), ('env', evil)):
        with pytest.raises(MicrosegError) as caught:
            catalogue.find(key, [value])
        assert not any(map(steers, caught.value.message))


@given(EVIL)
def test_data_is_not_changed(evil):
    labels, rows = compact([{'name': 'web' + evil, 'labels': {'env': evil}, 'interfaces': [{'address': '10.0.0.1'}]}])
    assert rows[0]['name'] == 'web' + evil and labels.labels[0].value == evil
    (_address, tags, workloads), = render(rows, labels, Rules()).registrations()
    assert workloads[0].name == 'web' + evil and tags == (Rules().template.tag('env', evil).text,)
