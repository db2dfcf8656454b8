# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Labels, require_known
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean, as_list, without_blanks
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules, scope_digest
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.selection import Selection
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError, UnknownLabelError
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES

LABELS = Labels([('env', 'Production'), ('env', 'Development'), ('app', 'Ordering'), ('role', 'Web'), ('Net', 'A=B')], dimensions=['loc', 'Net', 'os'])
WEB = [('env', 'Production'), ('role', 'Web')]


# Option values

@pytest.mark.parametrize('value,expected', [
    (None, ()), ('', ()), ([], ()), (['', ' '], ()), ('env', ('env',)), ('env, app,', ('env', 'app')), ('env\napp\n', ('env', 'app')),
    (['env', 'app', 'env'], ('env', 'app')),
    ('["env", "loc=Paris, France"]', ('env', 'loc=Paris, France')), (['["env"', ' "loc=Paris', ' France"]'], ('env', 'loc=Paris, France')),
    (['loc=Paris, France'], ('loc=Paris, France',)), (['br-[0-9]*', 'eth[1]'], ('br-[0-9]*', 'eth[1]')), ('[0-9]', ('[0-9]',)), (('a', 'b'), ('a', 'b')),
    ('[env, app]', ('env', 'app')), (['[env', ' app]'], ('env', 'app')), ("['env','loc']", ('env', 'loc')), ('[0-9],[a-z]', ('[0-9]', '[a-z]')),
])
def test_lists(value, expected):
    assert as_list(value, 'x') == expected


@pytest.mark.parametrize('value', [5, True, {'a': 1}, [1], [None], [['a']]])
def test_what_is_no_list(value):
    with pytest.raises(OptionError, match=r'O\(label_keys\)'):
        as_list(value, 'label_keys')


@pytest.mark.parametrize('value,expected', [
    (True, True), (False, False), (None, None), ('false', False), ('False', False), ('no', False), ('true', True), ('YES', True), (1, True), (0, False),
    ('', None), ('None', None),
])
def test_booleans(value, expected):
    assert as_boolean(value, 'ipv6') is expected


def test_what_is_no_boolean():
    with pytest.raises(OptionError, match=r'O\(ipv6\)'):
        as_boolean('maybe', 'ipv6')


# Labels

def test_keys_come_in_the_order_of_the_pce_then_by_name():
    assert LABELS.keys == ('role', 'app', 'env', 'loc', 'Net', 'os')


@pytest.mark.parametrize('key,value,words', [
    ('Env', None, ["'Env'", 'Did you mean env?', 'case-sensitive', 'role, app, env, loc, Net, os']),
    ('zone', None, ["'zone'"]),
    ('env', 'Producton', ['env=Producton', 'Did you mean env=Production?']),
    ('env', 'production', ['Did you mean env=Production?']),
    ('loc', 'Berlin', ['loc=Berlin']),
])
def test_unknown_names_are_said_with_close_ones(key, value, words):
    sentence = LABELS.unknown_label(key, value)
    assert all(word in sentence for word in words)
    with pytest.raises(UnknownLabelError) as caught:
        require_known([('select.any_of', sentence), ('label_keys', None)])
    assert caught.value.message.startswith('O(select).any_of: ')
    assert caught.value.details == {'options': ['select.any_of']}


def test_known_names_pass():
    require_known([('x', LABELS.unknown_label('env', 'Production')), ('x', LABELS.unknown_label('os', None)), ('x', LABELS.unknown_label('Net', 'A=B'))])


# Selection

@pytest.mark.parametrize('options,expected', [
    (None, True), ({}, True), ({'any_of': []}, True),
    ({'any_of': ['env=Production']}, True), ({'any_of': 'env=Development, role=Web'}, True), ({'any_of': ['env=Development']}, False),
    ({'all_of': ['env=Production', 'role=Web']}, True), ({'all_of': ['env=Production', 'app=Ordering']}, False),
    ({'none_of': ['env=Production']}, False), ({'none_of': ['app']}, True), ({'none_of': ['role=*']}, False),
    ({'any_of': ['env']}, True), ({'all_of': ['env=*', 'app=*']}, False), ({'any_of': ['env=*'], 'none_of': ['role=Web']}, False),
])
def test_selectors_of_labels(options, expected):
    assert Selection(options).takes_labels(WEB) is expected


@pytest.mark.parametrize('options,expected', [
    ({}, True), ({'managed': True}, True), ({'managed': 'false'}, False), ({'online': False}, True), ({'online': 'true'}, False), ({'online': ''}, True),
    ({'enforcement_modes': 'full,selective'}, True), ({'enforcement_modes': ['idle']}, False), ({'managed': True, 'enforcement_modes': ['idle']}, False),
])
def test_selectors_of_state(options, expected):
    assert Selection(options).takes_state({'managed': True, 'online': None, 'enforcement_mode': 'full'}) is expected


def test_the_first_equals_sign_separates():
    selection = Selection({'all_of': ['Net=A=B']})
    assert selection.takes_labels([('Net', 'A=B')])
    assert not [sentence for _option, sentence in selection.unknown(LABELS) if sentence]


@pytest.mark.parametrize('options', [{'labels': ['env']}, {'any_of': ['=Production']}, {'enforcement_modes': ['enforced']}, {'managed': 'perhaps'},
                                     {'any_of': 5}])
def test_what_is_no_selection(options):
    with pytest.raises(OptionError, match=r'O\(select\)'):
        Selection(options)


def test_equal_selections_have_one_spelling():
    one = Selection({'any_of': 'role, env=Production', 'managed': 'false', 'none_of': []})
    other = Selection({'any_of': ['env=Production', 'role=*'], 'managed': False, 'online': None})
    assert one.as_options() == other.as_options() == {'any_of': ['env=Production', 'role=*'], 'managed': False}


TERMS = st.lists(st.sampled_from(['env', 'env=Production', 'role=Web', 'app=*', 'app=Ordering']), max_size=3)


@given(TERMS, TERMS, TERMS, st.lists(st.sampled_from([('env', 'Production'), ('role', 'Web'), ('app', 'Ordering')]), unique=True))
def test_the_kinds_of_conditions_are_independent(any_of, all_of, none_of, labels):
    whole = Selection({'any_of': any_of, 'all_of': all_of, 'none_of': none_of})
    parts = [Selection({'any_of': any_of}), Selection({'all_of': all_of}), Selection({'none_of': none_of})]
    assert whole.takes_labels(labels) == all(part.takes_labels(labels) for part in parts)
    if any_of:
        assert Selection({'any_of': any_of}).takes_labels(labels) != Selection({'none_of': any_of}).takes_labels(labels)


# Rules and scope

def test_defaults():
    options = Rules().as_options()
    assert options['namespace'] == 'illumio.' and options['label_keys'] is None and options['select'] == {} and options['ipv6'] is False
    assert options['duplicates'] == 'prefer' and options['invalid_tags'] == 'sanitize' and 'docker*' in options['exclude_interfaces']


def test_empty_label_keys_are_all():
    assert Rules(label_keys=[]).label_keys is None
    assert Rules(label_keys='').label_keys is None


@pytest.mark.parametrize('options,word', [
    ({'tag_template': 'x'}, 'tag_template'), ({'aliases': ['env'], 'label_keys': ['app']}, 'aliases'), ({'ipv6': 'perhaps'}, 'ipv6'),
    ({'duplicates': 'last'}, 'duplicates'),
    ({'invalid_tags': 'x'}, 'invalid_tags'), ({'include_networks': ['x']}, 'include_networks'), ({'exclude_networks': '10.0.0.1/8'}, 'exclude_networks'),
    ({'select': {'x': 1}}, 'select'),
])
def test_every_error_names_its_option(options, word):
    with pytest.raises(OptionError, match=r'O\(%s\)' % word):
        Rules(**options)


def test_all_unknown_names_are_said_at_once():
    rules = Rules(label_keys=['env', 'rolle'], select={'any_of': ['env=Test'], 'none_of': ['zone']})
    with pytest.raises(UnknownLabelError) as caught:
        rules.require_known(LABELS)
    assert all(word in caught.value.message for word in ('O(label_keys)', 'rolle', 'role', 'O(select).any_of', 'env=Test', 'O(select).none_of', 'zone'))


def digest(**options):
    return scope_digest(Rules(**options).as_options())


def test_the_digest_of_the_default_scope_never_changes():
    assert digest() == '006d3ebe9404'  # else every user would have to accept a change of scope


@pytest.mark.parametrize('options', [
    {'tag_template': 'pce1.{key}.{value}'}, {'label_keys': ['env']}, {'aliases': ['env']}, {'select': {'any_of': ['env=Production']}},
    {'select': {'online': True}}, {'ipv6': True},
    {'exclude_interfaces': []}, {'include_networks': ['10.0.0.0/8']}, {'exclude_networks': ['10.0.0.0/8']},
])
def test_every_rule_of_the_scope_changes_its_digest(options):
    assert digest(**options) != digest()


@pytest.mark.parametrize('one,other', [
    ({'label_keys': ['env', 'app']}, {'label_keys': 'app,env'}),
    ({'include_networks': ['10.0.0.0/9', '10.128.0.0/9']}, {'include_networks': ['10.0.0.0/8', '10.1.1.1']}),
    ({'select': {'any_of': ['env', 'role=Web']}}, {'select': {'any_of': ['role=Web', 'env=*'], 'online': None}}),
    ({'exclude_interfaces': ['a*', 'b*']}, {'exclude_interfaces': ['b*', 'a*', 'a*']}),
    ({'duplicates': 'union', 'invalid_tags': 'fail'}, {}),
])
def test_another_spelling_is_the_same_scope(one, other):
    assert digest(**one) == digest(**other)


# What a survey sends where nobody filled in anything

TEXT_BLANKS = st.sampled_from([None, '', ' ', '\n', ' \t', ',', ' , '])
LIST_BLANKS = st.one_of(TEXT_BLANKS, st.sampled_from([[''], [' '], ['', ''], (' ', '\n'), ['\n']]))
BLANKS = {name: LIST_BLANKS if option['type'] == 'list' else TEXT_BLANKS for name, option in RULES.items()}
SCOPES = st.fixed_dictionaries({}, optional={
    'tag_template': st.just('pce1.{key}.{value}'), 'label_keys': st.sampled_from([['env'], 'env,app', []]), 'aliases': st.sampled_from([['env'], []]),
    'select': st.sampled_from([{}, {'any_of': ['env=Production']}, {'online': True}]), 'ipv6': st.booleans(),
    'exclude_interfaces': st.sampled_from([[], ['tun*'], 'docker*']), 'include_networks': st.sampled_from([[], '10.0.0.0/8']),
    'exclude_networks': st.sampled_from([[], ['10.0.0.0/8']]), 'duplicates': st.sampled_from(['union', 'fail']), 'invalid_tags': st.just('skip'),
})


@given(SCOPES, st.sets(st.sampled_from(sorted(RULES)), min_size=1), st.data())
def test_a_blank_option_means_its_default(options, names, data):
    left_out = {name: value for name, value in options.items() if name not in names}
    blank = dict(left_out, **{name: data.draw(BLANKS[name], name) for name in names})
    assert Rules(**blank).as_options() == Rules(**left_out).as_options()
    assert digest(**blank) == digest(**left_out)
    # and as Ansible hands it on, where an option of another type than text meets its checks first
    checked = ArgumentSpecValidator(copy.deepcopy(RULES)).validate(without_blanks(blank, RULES))
    plain = ArgumentSpecValidator(copy.deepcopy(RULES)).validate(left_out)
    assert not checked.error_messages and checked.validated_parameters == plain.validated_parameters


@given(SCOPES, st.sampled_from(['any_of', 'all_of', 'none_of', 'managed', 'online', 'enforcement_modes']), st.data())
def test_a_blank_condition_is_none(options, condition, data):
    select = options.get('select', {})
    left_out = {name: value for name, value in select.items() if name != condition}
    blank = dict(left_out, **{condition: data.draw(TEXT_BLANKS)})
    assert digest(**dict(options, select=blank)) == digest(**dict(options, select=left_out))
    assert without_blanks({'select': blank}, RULES) == {'select': left_out}


@given(st.sampled_from(sorted(name for name, option in RULES.items() if option['type'] == 'list')))
def test_an_empty_list_is_an_empty_list(name):
    assert Rules(**{name: []}).as_options()[name] == ([] if name != 'label_keys' else None), 'no key at all would be no tag at all'
    assert without_blanks({name: []}, RULES) == {name: []}


def test_what_ansible_does_not_know_is_left_for_it_to_refuse():
    assert without_blanks({'exclude_interface': '', 'ipv6': ''}, RULES) == {'exclude_interface': ''}
