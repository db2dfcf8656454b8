# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a PCE, or something in its place, answers: gathering ends with a result or with an error of the family, never with another exception."""

from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import HttpResponse, retry_after
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.client import PceClient, api_path
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.gather import Account, gather, read_account
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.labels import Catalogue, dimensions, label_groups
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import Filters
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import LABEL_GROUPS, ORG, FakePce, Headers, label, workload

JSON = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
                    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=6)
DEEP = b'[' * 100000 + b']' * 100000
DEEP_OBJECTS = b'{"a":' * 100000 + b'1' + b'}' * 100000
GROUP = {'href': ORG + '/sec_policy/active/label_groups/1', 'name': 'g', 'key': 'env', 'labels': [{'href': ORG + '/labels/1'}],
         'sub_groups': [{'href': ORG + '/sec_policy/active/label_groups/1'}]}
LOGIN = {'orgs': [{'org_id': 1, 'org_href': ORG, 'role_scopes': [{'role': {'href': '/x'}, 'scope': []}]}],
         'product_version': {'version': '25.2.40', 'build': 4047, 'long_display': '25.2.40-4047'}}
VERSION = {'product_version': {'version': '25.2.40', 'build': '1'}}


def broken(value):
    """The value, or something else in its place, or in the place of one of its parts."""
    ways = [JSON, st.just(value)]
    if isinstance(value, dict):
        ways.append(st.fixed_dictionaries({}, optional={name: broken(part) for name, part in value.items()}))
        ways.append(st.fixed_dictionaries({name: broken(part) for name, part in value.items()}))
    if isinstance(value, list):
        ways.append(st.lists(st.one_of([broken(part) for part in value] or [JSON]), max_size=3))
    return st.one_of(ways)


def client(pce):
    return PceClient(pce, 1, sleep=lambda seconds: None, clock=lambda: 0.0)


def gathered(pce):
    """Gather; True for a result, False for an error of the family."""
    try:
        gather(client(pce), Filters({}), lambda: datetime.datetime.now(datetime.timezone.utc))
        return True
    except errors.MicrosegError as exc:
        assert exc.message
        return False


def good(**changes):
    """A PCE without a fault."""
    return FakePce(**dict({'workloads': [workload(1, [1])], 'labels': [label(1, 'env', 'Production')], 'label_groups': [GROUP], 'dimensions': [{'key': 'env'}],
                           'login': LOGIN, 'version': VERSION}, **changes))


def test_the_tests_begin_with_a_good_pce():
    assert gathered(good())
    assert read_account(client(good())) == Account(1, 'all', '25.2.40-4047')


@settings(max_examples=150, deadline=None)
@given(st.lists(broken(label(1, 'env', 'Production')), max_size=3))
def test_labels(rows):
    gathered(good(labels=rows))


@settings(max_examples=150, deadline=None)
@given(st.lists(broken(workload(1, [1])), max_size=2))
def test_workloads(rows):
    gathered(good(workloads=rows))


@settings(max_examples=200, deadline=None)
@given(st.lists(broken(GROUP), max_size=3))
def test_label_groups(rows):
    gathered(good(label_groups=rows))
    try:
        label_groups(rows, Catalogue([label(1, 'env', 'Production')]))
    except errors.MicrosegError as exc:
        assert isinstance(exc, errors.IncompleteError)


@settings(max_examples=100, deadline=None)
@given(broken([{'key': 'env', 'deleted': False}]))
def test_dimensions(rows):
    assert all(isinstance(key, str) for key in dimensions(rows))
    gathered(good(dimensions=rows if rows is not None else False))


@settings(max_examples=200, deadline=None)
@given(broken(LOGIN), broken(VERSION))
def test_the_account(login, version):
    found = read_account(client(good(login=login if login is not None else [], version=version if version is not None else [])))
    assert found.scope in ('all', 'limited', 'unverified')
    assert found.pce_version is None or isinstance(found.pce_version, str)


@settings(max_examples=150, deadline=None)
@given(broken({'status': 'done', 'result': {'href': ORG + '/datafiles/job0', 'message': 'x'}}), st.sampled_from(['job0', 'job1', 'job2']))
def test_jobs(state, job):
    pce = good()
    pce.answers['%s/jobs/%s' % (ORG, job)] = [json.dumps(state).encode()] * 3
    gathered(pce)


@settings(max_examples=100, deadline=None)
@given(JSON, st.sampled_from(['labels', 'workloads', LABEL_GROUPS]))
def test_collections_that_come_at_once(value, name):
    pce = good()
    pce.answers['%s/%s async' % (ORG, name)] = [json.dumps(value).encode()] * 2
    gathered(pce)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=12), st.sampled_from(['x-total-count', 'x-matched-count', 'retry-after', 'location']))
def test_headers(text, name):
    """Superscript digits are digits to Python, and no numbers."""
    pce = good()
    pce.answers[ORG + '/workloads'] = [HttpResponse(200, Headers({name: text}), b'[{"href": "x"}]')] * 2
    pce.answers[ORG + '/labels async'] = [HttpResponse(202, Headers(dict({'location': ORG + '/jobs/job0'}, **{name: text})))] * 2
    gathered(pce)
    retry_after({'Retry-After': text}, 1.0, 0.0)
    api_path(text)


@pytest.mark.parametrize('text', ['\u00b2', '9' * 5000, 'http://[broken/orgs/1', 'Mon, 99 Xxx 99999999999999 99:99:99', '1\u00b2'])
@pytest.mark.parametrize('name', ['x-total-count', 'retry-after', 'location'])
def test_headers_that_look_like_numbers_and_addresses(text, name):
    test_headers.hypothesis.inner_test(text, name)


@pytest.mark.parametrize('body', [
    DEEP, DEEP_OBJECTS, b'[' + DEEP + b']', b'[{"href":' + DEEP + b'}]', b'{"status":"done","result":' + DEEP_OBJECTS + b'}', b'\xff', b'',
], ids=['lists', 'objects', 'a list of one', 'inside an object', 'inside a job', 'not UTF-8', 'nothing'])
@pytest.mark.parametrize('path', [
    ORG + '/workloads', ORG + '/labels async', ORG + '/workloads async', ORG + '/jobs/job0', ORG + '/datafiles/job0', ORG + '/datafiles/job1',
    ORG + '/datafiles/job2', ORG + '/label_dimensions'])
def test_answers_of_absurd_depth(path, body):
    pce = good()
    for again in (path, path.replace('job1', 'job4').replace('job2', 'job5').replace('job0', 'job3')):  # gathering begins once more
        pce.answers[again] = [body] * 3
    assert not gathered(pce)


@pytest.mark.parametrize('body', [DEEP, DEEP_OBJECTS, b'{"orgs":' + DEEP + b'}', b'\xff'], ids=['lists', 'objects', 'inside', 'not UTF-8'])
@pytest.mark.parametrize('path', ['/users/login', '/product_version'])
def test_an_account_of_absurd_depth(path, body):
    pce = good()
    pce.answers[path] = [body]
    assert read_account(client(pce)).org_id == 1


def test_text_of_a_pce_steers_no_terminal():
    group = dict(GROUP, name='\x1b[2Jgroup', labels=[{'href': ORG + '/labels/\x1b]9'}])
    with pytest.raises(errors.IncompleteError) as caught:
        label_groups([group], Catalogue([]))
    assert '\x1b' not in caught.value.message and r'\x1b[2Jgroup' in caught.value.message
    with pytest.raises(errors.UnknownLabelError) as caught:
        Catalogue([label(1, 'env', 'Prod\x1b[1muction')]).find('env', ['Production'])
    assert '\x1b' not in caught.value.message
