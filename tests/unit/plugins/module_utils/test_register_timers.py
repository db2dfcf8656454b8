# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timers against a table with a clock: no run takes away what it does not say, neither at once nor when a timer that it started has ended."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.claim import claim_tag
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.device_model import FOREVER, TEMPLATE, Device, request, run

MARK = '/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa088'
ADDRESSES = ['10.0.0.%d' % number for number in range(1, 7)]
OURS = ['illumio.env.Dev', 'illumio.env.Prod', 'illumio.role.Web']
OTHERS = ['quarantine', 'Dev', 'Web', MARK]
TIMEOUTS = [None, 60, 600, 86400]
LATER = [1, 61, 601, 86401, 10**9]

many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
tables = st.dictionaries(st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(OURS + OTHERS)), st.integers(1, 100), max_size=14)
tag_maps = st.dictionaries(st.sampled_from(ADDRESSES), st.lists(st.sampled_from(OURS), min_size=1, max_size=3, unique=True).map(tuple), max_size=6)
claims = st.sampled_from(['none', 'ours', 'scope', 'owner', 'old'])
OLD = TagTemplate('old.{key}.{value}')  # a retired one


@st.composite
def asked(draw):
    """What a user may ask for: guards that refuse or not, and all that has to do with timers."""
    return dict(
        timeout=draw(st.sampled_from(TIMEOUTS)), prune=draw(st.booleans()), on_guard=draw(st.sampled_from(['refuse', 'additions'])),
        renewal=draw(st.sampled_from(['register', 'replace'])), claim=draw(st.sampled_from([True, True, True, False])),
        claim_scope=draw(st.sampled_from(['0123456789ab', '0123456789ab', 'ba9876543210'])), accept_scope_change=draw(st.booleans()),
        adopt=frozenset(draw(st.sets(st.sampled_from(['unclaimed', 'workloader'])))), workloader_values=draw(st.sampled_from([None, ['Dev', 'Web']])),
        max_removals=draw(st.sampled_from([None, 0, 2])), allow_empty=draw(st.booleans()), max_removals_percent=100, allow_emptied_tags=('*',))


def world(table, claim, before, refreshes):
    """A Device whose timers are what its claim says: before is None, seconds, V(~), or both."""
    pairs = {}
    said, before = before, '~' if claim == 'old' or before == '600~' else before
    for (address, tag), share in table.items():
        timed = FOREVER if before is None or (before == '~' and share % 2) else max(1, share * (60 if before == '~' else before) // 100)
        if claim in ('none', 'owner') or not tag.startswith('illumio.'):
            timed = FOREVER if share % 3 else share * 10
        pairs[address, tag] = timed
    if claim != 'none':
        owner, scope = 'other/1' if claim == 'owner' else 'pce/1', 'ffffffffffff' if claim == 'scope' else '0123456789ab'
        pairs[CLAIM_ADDRESS, claim_tag('illumio.', owner, scope, (), said or '')] = FOREVER
    if claim == 'old':  # as the release before wrote it, whose refused runs gave timers all the same
        pairs = {pair: ends for pair, ends in pairs.items() if pair[0] != CLAIM_ADDRESS}
        pairs[CLAIM_ADDRESS, 'illumio.claim:pce/1:0123456789ab'] = FOREVER
    return Device(pairs, refreshes)


def judge(device, desired, options, outcome, before):
    """Nothing vanishes through a run but what it says it removes, and what is desired and was given a timeout."""
    removed = set()
    if outcome.way == 'full':
        removed = {(change.address, tag) for change in outcome.plan.changes for tag in change.remove}
        removed |= {(CLAIM_ADDRESS, tag) for tag in outcome.plan.claim_unregister}
    may_end = {(address, tag) for address, tags in desired.items() for tag in tags} if options['timeout'] else set()
    for seconds in LATER:
        vanished = before.alive(device.now + seconds) - device.alive(device.now + seconds) - removed - may_end
        assert not vanished, (seconds, vanished, outcome.way, [each.name for each in outcome.guards])
    if outcome.way != 'full':  # nor does anything of others get or lose an end
        others = {pair: ends for pair, ends in before.pairs.items() if not pair[1].startswith('illumio.')}
        assert {pair: device.pairs.get(pair) for pair in others} == others


def copy(device):
    found = Device(device.pairs)
    found.now = device.now
    return found


@many
@given(tables, tag_maps, claims, st.sampled_from([None, '~', '600~', 60, 600, 86400]), asked(), st.booleans())
def test_no_run_lets_anything_end_that_would_not_have_ended_without_it(table, desired, claim, before, options, refreshes):
    device = world(table, claim, before, refreshes)
    untouched = copy(device)
    outcome = run(device, request(desired, **options))
    judge(device, desired, options, outcome, untouched)
    if outcome.way == 'refused' and claim in ('none', 'owner'):
        assert device.writes == 0 and device.pairs == untouched.pairs


@many
@given(tables, st.lists(st.tuples(tag_maps, asked(), st.sampled_from([0, 10, 59, 300, 5000])), min_size=2, max_size=5))
def test_neither_does_one_run_after_another(table, runs):
    """What the product's own claims say of timers stays true, whatever is asked for in which order."""
    device = world(table, 'none', None, True)
    record = None
    for desired, options, seconds in runs:
        untouched = copy(device)
        outcome = run(device, request(desired, **options), record)
        judge(device, desired, options, outcome, untouched)
        if outcome.verified and outcome.timers is not None:
            record = {'timers': outcome.timers}
        device.advance(seconds)


@many
@given(tables, tag_maps, claims, st.sampled_from([None, '~', '600~', 60, 600, 86400]), asked(), st.booleans())
def test_after_a_run_without_a_timeout_nothing_that_is_desired_ends(table, desired, claim, before, options, refreshes):
    """Whatever an earlier run, with or without a claim, gave a timer; and the next run has nothing to write where a claim or a record is kept."""
    device = world(table, claim, before, refreshes)
    options = dict(options, timeout=None)
    outcome = run(device, request(desired, **options))
    if outcome.way != 'full':
        return
    wanted = {(address, tag) for address, tags in desired.items() for tag in tags}
    assert wanted <= device.alive(10**12)
    writes = device.writes
    again = run(device, request(desired, **options), {'timers': outcome.timers})
    claimed = any(address == CLAIM_ADDRESS for address, tag in device.alive())
    assert not again.changed
    if claimed or outcome.timers == '':
        assert device.writes == writes


@many
@given(tables, tag_maps, claims, st.sampled_from([None, '~', '600~', 600]), asked(), st.integers(1, 6))
def test_a_run_that_breaks_leaves_a_claim_that_is_true(table, desired, claim, before, options, dies_at):
    """The next run without a timeout still replaces what the broken one did not."""
    device = world(table, claim, before, True)
    device.dies_at = dies_at
    run(device, request(desired, **options))
    device.dies_at = None
    outcome = run(device, request(desired, **dict(options, timeout=None)))
    if outcome.way == 'full':
        assert {(address, tag) for address, tags in desired.items() for tag in tags} <= device.alive(10**12)


DEV = 'illumio.env.Dev'


def devs(*numbers):
    return {'10.0.0.%d' % number: (DEV,) for number in numbers}


def table_of(*numbers, tag=DEV, ends=FOREVER):
    return {('10.0.0.%d' % number, tag): ends for number in numbers}


@many
@given(tables, st.booleans(), st.lists(st.tuples(tag_maps, st.booleans()), min_size=1, max_size=3), st.lists(tag_maps, min_size=1, max_size=3), asked())
def test_while_a_guard_refuses_nothing_ends_that_full_runs_left(table, claimed, full, refused, options):
    """Neither what was desired before, nor what is, nor what prune=false kept: a refused run comes in time, each time."""
    table = {pair: 1 for pair in table if pair[1] in OURS}
    device = world(table, 'ours' if claimed else 'none', None, True)
    for (address, tag) in list(device.pairs):
        device.pairs[address, tag] = FOREVER
    options = dict(options, claim=True, claim_scope='0123456789ab', timeout=600, workloader_values=None)
    for desired, prune in full:
        outcome = run(device, request(desired, **dict(options, prune=prune, allow_empty=True, max_removals=None)))
        if outcome.way != 'full':
            return
        device.advance(300)
    kept = device.alive()
    for desired in refused:
        outcome = run(device, request(desired, **dict(options, prune=True, max_removals=0, accept_scope_change=True)))
        if outcome.way == 'full':
            return
        device.advance(300)
        assert kept <= device.alive()


def test_while_a_guard_refuses_what_is_desired_is_renewed_although_prune_false_kept_something():
    device = Device({**table_of(*range(1, 9)), (CLAIM_ADDRESS, claim_tag('illumio.', 'pce/1', '0123456789ab')): FOREVER})
    options = dict(timeout=600, prune=False)
    assert run(device, request(devs(*range(1, 8)), **options)).way == 'full'
    before = device.alive()
    for dummy in range(3):
        device.advance(500)
        desired = {**devs(*range(3, 8)), '10.0.0.1': ('illumio.env.P',), '10.0.0.2': ('illumio.env.P',)}
        assert run(device, request(desired, max_removals=1, **options)).way == 'refused'
    device.advance(500)
    assert device.alive() == before
    assert device.pairs['10.0.0.8', DEV] == FOREVER
    assert run(device, request(devs(*range(1, 8)), timeout=600)).way == 'full'
    device.advance(500)
    assert {tag for address, tag in device.alive() if address == CLAIM_ADDRESS} == {claim_tag('illumio.', 'pce/1', '0123456789ab', (), '600')}


def test_what_prune_false_keeps_in_a_retired_namespace_does_not_end_with_its_claim():
    for accept in (True, False):
        for timeout in (600, None):
            device = Device({**table_of(9, tag='old.env.X', ends=600), (CLAIM_ADDRESS, claim_tag('old.', 'pce/1', 'ffffffffffff', (), '600')): FOREVER})
            options = dict(templates=[TEMPLATE, OLD], prune=False, timeout=timeout, accept_scope_change=accept)
            for dummy in range(4):
                assert run(device, request(devs(1, 2), **options)).way == 'full'
                device.advance(300)
            assert ('10.0.0.9', 'old.env.X') in device.alive(10**9)
            options.update(prune=True, max_removals=0)
            refused = run(device, request(devs(1), **options))
            assert refused.way == 'refused' and ('10.0.0.9', 'old.env.X') in device.alive(10**9)


@pytest.mark.parametrize('timeout', [600, None])
def test_an_alias_of_a_retired_namespace_that_is_kept_does_not_end_with_its_claim(timeout):
    device = Device({**table_of(9, tag='old.env.X', ends=600), **table_of(9, tag='X', ends=600),
                     (CLAIM_ADDRESS, claim_tag('old.', 'pce/1', 'ffffffffffff', ('env',), '600')): FOREVER})
    options = dict(templates=[TEMPLATE, OLD], prune=False, timeout=timeout, accept_scope_change=True, alias_keys=('env',))
    for dummy in range(4):
        assert run(device, request(devs(1, 2), **options)).way == 'full'
        device.advance(300)
    assert set(table_of(9, tag='X')) <= device.alive(10**9)


def test_what_was_desired_and_is_not_ours_yet_does_not_end():
    device = Device(table_of(1, 9))
    options = dict(timeout=600, prune=False)
    assert run(device, request(devs(1, 2), **options)).way == 'full'
    for dummy in range(3):
        device.advance(300)
        assert run(device, request(devs(2), **options)).way == 'full'
    assert device.alive(10**9) >= set(table_of(1, 9))


def test_an_untimed_claim_of_the_release_before_is_not_believed():
    device = Device({**table_of(1, 2, 3, ends=600), (CLAIM_ADDRESS, 'illumio.claim:pce/1:0123456789ab'): FOREVER})
    outcome = run(device, request(devs(1, 2, 3)))
    assert outcome.standing.kind == 'ours' and set(table_of(1, 2, 3)) <= device.alive(10**9)
    writes = device.writes
    assert not run(device, request(devs(1, 2, 3))).changed and device.writes == writes
