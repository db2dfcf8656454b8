# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PCE in a dictionary, behind the interface of Http: for tests of what the client concludes, not of what travels."""

from __future__ import annotations

import json

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import HttpStatus
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import HttpResponse
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_secrets import Cleaner

API = '/api/v2'
ORG = '/orgs/1'
LABEL_GROUPS = 'sec_policy/active/label_groups'


class Headers(dict):
    """Case-insensitive enough."""

    def get(self, name, default=None):
        return super().get(name.lower(), default)


def label(number, key, value, **more):
    """Return a label of a PCE."""
    return dict({'href': '%s/labels/%d' % (ORG, number), 'key': key, 'value': value, 'deleted': False}, **more)


def workload(number, labels=(), interfaces=(('eth0', '10.0.0.1'),), **more):
    """Return a managed workload of a PCE."""
    return dict({
        'href': '%s/workloads/%08d-0000-4000-8000-000000000000' % (ORG, number), 'deleted': False, 'name': 'web%02d' % number,
        'hostname': 'web%02d.example.com' % number,
        'managed': True, 'online': True, 'enforcement_mode': 'selective', 'ignored_interface_names': [],
        'labels': [{'href': '%s/labels/%d' % (ORG, one), 'key': 'k', 'value': 'v'} for one in labels],
        'interfaces': [{'name': name, 'address': address, 'cidr_block': 24, 'link_state': None} for name, address in interfaces],
        'agent': {'href': ORG + '/agents/%d' % number, 'config': {'mode': 'selective'}, 'status': {'last_heartbeat_on': '2026-08-03T06:25:44.071487Z'}},
        'ven': {'href': ORG + '/vens/x'}, 'created_at': '2025-08-14T06:30:20.750842Z'}, **more)


class FakePce:
    """Stands in for Http. Collections by path below the organisation; C(answers) overrides single requests.

    :arg answers: (path or path + ' async') -> list of answers, each used once: a status, a body, or a callable (params) -> HttpResponse.
    """

    where = 'pce.example.com:443'
    clean = staticmethod(Cleaner())
    names = {'timeout': 'O(pce_timeout)'}

    def __init__(self, workloads=(), labels=(), label_groups=(), dimensions=None, login=None, version=None, jobs=('done',), total_header='X-Total-Count',
                 absolute=False, whole=True):
        self.collections = {'workloads': list(workloads), 'labels': list(labels), LABEL_GROUPS: list(label_groups)}
        self.singles = {ORG + '/label_dimensions': dimensions, '/users/login': login, '/product_version': version}
        self.jobs = list(jobs)
        self.total_header = total_header.lower() if total_header else None
        self.absolute = absolute
        self.answers = {}
        self.log = []
        self.counts = {}
        self._open = {}

    def hint(self, message):
        """As Http.hint."""
        return ''

    def request(self, method, path, params=None, headers=None, stream=False, accept_status=(200,), **options):
        """As Http.request."""
        assert method == 'GET' and path.startswith(API)
        path = path[len(API):]
        asynchronous = 'respond-async' in (headers or {}).get('Prefer', '')
        self.log.append((path, dict(params or {}), asynchronous))
        scripted = self.answers.get(path + (' async' if asynchronous else ''))
        answer = self._scripted(scripted.pop(0), params) if scripted else self._regular(path, params or {}, asynchronous)
        if answer.status not in accept_status:
            raise HttpStatus('HTTP %d' % answer.status, answer.status, answer.body)
        return answer

    def _scripted(self, answer, params):
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, HttpResponse):
            return answer
        if isinstance(answer, int):
            return HttpResponse(answer, Headers(), b'[{"token":"some_error","message":"Some reason"}]')
        return HttpResponse(200, Headers(), answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def _regular(self, path, params, asynchronous):
        if path in self.singles:
            found = self.singles[path]
            return self._scripted(404 if found is None else found, params)
        if '/jobs/' in path:
            name = path.rpartition('/')[2]
            states = self._open[name][0]
            state = states.pop(0) if len(states) > 1 else states[0]
            body = {'href': path, 'status': state, 'result': {}} if isinstance(state, str) else state
            if body['status'] == 'done' and not body['result']:
                body['result'] = {'href': '%s/datafiles/%s' % (ORG, name)}
            return HttpResponse(200, Headers({'retry-after': '2'}), json.dumps(body).encode())
        if '/datafiles/' in path:
            return HttpResponse(200, Headers(), json.dumps(self._open[path.rpartition('/')[2]][1]).encode())
        name = path[len(ORG) + 1:]
        rows = self.collections[name]
        if asynchronous:
            job = 'job%d' % len(self._open)
            self._open[job] = (list(self.jobs), list(rows))
            location = '%s/jobs/%s' % (ORG, job)
            if self.absolute:
                location = 'https://other.example.com:8443/api/v2' + location
            return HttpResponse(202, Headers({'location': location, 'retry-after': '5'}))
        counts = self.counts.get(name)
        count = counts.pop(0) if counts else len(rows)
        headers = Headers({self.total_header: str(count)}) if self.total_header else Headers()
        return HttpResponse(200, headers, json.dumps(rows[:params.get('max_results', 500)]).encode())

    def asked(self, path):
        """Return the parameters of every request of one path."""
        return [params for one, params, dummy in self.log if one == path]
