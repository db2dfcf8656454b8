# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import tracemalloc

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.labels import Catalogue
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import MAX_LABEL_QUERY, Compactor, Filters, inline
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import ORG, label, workload

CATALOGUE = Catalogue([label(1, 'role', 'Web'), label(2, 'env', 'Production'), label(3, 'env', 'Staging'), label(4, 'app', 'Ordering')])
UNMANAGED = {'href': ORG + '/workloads/u', 'managed': False, 'deleted': False, 'name': 'printer', 'hostname': '', 'online': True,
             'enforcement_mode': 'visibility_only', 'ven': None, 'agent': {'config': {'mode': 'illuminated'}},
             'interfaces': [{'name': 'eth0', 'address': '10.0.0.9'}], 'labels': [], 'created_at': '2024-06-25T07:33:07.531969Z',
             'ignored_interface_names': []}


def compact(rows, accept=None, catalogue=CATALOGUE):
    compactor = Compactor(catalogue, accept)
    compactor.take(rows)
    return [json.loads(line) for line in compactor.finish()]


def one(row):
    return compact([row])[0]


def test_a_managed_workload():
    found = one(workload(7, [4, 2], [('eth0', '10.0.0.7'), ('eth0', 'fe80::7'), ('docker0', '172.17.0.1')], ignored_interface_names=['eth9', 'caf\u00e9"']))
    assert found == {
        'href': ORG + '/workloads/00000007-0000-4000-8000-000000000000', 'name': 'web07', 'managed': True, 'online': True, 'enforcement_mode': 'selective',
        'last_seen': '2026-08-03T06:25:44.071487Z', 'created_at': '2025-08-14T06:30:20.750842Z', 'labels': [1, 3],
        'interfaces': [['eth0', '10.0.0.7'], ['eth0', 'fe80::7'], ['docker0', '172.17.0.1']],
        'ignored_interface_names': ['eth9', 'caf\u00e9"']}
    assert list(found) == ['href', 'name', 'managed', 'online', 'enforcement_mode', 'last_seen', 'created_at', 'labels', 'interfaces',
                           'ignored_interface_names']


def test_an_unmanaged_workload():
    assert one(UNMANAGED) == {
        'href': ORG + '/workloads/u', 'name': 'printer', 'managed': False, 'online': True, 'enforcement_mode': 'visibility_only',
        'last_seen': '2024-06-25T07:33:07.531969Z', 'created_at': '2024-06-25T07:33:07.531969Z', 'labels': [], 'interfaces': [['eth0', '10.0.0.9']]}


@pytest.mark.parametrize('changes, name, expected', [
    ({'name': None}, 'name', 'web01.example.com'),
    ({'name': ''}, 'name', 'web01.example.com'),
    ({'name': None, 'hostname': None}, 'name', ''),
    ({'name': 'caf\u00e9 "x"\\ \U0001f600\n'}, 'name', 'caf\u00e9 "x"\\ \U0001f600\n'),
    ({'managed': None}, 'managed', True),
    ({'managed': None, 'ven': None}, 'managed', True),
    ({'managed': None, 'ven': None, 'agent': {}}, 'managed', False),
    ({'managed': None, 'ven': None, 'agent': None, 'service_principal_name': 'x'}, 'managed', True),
    ({'online': None}, 'online', False),
    ({'enforcement_mode': None}, 'enforcement_mode', 'selective'),
    ({'enforcement_mode': None, 'agent': {'config': {'mode': 'enforced'}}}, 'enforcement_mode', 'full'),
    ({'enforcement_mode': None, 'agent': {'config': {'mode': 'illuminated'}}}, 'enforcement_mode', 'visibility_only'),
    ({'enforcement_mode': None, 'agent': None}, 'enforcement_mode', ''),
    ({'agent': {'status': None}}, 'last_seen', '2025-08-14T06:30:20.750842Z'),
    ({'agent': None, 'created_at': None}, 'last_seen', ''),
    ({'agent': None, 'created_at': None}, 'created_at', ''),
    ({'created_at': None}, 'last_seen', '2026-08-03T06:25:44.071487Z'),
    ({'managed': False}, 'last_seen', '2025-08-14T06:30:20.750842Z'),
    ({'interfaces': None}, 'interfaces', []),
    ({'interfaces': [{'name': None, 'address': '10.0.0.1'}, {'name': 'x', 'address': None}, {'name': 'y'}, {'address': '10.0.0.2'}]},
     'interfaces', [['', '10.0.0.1'], ['', '10.0.0.2']]),
    ({'labels': [{'href': ORG + '/labels/2'}]}, 'labels', [1]),
    ({'labels': [{'href': ORG + '/labels/2'}, {'href': ORG + '/labels/2'}]}, 'labels', [1]),
], ids=str)
def test_what_releases_and_people_leave_out(changes, name, expected):
    assert one(dict(workload(1), **changes))[name] == expected


def test_order_and_deleted_rows():
    rows = [workload(3), workload(1), workload(2, deleted=True)]
    assert [row['name'] for row in compact(rows)] == ['web01', 'web03']
    rows = [dict(workload(1), href='%s/workloads/%s' % (ORG, name)) for name in ('b', 'a-1', 'a', 'ab', 'a/1')]
    assert [row['href'].rpartition('workloads/')[2] for row in compact(rows)] == ['a', 'a-1', 'a/1', 'ab', 'b']


@pytest.mark.parametrize('row, error', [
    (workload(1, [9]), errors.IncompleteError),
    (workload(2), errors.IncompleteError),
    (dict(workload(1), href=None), errors.NotAnApi),
    ({'name': 'x'}, errors.NotAnApi),
    (dict(workload(1), labels='x'), errors.NotAnApi),
    (dict(workload(1), interfaces=['10.0.0.1']), errors.NotAnApi),
    (dict(workload(1), interfaces=[{'address': 5}]), errors.NotAnApi),
    (dict(workload(1), agent='x'), errors.NotAnApi),
], ids=['unknown label', 'twice', 'no href', 'something else', 'labels', 'interfaces', 'address', 'agent'])
def test_rows_that_spoil_the_list(row, error):
    with pytest.raises(error):
        compact([workload(2), row])


def test_a_list_in_which_nothing_has_labels_is_no_list_of_workloads():
    bare = workload(1)
    del bare['labels']
    with pytest.raises(errors.IncompleteError, match='representation'):
        compact([bare])
    assert len(compact([bare, workload(2)])) == 2


def test_inline_form():
    compactor = Compactor(CATALOGUE)
    compactor.take([workload(1, [2, 4])])
    found = inline(compactor.finish()[0], CATALOGUE)
    assert found['labels'] == {'env': 'Production', 'app': 'Ordering'}
    assert found['interfaces'] == [{'name': 'eth0', 'address': '10.0.0.1'}] and found['ignored_interface_names'] == []


def test_memory_per_workload():
    tracemalloc.start()
    try:
        compactor = Compactor(CATALOGUE)
        compactor.take(workload(number, [1, 2, 4], [('eth0', '10.0.0.1'), ('eth1', '10.0.0.2')]) for number in range(5000))
        compactor.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / 5000 < 500


# -- filters --------------------------------------------------------------------------------------------------------------

ROWS = [
    workload(1, [1, 2]),
    workload(2, [1, 3], [('eth0', '10.0.0.10')], online=False),
    workload(3, [4, 2], [('eth0', '2001:db8::1'), ('eth1', '10.0.0.11')], enforcement_mode='full', name='web01x', hostname='xweb01.example.com'),
    dict(UNMANAGED, href=ORG + '/workloads/00000004'),
]


@pytest.mark.parametrize('params, numbers, query', [
    ({}, [1, 2, 3, 4], {}),
    ({'labels': {}, 'hostname': '', 'enforcement_modes': [], 'managed': None}, [1, 2, 3, 4], {}),
    ({'labels': {'env': 'Production'}}, [1, 3], {'labels': '[["/orgs/1/labels/2"]]'}),
    ({'labels': {'env': ['Production', 'Staging'], 'role': ['Web']}}, [1, 2],
     {'labels': '[["/orgs/1/labels/2","/orgs/1/labels/1"],["/orgs/1/labels/3","/orgs/1/labels/1"]]'}),
    ({'managed': False}, [4], {'managed': 'false'}),
    ({'managed': True, 'online': True}, [1, 3], {'managed': 'true', 'online': 'true'}),
    ({'online': False}, [2], {'online': 'false'}),
    ({'enforcement_modes': ['full']}, [3], {'enforcement_mode': 'full'}),
    ({'enforcement_modes': ['full', 'visibility_only']}, [3, 4], {'enforcement_modes': '["full", "visibility_only"]'}),
    ({'hostname': 'web01.example.com'}, [1], {'hostname': 'web01.example.com'}),
    ({'name': 'web01'}, [1], {'name': 'web01'}),
    ({'ip_address': '10.0.0.1'}, [1], {'ip_address': '10.0.0.1'}),
    ({'ip_address': '2001:DB8:0::1'}, [3], {'ip_address': '2001:db8::1'}),
], ids=str)
def test_filters(params, numbers, query):
    filters = Filters(params)
    found = compact(ROWS, filters.accept(CATALOGUE))
    assert [int(row['href'].rpartition('/')[2][:8]) for row in found] == numbers
    assert filters.query(CATALOGUE) == query
    assert bool(filters) is (len(numbers) < 4)
    assert filters.needs_labels is bool(params.get('labels'))


@pytest.mark.parametrize('params, error, text', [
    ({'ip_address': '10.0.0'}, errors.OptionError, 'ip_address'),
    ({'ip_address': '10.0.0.0/24'}, errors.OptionError, 'ip_address'),
    ({'labels': {'env': []}}, errors.OptionError, 'env'),
    ({'labels': {'env': None}}, errors.OptionError, 'env'),
    ({'labels': {'env': [True]}}, errors.OptionError, 'quote'),
    ({'labels': {'env': 'Prod'}}, errors.UnknownLabelError, 'env=Prod'),
    ({'labels': {'zone': 'Prod'}}, errors.UnknownLabelError, 'zone'),
], ids=str)
def test_filters_that_make_no_sense(params, error, text):
    with pytest.raises(error, match=text):
        Filters(params).query(CATALOGUE)


@pytest.mark.parametrize('keys, size', [(1, 1000), (3, 60), (2, 200)])
def test_a_query_that_would_be_too_long_is_left_to_our_side(keys, size):
    rows = [label(1000 * key + number, 'k%d' % key, 'v%d' % number) for key in range(keys) for number in range(size)]
    catalogue = Catalogue(rows)
    filters = Filters({'labels': {'k%d' % key: ['v%d' % number for number in range(size)] for key in range(keys)}})
    assert len(filters.query(catalogue).get('labels', '')) <= MAX_LABEL_QUERY
    assert filters.query(catalogue) == {}
    assert filters.accept(catalogue)({}, tuple(catalogue.index['%s/labels/%d' % (ORG, 1000 * key)] for key in range(keys)))
