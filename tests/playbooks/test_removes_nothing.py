# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must never remove anything: dead devices, a full disk, slips of the pen, other writers, changed scopes."""

from __future__ import annotations

import resource

import pytest

NAMESPACE = 'illumio.'
ACCEPTED = ('-e', 'dag_sync_accept_scope_change=true', '-e', 'dag_sync_max_removals_percent=100', '-e', 'dag_sync_allow_emptied_tags=*')


@pytest.fixture
def filled(site):
    """A site whose firewalls are filled, with foreign registrations of every kind, and its log cleared."""
    assert site.run().code == 0
    for address, tags in (('10.250.0.1', ['quarantine']), (managed(site), ['quarantine']), ('10.251.0.0/24', ['net']), ('10.252.0.1-10.252.0.9', ['range'])):
        site.control.mutate('register', device='fw1', address=address, tags=tags)
    site.control.clear_log()
    return site


def managed(site):
    """Return an address that sync registered and that stands once in the PCE; the same one until it is moved."""
    everywhere = [address for row in site.control.state('pce')['workloads'] for address in row['addresses']]
    return next(address for address in sorted(site.tags('fw1')) if everywhere.count(address) == 1)


def foreign(site, device='fw1'):
    return {(address, tag) for address, tags in site.table(device).items() for tag in tags if not tag.startswith(NAMESPACE)}


def owned(site, device='fw1'):
    return {(address, tag) for address, tags in site.tags(device).items() for tag in tags}


def test_the_first_firewall_dead_does_not_stop_the_other(site):
    site.control.arm('fw1', 'drop_before', nth=0)
    ended = site.run()
    assert ended.code != 0 and ended.states() == {'fw1': 'failed', 'fw2': 'changed'}, ended.text
    assert ended.recap['fw2']['failed'] == 0 and site.tags('fw2')
    site.control.disarm()
    assert site.run().states() == {'fw1': 'changed', 'fw2': 'in_sync'}


def test_all_dead_still_tells_the_state_of_each(site):
    for server in ('fw1', 'fw2'):
        site.control.arm(server, 'drop_before', nth=0)
    ended = site.run('-e', 'panos_retries=0')
    assert ended.code != 0 and ended.states() == {'fw1': 'failed', 'fw2': 'failed'}, ended.text
    only = site.run('-e', 'panos_retries=0', '--limit', 'fw1')
    assert only.code != 0 and only.states() == {'fw1': 'failed'}, only.text


def test_a_disk_that_is_full_while_an_artifact_is_written(sites):
    site = sites(scenario='organisation', size=2500)
    largest = 600 * 1024  # bytes: above what Ansible itself writes, below the workloads of this organisation
    ended = site.run('-e', 'dag_sync_dir=%s' % (site.folder / 'kept'), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)))
    assert ended.code != 0 and ended.said('Cannot write the artifact') and ended.said('nothing was changed on any device'), ended.text
    assert not site.writes() and not [path for path in (site.folder / 'kept').iterdir() if path.suffix == '.jsonl']
    assert site.run('-e', 'dag_sync_dir=%s' % (site.folder / 'kept')).code == 0


def test_a_mistyped_label_in_the_selection(filled):
    before = filled.table('fw1')
    ended = filled.run('-e', '{"dag_sync_select": {"any_of": ["env=Prodution"]}}')
    assert ended.code != 0 and ended.said('env=Prodution') and ended.states() == {'fw1': 'failed', 'fw2': 'failed'}, ended.text
    assert filled.table('fw1') == before and not filled.writes()


def test_a_selection_that_matches_nothing_needs_permission(filled):
    filled.control.mutate('create_label', key='env', value='Nobody')
    ended = filled.run('-e', '{"dag_sync_select": {"any_of": ["env=Nobody"]}}')
    assert ended.code != 0 and ended.states()['fw1'] == 'refused' and ended.said('allow_empty=true'), ended.text
    assert not filled.writes()


def test_two_syncs_at_once_end_in_the_same_table(site):
    processes = [site.start(name='inventory%d.yml' % number) for number in range(2)]
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    ended = site.run()
    assert ended.states() == {'fw1': 'in_sync', 'fw2': 'in_sync'}, ended.text


def test_a_second_pce_with_the_same_namespace_is_refused(filled, sites):
    other = sites(scenario='organisation', size=30, seed=99, firewalls=1)
    before = filled.table('fw1')
    stranger = filled.with_inventory(lambda inventory: inventory.update(illumio=other.inventory['illumio']))
    ended = stranger.run()
    assert ended.code != 0 and ended.states() == {'fw1': 'refused', 'fw2': 'refused'} and ended.said('claimed by'), ended.text
    assert filled.table('fw1') == before and not filled.writes()
    apart = stranger.run('-e', 'dag_sync_tag_template=other.{key}.{value}')
    assert apart.code == 0 and filled.tags('fw1') and filled.tags('fw1', 'other.'), apart.text


@pytest.mark.parametrize('template', ['illumio.{key}:{value}', 'zt.{key}.{value}'])
def test_a_changed_template_removes_nothing_unasked(filled, template):
    before = owned(filled)
    ended = filled.run('--limit', 'fw1', '-e', 'dag_sync_tag_template=' + template)
    assert before <= owned(filled), ended.text
    if template.startswith('illumio.'):
        assert ended.code != 0 and ended.said('accept_scope_change=true'), ended.text
    else:
        assert ended.code == 0 and ended.said('dag_sync_retired_templates'), ended.text
        cleaned = filled.run('--limit', 'fw1', '-e', 'dag_sync_tag_template=' + template, '-e', '{"dag_sync_retired_templates": ["illumio.{key}.{value}"]}',
                             *ACCEPTED)
        assert cleaned.code == 0 and not filled.tags('fw1') and filled.tags('fw1', 'zt.'), cleaned.text


def test_ipv6_on_and_off(filled):
    plain = owned(filled)
    on = filled.run('--limit', 'fw1', '-e', 'dag_sync_ipv6=true')
    assert on.code == 0 and plain < owned(filled), on.text
    both = owned(filled)
    off = filled.run('--limit', 'fw1')
    assert off.code != 0 and off.states()['fw1'] == 'refused' and off.said('accept_scope_change=true') and owned(filled) == both, off.text
    accepted = filled.run('--limit', 'fw1', *ACCEPTED)
    assert accepted.code == 0 and owned(filled) == plain, accepted.text


def test_an_address_that_moved_to_another_workload_and_foreign_tags_beside_it(filled):
    mine = managed(filled)
    row = next(row for row in filled.control.state('pce')['workloads'] if mine in row['addresses'])
    filled.control.mutate('readdress', workload=row['href'], address='10.253.0.1')
    filled.control.mutate('add_workload', name='successor', address=mine, labels={'env': 'Successor'})
    strangers = foreign(filled)
    ended = filled.run('--limit', 'fw1')
    assert ended.code == 0, ended.text
    assert filled.tags('fw1')[mine] == {'illumio.env.Successor'} and foreign(filled) == strangers
    assert 'quarantine' in filled.table('fw1')[mine]


def test_a_label_lifted_from_the_last_workload_that_had_it(filled):
    mine = managed(filled)
    name = next(row['href'] for row in filled.control.state('pce')['workloads'] if mine in row['addresses'])
    filled.control.mutate('relabel', workload=name, labels={'env': 'Quarantine'})
    assert filled.run('--limit', 'fw1').code == 0
    assert 'illumio.env.Quarantine' in filled.tags('fw1')[mine]
    filled.control.mutate('relabel', workload=name, labels={'env': None})
    strangers = foreign(filled)
    ended = filled.run('--limit', 'fw1')
    assert ended.code == 0 and ended.states()['fw1'] == 'changed', ended.text
    assert not any('illumio.env.Quarantine' in tags for tags in filled.tags('fw1').values()) and foreign(filled) == strangers


def test_a_firewall_that_a_guard_refuses_leaves_the_others_alone(filled):
    ended = filled.with_inventory(lambda inventory: inventory['panos']['hosts']['fw1'].update(dag_sync_max_removals=0)).run()
    assert ended.code == 0
    name = next(row['href'] for row in filled.control.state('pce')['workloads'] if managed(filled) in row['addresses'])
    filled.control.mutate('relabel', workload=name, labels={'env': 'Moved'})
    ended = filled.with_inventory(lambda inventory: inventory['panos']['hosts']['fw1'].update(dag_sync_max_removals=0)).run()
    assert ended.code != 0 and ended.states() == {'fw1': 'refused', 'fw2': 'changed'} and ended.said('max_removals='), ended.text


PAIR = {
    'seed': 5, 'pce': {'scenario': 'organisation', 'workloads': 20},
    'devices': [{'name': 'fw1', 'ha': {'mode': 'active-passive', 'state': 'active', 'peer': 'fw2'}},
                {'name': 'fw2', 'ha': {'mode': 'active-passive', 'state': 'passive', 'peer': 'fw1'}}],
}


def test_a_passive_member_is_left_alone_and_its_active_peer_has_to_be_reached(sites):
    site = sites(scenario=PAIR, firewalls=None)
    ended = site.run()
    assert ended.code == 0 and ended.states() == {'fw1': 'changed', 'fw2': 'passive'}, ended.text
    alone = site.run('--limit', 'fw2')
    assert alone.code != 0 and alone.said('No active member of its pair was recognized'), alone.text
    site.control.mutate('failover', device='fw1')
    after = site.run()
    assert after.code == 0 and after.states()['fw1'] == 'passive' and site.tags('fw2') == site.tags('fw1'), after.text
