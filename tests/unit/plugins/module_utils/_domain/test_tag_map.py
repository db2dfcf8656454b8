# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import ipaddress
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS, is_registrable, normalise, sort_key
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.duplicates import Candidate, DuplicateAddressError, decide, moment
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.interfaces import REASONS, InterfaceRules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.label_tags import InvalidTagError
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import SHOWN, render
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.workloads import compact
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, OptionError, UnknownLabelError


def workload(name, address='10.0.0.1', interface='eth0', ignored=(), online=True, managed=True, mode='full', created='2026-11-22T17:00:00Z', **labels):
    """One inline workload; address is text, or a list of them."""
    found = [address] if isinstance(address, str) else address
    return {'href': '/orgs/1/workloads/' + name, 'name': name, 'online': online, 'managed': managed, 'enforcement_mode': mode, 'created_at': created,
            'labels': labels,
            'interfaces': [{'name': interface, 'address': text} for text in found], 'ignored_interface_names': list(ignored)}


def rendered(workloads, notes=None, dimensions=(), **options):
    """Render inline workloads; what is left out is appended to notes."""
    labels, rows = compact(workloads, dimensions=dimensions)
    return render(rows, labels, Rules(**options), (lambda *note: notes.append(note)) if notes is not None else lambda *note: None)


def table(result):
    """The registrations as a dict."""
    return {address: tags for address, tags, _workloads in result.registrations()}


def registered(result):
    """The registrations as a list, with the hrefs of the workloads that each stands for."""
    return [(address, tags, [workload.href for workload in workloads]) for address, tags, workloads in result.registrations()]


WEB = {'role': 'Web', 'app': 'Ordering', 'env': 'Production', 'loc': 'Berlin', 'Net': 'DMZ'}


# Tags of an address

@pytest.mark.parametrize('options,expected', [
    ({}, ('illumio.role.Web', 'illumio.app.Ordering', 'illumio.env.Production', 'illumio.loc.Berlin', 'illumio.Net.DMZ')),
    ({'label_keys': ['env', 'Net', 'role']}, ('illumio.env.Production', 'illumio.Net.DMZ', 'illumio.role.Web')),
    ({'label_keys': ['env', 'role'], 'aliases': ['role', 'env']}, ('illumio.env.Production', 'illumio.role.Web', 'Production', 'Web')),
    ({'label_keys': ['env'], 'tag_template': 'pce1-{key}={value}'}, ('pce1-env=Production',)),
])
def test_tags_come_in_the_order_of_the_keys_with_aliases_last(options, expected):
    assert table(rendered([workload('web', **WEB)], **options)) == {'10.0.0.1': expected}


def test_two_labels_with_one_value_have_one_alias():
    result = rendered([workload('a', env='X', app='X'), workload('b', '10.0.0.2', env='X')], aliases=['env', 'app'])
    assert table(result) == {'10.0.0.1': ('illumio.app.X', 'illumio.env.X', 'X'), '10.0.0.2': ('illumio.env.X', 'X')}


def test_an_alias_of_two_keys_stands_where_the_first_puts_it():
    result = rendered([workload('a', app='X', env='Y', os='X')], label_keys=['app', 'env', 'os'], aliases=['app', 'env', 'os'])
    assert table(result)['10.0.0.1'][3:] == ('X', 'Y')


def test_tuples_of_tags_are_shared():
    tags = list(table(rendered([workload(str(number), '10.0.0.%d' % number, **WEB) for number in range(1, 9)])).values())
    assert all(item is tags[0] for item in tags)


@pytest.mark.parametrize('policy,expected,warned', [
    ('sanitize', {'10.0.0.1': ('illumio.env.Zurich~8ac653a71297',), '10.0.0.2': ('illumio.env.Bern',)}, 0),
    ('skip', {'10.0.0.2': ('illumio.env.Bern',)}, 1),
])
def test_invalid_tags(policy, expected, warned):
    result = rendered([workload('a', env='Zürich'), workload('b', '10.0.0.2', env='Bern')], invalid_tags=policy)
    assert table(result) == expected
    assert result.report()['invalid_tags']['labels'] == 1
    assert result.report()['invalid_tags']['shown'][0]['label'] == 'env=Zürich'
    assert len(result.warnings()) == warned
    assert result.report()['workloads']['no_tags'] == warned


def test_invalid_tags_fail_with_all_of_them_named():
    workloads = [workload('a', env='Zürich', app='"x"'), workload('b', '10.0.0.2', env='Bern')]
    with pytest.raises(InvalidTagError) as caught:
        rendered(workloads, invalid_tags='fail')
    assert [item['label'] for item in caught.value.details['labels']] == ['app="x"', 'env=Zürich']
    assert 'sanitize' in caught.value.message


@pytest.mark.parametrize('options', [{'label_keys': ['app']}, {'select': {'online': True}}, {'select': {'any_of': ['app=A']}}])
def test_labels_that_do_not_count_are_no_problem(options):
    workloads = [workload('a', app='A'), workload('b', '10.0.0.2', env='Zürich', online=False)]
    assert len(rendered(workloads, invalid_tags='fail', **options)) == 1


@pytest.mark.parametrize('value', ['Zürich', 'illumio.x', 'and', 'a' * 116])
def test_an_alias_that_is_not_possible_is_reported(value):
    result = rendered([workload('a', env=value)], aliases=['env'])
    assert len(table(result)['10.0.0.1']) == 1
    assert result.report()['alias_not_possible']['labels'] == 1
    assert len(result.warnings()) == 1
    with pytest.raises(InvalidTagError):
        rendered([workload('a', env=value)], aliases=['env'], invalid_tags='fail')


@given(st.lists(st.tuples(st.sampled_from(['env', 'app', 'e.nv', 'os']), st.text(max_size=6)), min_size=1, max_size=8), st.integers(1, 7))
def test_more_labels_never_change_a_tag(labels, some):
    everything = [workload(str(number), '10.0.0.%d' % number, **{key: value}) for number, (key, value) in enumerate(labels, 1)]
    whole = table(rendered(everything, aliases=['env'], dimensions=['env']))
    for address, tags in table(rendered(everything[:some], aliases=['env'], dimensions=['env'])).items():
        assert whole[address] == tags


# Addresses

@pytest.mark.parametrize('name,text,options,reason', [
    ('eth0', '10.0.0.1', {}, None),
    ('eth0', 'fd00::1', {}, 'ipv6'),
    ('eth0', 'fd00::1', {'ipv6': True}, None),
    ('eth0', '::ffff:10.0.0.1', {}, None),
    ('eth0', 'fe80::1', {'ipv6': True}, 'link_local'),
    ('eth0', '169.254.7.7', {}, 'link_local'),
    ('lo', '127.0.0.1', {}, 'loopback'),
    ('eth0', CLAIM_ADDRESS, {}, 'claim_address'),
    ('eth0', 'DHCP', {}, 'invalid'),
    ('eth0', None, {}, 'invalid'),
    ('eth9', '10.0.0.1', {}, 'ignored_interface'),
    ('docker0', '172.17.0.1', {}, 'excluded_interface'),
    ('br-0123456789ab', '172.18.0.1', {}, 'excluded_interface'),
    ('br-lan', '172.18.0.1', {}, None),
    ('br-0123456789abc', '172.18.0.1', {}, None),
    ('vxlan.calico', '10.85.1.1', {}, 'excluded_interface'),
    ('Docker0', '172.17.0.1', {}, None),
    ('docker0', '172.17.0.1', {'exclude_interfaces': []}, None),
    ('eth0', '10.0.0.1', {'exclude_interfaces': ['eth[0-3]', 'tun*']}, 'excluded_interface'),
    ('eth0', '10.0.0.1', {'include_networks': ['10.1.0.0/16']}, 'not_in_networks'),
    ('eth0', '10.1.0.1', {'include_networks': ['10.1.0.0/16']}, None),
    ('eth0', '10.1.0.1', {'include_networks': ['10.1.0.0/16'], 'exclude_networks': ['10.1.0.1']}, 'excluded_network'),
    ('eth0', 'fd00::1', {'ipv6': True, 'include_networks': ['10.0.0.0/8']}, 'not_in_networks'),
    ('eth0', 'fd00::1', {'ipv6': True, 'exclude_networks': ['10.0.0.0/8']}, None),
    ('', '10.0.0.1', {}, None),
    (None, '10.0.0.1', {}, None),
])
def test_why_an_address_does_not_count(name, text, options, reason):
    assert InterfaceRules(**options).judge(name, text, ['eth9'])[1] == reason
    assert reason is None or reason in REASONS


def test_endless_names_of_interfaces_are_not_all_kept(monkeypatch):
    monkeypatch.setattr('ansible_collections.zerotrust.microseg.plugins.module_utils._domain.interfaces._MEMO', 4)
    rules = InterfaceRules()
    assert {rules.judge('veth%x' % number, '10.0.0.1')[1] for number in range(40)} == {'excluded_interface'}
    assert len(rules._memo) <= 4


def test_what_is_left_out_is_counted_and_noted():
    notes = []
    result = rendered([
        workload('web', ['10.0.0.1', 'fe80::1', '::1'], env='A'),
        workload('lonely', ['fe80::2'], env='A'),
        workload('bare', '10.0.0.3'),
        workload('other', '10.0.0.4', os='Linux'),
        workload('test', '10.0.0.5', env='B'),
        workload('guest', ['10.0.0.6', '10.0.0.7'], env='A', interface='eth1', ignored=['eth1']),
    ], notes, label_keys=['env'], select={'none_of': ['env=B']})
    assert table(result) == {'10.0.0.1': ('illumio.env.A',)}
    assert result.report()['workloads'] == {'total': 6, 'selected': 5, 'mapped': 1, 'not_selected': 1, 'unlabelled': 1, 'no_tags': 1, 'no_address': 2}
    assert result.report()['left_out'] == {'ignored_interface': 2, 'link_local': 2, 'loopback': 1}
    assert [(name, items, reason) for _href, name, items, reason in notes] == [
        ('web', [('eth0', 'fe80::1', 'link_local'), ('eth0', '::1', 'loopback')], None),
        ('lonely', [('eth0', 'fe80::2', 'link_local')], 'no_address'),
        ('bare', None, 'unlabelled'),
        ('other', None, 'no_tags'),
        ('test', None, 'not_selected'),
        ('guest', [('eth1', '10.0.0.6', 'ignored_interface'), ('eth1', '10.0.0.7', 'ignored_interface')], 'no_address'),
    ]
    assert not result.warnings(), 'nothing that a user has to act on'


def test_a_selection_that_matches_nothing_is_an_empty_tag_map_but_an_empty_pce_is_an_error():
    result = rendered([workload('web', env='A')], select={'none_of': ['env']})
    assert table(result) == {} and result.report()['workloads']['not_selected'] == 1
    with pytest.raises(IncompleteError):
        rendered([])


def test_a_typing_slip_stops_before_any_workload_is_looked_at():
    with pytest.raises(UnknownLabelError, match='env=Prodution'):
        rendered([workload('web', env='Production')], select={'none_of': ['env=Prodution']})


# Duplicates

A, B, AB = ('illumio.env.A',), ('illumio.env.B',), ('illumio.env.A', 'illumio.env.B')


def two(**changes):
    """Two workloads with one address and other labels; the first is described by the changes."""
    return [workload('one', env='A', os='Linux', **changes), workload('two', env='B', os='Linux', created='2026-11-22T16:00:00.5Z')]


OS = 'illumio.os.Linux'


@pytest.mark.parametrize('changes,tags,decided', [
    ({}, ('illumio.env.A', OS), 'preferred'),
    ({'online': False}, ('illumio.env.B', OS), 'preferred'),
    ({'online': None}, ('illumio.env.B', OS), 'preferred'),
    ({'managed': False}, ('illumio.env.B', OS), 'preferred'),
    ({'created': '2026-11-22T16:00:00.500001Z'}, ('illumio.env.A', OS), 'preferred'),
    ({'created': '2026-11-22T16:00:00Z'}, ('illumio.env.B', OS), 'preferred'),
    ({'created': '2026-11-22T17:00:00+02:00'}, ('illumio.env.B', OS), 'preferred'),
    ({'created': None}, ('illumio.env.B', OS), 'preferred'),
    ({'created': ''}, ('illumio.env.B', OS), 'preferred'),
    ({'created': '2026-11-22T16:00:00.50Z'}, ('illumio.env.A', OS), 'preferred'),
    ({'created': '2026-11-22T17:30:00.5+01:30'}, ('illumio.env.A', OS), 'preferred'),
])
def test_prefer(changes, tags, decided):
    """Online, managed, the younger by creation, the first by href: always the tags of one of them."""
    result = rendered(two(**changes))
    assert table(result) == {'10.0.0.1': tags}
    assert result.report()['duplicates']['decided'] == {decided: 1}
    assert len(result.warnings()) == 1 and '10.0.0.1 (one, two)' in result.warnings()[0]


@pytest.mark.parametrize('policy,tags,duplicate,lost', [
    ('prefer', {'10.0.0.1': ('illumio.env.A', OS)}, 1, ['two']),
    ('union', {'10.0.0.1': ('illumio.env.A', 'illumio.env.B', OS)}, 0, []),
    ('skip', {}, 2, ['one', 'two']),
])
def test_policies(policy, tags, duplicate, lost):
    notes = []
    result = rendered(two(), notes, duplicates=policy)
    assert table(result) == tags
    assert result.report()['left_out'].get('duplicate', 0) == duplicate
    assert [(name, reason) for _href, name, _items, reason in notes] == [(name, 'no_address') for name in lost]
    assert result.report()['workloads']['mapped'] == 2 - len(lost) and result.report()['workloads']['no_address'] == len(lost)
    assert ('widens' in result.warnings()[0]) == (policy == 'union')


def test_fail_names_addresses_and_workloads():
    with pytest.raises(DuplicateAddressError) as caught:
        rendered(two(), duplicates='fail')
    assert '10.0.0.1 (one, two)' in caught.value.message and caught.value.details['addresses'][0]['address'] == '10.0.0.1'


def test_equally_good_workloads_never_leave_an_address_without_tags():
    result = rendered([workload('two', env='B'), workload('one', env='A'), workload('three', ['10.0.0.1', '10.0.0.3'], env='A', online=False)])
    assert registered(result)[0] == ('10.0.0.1', A, ['/orgs/1/workloads/one', '/orgs/1/workloads/three'])
    assert result.report()['left_out'] == {'duplicate': 1} and result.report()['workloads']['no_address'] == 1


@pytest.mark.parametrize('text', ['yesterday', '2026-11-22', '2026-13-01T00:00:00Z', '2026-11-22T17:00:00 CET', '2026-11-22T17:00:00.Z', 5,
                                  '0001-01-01T00:00:00+09:00'])
def test_what_is_no_time_of_creation(text):
    with pytest.raises(OptionError, match='item 1 .* is not a time'):
        compact([workload('one', created=text)])
    row = dict(compact([workload('one', env='A')])[1][0], created_at=text)  # a PCE that tells nonsense settles nothing, and breaks nothing
    labels, rows = compact([workload('two', env='A'), workload('three', env='B', created='1999-01-01T00:00:00Z')])
    assert table(render([row] + rows, labels, Rules())) == {'10.0.0.1': A}


@pytest.mark.parametrize('names, said', [
    (('web', 'db'), 'web, db'), (('web', 'web'), 'web /orgs/1/workloads/0, web /orgs/1/workloads/1'),
    (('web', ''), 'web, /orgs/1/workloads/1'), (('', None), '/orgs/1/workloads/0, /orgs/1/workloads/1'),
    (('web', 'web', 'db'), 'web /orgs/1/workloads/0, web /orgs/1/workloads/1, db'),
    (tuple('abcdefg'), 'a, b, c, d, e and 2 more'), (('x', 'x\x1b]0;y\u202e'), r'x, x\x1b]0;y\u202e'),
])
def test_a_message_names_workloads_so_that_they_can_be_told_apart(names, said):
    found = [dict(workload('w', env=str(number)), name=name, href='/orgs/1/workloads/%d' % number) for number, name in enumerate(names)]
    assert '): 10.0.0.1 (%s). Correct' % said in rendered(found).warnings()[0]
    with pytest.raises(DuplicateAddressError) as caught:
        rendered(found, duplicates='fail')
    assert '): 10.0.0.1 (%s). Correct' % said in caught.value.message


@pytest.mark.parametrize('policy', ['prefer', 'union', 'skip', 'fail'])
def test_identical_tags_are_no_conflict(policy):
    result = rendered([workload('one', env='A', online=False), workload('two', env='A'), workload('three', env='A', Net='x')], duplicates=policy,
                      label_keys=['env'])
    assert registered(result) == [('10.0.0.1', A, ['/orgs/1/workloads/' + name for name in ('one', 'three', 'two')])]
    assert result.report()['duplicates'] == {'addresses': 1, 'decided': {'identical': 1}, 'shown': []}
    assert not result.warnings()


@pytest.mark.parametrize('policy', ['prefer', 'union', 'skip', 'fail'])
def test_the_same_address_twice_on_one_workload_is_nothing(policy):
    result = rendered([workload('one', ['10.0.0.1', '10.0.0.1', '::ffff:10.0.0.1'], env='A')], duplicates=policy)
    assert table(result) == {'10.0.0.1': A} and not result.conflicts
    result = rendered([workload('one', env='A'), workload('two', ['10.0.0.1', '10.0.0.1'], env='A')], duplicates=policy)
    assert [hrefs for _address, _tags, hrefs in registered(result)] == [['/orgs/1/workloads/one', '/orgs/1/workloads/two']]


def test_workloads_that_do_not_count_take_no_part():
    result = rendered([workload('one', env='A', online=False), workload('two', os='x'), workload('three')], duplicates='fail', label_keys=['env'])
    assert table(result) == {'10.0.0.1': A}


def test_a_loser_with_another_address_keeps_that():
    notes = []
    result = rendered([workload('one', env='A'), workload('two', ['10.0.0.1', '10.0.0.2'], env='B', online=False)], notes)
    assert table(result) == {'10.0.0.1': A, '10.0.0.2': B} and not notes


def test_lists_of_a_report_are_bounded():
    workloads = [workload('%s%d' % (env, number), '10.0.1.%d' % number, env=env, os='ä%d' % number) for number in range(50) for env in 'AB']
    report = rendered(workloads, duplicates='skip').report()
    assert report['duplicates']['addresses'] == 50 and len(report['duplicates']['shown']) == SHOWN
    assert report['invalid_tags']['labels'] == 50 and len(report['invalid_tags']['shown']) == SHOWN


CANDIDATES = st.builds(
    Candidate, st.uuids().map(str), st.just('x'), st.lists(st.sampled_from('abcd'), min_size=1, unique=True).map(sorted).map(tuple),
    st.sampled_from([True, False, None]), st.booleans(),
    st.sampled_from([None, '', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.10Z', '2026-01-01T01:00:00+01:00',
                     '2026-01-02T00:00:00Z']))


@given(st.sampled_from(['prefer', 'union', 'skip', 'fail']), st.lists(CANDIDATES, min_size=2, max_size=5), st.randoms())
def test_a_decision_never_invents_a_tag_and_does_not_depend_on_order(policy, candidates, chance):
    def in_order(tags):
        return tuple(sorted(tags))
    decision = decide(policy, candidates, in_order)
    every = set().union(*(candidate.tags for candidate in candidates))
    assert set(decision.tags) <= every
    if policy == 'prefer':
        assert any(set(decision.tags) == set(candidate.tags) for candidate in candidates), 'one workload: none gains or loses what another may do'
        assert all(set(candidate.tags) == set(decision.tags) for candidate in decision.counting)
        somebody_is_online = any(candidate.online for candidate in candidates)
        assert not somebody_is_online or any(candidate.online for candidate in decision.counting)
    shuffled = list(candidates)
    chance.shuffle(shuffled)
    again = decide(policy, shuffled, in_order)
    assert (again.decided, again.tags, again.counting) == (decision.decided, decision.tags, decision.counting)


@given(st.lists(CANDIDATES, min_size=2, max_size=5), CANDIDATES)
def test_one_more_workload_changes_nothing_unless_it_wins(candidates, third):
    def in_order(tags):
        return tuple(sorted(tags))
    before, after = decide('prefer', candidates, in_order), decide('prefer', candidates + [third], in_order)
    if third not in after.counting:
        assert (after.tags, after.counting) == (before.tags, before.counting)
    elif after.tags != before.tags:
        assert decide('prefer', [third, before.counting[0]], in_order).tags == third.tags


@given(st.lists(CANDIDATES, min_size=2, max_size=3, unique_by=lambda candidate: candidate.href), st.data())
def test_a_decision_does_not_depend_on_heartbeats(candidates, data):
    def found():
        rows = [{'href': candidate.href, 'name': 'x', 'online': candidate.online, 'managed': candidate.managed, 'created_at': candidate.created_at,
                 'last_seen': data.draw(st.sampled_from(['', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'])),
                 'labels': dict.fromkeys(candidate.tags, 'v'), 'interfaces': [{'address': '10.0.0.1'}]} for candidate in candidates]
        return registered(rendered(rows, dimensions=['a', 'b', 'c', 'd']))
    assert found() == found()


@given(st.integers(0, 10 ** 9), st.integers(0, 10 ** 9), st.integers(-14 * 60, 14 * 60), st.integers(0, 6))
def test_times_compare_as_times(one, other, minutes, digits):
    def text(microseconds, offset=0):
        found = datetime.datetime(2026, 1, 1) + datetime.timedelta(microseconds=microseconds, minutes=offset)
        fraction = ('.%06d' % found.microsecond).rstrip('0').ljust(digits + 1, '0') if found.microsecond or digits else ''
        zone = '%s%02d:%02d' % ('-' if offset < 0 else '+', *divmod(abs(offset), 60)) if offset else 'Z'
        return found.strftime('%Y-%m-%dT%H:%M:%S') + fraction + zone
    assert (moment(text(one)) < moment(text(other, minutes))) == (one < other)
    assert (moment(text(one)) == moment(text(other, minutes))) == (one == other)
    assert moment(None) == moment('') < moment(text(one))


# The whole, against a slow and simple model

TEXTS = st.one_of(
    st.sampled_from(['10.0.0.1', '10.0.0.2', '10.0.1.1', 'fd00::1', 'FD00:0::1', 'fe80::1', '127.0.0.1', CLAIM_ADDRESS, 'nonsense', '::ffff:10.0.0.2']),
    st.ip_addresses(v=4).map(str))
INTERFACES = st.fixed_dictionaries({'name': st.sampled_from(['eth0', 'eth1', 'docker0', '']), 'address': TEXTS})
WORKLOADS = st.lists(
    st.fixed_dictionaries({
        'href': st.uuids().map(str), 'name': st.just('x'), 'online': st.sampled_from([True, False, None]), 'managed': st.booleans(),
        'created_at': st.sampled_from([None, '2026-01-01T00:00:00Z']), 'enforcement_mode': st.just('full'),
        'labels': st.dictionaries(st.sampled_from(['env', 'app', 'os']), st.sampled_from(['A', 'B', 'ü'])),
        'interfaces': st.lists(INTERFACES, max_size=4), 'ignored_interface_names': st.sampled_from([[], ['eth1']]),
    }), min_size=1, max_size=8, unique_by=lambda row: row['href'])
OPTIONS = st.fixed_dictionaries({
    'ipv6': st.booleans(), 'duplicates': st.sampled_from(['prefer', 'union', 'skip']), 'invalid_tags': st.sampled_from(['sanitize', 'skip']),
    'label_keys': st.sampled_from([None, ['env'], ['app', 'env']]), 'include_networks': st.sampled_from([[], ['10.0.0.0/24', 'fd00::/8']]),
    'select': st.sampled_from([{}, {'online': True}, {'none_of': ['env=*']}, {'any_of': ['app', 'os']}]),
})


def addresses_of(row, options):
    """The addresses of a workload that count, by the words of the documentation."""
    for interface in row['interfaces']:
        text = interface['address'].replace('::ffff:', '')
        if is_registrable(text) is None and interface['name'] != 'docker0' and interface['name'] not in row['ignored_interface_names']:
            host = ipaddress.ip_address(text)
            networks = options['include_networks']
            if (options['ipv6'] or host.version == 4) and (not networks or any(host in ipaddress.ip_network(network) for network in networks)):
                yield normalise(text)


@given(WORKLOADS, OPTIONS, st.randoms())
def test_rendering(workloads, options, chance):
    notes = []
    result = rendered(workloads, notes, ['env', 'app', 'os'], **options)
    found = {address: (tags, hrefs) for address, tags, hrefs in registered(result)}
    assert list(found) == sorted(found, key=sort_key)
    rows = {row['href']: row for row in workloads}
    for address, (tags, hrefs) in found.items():
        assert tags and len(set(tags)) == len(tags) and hrefs
        for href in hrefs:
            assert address in addresses_of(rows[href], options)
    # every address of every workload is either registered for it or left out for a reason
    report = result.report()
    silent = {href for href, _name, _items, reason in notes if reason in ('not_selected', 'unlabelled', 'no_tags')}
    possible = {(href, address) for href, row in rows.items() if href not in silent for address in addresses_of(row, options)}
    carried = {(href, address) for address, (_tags, hrefs) in found.items() for href in hrefs}
    assert carried <= possible
    assert len(possible) - len(carried) == report['left_out'].get('duplicate', 0)
    numbers = report['workloads']
    assert numbers['total'] == len(workloads) == numbers['selected'] + numbers['not_selected']
    assert numbers['selected'] == numbers['mapped'] + numbers['unlabelled'] + numbers['no_tags'] + numbers['no_address']
    assert numbers['mapped'] == len({href for href, _address in carried})
    # and none of it depends on the order in which the PCE tells
    shuffled = list(workloads)
    chance.shuffle(shuffled)
    again = rendered(shuffled, None, ['env', 'app', 'os'], **options)
    assert registered(again) == registered(result)
    assert again.report()['workloads'] == numbers and again.report()['left_out'] == report['left_out']


# Inline workloads

@pytest.mark.parametrize('bad', [
    5, 'web', {'labels': 5}, {'labels': {'env': 1}}, {'interfaces': [5]}, {'interfaces': [{'name': 'eth0'}]}, {'interfaces': 5}, {'labels': ['env']},
])
def test_what_is_no_workload_is_named_by_its_position(bad):
    with pytest.raises(OptionError, match='item 2'):
        compact([workload('web'), bad])


def test_little_is_enough_for_an_inline_workload():
    result = rendered([{'name': 'web', 'labels': {'env': 'A'}, 'interfaces': [{'address': '10.0.0.1'}]}, {}])
    assert registered(result) == [('10.0.0.1', A, ['web'])]


def test_labels_without_workloads_are_known():
    labels, _rows = compact([workload('web', env='A')], [{'key': 'env', 'value': 'B', 'href': 'x'}], ['os'])
    assert labels.keys == ('env', 'os') and labels.unknown_label('env', 'B') is None
    with pytest.raises(OptionError, match=r'O\(labels\): item 1'):
        compact([], ['env'])


# Shape of the cost

def test_little_is_kept_of_each_workload():
    # What stays is one candidate per workload, not its row: less than the row itself (1.2 KB as objects).
    count, chance = 4000, random.Random(1)

    def rows():
        for number in range(count):
            yield {'href': '/orgs/1/workloads/00000000-0000-0000-0000-%012x' % number, 'name': 'host%d' % number, 'managed': True, 'online': True,
                   'enforcement_mode': 'full',
                   'created_at': '2026-11-22T17:00:00.%06dZ' % number, 'labels': [chance.randrange(10), 10 + chance.randrange(10)],
                   'interfaces': [['eth0', '10.0.%d.%d' % divmod(number, 256)], ['eth0', 'fe80::%x' % number], ['docker0', '172.17.0.1']]}

    labels, _none = compact([], [{'key': key, 'value': str(number)} for key in ('env', 'app') for number in range(10)])
    tracemalloc.start()
    try:
        result = render(rows(), labels, Rules())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(result) == count
    assert peak / count < 700
