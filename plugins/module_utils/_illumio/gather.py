# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gather: labels, label groups and workloads out of one PCE, complete or not at all.

Complete means (design promise 2): each job is done, each list parses to its end, hrefs are unique, every label that a workload
carries is in the list of labels, and there are as many workloads as an unfiltered count says that was taken just before or
just after. Where that does not hold everything is gathered once more, then it is an error. An empty PCE is always an error.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import AuthenticationError, HttpStatus, IncompleteError, NotAnApi, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import labels as label_verbs
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import side_by_side, stream
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import Compactor

ATTEMPTS = 2
SYNCHRONOUS_CAP = 500  # rows of a synchronous collection (PCE facts 2.3)
_MAX_VERSION = 100     # characters
LABEL_GROUPS = 'sec_policy/active/label_groups'  # the version in force, not the draft that somebody works on

#: C(lines) are workload lines of the artifact in the order of href.
Gathered = collections.namedtuple('Gathered', 'catalogue dimensions label_groups lines complete gathered_at')
Account = collections.namedtuple('Account', 'org_id scope pce_version')


def gather(client, filters, now):
    """Return everything as L(Gathered).

    :arg client: the L(PceClient). :arg filters: the L(Filters); any of them makes the result C(complete=False).
    :arg now: callable that returns an aware datetime.
    :raises IncompleteError: the answers stayed incomplete in two attempts, or the PCE has no workload at all.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _gather_once(client, filters, now, attempt == 1 and side_by_side.possible())
        except IncompleteError as exc:
            if attempt == ATTEMPTS or getattr(exc, 'final', False):
                raise
            client.warn('Gathering from the PCE begins once more: %s' % exc.message)
    raise AssertionError('the last attempt returns or raises')


def _gather_once(client, filters, now, may_fork):
    before = client.count('workloads')
    if before == 0:
        raise _empty(client)
    labels_job = client.order(client.org + '/labels')
    groups_job = _ordered_groups(client)
    workloads_job = None
    if not filters.needs_labels:
        gathered_at = now()
        workloads_job = client.order(client.org + '/workloads', filters.query(None))
    dimensions = label_verbs.dimensions(client.optional(client.org + '/label_dimensions', {'max_results': 500}))
    catalogue = label_verbs.Catalogue(_rows(client, labels_job), client.clean)
    if workloads_job is None:
        gathered_at = now()
        workloads_job = client.order(client.org + '/workloads', filters.query(catalogue))
    compactor = Compactor(catalogue, filters.accept(catalogue))
    if may_fork and workloads_job.rows is None and (before or 0) >= side_by_side.WORTHWHILE:
        with client.open(workloads_job) as answer:
            side_by_side.take(answer.chunks(), compactor, workloads_job.what)
    else:
        compactor.take(_rows(client, workloads_job))
    lines = compactor.finish()
    groups = _label_groups(client, groups_job, catalogue) if groups_job is not None else []
    if not filters:
        _check_count(client, compactor.rows, before)
        if not lines:
            raise _empty(client)
    return Gathered(catalogue, dimensions, groups, lines, not filters, gathered_at)


def _rows(client, job):
    """Yield the objects of an ordered collection."""
    if job.rows is not None:
        if not all(isinstance(row, dict) for row in job.rows):
            raise IncompleteError('The answer of the PCE for %s holds a value that is not an object. Try again; nothing was concluded from it.' % job.what)
        yield from job.rows
        return
    with client.open(job) as answer:
        yield from stream.rows(answer.chunks(), job.what)


def _ordered_groups(client):
    """Order the label groups that are in force, or return None where this key or this PCE has none to show."""
    try:
        return client.order('%s/%s' % (client.org, LABEL_GROUPS))
    except (AuthenticationError, OptionError):
        return None
    except HttpStatus as exc:
        if exc.status in (404, 405):
            return None
        raise


def _label_groups(client, job, catalogue):
    rows = list(_rows(client, job))
    count = client.count(LABEL_GROUPS)
    if count is not None and count != len(rows):
        raise IncompleteError('The PCE sent %d label groups and counts %d. Try again; nothing was concluded from it.' % (len(rows), count),
                              rows=len(rows), count=count)
    return label_verbs.label_groups(rows, catalogue)


def _check_count(client, rows, before):
    """Compare with an unfiltered count from before, then from after; a PCE that tells no count is asked for the whole list once more."""
    if rows == before:
        return
    after = client.count('workloads')
    if after is None and rows >= SYNCHRONOUS_CAP and rows % SYNCHRONOUS_CAP == 0:
        raise IncompleteError('The PCE sent exactly %d workloads, which is where it cuts a list, and tells no count to compare with. Nothing was concluded '
                              'from it: look for a proxy in between that drops the header X-Total-Count.' % rows, rows=rows)
    if after is None:
        after = sum(1 for dummy in _rows(client, client.order(client.org + '/workloads')))
    if rows != after:
        raise IncompleteError('The PCE sent %d workloads and counts %s. Try again; nothing was concluded from it.'
                              % (rows, after if before in (None, after) else '%d before and %d after' % (before, after)), rows=rows, count=after)


def _empty(client):
    exc = IncompleteError('The PCE %s shows not one workload in organisation %d. A PCE without workloads and a key that may see none look the same, so nothing '
                          'may be concluded from it: check O(pce_org_id) and the role of the API key (Global Read Only without a scope).'
                          % (client.http.where, client.org_id))
    exc.final = True
    return exc


def read_account(client):
    """Return what the PCE tells about the key and itself: L(Account) with C(scope) C(all), C(limited) or C(unverified), and the version or None.

    A role whose scope is empty sees the whole organisation (PCE facts 1.3 and 1.7); service accounts may be told nothing.
    """
    login = _told(client, '/users/login')
    version = _version(login.get('product_version')) or _version(_told(client, '/product_version'))
    scopes = []
    for org in _items(login, 'orgs'):
        if org.get('org_id') == client.org_id or org.get('org_href') == client.org:
            scopes += [item.get('scope') for item in _items(org, 'role_scopes')]
    if any(scope == [] for scope in scopes):
        seen = 'all'
    elif scopes and all(isinstance(scope, list) for scope in scopes):
        seen = 'limited'
        client.warn('The API key sees only a part of organisation %d: each of its roles has a scope, so workloads outside of it are missing here. '
                    'Use a key with the role Global Read Only.' % client.org_id)
    else:
        seen = 'unverified'
    return Account(client.org_id, seen, version)


def _items(parent, name):
    """Return the objects in a list of an answer; anything else tells nothing."""
    found = parent.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _told(client, path):
    try:
        answer = client.optional(path)
    except (HttpStatus, NotAnApi):
        return {}
    return answer if isinstance(answer, dict) else {}


def _version(product):
    """Return C(25.2.40-4047) of a product_version object, flat or nested (PCE facts 1.4), or None."""
    if not isinstance(product, dict):
        return None
    if isinstance(product.get('product_version'), dict):
        product = product['product_version']
    version, build = _text(product.get('version')), _text(product.get('build'))
    return _text(product.get('long_display')) or (version and ('%s-%s' % (version, build) if build else version)) or None


def _text(value):
    """Return a text or number of an answer as a short text, C('') for anything else."""
    return str(value)[:_MAX_VERSION] if isinstance(value, (str, int)) and not isinstance(value, bool) else ''
