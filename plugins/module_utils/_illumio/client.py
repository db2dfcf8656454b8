# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PCE's REST API in its own terms: one object, one short collection, one asynchronous collection.

Every call is a GET: nothing here changes a PCE. The rules come from the PCE REST API guide, chapters "API Classification and
Version", "Async GET Collections" and "Limits"; what differs between releases is accepted in every form.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import json
import time
import urllib.parse

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import (
    AuthenticationError,
    HttpStatus,
    IncompleteError,
    NotAnApi,
    OptionError,
)
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_bodies import number
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_retries import retry_after

API = '/api/v2'
JOB_PATIENCE = 20           # times pce_timeout: how long one asynchronous job may take
MAX_JOB_SECONDS = 3600.0
MAX_POLL_SECONDS = 10.0     # between two looks at a job, whatever Retry-After says
_MAX_HREF = 200             # characters of a path that are shown
_POLL_FLOOR = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)  # a Retry-After of 0 must not become a busy loop: the PCE takes 500 requests a minute
_ENDED_BADLY = frozenset(('failed', 'failure', 'error', 'cancelled', 'canceled', 'cancel_requested'))
_ENDED_WELL = frozenset(('done', 'completed'))


class Job:
    """One asynchronous collection that was ordered. C(rows) is set when the PCE answered at once, without a job."""

    def __init__(self, what, path, due, rows=None):
        self.what = what
        self.path = path
        self.due = due
        self.rows = rows


class PceClient:
    """One organisation of one PCE.

    :arg http: an L(Http) that carries the credentials. :arg org_id: organisation number.
    :arg timeout: C(pce_timeout) in seconds; a job may take twenty times as long. :arg clock: monotonic seconds.
    :arg credentials: where they come from, for people.
    """

    def __init__(self, http, org_id, timeout=30.0, warn=None, sleep=time.sleep, clock=time.monotonic, credentials=None):
        self.http = http
        self.clean = http.clean
        self.credentials = credentials
        self.org = '/orgs/%d' % org_id
        self.org_id = org_id
        self.warn = warn or (lambda text: None)
        self._patience = min(MAX_JOB_SECONDS, JOB_PATIENCE * float(timeout))
        self._sleep = sleep
        self._clock = clock

    def get(self, path, params=None):
        """Return the decoded JSON of one object or short collection.

        :arg path: below C(/api/v2).
        :raises AuthenticationError: HTTP 401 or 403. :raises OptionError: HTTP 406, the PCE does not take the query. :raises TransportError: see _http.
        """
        return self._decoded(path, self._request(path, params))

    def optional(self, path, params=None):
        """As L(get), or None where this PCE does not have the path or this key may not read it (401, 403, 404, 405, 406)."""
        try:
            return self.get(path, params)
        except (AuthenticationError, OptionError):
            return None
        except HttpStatus as exc:
            if exc.status in (404, 405):
                return None
            raise

    def count(self, collection):
        """Return how many objects the unfiltered collection holds by its header, or None where the PCE does not say.

        One row is asked for; C(X-Matched-Count) and C(X-Total-Count) agree as long as nothing is filtered (PCE facts 2.2).
        :arg collection: for instance C(workloads).
        :raises NotAnApi: the answer is not a list, so this is no PCE.
        """
        path = '%s/%s' % (self.org, collection)
        answer = self._request(path, {'max_results': 1})
        rows = self._decoded(path, answer)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and 'href' in row for row in rows):
            raise self._not_a_pce(path)
        for name in ('X-Matched-Count', 'X-Total-Count'):
            found = number(answer.headers.get(name))
            if found is not None:
                return found
        return None

    def order(self, path, params=None):
        """Order a collection as an asynchronous job, which is the only way past 500 objects, and return the L(Job).

        :arg path: below C(/api/v2).
        """
        answer = self._request(path, params, headers={'Prefer': 'respond-async'}, accept_status=(200, 202), stream=True)
        with answer:
            if answer.status == 200:
                rows = self._decoded_body(path, b''.join(answer.chunks()))
                if not isinstance(rows, list):
                    raise self._not_a_pce(path)
                return Job(path, None, 0, rows)
            location = api_path(answer.headers.get('Location'))
            b''.join(answer.chunks())
        if not location:
            raise IncompleteError('The PCE took the order for %s and named no job, so the collection cannot be fetched. Try again.' % path)
        return Job(path, location, self._clock() + min(retry_after(answer.headers, 1.0, time.time()), MAX_POLL_SECONDS))

    def open(self, job):
        """Wait for a job and return the open L(HttpResponse) stream of its data file.

        :raises IncompleteError: the job failed, was cancelled, vanished, ended without data, or did not end in time.
        """
        href = self._await(job)
        try:
            return self._request(href, shown=self.clean(href)[:_MAX_HREF], stream=True)
        except HttpStatus as exc:
            if exc.status in (404, 410):
                raise IncompleteError('The PCE finished the job for %s, and its data file is gone (HTTP %d). Try again.' % (job.what, exc.status)) from exc
            raise

    def _await(self, job):
        give_up = self._clock() + self._patience
        shown = self.clean(job.path)[:_MAX_HREF]
        looks = 0
        while True:
            now = self._clock()
            if job.due > now:
                self._sleep(job.due - now)
            try:
                answer = self._request(job.path, shown=shown)
            except HttpStatus as exc:
                if exc.status in (404, 410):
                    raise IncompleteError('The PCE no longer knows the job that it began for %s (HTTP %d). Try again.' % (job.what, exc.status)) from exc
                raise
            state = self._decoded(shown, answer)
            status = state.get('status') if isinstance(state, dict) else None
            status = status.lower() if isinstance(status, str) else ''
            result = state.get('result') if status and isinstance(state.get('result'), dict) else {}
            if status in _ENDED_WELL:
                href = api_path(result.get('href'))
                if not href:
                    raise IncompleteError('The PCE says that the job for %s is done and names no data. Try again.' % job.what)
                return href
            if status in _ENDED_BADLY:
                message = result.get('message')
                raise IncompleteError('The job of the PCE for %s ended as "%s"%s. Try again; nothing was concluded from it.'
                                      % (job.what, status, ': %s' % self.clean(message)[:300] if message and isinstance(message, str) else ''))
            if not status:
                raise IncompleteError('The PCE tells no status of the job for %s. Try again.' % job.what)
            if self._clock() >= give_up:
                raise IncompleteError('The job of the PCE for %s was still "%s" after %d seconds. Try again, or raise %s.'
                                      % (job.what, self.clean(status)[:40], self._patience, self.http.names['timeout']))
            floor = _POLL_FLOOR[min(looks, len(_POLL_FLOOR) - 1)]
            job.due = self._clock() + min(max(retry_after(answer.headers, floor, time.time()), floor), MAX_POLL_SECONDS)
            looks += 1

    # -- one request --------------------------------------------------------------------------------------------------

    def _request(self, path, params=None, shown=None, **options):
        """Ask for a path. :arg shown: how messages call it, where the PCE named it."""
        try:
            return self.http.request('GET', API + path, params=params, shown=API + (shown or path), **options)
        except HttpStatus as exc:
            raise self._refused(shown or path, exc) from None

    def _refused(self, path, exc):
        if exc.status in (401, 403):
            message = (
                'The PCE %s refused the API key for organisation %d (HTTP %d on %s). It does not say why; it can mean: the key (%s) is wrong, it has expired '
                '(after 90 days by default) or was deleted, O(pce_org_id) is another organisation, the role of the key is too small (Global Read Only is '
                'enough), or the key may not be used from this address.'
                % (self.http.where, self.org_id, exc.status, path, self.credentials or 'O(api_key_username) and O(api_key_secret)'))
            return AuthenticationError(message + self.http.hint(message), status=exc.status, host=self.http.where)
        if exc.status == 406:
            return OptionError('The PCE %s does not take this query of %s: %s'
                               % (self.http.where, path, self.clean(messages(exc.body))[:500] or 'it gives no reason (HTTP 406).'), status=406)
        if exc.status == 404:
            return HttpStatus('%s has no %s (HTTP 404). Either it is not a PCE, or it has no organisation %d: check O(pce_hostname), O(pce_port) and '
                              'O(pce_org_id).' % (self.http.where, path, self.org_id), 404, exc.body, host=self.http.where)
        text = self.clean(messages(exc.body))[:500]
        return HttpStatus('%s%s' % (exc.message, ' %s' % text if text else ''), exc.status, exc.body, host=self.http.where)

    def _decoded(self, path, answer):
        return self._decoded_body(path, answer.body)

    def _decoded_body(self, path, body):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass  # not raised from here: the decoder's exception holds the whole text
        raise self._not_a_pce(path)

    def _not_a_pce(self, path):
        return NotAnApi('%s answered %s with something that a PCE never sends. Check O(pce_hostname) and O(pce_port): is this the API of the PCE?'
                        % (self.http.where, path), host=self.http.where)


def api_path(location):
    """Return the path below C(/api/v2) of an absolute or relative C(Location) or C(href), or None if it is neither.

    The host of an absolute one is ignored: credentials never go anywhere but to the host that the user named.
    """
    if not isinstance(location, str):
        return None
    try:
        path = urllib.parse.urlsplit(location.strip()).path
    except ValueError:
        return None
    if path.startswith(API + '/'):
        path = path[len(API):]
    if not path.startswith('/orgs/') or '..' in path or '//' in path:
        return None
    return path


def messages(body):
    """Return the sentences of a PCE's error answer (a list of objects, one object, or neither) as one text, to be cleaned and then cut."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        return ''
    found = []
    for item in items if isinstance(items, list) else [items]:
        if isinstance(item, dict):
            text = item.get('message') or item.get('error') or item.get('token')
            if isinstance(text, str):
                found.append(text)
    return ' '.join(found)
