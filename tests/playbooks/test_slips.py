# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new users get wrong, and what the screen says then: the thing, the way out, and nothing is asked of anybody."""

from __future__ import annotations

import json

import pytest

from tests.lab.lab import Lab
from tests.playbooks.conftest import ROOT, Site

EXAMPLE = str(ROOT / 'docs/example-project/sync.yml')
SYNCS = pytest.mark.parametrize('playbook', ['zerotrust.microseg.sync', EXAMPLE], ids=['collection', 'example'])


@pytest.fixture(scope='module')
def estate(tmp_path_factory):
    """One site for all slips, because none of them changes anything: three firewalls."""
    with Lab(scenario='ordering', firewalls=3) as lab:
        yield Site(lab, tmp_path_factory.mktemp('estate'))


@pytest.fixture
def shop(estate):
    """That site with an empty log; nobody may have written anything by the end."""
    estate.control.disarm()
    estate.control.clear_log()
    yield estate
    assert not estate.writes()


def asked(site):
    """The requests that reached the PCE or a device."""
    return site.control.log()


def renamed(inventory):
    inventory['firewalls'] = inventory.pop('panos')


# No firewall

@SYNCS
@pytest.mark.parametrize('change, arguments, words', [
    (renamed, (), 'No host matches "panos": the inventory has the groups firewalls, illumio.'),
    (lambda inventory: None, ('-e', 'dag_sync_hosts=pannos'), 'Did you mean panos?'),
    (lambda inventory: None, ('--limit', 'pce'), '--limit pce leaves no host of "panos", which are fw1, fw2, fw3'),
    (lambda inventory: inventory['panos'].update(hosts={}), (), 'The group panos of the inventory holds no host.'),
    (lambda inventory: [inventory.clear(), inventory.update(all={})], (), 'The inventory holds no host. Name your inventory with -i'),
], ids=['group', 'hosts', 'limit', 'empty', 'inventory'])
def test_a_run_without_a_firewall_fails_and_says_what_is_empty(shop, playbook, change, arguments, words):
    ended = shop.with_inventory(change).run(*arguments, playbook=playbook)
    assert ended.code != 0 and ended.said(words) and ended.said('dag_sync_allow_no_hosts=true'), ended.text
    assert not asked(shop)


@SYNCS
def test_a_run_may_accept_that_there_is_no_firewall(shop, playbook):
    ended = shop.with_inventory(renamed).run('-e', 'dag_sync_allow_no_hosts=true', playbook=playbook)
    assert ended.code == 0 and ended.said('no hosts matched'), ended.text


@SYNCS
@pytest.mark.parametrize('option', ['--syntax-check', '--list-hosts'])
def test_what_runs_nothing_needs_no_firewall(shop, playbook, option):
    ended = shop.with_inventory(renamed).run(option, playbook=playbook)
    assert ended.code == 0, ended.text


# Variables

def hosts_of(inventory, **variables):
    for name, values in variables.items():
        inventory['panos']['hosts'][name].update(values)


@SYNCS
@pytest.mark.parametrize('arguments, words', [
    (('-e', 'dag_sync_max_removal=5'), 'Nothing reads the variable dag_sync_max_removal. Did you mean dag_sync_max_removals?'),
    (('-e', 'panos_serial_nummer=7'), 'Did you mean panos_serial_number?'),
    (('-e', 'illumio_pce_host=pce'), 'Did you mean illumio_pce_hostname?'),
    (('-e', 'dag_sync_max_removals_percent=many'), 'dag_sync_max_removals_percent must be a number; it is many.'),
    (('-e', 'dag_sync_order=sideways'), 'dag_sync_order must be make_before_break or break_before_make'),
    (('-e', 'dag_sync_max_removals_percent=200'), 'dag_sync_max_removals_percent must be from 0 to 100'),
    (('-e', 'dag_sync_tag_template=plain'), "dag_sync_tag_template 'plain'"),
    (('-e', 'dag_sync_adopt=everything'), 'dag_sync_adopt takes true, false, workloader or from:OWNER'),
    (('-e', 'dag_sync_dir={{ nosuch }}'), 'dag_sync_dir refers to something that is not defined'),
    (('-e', 'dag_sync_dir=kept'), 'Name an absolute one'),
    (('-e', 'panos_ca_path=/no/such/file'), 'panos_ca_path'),
    (('-e', 'illumio_pce_tls_ca=/no/such/file'), 'illumio_pce_tls_ca'),
    (('-e', 'panos_port=99999'), 'panos_port must be a TCP port from 1 to 65535'),
])
def test_a_slip_in_a_variable_is_told_before_anything_is_asked(shop, playbook, arguments, words):
    ended = shop.run(*arguments, playbook=playbook)
    assert ended.code != 0 and ended.said(words) and ended.states() == dict.fromkeys(('fw1', 'fw2', 'fw3'), 'failed'), ended.text
    assert not asked(shop) and len(ended.text) < 6000, ended.text


@pytest.mark.parametrize('variable', ['panos_serial_number', 'panos_vsys', 'panos_api_key', 'dag_sync_max_removals'])
def test_an_undefined_variable_of_one_firewall_is_named_with_it(shop, variable):
    site = shop.with_inventory(lambda inventory: hosts_of(inventory, fw2={variable: '{{ typo_of_mine }}'}))
    ended = site.run('--limit', 'fw1,fw2', '--check')
    assert ended.code != 0 and ended.said('%s refers to something that is not defined' % variable), ended.text
    # what is wrong with one firewall stops that one only, and it is not asked
    assert ended.states() == {'fw1': 'changed', 'fw2': 'failed'} and {entry['server'] for entry in asked(shop)} == {'pce', 'fw1'}, ended.text
    alone = site.run('--limit', 'fw2')
    assert alone.code != 0 and alone.said('%s refers to something that is not defined' % variable), alone.text
    assert {entry['server'] for entry in asked(shop)} == {'pce', 'fw1'}


def test_a_role_on_its_own_names_its_variables_too(shop):
    playbook = shop.folder / 'alone.yml'
    playbook.write_text(json.dumps([{
        'hosts': 'fw1', 'gather_facts': False, 'vars': {'ansible_connection': 'local', 'ansible_python_interpreter': '{{ ansible_playbook_python }}'},
        'tasks': [{'ansible.builtin.import_role': {'name': 'zerotrust.microseg.dag_register'},
                   'vars': {'dag_register_registrations': [], 'panos_serial_number': '{{ typo_of_mine }}'}}]}]))
    ended = shop.run(playbook=str(playbook))
    assert ended.code != 0 and ended.said('panos_serial_number refers to something that is not defined') and not asked(shop), ended.text


def test_blank_answers_of_a_survey_mean_the_defaults(sites):
    site = sites(scenario='ordering', firewalls=1)
    assert site.run().code == 0
    site.control.read_only(None, True)
    from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variable_names import known_variables
    blank = {name: ' ' for name in known_variables() if name.startswith('dag_sync_')}
    ended = site.run('-e', json.dumps(blank))
    assert ended.code == 0 and ended.states() == {'fw1': 'in_sync'} and not site.control.violations(), ended.text


# One cause, told once

def test_a_pce_that_refuses_the_key_is_told_once(shop):
    wrong = shop.with_inventory(lambda inventory: inventory['illumio']['hosts']['pce'].update(illumio_api_key_secret='0' * 48))
    ended = wrong.run('-e', 'dag_sync_dir=%s' % (shop.folder / 'kept'))
    assert ended.code != 0 and ended.states() == dict.fromkeys(('fw1', 'fw2', 'fw3'), 'failed'), ended.text
    assert len(ended.text) < 6000 and ended.said('illumio_api_key_secret'), ended.text
    result = json.loads((shop.folder / 'kept/latest/result.json').read_text())
    assert [(each['host'], each['kind']) for each in result['targets']] == [('fw1', 'authentication'), ('fw2', 'authentication'), ('fw3', 'authentication')]


def test_a_workflow_is_handed_message_and_kind(shop):
    wrong = shop.with_inventory(lambda inventory: hosts_of(inventory, fw2={'panos_api_key': 'LUFRPT1wrong'}))
    ended = wrong.run('--check', environment={'ANSIBLE_SHOW_CUSTOM_STATS': 'true'})
    stats = ended.text[ended.text.index('CUSTOM STATS'):]
    assert ended.code != 0 and '"kind": "authentication"' in stats and 'panos_api_key' in stats, ended.text


# Evidence

def test_each_run_keeps_its_own_evidence(sites):
    site = sites(scenario='ordering', firewalls=2)
    kept = site.folder / 'kept'
    arguments = ('-e', 'dag_sync_dir=%s' % kept)
    assert site.run('--check', *arguments).code == 0
    first = (kept / 'latest').resolve()
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    assert site.run('-e', 'dag_sync_serial=1', *arguments).code == 0
    second = (kept / 'latest').resolve()
    assert second != first and {path.name: path.read_bytes() for path in first.iterdir()} == before
    assert sorted(before) == ['plan-fw1-vsys1.jsonl', 'plan-fw2-vsys1.jsonl', 'result.json', 'tag-map.jsonl', 'workloads.jsonl'] == sorted(
        path.name for path in second.iterdir())
    results = [json.loads((run / 'result.json').read_text()) for run in (first, second)]
    assert [(each['check_mode'], each['changed']) for each in results] == [(True, True), (False, True)]
    assert [[target['host'] for target in each['targets']] for each in results] == [['fw1', 'fw2']] * 2
    assert results[0]['digest'] == results[1]['digest'] and results[1]['by']['user'] and results[1]['versions']['ansible-core']
    assert site.run('-e', 'dag_sync_keep=1', *arguments).code == 0
    assert sorted(path.name for path in (kept / 'runs').iterdir()) == sorted([second.name, (kept / 'latest').resolve().name])


def test_after_a_teardown_a_sync_does_not_speak_of_a_lost_table(sites):
    site = sites(scenario='ordering', firewalls=1)
    arguments = ('-e', 'dag_sync_dir=%s' % (site.folder / 'kept'))
    assert site.run(*arguments).code == 0
    assert site.run(*arguments, '-e', 'dag_sync_teardown_confirm=illumio.', playbook='zerotrust.microseg.teardown').code == 0
    again = site.run(*arguments)
    assert again.code == 0 and not again.said('lost its table'), again.text
    site.control.mutate('clear_table', device='fw1')
    assert site.run(*arguments).said('lost its table')


def test_inventory_credentials_go_before_those_of_the_environment(sites):
    site = sites(scenario='ordering', firewalls=1)
    device = site.lab.description()['devices'][0]

    def change(inventory):
        host = inventory['panos']['hosts']['fw1']
        del host['panos_api_key']
        host.update(panos_username=device['username'], panos_password=device['password'])

    ended = site.with_inventory(change).run('-v', '--check', environment={'PANOS_API_KEY': 'LUFRPT1wrong'})
    assert ended.code == 0 and ended.said('panos_username and panos_password'), ended.text
