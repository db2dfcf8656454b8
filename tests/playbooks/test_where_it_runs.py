# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the PCE comes from and how a run is cut: limits, environment, connection plugins, fact caches, serial, strategies, variables."""

from __future__ import annotations


def pce_variables(site):
    return site.inventory['illumio']['hosts']['pce']


def test_limit_of_one_firewall_fills_that_one_only(site):
    ended = site.run('--limit', 'fw2')
    assert ended.code == 0 and ended.states() == {'fw2': 'changed'}, ended.text
    assert site.tags('fw2') and not site.tags('fw1')
    # both together find the one that is filled already in sync: the result does not depend on how the run was cut
    assert site.run().states() == {'fw1': 'changed', 'fw2': 'in_sync'}
    assert site.tags('fw1') == site.tags('fw2')


def test_without_the_group_the_pce_comes_from_the_environment(site):
    variables = pce_variables(site)
    environment = {
        'ILLUMIO_PCE_HOST': variables['illumio_pce_hostname'], 'ILLUMIO_PCE_PORT': str(variables['illumio_pce_port']),
        'ILLUMIO_PCE_ORG_ID': str(variables['illumio_pce_org_id']), 'ILLUMIO_API_KEY_USERNAME': variables['illumio_api_key_username'],
        'ILLUMIO_API_KEY_SECRET': variables['illumio_api_key_secret'], 'ILLUMIO_PCE_TLS_CA': variables['illumio_pce_tls_ca']}
    bare = site.with_inventory(lambda inventory: inventory.pop('illumio'))
    ended = bare.run(environment=environment)
    assert ended.code == 0 and ended.states() == {'fw1': 'changed', 'fw2': 'changed'}, ended.text

    nowhere = bare.run()
    assert nowhere.code != 0 and nowhere.states() == {'fw1': 'failed', 'fw2': 'failed'}, nowhere.text
    for word in ('--limit', 'slice', 'ILLUMIO_PCE_HOST'):
        assert nowhere.said(word), nowhere.text


def test_the_firewalls_own_variables_name_the_pce_where_the_group_is_missing(site):
    def change(inventory):
        inventory['panos']['vars'] = inventory.pop('illumio')['hosts']['pce']

    assert site.with_inventory(change).run().states() == {'fw1': 'changed', 'fw2': 'changed'}


def test_an_inventory_that_says_ssh_still_runs_on_the_controller(site):
    def change(inventory):
        for group in ('illumio', 'panos'):
            inventory[group]['vars'] = {'ansible_connection': 'ssh', 'ansible_python_interpreter': '/usr/bin/no-such-python', 'ansible_host': '127.0.0.9'}

    ended = site.with_inventory(change).run()
    assert ended.code == 0 and ended.states() == {'fw1': 'changed', 'fw2': 'changed'}, ended.text


def test_yesterdays_fact_cache_is_never_taken_for_todays_workloads(site):
    cache = {'ANSIBLE_CACHE_PLUGIN': 'jsonfile', 'ANSIBLE_CACHE_PLUGIN_CONNECTION': str(site.folder / 'facts'), 'ANSIBLE_CACHE_PLUGIN_TIMEOUT': '864000'}
    assert site.run(environment=cache).code == 0
    before = site.table('fw1')
    site.control.clear_log()
    site.control.arm('pce', 'drop_before', nth=0)
    ended = site.run(environment=cache)
    assert ended.code != 0 and ended.states() == {'fw1': 'failed', 'fw2': 'failed'}, ended.text
    assert site.table('fw1') == before and not site.writes()


def test_batches_gather_once_and_a_second_play_gathers_again(site):
    assert site.run('-e', 'dag_sync_serial=1').states() == {'fw1': 'changed', 'fw2': 'changed'}
    assert sum(1 for entry in site.control.log('pce') if entry['type'] == 'datafile' or 'datafiles' in entry['path']) <= 3
    assert site.tags('fw1') == site.tags('fw2')

    play = site.folder / 'twice.yml'
    role = '- {name: "%s", hosts: panos, gather_facts: false, serial: 1, tasks: [{ansible.builtin.import_role: {name: zerotrust.microseg.dag_sync}}]}\n'
    play.write_text(role % 'one' + role % 'two', encoding='utf-8')
    site.control.clear_log()
    assert site.run(playbook=str(play)).code == 0
    once = sum(1 for entry in site.control.log('pce') if entry['type'] == 'workloads')
    site.control.clear_log()
    assert site.run().code == 0
    assert once == 2 * sum(1 for entry in site.control.log('pce') if entry['type'] == 'workloads')


def test_a_strategy_that_ignores_run_once_is_refused(site):
    play = site.folder / 'free.yml'
    role = '{ansible.builtin.import_role: {name: zerotrust.microseg.dag_sync}}'
    play.write_text('- {hosts: panos, gather_facts: false, strategy: free, tasks: [%s]}\n' % role, encoding='utf-8')
    ended = site.run(playbook=str(play))
    assert ended.code != 0 and ended.said('Use the strategy linear'), ended.text
    assert not [entry for entry in site.writes() if entry['server'] == 'fw2']


def test_firewalls_that_disagree_about_the_run_are_named(site):
    def change(inventory):
        inventory['panos']['hosts']['fw2']['dag_sync_ipv6'] = True

    ended = site.with_inventory(change).run()
    assert ended.code != 0 and ended.said('dag_sync_ipv6') and ended.said('fw1 says') and ended.said('fw2 says'), ended.text
    assert not site.writes()


def test_variables_may_be_strings_as_surveys_give_them(site):
    survey = ('dag_sync_ipv6=false', 'dag_sync_label_keys=env,role', 'dag_sync_max_removals=0', 'dag_sync_timeout=0', 'dag_sync_claim=true',
              'dag_sync_adopt=false', 'dag_sync_guard_floor=20', 'dag_sync_max_removals_percent=20', 'dag_sync_aliases=', 'dag_sync_capacity=',
              'dag_sync_max_tags=32')
    ended = site.run('--limit', 'fw1', *[word for variable in survey for word in ('-e', variable)])
    assert ended.code == 0 and ended.states() == {'fw1': 'changed'}, ended.text
    assert {tag.split('.')[1] for tags in site.tags('fw1').values() for tag in tags} == {'env', 'role'}


def test_prune_as_the_string_false_keeps_addresses_that_are_gone(site):
    assert site.run().code == 0
    gone = next(name for name in (row['name'] for row in site.control.state('pce')['workloads']) if _addresses(site, name))
    lost = _addresses(site, gone)
    site.control.mutate('remove_workload', workload=gone)
    ended = site.run('-e', 'dag_sync_prune=false')
    assert ended.code == 0 and 'stale ones kept' in ended.text, ended.text
    assert lost <= set(site.tags('fw1'))
    assert site.run().states()['fw1'] == 'changed' and not lost & set(site.tags('fw1'))


def _addresses(site, name):
    """Return registered addresses that only this workload has."""
    rows = site.control.state('pce')['workloads']
    mine = {address for row in rows if row['name'] == name for address in row['addresses']}
    others = {address for row in rows if row['name'] != name for address in row['addresses']}
    return (mine - others) & set(site.tags('fw1'))
