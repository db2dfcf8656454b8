# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the plan. Each promise of the design that the plan carries is named in its test."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import sort_key
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.claim import claim_tag, read_claims
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.phases import phases
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan, list_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.timers import FullRun, RefusedRun, Timers

TEMPLATE = TagTemplate('illumio.{key}.{value}')
RETIRED = TagTemplate('old-{key}-{value}')
OURS = Ownership([TEMPLATE, RETIRED], ['env'])
IDENTITY = ('0123', 'vsys1', 'illumio.')

settings.register_profile('plan', max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.load_profile('plan')

ADDRESSES = ['10.0.0.%d' % number for number in range(1, 9)] + ['2001:db8::1']
VALUES = ['Dev', 'Prod', 'Web']
FOREIGN = ['quarantine', 'Dev', 'Web', 'illumio', 'Illumio.env.Dev', '/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa088']
OWNED = ['illumio.%s.%s' % (key, value) for key in ('env', 'role') for value in VALUES] + ['old-env-Dev', 'illumio.~', 'illumio.env.Prod~0123456789ab']

table = st.dictionaries(st.sampled_from(ADDRESSES), st.lists(st.sampled_from(OWNED + FOREIGN), min_size=1, max_size=6, unique=True).map(tuple))


@st.composite
def tag_maps(draw):
    """A tag map as render makes it: namespaced tags in order, aliases of env after them, addresses in order."""
    rows = draw(st.dictionaries(st.sampled_from(ADDRESSES), st.dictionaries(st.sampled_from(['env', 'role', 'app']), st.sampled_from(VALUES), min_size=1)))
    desired = {}
    for address in sorted(rows, key=sort_key):
        tags = [TEMPLATE.tag(key, value).text for key, value in rows[address].items()]
        if 'env' in rows[address]:
            tags.append(rows[address]['env'])
        desired[address] = tuple(tags)
    return desired


def device(current, plan, order='make_before_break', free=None, limit=32):
    """Carry a plan out as PAN-OS does: unregister before register within a message; returns the table and the widest an address became."""
    entries = {address: list(tags) for address, tags in current.items()}
    widest = 0
    for phase in phases(plan, order, free):
        steps = [([out], []) for out in phase.unregister] + [([], [new]) for new in phase.register]
        if phase.together:
            count = max(len(phase.unregister), len(phase.register))
            steps = [(phase.unregister[number:number + 1], phase.register[number:number + 1]) for number in range(count)]
        for unregister, register in steps:
            for address, tags in unregister:
                assert tags, 'an unregister entry without tags would drop the whole address'
                entries[address] = [tag for tag in entries.get(address, []) if tag not in tags]
                if not entries[address]:
                    del entries[address]
            for address, tags, dummy in register:
                entries.setdefault(address, [])
                entries[address] += [tag for tag in tags if tag not in entries[address]]
                widest = max(widest, len(entries[address]))
    return {address: tuple(tags) for address, tags in entries.items()}, widest


def pairs(entries, ownership, owned):
    """Return the owned (or the foreign) pairs of a table."""
    return {(address, tag) for address, tags in entries.items() for tag in ownership.split(tags)[0 if owned else 1]}


def claim(timers, namespace='illumio.'):
    return read_claims([claim_tag(namespace, 'pce/1', '0123456789ab', (), timers)], [namespace])[0]


def plan_of(current, desired, limit=32, **keywords):
    return compute_plan(current, desired, OURS, IDENTITY, Limits(limit, None), **keywords)


@given(table, tag_maps(), st.sampled_from(['make_before_break', 'break_before_make']), st.integers(1, 8), st.booleans())
def test_promise_1_foreign_registrations_are_never_touched(current, desired, order, limit, prune):
    plan = plan_of(current, desired, limit, prune=prune)
    removed = {(change.address, tag) for change in plan.changes for tag in change.remove}
    assert not removed & pairs(current, OURS, owned=False)
    after, dummy = device(current, plan, order)
    assert pairs(current, OURS, owned=False) <= {(address, tag) for address, tags in after.items() for tag in tags}


@given(table, tag_maps(), st.sampled_from(['make_before_break', 'break_before_make']))
def test_promise_3_owned_equals_desired_and_the_next_plan_is_empty(current, desired, order):
    after, dummy = device(current, plan_of(current, desired), order)
    assert pairs(after, OURS, owned=True) == {(address, tag) for address, tags in desired.items() for tag in tags}
    again = plan_of(after, desired)
    assert not again and not again.dropped and again.current == sum(len(tags) for tags in desired.values())


@given(table, tag_maps(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_the_table(current, desired, random):
    rows = [(address, tuple(random.sample(tags, len(tags)))) for address, tags in random.sample(list(current.items()), len(current))]
    assert plan_of(dict(rows), desired).digest == plan_of(current, desired).digest


@given(table, tag_maps())
def test_promise_7_all_registers_come_before_all_unregisters(current, desired):
    plan = plan_of(current, desired)
    names = [phase.name for phase in phases(plan)]
    assert names == [name for name in ('register', 'unregister') if name in names]
    assert [phase.name for phase in phases(plan, 'break_before_make')] == list(reversed(names))


@given(table, tag_maps(), st.integers(1, 8))
def test_promise_7_an_address_without_room_breaks_first_and_never_exceeds_the_limit(current, desired, limit):
    assume(all(len(tags) <= limit for tags in current.values()))
    plan = plan_of(current, desired, limit)
    after, widest = device(current, plan)
    assert widest <= limit
    assert plan.counts()['break_first'] == sum(1 for change in plan.changes if change.breaks)
    rest = plan_of(after, desired, limit)
    assert not rest and rest.counts()['dropped'] == plan.counts()['dropped']


@given(table, tag_maps(), st.integers(0, 4))
def test_promise_7_a_full_table_makes_room_before_others_enter(current, desired, spare):
    plan = plan_of(current, desired)
    capacity = len(current) + spare
    assume(len(current) + plan.entering() - plan.leaving() <= capacity)
    entries = {address: set(tags) for address, tags in current.items()}
    for phase in phases(plan, free=spare):
        for number in range(max(len(phase.unregister), len(phase.register))):
            for address, tags in phase.unregister[number:number + 1] if phase.together else ():
                entries[address] -= set(tags)
                if not entries[address]:
                    del entries[address]
            for address, tags, dummy in phase.register[number:number + 1]:
                entries.setdefault(address, set()).update(tags)
                assert len(entries) <= capacity
    after, dummy = device(current, plan, free=spare)
    assert not plan_of(after, desired)


@given(table, tag_maps())
def test_without_prune_addresses_that_are_not_desired_keep_theirs(current, desired):
    plan = plan_of(current, desired, prune=False)
    touched = {change.address for change in plan.changes}
    assert touched <= set(desired)
    assert plan.kept == sum(len(OURS.split(tags)[0]) for address, tags in current.items() if address not in desired)


@given(table, tag_maps())
def test_withholding_removals_only_ever_adds(current, desired):
    whole = plan_of(current, desired)
    plan = whole.without_removals(RefusedRun(Timers([], ['illumio.']), None))
    assert plan.removals() == 0 and plan.withheld == whole.removals()
    after, dummy = device(current, plan)
    before = {(address, tag) for address, tags in current.items() for tag in tags}
    assert before <= {(address, tag) for address, tags in after.items() for tag in tags}


@given(table, tag_maps(), st.integers(1, 5))
def test_an_alias_never_stands_without_its_namespaced_tag(current, desired, limit):
    plan = plan_of(current, desired, limit)
    for change in plan.changes:
        after = (set(current.get(change.address, ())) - set(change.remove)) | set(change.add)
        for tag in change.add:
            if tag in VALUES:
                assert 'illumio.env.%s' % tag in after


@given(table, tag_maps())
def test_renewals_are_the_desired_registrations_that_are_there_and_count_as_no_change(current, desired):
    plan = plan_of(current, desired, renew=True).renew(FullRun(Timers([], ['illumio.']), 60))
    renewed = {(renewal.address, tag) for renewal in plan.renewals for tag in renewal.tags}
    there = {(address, tag) for address, tags in desired.items() for tag in tags if tag in current.get(address, ())}
    assert {pair for pair in there if pair[1].startswith('illumio.')} <= renewed <= there
    assert plan.only_renewals().counts()['unregister'] == 0 and plan.counts()['renewed'] == len(renewed)
    after, dummy = device(current, plan.renew(FullRun(Timers([], ['illumio.']), 60, True)))
    assert not plan_of(after, desired)


@given(table, tag_maps(), st.sampled_from([('', False), ('3600', True), ('~', False), (None, False)]))
def test_a_refused_run_renews_all_that_is_owned_where_the_claim_says_that_it_is_timed_and_nothing_else(current, desired, said):
    claims = [] if said[0] is None else [claim(said[0], namespace) for namespace in ('illumio.', 'old-')]
    plan = plan_of(current, desired, renew=True).refused(RefusedRun(Timers(claims, ['illumio.', 'old-']), 60))
    renewed = {(renewal.address, tag) for renewal in plan.renewals for tag in renewal.tags}
    assert renewed == (pairs(current, OURS, owned=True) if said[1] else set())


@given(table, tag_maps())
def test_persistent_is_not_sent_for_an_address_that_also_carries_foreign_tags(current, desired):
    for change in plan_of(current, desired).changes:
        foreign = set(OURS.split(current.get(change.address, ()))[1]) - set(desired.get(change.address, ()))
        assert change.persistent == (not foreign)


@given(table, tag_maps(), st.booleans())
def test_present_and_absent_touch_the_listed_pairs_only(current, listed, absent):
    if absent:
        listed = {address: tuple(tag for tag in tags if tag.startswith('illumio.')) for address, tags in listed.items()}
    plan = list_plan(current, listed, OURS, IDENTITY, Limits(32, None), absent)
    touched = {(change.address, tag) for change in plan.changes for tag in change.add + change.remove}
    aliases = {(address, OURS.alias_of(tag)) for address, tags in listed.items() for tag in tags} if absent else set()
    assert touched <= {(address, tag) for address, tags in listed.items() for tag in tags} | aliases
    after, dummy = device(current, plan)
    for address, tags in listed.items():
        assert set(tags).isdisjoint(after.get(address, ())) if absent else set(tags) <= set(after[address])
    if absent:  # an alias never stays behind without the tag that it mirrors, unless it was foreign before
        for address, tags in after.items():
            owned_before = OURS.split(current[address])[0]
            assert all(tag in OURS.split(tags)[0] for tag in tags if tag in owned_before)


@settings(max_examples=30)
@given(table, tag_maps(), st.sampled_from([('0124', 'vsys1', 'illumio.'), ('0123', 'vsys2', 'illumio.'), ('0123', 'vsys1', 'zt.')]))
def test_the_digest_covers_device_vsys_and_namespace(current, desired, other):
    assert plan_of(current, desired).digest != compute_plan(current, desired, OURS, other, Limits(32, None)).digest


def test_aliases_are_owned_only_beside_the_tag_that_they_mirror():
    assert OURS.split(('illumio.env.Dev', 'Dev', 'Web')) == (('illumio.env.Dev', 'Dev'), ('Web',), ())
    assert OURS.split(('Dev', 'illumio.role.Dev')) == (('illumio.role.Dev',), ('Dev',), ())


def test_workloader_is_adopted_only_on_request_and_only_where_its_mark_is():
    mark = '/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa088'
    adopting = Ownership([TEMPLATE], (), ['Dev', 'Web'])
    assert OURS.split(('Dev', mark))[0] == ()
    assert adopting.split(('Dev', 'quarantine', mark)) == (('Dev', mark), ('quarantine',), ('Dev', mark))
    assert adopting.split(('Dev', 'quarantine'))[0] == ()
