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
        for name in ('state', 'ha', 'serial'):
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
            'serial': result.get('serial') or (result.get('ha') or {}).get('serial'), 'answers': host}


def _judge_pairs(rows):
    """A passive member is fine where the active one of its pair was reached; otherwise nobody filled that pair, or nobody knows."""
    active = [row for row in rows if row['ok'] and row['ha'].get('active') and row['ha'].get('enabled')]
    passive = [row for row in rows if row['state'] == 'passive']
    found = {row['host']: [other for other in active if _are_peers(row, other)] for row in passive}
    for row in passive:
        peers = found[row['host']]
        # Pairs of different sites may have the same addresses: a member that two call their peer is nobody's.
        shared = [each['host'] for each in passive if each is not row and each['host'] != row['host'] and any(peer in found[each['host']] for peer in peers)]
        row['ok'] = bool(peers) and not shared
        if shared:
            row['message'] += ('. %s names the same peer (%s), so it is not certain that this pair was filled: give the pairs different management addresses, '
                               'or run this one by itself' % (' and '.join(sorted(set(shared))), peers[0]['host']))
        elif not peers:
            row['message'] += '. No active member of its pair was recognized in this run (%s), so the pair was not filled: run it over both members' % (
                _told(row))


def _told(row):
    """Return what a member says of its peer."""
    told = [text for text in (row['ha'].get('peer_address'), row['ha'].get('peer_serial')) if text]
    return 'its peer is %s' % ', serial number '.join(told) if row['ha'].get('peer_address') else (
        'its peer has the serial number %s' % told[0] if told else 'it does not say who its peer is')


def _are_peers(one, other):
    """Return whether two members name each other: by serial numbers where they are told, else by management addresses. Silence proves nothing."""
    serials = _compared(one['ha'].get('peer_serial'), other['serial']) + _compared(other['ha'].get('peer_serial'), one['serial'])
    if serials:
        return all(serials)
    addresses = (_compared(one['ha'].get('peer_address'), other['ha'].get('address'))
                 + _compared(other['ha'].get('peer_address'), one['ha'].get('address')))
    return bool(addresses) and all(addresses)


def _compared(told, own):
    """Return whether what is told of a peer is what a device says of itself, as a list; empty where one of them is silent."""
    return [told == own] if told and own else []
