# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decoding in two processes: the same lines as in one, an error where anything is wrong, nothing left behind."""

from __future__ import annotations

import json
import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import side_by_side
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.labels import Catalogue
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import Compactor
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import label, workload

pytestmark = pytest.mark.skipif(not hasattr(os, 'fork'), reason='no fork here')

CATALOGUE = Catalogue([label(1, 'role', 'Web'), label(2, 'env', 'Production'), label(3, 'env', 'Z\u00fcrich')])
ROWS = [workload(number, [1, 2 + number % 2], name='caf\u00e9 \U0001f600 %d "},{"href":"/orgs/1/workloads/' % number) for number in range(300)]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Pieces of a few workloads, so that a small list has many."""
    monkeypatch.setattr(side_by_side, 'PIECE', 3000)


def cut(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def encoded(rows):
    return json.dumps(rows, separators=(',', ':'), ensure_ascii=False).encode('utf-8')


def taken(data, size=700, accept=None, catalogue=CATALOGUE):
    """The lines that two processes make of it."""
    compactor = Compactor(catalogue, accept)
    side_by_side.take(cut(data, size), compactor, 'workloads')
    return compactor.finish(), compactor.rows, compactor.deleted


def alone(rows, accept=None):
    compactor = Compactor(CATALOGUE, accept)
    compactor.take(rows)
    return compactor.finish(), compactor.rows, compactor.deleted


def left_behind(before):
    """What is still open or running; `before`: number of descriptors."""
    try:
        children = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        children = None
    return children, max(0, len(os.listdir('/proc/self/fd')) - before)


@pytest.mark.parametrize('size', [1, 97, 700, 1 << 20])
def test_the_same_lines_as_in_one_process(size):
    rows = ROWS[:7] + [dict(ROWS[7], deleted=True)] + ROWS[8:]
    before = len(os.listdir('/proc/self/fd'))
    assert taken(encoded(rows), size) == alone(rows)
    assert left_behind(before) == (None, 0)


@pytest.mark.parametrize('separators, indent', [((', ', ': '), None), ((' ,\n ', ':'), None), ((',', ': '), 2)])
def test_blanks_mean_nothing(separators, indent):
    data = json.dumps(ROWS, separators=separators, indent=indent).encode('utf-8')
    assert len(list(side_by_side.pieces(cut(b' \n' + data + b'\n', 700), 'x'))) > 10
    assert taken(b' \n' + data + b'\n') == alone(ROWS)


def test_filters_hold_in_both_processes():
    def accept(row, labels):
        return 1 in labels
    assert taken(encoded(ROWS), accept=accept) == alone(ROWS, accept)
    assert 0 < len(taken(encoded(ROWS), accept=accept)[0]) < len(ROWS)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 3), st.integers(1, 400), st.integers(1, 60))
def test_pieces_are_the_text_without_brackets_and_commas_between(nested, number, size):
    rows = [dict(workload(index), more=[{'href': '/orgs/1/workloads/%d' % index}] * nested) for index in range(number)]
    data = encoded(rows)
    assert b','.join(side_by_side.pieces(cut(data, size * 50), 'x')) == data[1:-1]


def test_an_end_that_was_guessed_inside_an_object_is_an_error_and_never_another_list():
    """Objects inside of objects that begin as the rows do: where they are cut apart, nothing is concluded."""
    for inner in range(1, 40):
        rows = [dict(row, zz=[{'href': '/orgs/1/workloads/x'}] * inner) for row in ROWS[:60]]
        try:
            assert taken(encoded(rows)) == alone(rows)
        except IncompleteError as exc:
            assert 'not a whole list' in exc.message or 'in pieces' in exc.message


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_text_that_is_cut_anywhere_is_an_error(data):
    whole = encoded(ROWS[:30])
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(IncompleteError):
        taken(whole[:end])


@pytest.mark.parametrize('change', [
    lambda text: text + b'x', lambda text: text[:-1] + b',]', lambda text: text.replace(b'},{"h', b'}{"h', 1), lambda text: b'x' + text,
    lambda text: text + text,
    lambda text: text[:1] + b',' + text[1:], lambda text: text[:-1] + b',1]', lambda text: text[:-1] + b',null]', lambda text: text.replace(b'true', b'tru', 1),
    lambda text: text[:5000] + b'\xff' + text[5000:], lambda text: b'', lambda text: b'[]', lambda text: b'{}', lambda text: b'[' * 9000,
    lambda text: text.replace(b'},{"h', b'},,{"h', 1), lambda text: text.replace(b'},{"h', b'},\n{"h', 3)[:-1],
])
def test_what_is_no_list_of_objects_is_an_error(change):
    before = len(os.listdir('/proc/self/fd'))
    with pytest.raises(IncompleteError):
        taken(change(encoded(ROWS)))
    assert left_behind(before) == (None, 0)


@pytest.mark.parametrize('rows, kind, words', [
    (ROWS[:99] + [workload(999, [7])] + ROWS[99:], IncompleteError, 'carries the label /orgs/1/labels/7'),
    (ROWS[:99] + [{'name': 'x'}] + ROWS[99:], NotAnApi, 'does not look like one'),
    (ROWS + ROWS[:1], IncompleteError, 'twice'),
])
def test_errors_come_back_as_they_are(rows, kind, words):
    before = len(os.listdir('/proc/self/fd'))
    with pytest.raises(kind, match=words):
        taken(encoded(rows))
    assert left_behind(before) == (None, 0)


@pytest.mark.parametrize('way', ['exit', 'kill', 'raise'])
def test_a_process_that_dies_is_an_error(way, monkeypatch):
    def dies(source, compactor, what):
        source.read(100)
        if way == 'exit':
            os._exit(0)
        if way == 'kill':
            os.kill(os.getpid(), signal.SIGKILL)
        raise MemoryError()

    monkeypatch.setattr(side_by_side, '_taken', dies)
    monkeypatch.setattr(side_by_side, '_PIPE', 4096)
    before = len(os.listdir('/proc/self/fd'))
    with pytest.raises(IncompleteError, match='ended early'):
        taken(encoded(ROWS * 20))
    assert left_behind(before) == (None, 0)


@pytest.mark.parametrize('nth', [1, 2])
def test_where_no_process_can_be_started_one_does_it_alone(nth, monkeypatch):
    fork, asked = os.fork, []

    def fails():
        asked.append(1)
        if len(asked) == nth:
            raise BlockingIOError(11, 'Resource temporarily unavailable')
        return fork()

    monkeypatch.setattr(os, 'fork', fails)
    before = len(os.listdir('/proc/self/fd'))
    assert taken(encoded(ROWS)) == alone(ROWS)
    assert len(asked) == nth and left_behind(before) == (None, 0)


def test_a_system_that_takes_ended_processes_away_is_no_problem():
    before = len(os.listdir('/proc/self/fd'))
    was = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert taken(encoded(ROWS)) == alone(ROWS)
    finally:
        signal.signal(signal.SIGCHLD, was)
    assert left_behind(before) == (None, 0)


def test_an_answer_that_breaks_off_leaves_nothing_behind():
    def chunks():
        yield encoded(ROWS)[:9000]
        raise NotAnApi('x')

    before = len(os.listdir('/proc/self/fd'))
    with pytest.raises(NotAnApi):
        side_by_side.take(chunks(), Compactor(CATALOGUE), 'workloads')
    assert left_behind(before) == (None, 0)
