# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages run inside Ansible's worker or as modules of their own: nobody can tell the difference but by the clock."""

from __future__ import annotations

import json
import os
import re
import time

import pytest

PLAY = """\
- hosts: panos
  gather_facts: false
  environment: {environment}
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{interpreter}"
  tasks:
    - ansible.builtin.import_role:
        name: zerotrust.microseg.dag_sync
"""
ONE_TASK = """\
- hosts: panos[0]
  gather_facts: false
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  module_defaults:
    group/zerotrust.microseg.panos:
      ip_address: "{{ panos_ip_address }}"
      port: "{{ panos_port }}"
      api_key: "{{ panos_api_key }}"
      ca_path: "{{ panos_ca_path }}"
  tasks:
%s
"""
STARTED = re.compile(r'Using module file \S+/(illumio_workload_facts|dag_tag_map|panos_dag_register)\.py')


def play(site, environment='{}', interpreter='{{ ansible_playbook_python }}'):
    """A playbook that syncs, in a file."""
    path = site.folder / 'play.yml'
    path.write_text(PLAY.format(environment=environment, interpreter=interpreter), encoding='utf-8')
    return str(path)


def one_task(site, text):
    """A playbook with these tasks."""
    path = site.folder / 'tasks.yml'
    path.write_text(ONE_TASK % '\n'.join('    ' + line for line in text.splitlines()), encoding='utf-8')
    return str(path)


def secrets(site):
    """What must never be seen."""
    description = site.lab.description()
    return {description['pces'][0]['api_key_secret'], *(device[name] for device in description['devices'] for name in ('api_key', 'password'))}


def test_a_sync_starts_no_process_of_its_own_on_the_controller(site):
    done = site.run('-vvvv')
    assert done.code == 0, done.text
    assert not STARTED.findall(done.text)


def test_both_ways_give_the_same_result(site):
    predicted = site.run('--check', '--diff')
    as_module = site.run('--check', '--diff', '-vvv', playbook=play(site, environment='{A: b}'))
    assert set(STARTED.findall(as_module.text)) == {'illumio_workload_facts', 'dag_tag_map', 'panos_dag_register'}
    both = [re.findall(r'^[-+] .*$', done.text, re.M) for done in (predicted, as_module)]
    assert both[0] and sorted(both[0]) == sorted(both[1])
    assert site.run(playbook=play(site, environment='{A: b}')).states() == {'fw1': 'changed', 'fw2': 'changed'}
    site.control.read_only(None, True)
    again = site.run()
    assert again.code == 0 and again.states() == {'fw1': 'in_sync', 'fw2': 'in_sync'}, again.text


def test_an_environment_of_the_play_reaches_the_use_case(site):
    """Only a module of its own sees it: nobody changes the environment of a worker."""
    variables = site.inventory['illumio']['hosts']
    key = next(iter(variables.values())).pop('illumio_api_key_secret')
    assert site.run().code != 0
    done = site.run(playbook=play(site, environment='{ILLUMIO_API_KEY_SECRET: "%s"}' % key))
    assert done.code == 0, done.text


@pytest.mark.parametrize('way', ['worker', 'module'])
def test_secrets_are_not_shown_however_loud_ansible_is(site, way):
    done = site.run('-vvv', playbook=play(site, environment='{}' if way == 'worker' else '{A: b}'))
    assert done.code == 0 and bool(STARTED.findall(done.text)) == (way == 'module')
    assert done.said('"api_key": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"') and done.said('"api_key_secret": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"')
    for secret in secrets(site):
        assert secret not in done.text


def test_wrong_options_are_told_in_the_words_of_ansible(site):
    task = '- zerotrust.microseg.panos_dag_register:\n    %s: 1\n    registrations: []'
    done = site.run(playbook=one_task(site, task % 'stat'))
    assert done.code != 0 and done.said('Unsupported parameters for (zerotrust.microseg.panos_dag_register) module: stat')
    done = site.run(playbook=one_task(site, task % 'state'))
    assert done.code != 0 and done.said('value of state must be one of: present, absent, synced, got: 1')


def test_loops_errors_and_rescues_work_as_with_any_module(site):
    done = site.run(playbook=one_task(site, '''\
- zerotrust.microseg.panos_dag_register:
    state: present
    registrations:
      - address: "{{ item }}"
        tags: [illumio.env.Lab]
  loop: [10.77.0.1, 10.77.0.2]
- zerotrust.microseg.panos_dag_register:
    state: present
    registrations:
      - address: nonsense
        tags: [illumio.env.Lab]
  register: wrong
  ignore_errors: true
- ansible.builtin.assert:
    that:
      - wrong is failed
      - wrong.error.kind == 'option'
      - "'nonsense' in wrong.msg"'''))
    assert done.code == 0, done.text
    assert site.tags('fw1') == {'10.77.0.1': {'illumio.env.Lab'}, '10.77.0.2': {'illumio.env.Lab'}}


@pytest.mark.parametrize('way', ['worker', 'module'])
def test_relative_paths_begin_at_the_folder_of_the_playbook(site, tmp_path, way):
    (tmp_path / 'playbooks').mkdir()
    path = tmp_path / 'playbooks' / 'render.yml'
    path.write_text(ONE_TASK % """\
    - zerotrust.microseg.dag_tag_map:
        workloads: [{name: web01, labels: {env: Lab}, interfaces: [{address: 10.77.0.1}]}]
        dest: artifacts/tag-map.jsonl
      environment: %s""" % ('{}' if way == 'worker' else '{A: b}'), encoding='utf-8')
    done = site.run('-vvv', playbook=str(path))
    assert done.code == 0 and bool(STARTED.findall(done.text)) == (way == 'module'), done.text
    assert (tmp_path / 'playbooks/artifacts/tag-map.jsonl').is_file() and not (site.folder / 'artifacts').exists()


def test_become_of_the_inventory_is_not_wanted(site):
    def become(inventory):
        inventory['panos'].setdefault('vars', {}).update(ansible_become=True, ansible_become_user='nobody', ansible_become_method='ansible.builtin.su')

    done = site.with_inventory(become).run()
    assert done.code == 0 and done.states()['fw1'] == 'changed', done.text


def test_the_interpreter_of_the_host_that_a_task_is_delegated_to_counts(site):
    done = site.run(playbook=one_task(site, """\
- ansible.builtin.add_host:
    name: elsewhere
    ansible_connection: local
    ansible_python_interpreter: /nonexistent/python
- zerotrust.microseg.panos_dag_register:
    registrations: []
  delegate_to: elsewhere"""))
    assert done.code != 0 and '/nonexistent/python' in done.text, done.text


def test_progress_is_written_where_it_was_asked_for(site, tmp_path):
    task = """\
- zerotrust.microseg.panos_dag_register:
    state: present
    progress: %s
    registrations:
      - address: 10.77.0.1
        tags: [illumio.env.Lab]""" % (tmp_path / 'progress.json')
    assert site.run(playbook=one_task(site, task)).code == 0
    assert json.loads((tmp_path / 'progress.json').read_text(encoding='utf-8')) == {'done': 1, 'total': 1}


@pytest.mark.parametrize('way', ['worker', 'module'])
def test_a_run_that_takes_long_says_so_while_it_runs(sites, way):
    site = sites(scenario='organisation', size=1200, firewalls=1)
    site.control.arm('fw1', 'slow', match={'type': 'user-id'}, nth=0, seconds=5.5)
    running = site.start(playbook=play(site, environment='{}' if way == 'worker' else '{A: b}'))
    told = []
    for line in running.stdout:
        if re.match(r'fw1: written [0-9]+ of [0-9]+ addresses', line):
            told.append(line)
            assert running.poll() is None
    assert running.wait(60) == 0 and 1 <= len(told) <= 2, told


def test_a_refused_plan_is_shown_unless_nothing_is_to_be_logged(site):
    task = """\
- zerotrust.microseg.panos_dag_register:
    state: synced
    claim: false
    allow_empty: %s
    registrations: %s
  no_log: %s"""
    many = '[' + ', '.join('{address: 10.77.0.%d, tags: [illumio.env.Lab]}' % number for number in range(1, 40)) + ']'
    assert site.run(playbook=one_task(site, task % ('false', many, 'false'))).code == 0
    shown = site.run('--diff', playbook=one_task(site, task % ('false', '[]', 'false')))
    assert shown.code != 0 and '- 10.77.0.1  illumio.env.Lab' in shown.text, shown.text
    hidden = site.run('--diff', playbook=one_task(site, task % ('false', '[]', 'true')))
    assert hidden.code != 0 and '10.77.0.1' not in hidden.text


def test_a_task_that_runs_out_of_its_time_ends_then(site):
    site.control.arm('fw1', 'slow', match={'type': 'user-id'}, nth=0, seconds=40)
    began = time.monotonic()
    done = site.run(playbook=one_task(site, """\
- zerotrust.microseg.panos_dag_register:
    state: present
    registrations:
      - address: 10.77.0.1
        tags: [illumio.env.Lab]
  timeout: 3"""))
    assert done.code != 0 and 'timed out' in done.text.lower() or 'timeout' in done.text.lower(), done.text
    assert time.monotonic() - began < 30


def test_what_a_vault_holds_reaches_the_device(site):
    """An API key from a vault file, as people keep it."""
    password = site.folder / 'password'
    password.write_text('open sesame', encoding='utf-8')
    device = site.lab.description()['devices'][0]
    kept = site.folder / 'kept.yml'
    kept.write_text('panos_api_key: "%s"\n' % device['api_key'], encoding='utf-8')
    program = site.command('', (), 'unused.yml')[0].replace('ansible-playbook', 'ansible-vault')
    assert os.spawnv(os.P_WAIT, program, [program, 'encrypt', '--vault-password-file', str(password), str(kept)]) == 0
    assert device['api_key'] not in kept.read_text(encoding='utf-8')
    done = site.run('-e', '@' + str(kept), '--vault-password-file', str(password), '--limit', 'fw1')
    assert done.code == 0 and done.states()['fw1'] == 'changed', done.text


def test_the_temporary_folder_goes_with_the_run(site, tmp_path):
    local = tmp_path / 'local'
    for arguments, good in (((), True), (('-e', 'dag_sync_label_keys=["nonsense"]'), False)):
        done = site.run(*arguments, environment={'ANSIBLE_LOCAL_TEMP': str(local)})
        assert (done.code == 0) is good
        assert not list(local.rglob('*'))
