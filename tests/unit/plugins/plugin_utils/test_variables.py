# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From variables to options: blank means default, undefined and wrong values are errors that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.interfaces import DEFAULT_EXCLUDE_INTERFACES
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import blank
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._hosts import Host
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._sync_checks import disagreements, folder_problem, shared, wrong_values
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variable_names import PLAY, known_variables, unknown_variables
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variables import MODULES, OPTIONS, Values, options, variables_of

ROLES = Path(__file__).resolve().parents[4] / 'roles'
UNDEFINED = '{{ nosuch }}'
BLANKS = [None, '', '   ', '\n']


def template(value):
    if value == UNDEFINED:
        raise AnsibleUndefinedVariable("'nosuch' is undefined")
    return value


def host(name='fw1', **variables):
    return Host(name, Values(variables, template))


def specification(role):
    return yaml.safe_load((ROLES / role / 'meta/argument_specs.yml').read_text(encoding='utf-8'))['argument_specs']


def every_variable():
    for (role, entry), modules in sorted(OPTIONS.items()):
        for module in modules:
            for option, variable in variables_of(module, role, entry):
                yield role, entry, module, option, variable


@pytest.mark.parametrize('blank', BLANKS, ids=repr)
def test_a_blank_variable_means_the_default_everywhere(blank):
    for role, entry, module, dummy, variable in every_variable():
        given = host(**{variable: blank}).options(module, role, entry)
        assert given == host().options(module, role, entry), variable


def test_an_undefined_variable_is_an_error_that_names_it_everywhere():
    for role, entry, module, dummy, variable in every_variable():
        with pytest.raises(OptionError) as found:
            host(**{variable: UNDEFINED}).options(module, role, entry)
        assert found.value.message.startswith('%s refers to something that is not defined' % variable)


def test_an_empty_list_is_no_blank():
    given = host(dag_sync_exclude_interfaces=[]).options('dag_tag_map', 'dag_sync', 'sync')
    assert given == {'caller': 'dag_sync', 'exclude_interfaces': []}


@pytest.mark.parametrize('variable, value, words', [
    ('dag_sync_max_removals_percent', 'many', 'dag_sync_max_removals_percent must be a number; it is many.'),
    ('dag_sync_timeout', '1.5', 'dag_sync_timeout must be a whole number; it is 1.5.'),
    ('dag_sync_prune', 'perhaps', 'dag_sync_prune must be true or false; it is perhaps.'),
    ('dag_sync_order', 'sideways', 'dag_sync_order must be make_before_break or break_before_make; it is sideways.'),
    ('panos_port', 'https', 'panos_port must be a whole number; it is https.'),
    ('panos_api_key', ['s3cret'], None),
])
def test_a_wrong_value_is_told_by_the_name_of_the_variable(variable, value, words):
    found = list(wrong_values(host(**{'panos_api_key': 'k', variable: value}), 'sync'))
    assert found == ([words] if words else []) and 's3cret' not in ''.join(found)


def test_texts_of_a_survey_become_what_they_mean():
    given = host(dag_sync_prune='false', dag_sync_timeout='3600', panos_vsys='vsys1,vsys2').options('panos_dag_register', 'dag_sync', 'sync')
    assert (given['prune'], given['timeout'], given['vsys']) == (False, 3600, ['vsys1', 'vsys2'])


def test_the_address_of_a_firewall_comes_from_its_inventory_only():
    assert host().options('panos_dag_register', 'dag_register')['ip_address'] == 'fw1'
    assert host(ansible_host='10.0.0.1').options('panos_dag_register', 'dag_register')['ip_address'] == '10.0.0.1'
    given = host(panos_ip_address='10.0.0.2', ansible_host='10.0.0.1').options('panos_dag_register', 'dag_register')
    assert (given['ip_address'], given['serial_number'], given['vsys']) == ('10.0.0.2', '', [])


@pytest.mark.parametrize('role', ['dag_register', 'dag_render', 'illumio_gather'])
def test_a_role_describes_the_variables_that_it_reads(role):
    described = {name for entry in specification(role).values() for name in entry['options']} - {'illumio_gather_host'}
    assert described == {variable for caller, dummy, dummy, dummy, variable in every_variable() if caller == role}


def test_a_sync_describes_the_variables_that_it_knows():
    found = specification('dag_sync')
    described = {name for entry in found.values() for name in entry['options']}
    assert set(known_variables()) - set(PLAY) == described
    teardown = {variable for caller, entry, dummy, dummy, variable in every_variable() if (caller, entry) == ('dag_sync', 'teardown')}
    assert set(found['teardown']['options']) == teardown | {'dag_sync_dir', 'dag_sync_keep'}


@pytest.mark.parametrize('role', ['dag_sync', 'dag_register', 'dag_render'])
def test_a_default_of_a_role_is_the_default_of_the_module(role):
    defaults = yaml.safe_load((ROLES / role / 'defaults/main.yml').read_text(encoding='utf-8'))
    for caller, dummy, module, option, variable in every_variable():
        value = defaults.get(variable)
        if caller == role and not blank(value):
            default = MODULES[module][0][option].get('default')
            if option != 'tag_template':  # register takes it from the tag map
                assert value == default or not value and not default, variable


@pytest.mark.parametrize('name', ['panos_report', 'panos_export', 'panos_import', 'panos_portal', 'panos_ports', 'panos_vsys1', 'panos_vsys2', 'panos_api_keys',
                                  'panos_serial_numbers', 'panos_timeout', 'panos_user', 'illumio_pce', 'panos_ca_paths', 'illumio_pce_port2'])
def test_names_that_are_merely_alike_are_those_of_others(name):
    assert not unknown_variables([name])


@pytest.mark.parametrize('value, words', [
    ('Sup3r{{K3y', 'template error: unexpected end of template. String: Sup3r{{K3y'), ('Sup3r{{K3y}}', "'K3y' is undefined"),
])
def test_no_part_of_a_secret_is_told_that_does_not_parse(value, words):
    def broken(dummy):
        raise (AnsibleUndefinedVariable if 'undefined' in words else AnsibleError)(words)

    firewall = Host('fw1', Values({'panos_password': value}, broken))
    with pytest.raises(OptionError) as found:
        firewall.options('panos_dag_register', 'dag_sync')
    assert 'K3y' not in str(found.value) and 'panos_password' in str(found.value)


def test_secrets_are_not_looked_up_by_the_check():
    def once(value):
        assert value != 'a lookup that takes a second'
        return value

    firewall = Host('fw1', Values({'panos_api_key': 'a lookup that takes a second', 'panos_port': 443}, once))
    assert not list(wrong_values(firewall, 'sync'))


def test_an_omitted_variable_counts_as_not_set():
    assert 'serial_number' in host(panos_serial_number='__omit_place_holder__abc').options('panos_dag_register', 'dag_sync')
    assert host(panos_port='__omit_place_holder__abc').options('panos_dag_register', 'dag_sync').get('port') is None


def test_a_relative_path_begins_at_the_folder_of_the_playbook(tmp_path):
    found = list(wrong_values(host(panos_ca_path='ca.pem'), 'sync', str(tmp_path)))
    assert len(found) == 1 and str(tmp_path / 'ca.pem') in found[0]


def test_one_folder_is_one_folder_even_if_its_name_holds_the_time():
    times = iter(range(9))
    hosts = [Host(name, Values({'dag_sync_dir': '/kept/{{ now() }}'}, lambda value: '/kept/%d' % next(times))) for name in ('fw1', 'fw2')]
    assert not list(disagreements(hosts))


def test_what_a_later_batch_refers_to_may_not_exist_yet():
    hosts = [host('fw1'), host('fw2', dag_sync_ipv6=UNDEFINED)]
    assert not list(disagreements(hosts, ['fw1'])) and list(disagreements(hosts, ['fw1', 'fw2']))


@pytest.mark.parametrize('name, suggestion', [
    ('dag_sync_max_removal', 'dag_sync_max_removals'), ('dag_sync_host', 'dag_sync_hosts'), ('dag_sync_labelkeys', 'dag_sync_label_keys'),
    ('panos_serial_nummer', 'panos_serial_number'), ('panos_apikey', 'panos_api_key'), ('illumio_pce_host', 'illumio_pce_hostname'),
])
def test_a_slip_in_the_name_of_a_variable_is_found(name, suggestion):
    assert unknown_variables([name, 'dag_sync_timeout']) == {name: 'Nothing reads the variable %s. Did you mean %s?' % (name, suggestion)}


def test_an_unknown_variable_of_a_sync_is_refused_even_if_it_looks_like_nothing():
    assert 'ansible-doc -t role' in unknown_variables(['dag_sync_zzzzzzzzzzzz'])['dag_sync_zzzzzzzzzzzz']


@pytest.mark.parametrize('name', ['panos_provider', 'panos_hostname', 'panos_version', 'illumio_workloads', 'illumio_vens', 'dag_register_result', 'ntp_server',
                                  'illumio_gather_result', '__dag_sync_run', 'dag_syncing'])
def test_variables_of_others_and_of_the_run_itself_are_nobodys_business(name):
    assert not unknown_variables([name, *known_variables()])


def test_firewalls_that_disagree_about_the_run():
    found = list(disagreements([host('fw1', dag_sync_ipv6='yes'), host('fw2', dag_sync_ipv6=True), host('fw3')]))
    assert len(found) == 1 and 'fw1 says true where fw3 says false' in found[0]
    assert not list(disagreements([host('fw1', dag_sync_ipv6='no'), host('fw2', dag_sync_ipv6=False)]))


@pytest.mark.parametrize('variable, default', [
    ('dag_sync_tag_template', 'illumio.{key}.{value}'), ('dag_sync_ipv6', False), ('dag_sync_exclude_interfaces', list(DEFAULT_EXCLUDE_INTERFACES)),
    ('dag_sync_aliases', []), ('dag_sync_keep', 10), ('dag_sync_select', {}),
])
@pytest.mark.parametrize('blank_value', BLANKS, ids=repr)
def test_a_blank_answer_agrees_with_the_default(variable, default, blank_value):
    assert not list(disagreements([host('fw1', **{variable: blank_value}), host('fw2'), host('fw3', **{variable: default})]))


@pytest.mark.parametrize('variable, value', [
    ('dag_sync_tag_template', 'no namespace'), ('dag_sync_exclude_networks', ['10.0.0.0/99']), ('dag_sync_duplicates', 'both'), ('dag_sync_keep', 0),
    ('dag_sync_select', {'anyof': ['env=Production']}), ('dag_sync_allow_limited_scope', 'perhaps'), ('dag_sync_dir', UNDEFINED),
])
def test_a_rule_that_cannot_be_right_is_found_before_anything_is_asked(variable, value):
    found = list(disagreements([host(**{variable: value})]))
    assert found and any(variable in sentence for sentence in found)


def test_a_folder_that_cannot_be_used_is_told_with_its_reason(tmp_path):
    file = tmp_path / 'file'
    file.write_text('')
    assert folder_problem(host(dag_sync_dir=str(tmp_path / 'a/b'))) is None and folder_problem(host(dag_sync_dir='')) is None
    assert 'is not a folder' in folder_problem(host(dag_sync_dir=str(file / 'below')))
    assert 'Name an absolute one' in folder_problem(host(dag_sync_dir='kept'))


@pytest.mark.parametrize('found, run, hosts', [
    ({}, [], {}),
    ({'a.': [None]}, ['a.'], {}),
    ({'a.': ['fw1', 'fw2']}, ['a.'], {}),
    ({'a.': ['fw1'], 'b.': ['fw1']}, [], {'fw1': 'a. b.'}),
    ({'a.': ['fw1'], 'b.': [None]}, ['b.'], {}),
    ({'a.': ['fw1'], 'b.': ['fw2']}, ['fw1: a.', 'fw2: b.'], {}),
    ({'%d.' % number: [None] for number in range(12)}, ['%d.' % number for number in range(10)] + ['And 2 more like these.'], {}),
])
def test_what_is_wrong_with_one_firewall_does_not_stop_the_others(found, run, hosts):
    assert shared(found, ['fw1', 'fw2']) == (run, hosts)


def test_a_role_is_told_what_to_do_where_it_runs_and_how_to_connect_by_the_host_of_the_pce():
    pce = Host('pce', Values({'illumio_pce_port': 8443, 'illumio_gather_dest': '/of/the/pce'}, template))
    given = pce.options('illumio_workload_facts', 'illumio_gather', of_role=Values({'illumio_gather_dest': '/mine', 'illumio_pce_port': 1}, template))
    assert (given['dest'], given['pce_port'], given['pce_hostname']) == ('/mine', 8443, 'pce')


def test_the_options_of_a_module_carry_who_called_it():
    assert options(Values({}, template), 'panos_dag_register', 'dag_sync', 'sync') == {'caller': 'dag_sync'}
