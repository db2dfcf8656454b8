# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import os
import random

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact, _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import gather as verbs, result
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.client import PceClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import Filters
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import LABEL_GROUPS, ORG, FakePce, label, workload

NOW = datetime.datetime(2026, 11, 22, 17, 0, tzinfo=datetime.timezone.utc)
LABELS = [label(1, 'role', 'Web'), label(2, 'env', 'Production'), label(3, 'env', 'Development'), label(4, 'app', 'Ordering')]
GROUPS = [{'href': ORG + '/sec_policy/active/label_groups/a', 'name': 'All', 'key': 'env',
           'labels': [{'href': ORG + '/labels/2'}, {'href': ORG + '/labels/3'}], 'sub_groups': []}]
DIMENSIONS = [{'key': 'loc'}, {'key': 'role'}, {'key': 'os'}]
WORKLOADS = [workload(number, [1, 2 + number % 2]) for number in range(700)]


def pce_with(**changes):
    return FakePce(**dict({'workloads': WORKLOADS, 'labels': LABELS, 'label_groups': GROUPS, 'dimensions': DIMENSIONS}, **changes))


def gather(pce, params=None, warnings=None):
    client = PceClient(pce, 1, warn=(warnings if warnings is not None else []).append, sleep=lambda seconds: None, clock=lambda: 0)
    return verbs.gather(client, Filters(params or {}), lambda: NOW)


def names(gathered):
    return [json.loads(line)['name'] for line in gathered.lines]


def test_everything():
    pce = pce_with()
    random.Random(1).shuffle(pce.collections['workloads'])
    found = gather(pce)
    assert names(found) == ['web%02d' % number for number in range(700)]
    assert found.complete is True and found.gathered_at == NOW and found.dimensions == ['role', 'loc', 'os']
    assert [tuple(one) for one in found.label_groups] == [('All', 'env', [1, 2])]
    assert pce.asked(ORG + '/workloads') == [{'max_results': 1}, {}]
    assert all(asynchronous for path, params, asynchronous in pce.log if path in (ORG + '/workloads', ORG + '/labels') and not params)


def test_requests_do_not_grow_with_workloads():
    sizes = []
    for number in (1, 10, 700):
        pce = pce_with(workloads=WORKLOADS[:number])
        gather(pce)
        sizes.append(len(pce.log))
    assert len(set(sizes)) == 1 and sizes[0] <= 12


@pytest.mark.parametrize('header', ['X-Total-Count', 'X-Matched-Count', None])
def test_any_count_header_or_none(header):
    assert len(gather(pce_with(total_header=header)).lines) == 700


def short(pce):
    pce.answers[ORG + '/datafiles/job2'] = [WORKLOADS[:650]]


def empty_file(pce):
    pce.answers[ORG + '/datafiles/job2'] = [[]]


def cut_off(pce):
    pce.answers[ORG + '/datafiles/job2'] = [json.dumps(WORKLOADS).encode()[:-1]]


def twice(pce):
    pce.answers[ORG + '/datafiles/job2'] = [WORKLOADS[:-1] + WORKLOADS[:1]]


def an_html_page(pce):
    pce.answers[ORG + '/datafiles/job2'] = [b'<html></html>']


def not_a_list(pce):
    pce.answers[ORG + '/datafiles/job2'] = [{'status': 'ok'}]


def job_fails(pce):
    pce.answers[ORG + '/jobs/job2'] = [{'status': 'failed', 'result': {'message': 'x'}}]


def labels_short(pce):
    pce.answers[ORG + '/datafiles/job0'] = [LABELS[:1]]


def labels_empty(pce):
    pce.answers[ORG + '/datafiles/job0'] = [[]]


def groups_short(pce):
    pce.answers[ORG + '/datafiles/job1'] = [[]]


def counts_more(pce):
    pce.counts['workloads'] = [701, 701]


def counts_less(pce):
    pce.counts['workloads'] = [699, 699]


FAULTS = [short, empty_file, cut_off, twice, an_html_page, not_a_list, job_fails, labels_short, labels_empty, groups_short, counts_more, counts_less]


@pytest.fixture(params=[False, True], ids=['one process', 'two processes'])
def processes(request, monkeypatch):
    """Lists of this size are decoded in one process, or in two as far larger ones are."""
    monkeypatch.setattr(verbs.side_by_side, 'possible', lambda: request.param and hasattr(os, 'fork'))
    monkeypatch.setattr(verbs.side_by_side, 'WORTHWHILE', 100)
    monkeypatch.setattr(verbs.side_by_side, 'PIECE', 5000)


@pytest.mark.usefixtures('processes')
@pytest.mark.parametrize('fault', FAULTS)
def test_an_incomplete_answer_is_gathered_once_more(fault):
    pce, warnings = pce_with(), []
    fault(pce)
    assert len(gather(pce, warnings=warnings).lines) == 700
    assert len(warnings) == 1 and 'once more' in warnings[0]


@pytest.mark.usefixtures('processes')
@pytest.mark.parametrize('fault', FAULTS)
def test_an_answer_that_stays_incomplete_is_an_error(fault):
    pce = pce_with()
    fault(pce)
    for path, answers in list(pce.answers.items()):
        number = int(path[-1])
        pce.answers[path[:-1] + str(number + 3)] = list(answers)
    if 'workloads' in pce.counts:
        pce.counts['workloads'] *= 2
    with pytest.raises(errors.IncompleteError):
        gather(pce)


@pytest.mark.parametrize('counts', [[699, 700], [700], [701, 700]])
def test_a_count_just_before_or_just_after_is_enough(counts):
    pce, warnings = pce_with(), []
    pce.counts['workloads'] = counts
    assert len(gather(pce, warnings=warnings).lines) == 700 and not warnings


def test_without_a_count_the_list_is_read_twice():
    pce = pce_with(total_header=None)
    pce.answers[ORG + '/datafiles/job2'] = [WORKLOADS[:650]]
    pce.answers[ORG + '/datafiles/job6'] = [WORKLOADS[:640]]
    with pytest.raises(errors.IncompleteError):
        gather(pce)


@pytest.mark.parametrize('params, header', [({}, 'X-Total-Count'), ({'managed': True}, 'X-Total-Count'), ({}, None)], ids=str)
def test_an_empty_pce_is_an_error_at_once(params, header):
    pce = pce_with(workloads=[], total_header=header)
    with pytest.raises(errors.IncompleteError, match='not one workload.*Global Read Only'):
        gather(pce, params)
    assert len(pce.asked(ORG + '/labels')) == (header is None)


def test_only_deleted_workloads_are_an_empty_pce():
    with pytest.raises(errors.IncompleteError, match='not one workload'):
        gather(pce_with(workloads=[workload(1, deleted=True)]))


@pytest.mark.parametrize('status', [401, 403, 404, 405, 406])
def test_a_pce_without_label_groups_or_dimensions(status):
    pce = pce_with(dimensions=status)
    pce.answers['%s/%s async' % (ORG, LABEL_GROUPS)] = [status]
    found = gather(pce)
    assert found.label_groups == [] and found.dimensions == [] and len(found.lines) == 700


def test_refused_credentials_end_it_at_once():
    pce = pce_with()
    pce.answers[ORG + '/workloads'] = [401]
    with pytest.raises(errors.AuthenticationError):
        gather(pce)
    assert len(pce.log) == 1


def test_something_else_that_speaks_json_is_found_out_at_once():
    pce = pce_with()
    pce.answers[ORG + '/workloads'] = [{'status': 'ok'}]
    with pytest.raises(errors.NotAnApi):
        gather(pce)
    assert len(pce.log) == 1


def test_bare_hrefs_of_older_releases():
    rows = [dict(row, labels=[{'href': one['href']} for one in row['labels']]) for row in WORKLOADS[:3]]
    assert [json.loads(line)['labels'] for line in gather(pce_with(workloads=rows)).lines] == [[0, 1], [0, 2], [0, 1]]


def test_an_answer_at_once_counts_as_much():
    pce = pce_with(workloads=WORKLOADS[:400])
    pce.answers[ORG + '/workloads async'] = [WORKLOADS[:400]]
    assert len(gather(pce).lines) == 400
    pce = pce_with()
    pce.answers[ORG + '/workloads async'] = [WORKLOADS[:500], WORKLOADS[:500]]
    with pytest.raises(errors.IncompleteError, match='sent 500 workloads and counts 700'):
        gather(pce)


def test_filters_are_asked_for_and_applied_and_make_it_incomplete():
    pce = pce_with()
    found = gather(pce, {'labels': {'env': 'Development'}, 'name': 'web07'})
    assert found.complete is False and names(found) == ['web07']
    assert pce.asked(ORG + '/workloads') == [{'max_results': 1}, {'name': 'web07', 'labels': '[["/orgs/1/labels/3"]]'}]
    assert gather(pce_with(), {'name': 'nobody'}).lines == []


# -- what the key may see -------------------------------------------------------------------------------------------------

def login(*scopes, **org):
    role_scopes = [{'role': ORG + '/roles/owner', 'scope': scope} for scope in scopes]
    return {'href': '/users/1', 'session_token': 'x', 'orgs': [dict({'org_id': 1, 'org_href': ORG, 'role_scopes': role_scopes}, **org)]}


SCOPED = [{'label': {'href': ORG + '/labels/1'}}]


@pytest.mark.parametrize('answer, expected', [
    (login([]), 'all'),
    (login(SCOPED, []), 'all'),
    (login(SCOPED), 'limited'),
    (login(SCOPED, SCOPED), 'limited'),
    (login(), 'unverified'),
    (login(None), 'unverified'),
    (login([], org_id=2, org_href='/orgs/2'), 'unverified'),
    (login(role_scopes=None), 'unverified'),
    ({'href': '/users/1'}, 'unverified'),
    ({'orgs': {}}, 'unverified'),
    ([], 'unverified'), (b'<html>', 'unverified'), (401, 'unverified'), (403, 'unverified'), (404, 'unverified'), (500, 'unverified'),
], ids=str)
def test_scope(answer, expected):
    warnings = []
    client = PceClient(pce_with(login=answer), 1, warn=warnings.append)
    assert verbs.read_account(client).scope == expected
    assert len(warnings) == (expected == 'limited')
    assert all('Global Read Only' in text for text in warnings)


FLAT = {'version': '25.2.40', 'build': 4047, 'long_display': '25.2.40-4047', 'short_display': '25.2.40'}


@pytest.mark.parametrize('in_login, alone, expected', [
    (FLAT, None, '25.2.40-4047'),
    (None, FLAT, '25.2.40-4047'),
    (None, {'product_version': FLAT}, '25.2.40-4047'),
    ({'product_version': FLAT}, None, '25.2.40-4047'),
    (None, {'version': '21.5.0', 'build': 1}, '21.5.0-1'),
    (None, {'version': '21.5.0'}, '21.5.0'),
    (None, {}, None), (None, [], None), (None, 404, None),
], ids=str)
def test_version(in_login, alone, expected):
    pce = pce_with(login=dict(login([]), product_version=in_login), version=alone)
    assert verbs.read_account(PceClient(pce, 1)).pce_version == expected


# -- what is handed on ----------------------------------------------------------------------------------------------------

ACCOUNT = verbs.Account(1, 'all', '25.2.40-4047')


def test_artifact(tmp_path):
    found = gather(pce_with(workloads=WORKLOADS[:3]))
    head = result.header('pce.example.com', ACCOUNT, found, Filters({}), 'run')
    path = result.write_artifact(str(tmp_path / 'deep' / 'workloads.jsonl'), head, found)
    reader = _artifact.ArtifactReader(path, _artifact.WORKLOADS)
    rows = list(reader.rows())
    assert reader.header == {
        'format': 'zerotrust.microseg/workloads', 'version': 1, 'run_id': 'run', 'gathered_at': '2026-11-22T17:00:00Z', 'rules': {},
        'source': {'pce': 'pce.example.com', 'org_id': 1, 'pce_version': '25.2.40-4047', 'complete': True, 'scope': 'all', 'filters': {}}}
    assert rows[:3] == [{'dimension': 'role'}, {'dimension': 'loc'}, {'dimension': 'os'}]
    assert rows[3:7] == [{'label': one['href'], 'key': one['key'], 'value': one['value']} for one in LABELS]
    assert rows[7] == {'label_group': 'All', 'key': 'env', 'labels': [1, 2]}
    assert [row['name'] for row in rows[8:]] == ['web00', 'web01', 'web02']
    assert reader.counts == {'dimensions': 3, 'labels': 4, 'label_groups': 1, 'workloads': 3}


def test_facts():
    found = gather(pce_with(workloads=WORKLOADS[:2]), {'managed': True})
    head = result.header('pce.example.com', ACCOUNT, found, Filters({'managed': True}), 'run')
    facts = result.facts(head, found)
    assert [row['labels'] for row in facts.pop('workloads')] == [{'role': 'Web', 'env': 'Production'}, {'role': 'Web', 'env': 'Development'}]
    assert facts == {
        'pce': 'pce.example.com', 'org_id': 1, 'pce_version': '25.2.40-4047', 'gathered_at': '2026-11-22T17:00:00Z', 'run_id': 'run', 'complete': False,
        'scope': 'all', 'filters': {'managed': True}, 'count': 2, 'label_keys': ['role', 'app', 'env', 'loc', 'os'],
        'labels': [{'href': one['href'], 'key': one['key'], 'value': one['value']} for one in LABELS],
        'label_groups': [{'name': 'All', 'key': 'env', 'labels': [{'key': 'env', 'value': 'Production'}, {'key': 'env', 'value': 'Development'}]}]}
    assert result.facts(head, found, '/some/path')['path'] == '/some/path' and 'workloads' not in result.facts(head, found, '/some/path')
