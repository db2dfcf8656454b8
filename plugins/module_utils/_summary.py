# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a sync: one line per target, and which firewalls have to fail.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

UNREACHED = 'unreached'  # what the role notes for a firewall that a failure elsewhere took along
_GOOD = frozenset(('in_sync', 'changed', 'incomplete', 'panorama'))
_NUMBERS = ('register', 'unregister', 'addresses', 'owned', 'renewed', 'kept', 'withheld', 'dropped')


def states(reports, earlier=(), remaining=()):
    """Return one dict per firewall: host, line, message, ok, stats, and answers, the host that fails where it is not ok.

    :arg reports: list of (host, result of panos_dag_register or an empty dict, what failed or an empty text) of this batch.
    :arg earlier: the same for the batches before. :arg remaining: hosts of the batches to come.
    """
    rows = _rows(reports)
    before = _rows(earlier)
    if not remaining:
        _judge_pairs(rows + before)
    found = rows + [dict(row, answers=rows[0]['host']) for row in before if rows and row['state'] == 'passive' and not row['ok']]
    if rows and not any(row['ok'] for row in rows):  # Ansible ends a play when a whole batch has failed
        found += [dict(_row(host, {}, ''), state='not_run', message='not run, because the whole batch before it failed', answers='') for host in remaining]
    width = max([len(row['host']) for row in found] or [0])
    for row in found:
        row['line'] = '%-*s  %-10s  %s' % (width, row['host'], row['state'], row['message'])
        row['stats'] = dict(row['stats'], state=row['state'])
        for name in ('state', 'ha'):
            del row[name]
    return found


def _rows(reports):
    # What fails once for the whole run is told to one host only, so the others of the batch borrow its words.
    shared = next((failure for host, result, failure in reports if failure not in ('', UNREACHED) and not result), UNREACHED)
    return [_row(host, result, shared if failure == UNREACHED else failure) for host, result, failure in reports]


def _row(host, result, failure):
    state = result.get('state') or 'failed'
    message = result.get('message') or ''
    if not result.get('state') or (state in _GOOD and result.get('failed')):
        state, message = 'failed', result.get('msg') or failure or 'nothing is known of it'
    elif state == 'failed':
        message = result.get('msg') or message
    plan = result.get('plan') or {}
    stats = {name: plan[name] for name in _NUMBERS if plan.get(name)}
    if plan.get('digest'):
        stats['digest'] = plan['digest']
    return {'host': host, 'state': state, 'message': message, 'ok': state in _GOOD or state == 'passive', 'stats': stats, 'ha': result.get('ha') or {},
            'answers': host}


def _judge_pairs(rows):
    """A passive member is fine where an active one with which it forms a pair was reached; otherwise nobody filled that pair."""
    for row in rows:
        if row['state'] != 'passive':
            continue
        peers = [other for other in rows if other['ok'] and other['ha'].get('active') and other['ha'].get('enabled') and _are_peers(row['ha'], other['ha'])]
        row['ok'] = bool(peers)
        if not peers:
            row['message'] += '. No active member of its pair was reached in this run, so the pair was not filled: run it over both members'


def _are_peers(one, other):
    """Return whether two members name each other; where neither names its peer, any active member will do."""
    told = [(peer, own) for peer, own in ((one.get('peer_address'), other.get('address')), (other.get('peer_address'), one.get('address'))) if peer and own]
    return any(peer == own for peer, own in told) if told else True
