# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: promise 8 of the design, each with numbers, a reason and the option that would permit it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import claim, guard
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate, legal

OURS = Ownership([TagTemplate('illumio.{key}.{value}')])
DEV, WEB = 'illumio.env.Dev', 'illumio.role.Web'
WANTED = claim.read_claims([claim.claim_tag('illumio.', 'pce.example.com/1', '0123456789ab')], ['illumio.'])[0]


def hosts(number, *tags, start=0):
    return {'10.0.%d.%d' % (each // 200, each % 200 + 1): tags for each in range(start, start + number)}


def names(current, desired, rules=guard.Rules(), standing=None, used=None, capacity=None):
    plan = compute_plan(current, desired, OURS, ('s', 'vsys1', 'illumio.'), Limits(32, None))
    found = guard.check(plan, desired, standing, rules, len(current) if used is None else used, capacity)
    assert all(each.reason and each.permit for each in found)
    return [each.name for each in found]


@pytest.mark.parametrize('removed, rules, expected', [
    (19, guard.Rules(), []),                                         # below the floor: daily business
    (20, guard.Rules(), []),                                         # 20 of 100: not more than 20 %
    (21, guard.Rules(), ['share']),
    (21, guard.Rules(max_removals_percent=21), []),
    (5, guard.Rules(floor=1, max_removals_percent=4), ['share']),
    (6, guard.Rules(max_removals=5), ['number']),
    (5, guard.Rules(max_removals=5), []),
    (1, guard.Rules(max_removals=0), ['number']),
    (100, guard.Rules(confirmed=True), []),                          # a teardown that was confirmed by name
    (100, guard.Rules(confirmed=True, max_removals=99), ['number']),
])
def test_promise_8_share_and_number_of_removals(removed, rules, expected):
    current = hosts(100, DEV)
    assert names(current, dict(list(current.items())[removed:]) or {}, rules._replace(allow_empty=True, allow_emptied_tags=('*',))) == expected


@pytest.mark.parametrize('size, rules, expected', [
    (4, guard.Rules(), []),
    (5, guard.Rules(), ['emptied_tag']),
    (5, guard.Rules(allow_emptied_tags=('illumio.role.*',)), []),
    (5, guard.Rules(allow_emptied_tags=('illumio.env.*',)), ['emptied_tag']),
])
def test_promise_8_a_tag_that_would_lose_its_last_address(size, rules, expected):
    current = dict(hosts(100, DEV), **hosts(size, DEV, WEB))
    assert names(current, hosts(100, DEV), rules) == expected


def test_promise_8_a_table_that_would_overfill():
    current = {'172.16.0.%d' % number: ('quarantine',) for number in range(1, 11)}
    assert names(current, hosts(5, DEV), capacity=15) == []
    assert names(current, hosts(6, DEV), capacity=15) == ['capacity']
    assert names(current, hosts(6, DEV), capacity=None) == []


def test_promise_2_a_selection_that_matches_nothing():
    assert names({}, {}) == ['empty']
    assert names({}, {}, guard.Rules(allow_empty=True)) == []


@pytest.mark.parametrize('tags, has_owned, kind', [
    ([], False, 'new'),
    (['quarantine'], False, 'new'),
    ([], True, 'unclaimed'),
    ([WANTED.tag], True, 'ours'),
    (['illumio.claim:pce.example.com/1:ffffffffffff'], True, 'other_scope'),
    (['illumio.claim:pce.example.com/2:0123456789ab'], True, 'other_owner'),
    ([WANTED.tag, 'illumio.claim:pce.example.com/2:0123456789ab'], True, 'other_owner'),
    (['illumio.claim:pce.example.com/1:0123456789ab::3600'], True, 'ours'),
])
def test_what_claims_say(tags, has_owned, kind):
    assert claim.stand(claim.read_claims(tags, ['illumio.']), WANTED, has_owned).kind == kind


@pytest.mark.parametrize('tag, rules, removing, adding', [
    (None, guard.Rules(), ['unclaimed'], []),
    (None, guard.Rules(adopt=frozenset(['unclaimed'])), [], []),
    ('illumio.claim:pce.example.com/1:ffffffffffff', guard.Rules(), ['scope_change'], []),
    ('illumio.claim:pce.example.com/1:ffffffffffff', guard.Rules(accept_scope_change=True), [], []),
    ('illumio.claim:pce.example.com/2:0123456789ab', guard.Rules(accept_scope_change=True, adopt=frozenset(['unclaimed'])), ['other_owner'], ['other_owner']),
])
def test_claims_decide_about_removals(tag, rules, removing, adding):
    standing = claim.stand(claim.read_claims([tag] if tag else [], ['illumio.']), WANTED, True)
    assert names(hosts(3, DEV), hosts(2, DEV), rules, standing) == removing
    assert names(hosts(3, DEV), hosts(4, DEV), rules, standing) == adding


@pytest.mark.parametrize('owner, keys, timeout', [
    ('pce.example.com/1', (), None), ('pce.example.com:8443/181', ('env', 'app'), None), ('pce/1', (), 3600), ('p' * 200 + '.example.com/1', ('x' * 100,), 60),
    ('2001:db8::1/1', ('env',), 2592000),
])
def test_a_claim_reads_back_as_it_was_written(owner, keys, timeout):
    tag = claim.claim_tag('illumio.', owner, '0123456789ab', keys, timeout)
    assert len(tag) <= 127 and not set(tag) & set('\'" ')
    read = claim.read_claims(['quarantine', tag], ['illumio.'])
    assert [(each.tag, each.scope, each.timers) for each in read] == [(tag, '0123456789ab', str(timeout or ''))]
    assert claim.claim_tag('illumio.', owner.replace('1', '3'), '0123456789ab', keys, timeout) != tag


AWKWARD = ['env', 'Business Unit', 'a:b', 'a@b', 'a,b', '~', '~0123456789ab', 'a%20b', '\ud800', 'é', "it's"]
KEYS = st.one_of(st.text(min_size=1, max_size=200), st.sampled_from(AWKWARD))
OWNERS = st.sampled_from(['pce.example.com/1', 'pce.example.com:8443/181', 'p' * 200 + '/1'])


@given(st.lists(KEYS, min_size=1, max_size=2, unique=True), KEYS, OWNERS, st.sampled_from(['', '3600', '2592000', '~']),
       st.sampled_from(['', '0123456789abcdef']))
def test_a_claim_gives_back_the_label_keys_of_its_aliases_whatever_they_are(keys, other, owner, timers, fingerprint):
    tag = claim.claim_tag('illumio.', owner, '0123456789ab', keys, timers, fingerprint)
    assert legal(tag) is None
    found = claim.read_claims([tag], ['illumio.'])
    assert (found[0].scope, found[0].timers) == ('0123456789ab', timers) and found[0].fingerprint in ('', fingerprint)
    known = claim.AliasKeys([], found)
    assert all(key in known for key in keys) and (other in known) == (other in keys)
    again = claim.read_claims([claim.retimed(found[0], '60')], ['illumio.'])[0]
    assert again.timers == '60' and all(key in claim.AliasKeys([], [again]) for key in keys)


@given(KEYS, st.text(alphabet='ab', min_size=1, max_size=3))
def test_an_alias_of_any_label_key_can_be_given_up(key, value):
    """The bare value stays ours by the claim alone, once the rules do not name its key any more."""
    template = TagTemplate('illumio.{key}.{value}')
    if template.alias(key, value) is None:
        return
    tags = tuple(sorted([template.tag(key, value).text, value]))
    found = claim.read_claims([claim.claim_tag('illumio.', 'pce/1', '0123456789ab', [key])], ['illumio.'])
    assert set(Ownership([template], claim.AliasKeys([], found)).split(tags)[0]) == set(tags)
    assert value not in Ownership([template], claim.AliasKeys([], claim.read_claims([WANTED.tag], ['illumio.']))).split(tags)[0]


@given(st.text(alphabet='xyz', max_size=70), st.text(alphabet='p.:/1', min_size=1, max_size=140), st.lists(KEYS, max_size=2, unique=True),
       st.one_of(st.sampled_from(['', '~', '2592000~']), st.integers(1, 2592000).map(str), st.integers(1, 2592000).map('{}~'.format)),
       st.sampled_from(['', '0123456789abcdef']))
def test_a_claim_never_gets_longer_than_a_tag_may_be_and_never_says_of_timers_what_is_not_true(namespace, owner, keys, timers, fingerprint):
    namespace += '.'
    tag = claim.claim_tag(namespace, owner, '0123456789ab', keys, timers, fingerprint)
    again = claim.retimed(claim.read_claims([tag], [namespace])[0], timers)
    for each in (tag, again, claim.retimed(claim.read_claims([tag], [namespace])[0], timers, claim.UNADOPTED)):
        assert legal(each) is None and len(each) <= 127
        assert claim.read_claims([each], [namespace])[0].timers in (timers, '~')
    if len(namespace + owner) <= 90:
        assert claim.read_claims([tag], [namespace])[0].timers == timers


def test_a_claim_of_the_longest_namespace_and_owner_with_the_longest_timeout():
    for length in range(1, 127):
        tag = claim.claim_tag('x' * 40 + '.', 'p' * length, '0123456789ab', (), '2592000~')
        assert legal(tag) is None and len(claim.read_claims([tag], ['x' * 40 + '.'])) == 1


def test_an_untimed_claim_of_the_release_before_is_ours_and_replaced():
    for keys in ('', ':env'):
        found = claim.read_claims(['illumio.claim:pce.example.com/1:0123456789ab' + keys], ['illumio.'])
        assert found[0].timers == claim.PERHAPS
        standing = claim.stand(found, WANTED, True)
        assert (standing.kind, standing.register, standing.unregister) == ('ours', (WANTED.tag,), (found[0].tag,))
    found = claim.read_claims(['illumio.claim:pce.example.com/1:0123456789ab::600'], ['illumio.'])
    assert found[0].timers == '600'


@pytest.mark.parametrize('timers, expected', [('', ('', '')), ('~', ('~', '~')), ('600', ('600', '600')), ('600~', ('600', '~'))])
def test_the_halves_of_what_a_claim_says_of_timers(timers, expected):
    assert claim.halves(claim.read_claims([claim.claim_tag('illumio.', 'pce/1', '0123456789ab', (), timers)], ['illumio.'])[0].timers) == expected


@pytest.mark.parametrize('timers', ['~~', 'x', '60x', '-1', '6~0', '\u0663'])
def test_what_cannot_be_read_of_timers_means_perhaps(timers):
    assert claim.read_claims(['illumio.claim:pce/1:0123456789ab.::' + timers], ['illumio.'])[0].timers == claim.PERHAPS


@pytest.mark.parametrize('key', ['my key', 'Business Unit', 'a,b', 'k' * 70])
def test_an_alias_of_a_label_key_as_the_release_before_spelt_it_can_be_given_up(key):
    template = TagTemplate('illumio.{key}.{value}')
    spelt = claim.owner_part(key)  # that release spelt them the same way
    assert '~' in spelt
    found = claim.read_claims(['illumio.claim:pce/1:0123456789ab:%s,env' % spelt], ['illumio.'])
    tags = tuple(sorted([template.tag(key, 'Blue').text, 'Blue']))
    for each in (found, claim.read_claims([claim.retimed(found[0], '60')], ['illumio.'])):
        known = claim.AliasKeys([], each)
        assert key in known and 'env' in known and key + 'x' not in known
        assert set(Ownership([template], known).split(tags)[0]) == set(tags)


def test_a_claim_without_a_fingerprint_or_with_another_is_as_good_as_ours():
    wanted = claim.read_claims([claim.claim_tag('illumio.', 'pce/1', '0123456789ab', ['env'], '', '0123456789abcdef')], ['illumio.'])[0]
    for fingerprint in ('', '0123456789abcdef', 'ffffffffffffffff'):
        tag = claim.claim_tag('illumio.', 'pce/1', '0123456789ab', ['env'], '', fingerprint)
        standing = claim.stand(claim.read_claims([tag], ['illumio.']), wanted, True)
        assert (standing.kind, standing.register, standing.unregister) == ('ours', (), ())
    tag = claim.claim_tag('illumio.', 'pce/1', '0123456789ab', ['env', 'k' * 85], '', '0123456789abcdef')
    assert '0123456789ab.:env' in tag, 'the fingerprint goes first'
