# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a sync: who has to fail, and what is said."""

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._summary import UNREACHED, states


def member(state, address=None, peer=None, active=True, serial=None, peer_serial=None):
    return {'state': state, 'message': state, 'serial': serial,
            'ha': {'enabled': True, 'active': active, 'address': address, 'peer_address': peer, 'peer_serial': peer_serial}}


def failed(message):
    return {'state': 'failed', 'failed': True, 'msg': message, 'message': 'short'}


def oks(*reports):
    return {row['host']: row['ok'] for row in states([report if len(report) == 3 else report + ('',) for report in reports])}


@pytest.mark.parametrize('state, ok', [('in_sync', True), ('changed', True), ('incomplete', True), ('panorama', True), ('refused', False), ('failed', False)])
def test_which_states_are_good(state, ok):
    assert oks(('fw1', {'state': state, 'message': 'words'})) == {'fw1': ok}


@pytest.mark.parametrize('others, ok', [
    ([], False),
    ([('fw1', member('in_sync', '10.0.0.1', '10.0.0.2'))], True),
    ([('fw1', member('in_sync', '10.0.0.8', '10.0.0.9')), ('fw3', member('changed', '10.0.0.3', '10.0.0.4'))], False),
    ([('fw1', failed('dead'), 'dead')], False),
    ([('fw1', member('changed'))], False),                                    # silence proves nothing
    ([('fw1', member('changed', '10.0.0.1'))], True),
    ([('fw1', member('changed', None, '10.0.0.2'))], True),
    ([('fw1', member('changed', '10.0.0.1', '10.0.0.9'))], False),            # the same address at another site, with another peer
    ([('fw1', {'state': 'in_sync', 'message': '', 'ha': {'enabled': False, 'active': True}})], False),
    ([('fw1', dict(member('refused', '10.0.0.1', '10.0.0.2'), failed=True))], False),
])
def test_a_passive_member_needs_an_active_one_in_the_same_run(others, ok):
    assert oks(('fw2', member('passive', '10.0.0.2', '10.0.0.1', active=False)), *others)['fw2'] is ok


@pytest.mark.parametrize('mine, other, ok', [
    (member('passive', active=False), member('changed'), False),                            # nobody names anybody
    (member('passive', active=False, peer_serial='02'), member('changed', serial='02'), True),
    (member('passive', active=False, serial='01'), member('changed', serial='02', peer_serial='01'), True),
    (member('passive', '10.0.0.1', '10.0.0.2', False, peer_serial='02'), member('changed', '10.0.0.2', '10.0.0.1', serial='03'), False),  # two sites alike
    (member('passive', '10.0.0.1', '10.0.0.2', False, '01', '02'), member('changed', '192.168.0.2', '192.168.0.1', serial='02', peer_serial='01'), True),
])
def test_serial_numbers_decide_where_they_are_told(mine, other, ok):
    assert oks(('fw1', mine), ('fw2', other)) == {'fw1': ok, 'fw2': True}


def test_a_standalone_firewall_that_is_thought_passive_is_not_helped_by_somebody_else_s_pair():
    rows = states([('lonely', dict(member('passive', active=False)), ''), ('fw1', member('changed', '10.0.0.1', '10.0.0.2'), '')])
    assert [row['ok'] for row in rows] == [False, True] and 'it does not say who its peer is' in rows[0]['message']


def test_one_active_member_does_not_stand_for_the_pairs_of_two_sites():
    passive = member('passive', '10.0.0.2', '10.0.0.1', False)
    rows = states([('a2', passive, ''), ('b2', dict(passive), ''), ('b1', member('changed', '10.0.0.1', '10.0.0.2'), '')])
    assert [row['ok'] for row in rows] == [False, False, True] and 'b2 names the same peer' in rows[0]['message']


def test_what_fails_for_the_whole_run_is_told_for_each_firewall():
    rows = states([('fw1', {}, 'the PCE is dead'), ('fw2', {}, UNREACHED)])
    assert [(row['ok'], row['message']) for row in rows] == [(False, 'the PCE is dead'), (False, 'same cause as fw1')]
    assert [row['stats'] for row in rows] == [{'state': 'failed', 'message': 'the PCE is dead', 'kind': 'unknown'}] * 2
    assert [row['record']['message'] for row in rows] == ['the PCE is dead'] * 2


def test_a_workflow_and_the_result_of_the_run_learn_the_kind_of_a_failure():
    result = dict(failed('the key is wrong'), error={'kind': 'authentication'}, serial='0123', plan={})
    row, borrowed = states([('fw1', result, 'the key is wrong'), ('fw2', {}, UNREACHED)])
    assert row['stats'] == {'state': 'failed', 'message': 'the key is wrong', 'kind': 'authentication'}
    assert (row['record']['kind'], row['record']['serial']) == ('authentication', '0123')
    assert borrowed['message'] == 'unreached'
    shared = states([('fw1', {}, 'the PCE is dead', 'unreachable'), ('fw2', {}, UNREACHED)])
    assert [each['stats']['kind'] for each in shared] == ['unreachable'] * 2


def test_one_cause_is_told_once_and_different_ones_each():
    rows = states([('fw%d' % number, {}, 'the PCE refuses the key ' * 20) for number in range(40)] + [('fw40', failed('another'), '')])
    assert sum(len(row['line']) + len(row['message']) for row in rows) < 6000
    assert rows[-1]['message'] == 'another' and rows[5]['line'].endswith('same cause as fw0')


def test_a_firewall_that_was_filled_is_not_failed_by_one_that_took_the_run_along():
    rows = states([('fw1', {'state': 'changed', 'message': 'filled'}, UNREACHED), ('fw2', failed('dead'), 'dead')])
    assert [row['ok'] for row in rows] == [True, False]


def test_with_batches_a_passive_member_is_judged_when_the_last_one_is_over():
    passive = ('fw1', member('passive', '10.0.0.1', '10.0.0.2', active=False), '')
    active = ('fw2', member('changed', '10.0.0.2', '10.0.0.1'), '')
    assert [row['ok'] for row in states([passive], [], ['fw2'])] == [True]
    assert [(row['host'], row['ok']) for row in states([active], [passive], [])] == [('fw2', True)]
    late = states([('fw3', {'state': 'in_sync', 'message': ''}, '')], [passive], [])
    assert [(row['host'], row['ok'], row['answers']) for row in late] == [('fw3', True, 'fw3'), ('fw1', False, 'fw3')]


def test_batches_that_are_never_reached_are_told():
    rows = states([('fw1', failed('dead'), 'dead')], [], ['fw2', 'fw3'])
    assert [row['line'].split()[:2] for row in rows] == [['fw1', 'failed'], ['fw2', 'not_run'], ['fw3', 'not_run']]
    assert [row['answers'] for row in rows] == ['fw1', '', '']


def test_a_failed_result_speaks_for_itself():
    good = {'state': 'changed', 'message': 'registered 5', 'plan': {'register': 5, 'digest': 'abc'}}
    rows = states([('firewall-1', failed('fw1 vsys1: its own words'), 'fw1 vsys1: its own words'), ('f2', good, '')])
    assert rows[0]['line'] == 'firewall-1  failed      fw1 vsys1: its own words'
    assert rows[1]['line'] == 'f2          changed     registered 5'
    assert rows[1]['stats'] == {'register': 5, 'digest': 'abc', 'state': 'changed'}


def test_a_good_state_of_a_failed_task_is_a_failure():
    words = 'the plan could not be written'
    row = states([('fw1', {'state': 'changed', 'failed': True, 'msg': words, 'message': 'registered 5'}, words)])[0]
    assert not row['ok'] and row['message'] == words
