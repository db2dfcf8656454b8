# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several plays in one run, batches, and who may take away what somebody else fills."""

from __future__ import annotations

PAIR = {
    'seed': 5, 'pce': {'scenario': 'organisation', 'workloads': 20},
    'devices': [{'name': 'fw1', 'ha': {'mode': 'active-passive', 'state': 'passive', 'peer': 'fw2'}},
                {'name': 'fw2', 'ha': {'mode': 'active-passive', 'state': 'active', 'peer': 'fw1'}}],
}
PLAY = ('- {hosts: panos, gather_facts: false, vars: %s, tasks: [{ansible.builtin.import_role: {name: zerotrust.microseg.dag_sync, tasks_from: %s}}]}\n')


def plays(site, *parts):
    path = site.folder / 'plays.yml'
    path.write_text(''.join(PLAY % part for part in parts), encoding='utf-8')
    return site.run(playbook=str(path))


def test_a_second_sync_in_the_same_run_renders_anew_although_a_firewall_had_dropped_out(site):
    broken = site.with_inventory(lambda inventory: inventory['panos']['hosts']['fw2'].update(dag_sync_guard_floor='many'))
    ended = plays(broken, ('{}', 'main'), ('{dag_sync_tag_template: "second.{key}.{value}"}', 'main'))
    assert ended.code != 0 and ended.recap['fw1']['failed'] == 0, ended.text
    assert site.tags('fw1', 'illumio.') and site.tags('fw1', 'second.'), ended.text


def test_a_teardown_touches_no_folder_and_knows_whose_claim_it_is(site, sites):
    folder = site.folder / 'mine'
    folder.mkdir()
    (folder / 'precious.txt').write_text('mine', encoding='utf-8')
    confirmed = '{dag_sync_teardown_confirm: "illumio."}'
    stranger = sites(scenario='organisation', size=20, seed=99, firewalls=1)
    assert site.run().code == 0
    foreign = site.with_inventory(lambda inventory: inventory.update(illumio=stranger.inventory['illumio']))
    refused = plays(foreign, (confirmed, 'teardown'))
    assert refused.code != 0 and refused.said('claimed by') and site.tags('fw1'), refused.text
    ended = plays(site, ('{dag_sync_dir: "%s"}' % folder, 'main'), (confirmed, 'teardown'))
    assert ended.code == 0 and not site.tags('fw1') and (folder / 'precious.txt').exists(), ended.text


def test_batches_of_a_pair_whose_passive_member_comes_first(sites):
    site = sites(scenario=PAIR, firewalls=None)
    ended = site.run('-e', 'dag_sync_serial=1')
    assert ended.code == 0 and ended.states() == {'fw1': 'passive', 'fw2': 'changed'} and site.tags('fw2'), ended.text
