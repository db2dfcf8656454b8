# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import HttpResponse
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import stream
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.argspec import CONNECTION, address, connect, owner
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.client import PceClient, api_path, messages
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import ORG, FakePce, Headers, label


class Time:
    def __init__(self):
        self.now = 100.0
        self.slept = []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


def client(pce, time=None, **options):
    time = time or Time()
    return PceClient(pce, 1, sleep=time.sleep, clock=time.clock, **options)


LABELS = [label(1, 'env', 'Production')]


@pytest.mark.parametrize('location, expected', [
    ('/orgs/1/jobs/a', '/orgs/1/jobs/a'),
    ('/api/v2/orgs/1/jobs/a', '/orgs/1/jobs/a'),
    ('https://pce.example.com:8443/api/v2/orgs/1/jobs/a', '/orgs/1/jobs/a'),
    ('https://evil.example.com/api/v2/orgs/1/jobs/a', '/orgs/1/jobs/a'),
    ('/orgs/1/datafiles/a?filename=x', '/orgs/1/datafiles/a'),
    ('//evil.example.com/orgs/1/jobs/a', '/orgs/1/jobs/a'),
    ('', None), (None, None), (5, None), ('orgs/1/jobs/a', None), ('/users/1', None), ('https://evil.example.com/x', None),
    ('/orgs/1/../../x', None), ('/orgs/1//x', None),
])
def test_api_path(location, expected):
    assert api_path(location) == expected


@pytest.mark.parametrize('body, expected', [
    (b'[{"token":"a","message":"One."},{"token":"b","message":null}]', 'One. b'),
    (b'{"token":"a","message":"One."}', 'One.'),
    (b'[{"error":"server error"}]', 'server error'),
    (b'<html>', ''), (b'', ''), (b'[1]', ''), (b'"x"', ''),
])
def test_messages(body, expected):
    assert messages(body) == expected


@pytest.mark.parametrize('jobs', [('done',), ('pending', 'running', 'done'), ('Pending', 'Done'), ('running', 'completed')], ids=str)
@pytest.mark.parametrize('absolute', [False, True])
def test_a_job_is_followed_to_its_data(jobs, absolute):
    jobs = [{'status': state, 'result': {'href': ORG + '/datafiles/job0'}} if state == 'completed' else state.lower() for state in jobs]
    time, pce = Time(), FakePce(labels=LABELS, jobs=jobs, absolute=absolute)
    one = client(pce, time)
    with one.open(one.order(ORG + '/labels')) as answer:
        assert list(stream.rows(answer.chunks(), 'labels')) == LABELS
    assert time.slept == [5.0] + [2.0] * (len(jobs) - 1)


def test_jobs_that_were_ordered_together_are_waited_for_once():
    time, pce = Time(), FakePce(labels=LABELS)
    one = client(pce, time)
    jobs = [one.order(ORG + '/labels'), one.order(ORG + '/workloads')]
    for job in jobs:
        one.open(job)
    assert time.slept == [5.0]


def test_a_retry_after_of_nothing_does_not_become_a_busy_loop():
    time, pce = Time(), FakePce(labels=LABELS)
    states = [HttpResponse(200, Headers({'retry-after': '0'}), b'{"status":"running"}')] * 10
    pce.answers[ORG + '/jobs/job0'] = states
    one = client(pce, time)
    one.open(one.order(ORG + '/labels'))
    assert time.slept[1:] == [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize('state, text', [
    ({'status': 'failed', 'result': {'message': 'Out of space'}}, 'Out of space'),
    ({'status': 'failed', 'result': {}}, 'failed'),
    ({'status': 'failed'}, 'failed'),
    ({'status': 'cancelled'}, 'cancelled'),
    ({'status': 'done'}, 'names no data'),
    ({'status': 'done', 'result': None}, 'names no data'),
    ({'status': 'done', 'result': {'href': 'https://evil.example.com/x'}}, 'names no data'),
    ({'status': None}, 'no status'),
    ({}, 'no status'),
    ([], 'no status'),
    (404, 'no longer knows the job'),
], ids=str)
def test_jobs_that_end_badly(state, text):
    pce = FakePce(labels=LABELS)
    pce.answers[ORG + '/jobs/job0'] = [state]
    one = client(pce)
    with pytest.raises(errors.IncompleteError, match=text):
        one.open(one.order(ORG + '/labels'))


def test_a_job_that_never_ends():
    time, pce = Time(), FakePce(labels=LABELS, jobs=['running'])
    one = client(pce, time, timeout=2)
    with pytest.raises(errors.IncompleteError, match='still "running" after 40 seconds.*pce_timeout'):
        one.open(one.order(ORG + '/labels'))
    assert 40 <= sum(time.slept) < 60


def test_a_data_file_that_is_gone():
    pce = FakePce(labels=LABELS)
    pce.answers[ORG + '/datafiles/job0'] = [404]
    one = client(pce)
    with pytest.raises(errors.IncompleteError, match='data file is gone'):
        one.open(one.order(ORG + '/labels'))


def test_an_order_without_location():
    pce = FakePce()
    pce.answers[ORG + '/labels async'] = [HttpResponse(202, Headers())]
    with pytest.raises(errors.IncompleteError, match='named no job'):
        client(pce).order(ORG + '/labels')


def test_an_order_that_is_answered_at_once():
    pce = FakePce()
    pce.answers[ORG + '/labels async'] = [LABELS, {'x': 1}, b'nothing']
    assert client(pce).order(ORG + '/labels').rows == LABELS
    for dummy in range(2):
        with pytest.raises(errors.NotAnApi):
            client(pce).order(ORG + '/labels')


@pytest.mark.parametrize('status', [401, 403])
def test_refused_credentials_say_all_that_it_can_mean(status):
    pce = FakePce()
    pce.answers[ORG + '/workloads'] = [status]
    with pytest.raises(errors.AuthenticationError) as caught:
        client(pce).get(ORG + '/workloads')
    for meaning in ('api_key_username', 'api_key_secret', 'expired', 'pce_org_id', 'role', 'Global Read Only', 'address', 'HTTP %d' % status,
                    'pce.example.com'):
        assert meaning in str(caught.value)


@pytest.mark.parametrize('answer, error, text', [
    (406, errors.OptionError, 'Some reason'),
    (404, errors.HttpStatus, 'organisation 1'),
    (500, errors.HttpStatus, 'Some reason'),
    (b'{"broken', errors.NotAnApi, 'pce_hostname'),
    (b'', errors.NotAnApi, 'pce_hostname'),
    (b'\xff\xfe', errors.NotAnApi, 'pce_hostname'),
], ids=str)
def test_other_errors(answer, error, text):
    pce = FakePce()
    pce.answers[ORG + '/labels'] = [answer]
    with pytest.raises(error, match=text):
        client(pce).get(ORG + '/labels')


@pytest.mark.parametrize('answer, expected', [(401, None), (403, None), (404, None), (405, None), (406, None), ([1], [1])])
def test_optional(answer, expected):
    pce = FakePce()
    pce.answers['/x'] = [answer]
    assert client(pce).optional('/x') == expected


def test_optional_does_not_hide_a_server_error():
    pce = FakePce()
    pce.answers['/x'] = [500]
    with pytest.raises(errors.HttpStatus):
        client(pce).optional('/x')


@pytest.mark.parametrize('headers, expected', [
    ({'x-total-count': '30'}, 30), ({'x-total-count': '30', 'x-matched-count': '20'}, 20), ({}, None),
    ({'x-total-count': 'many'}, None), ({'x-total-count': ''}, None),
])
def test_count(headers, expected):
    pce = FakePce()
    pce.answers[ORG + '/labels'] = [HttpResponse(200, Headers(headers), json.dumps(LABELS).encode())]
    assert client(pce).count('labels') == expected
    assert pce.asked(ORG + '/labels') == [{'max_results': 1}]


@pytest.mark.parametrize('answer', [{'a': 1}, [1], [{'a': 1}], 'x'])
def test_count_of_something_else(answer):
    pce = FakePce()
    pce.answers[ORG + '/labels'] = [answer]
    with pytest.raises(errors.NotAnApi):
        client(pce).count('labels')


PARAMS = {'pce_hostname': 'PCE.example.com', 'pce_port': 443, 'pce_org_id': 1, 'api_key_username': 'api_1', 'api_key_secret': 'hidden', 'pce_tls_verify': True,
          'pce_tls_ca': None, 'pce_timeout': 30.0, 'pce_retries': 3, 'pce_proxy': ''}


@pytest.mark.parametrize('changes, expected', [
    ({}, 'pce.example.com/1'), ({'pce_port': 8443, 'pce_org_id': 7}, 'pce.example.com:8443/7'), ({'pce_hostname': '2001:db8::1'}, '[2001:db8::1]/1'),
    ({'pce_hostname': ' pce.example.com '}, 'pce.example.com/1'),
])
def test_owner(changes, expected):
    params = dict(PARAMS, **changes)
    assert owner(params) == expected == '%s/%d' % (address(params), params['pce_org_id'])


def test_connect():
    assert set(PARAMS) == set(CONNECTION)
    one = connect(PARAMS)
    assert one.org == '/orgs/1' and one.http.where == 'PCE.example.com:443'
    assert [name for name, option in CONNECTION.items() if option.get('no_log')] == ['api_key_secret', 'pce_proxy']


FROM_THE_ENVIRONMENT = {'ILLUMIO_API_KEY_USERNAME': 'api_env', 'ILLUMIO_API_KEY_SECRET': 'env-secret'}


@pytest.mark.parametrize('changes, environ, expected', [
    ({}, FROM_THE_ENVIRONMENT, 'O(api_key_username) and O(api_key_secret)'),
    ({'api_key_username': None, 'api_key_secret': ''}, FROM_THE_ENVIRONMENT,
     'ILLUMIO_API_KEY_USERNAME and ILLUMIO_API_KEY_SECRET of the environment'),
    ({'api_key_secret': None}, FROM_THE_ENVIRONMENT, 'O(api_key_username) and ILLUMIO_API_KEY_SECRET of the environment'),
])
def test_where_the_key_comes_from(changes, environ, expected):
    one = connect(dict(PARAMS, **changes), environ=environ)
    assert one.credentials == expected
    used = environ['ILLUMIO_API_KEY_SECRET'] if 'SECRET' in expected else 'hidden'
    assert used not in one.clean('it says %s' % used)


@pytest.mark.parametrize('name, variable', [('pce_hostname', 'ILLUMIO_PCE_HOST'), ('api_key_username', 'ILLUMIO_API_KEY_USERNAME'),
                                            ('api_key_secret', 'ILLUMIO_API_KEY_SECRET')])
def test_what_is_missing_is_named(name, variable):
    with pytest.raises(errors.OptionError) as caught:
        connect(dict(PARAMS, **{name: ' '}), environ={})
    assert 'O(%s)' % name in caught.value.message and variable in caught.value.message
    assert ('web console' in caught.value.message) == name.startswith('api_key')
