# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a sync: one line per target, and which firewalls have to fail.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

UNREACHED = 'unreached'  # what the role notes for a firewall that a failure elsewhere took along
MAX_MESSAGE = 500  # characters of a message that a workflow is handed
_GOOD = frozenset(('in_sync', 'changed', 'incomplete', 'panorama'))
_KEPT = ('serial', 'hostname', 'model', 'sw_version', 'vsys', 'verified', 'plan', 'guards', 'claim', 'failures', 'remaining', 'lost_table', 'requests')
_NUMBERS = ('register', 'unregister', 'addresses', 'owned', 'renewed', 'kept', 'withheld', 'dropped')

Report = collections.namedtuple('Report', 'host result failure kind', defaults=('',))
Report.__doc__ = """What is known of one host: C(result) of panos_dag_register or an empty dict; C(failure) and its C(kind): texts, where something failed."""


def states(reports, earlier=(), remaining=()):
    """Return one dict per firewall: host, line, message, ok, stats, record, and answers, the host that fails where it is not ok.

    A cause that several firewalls have in common is told once; the others point to the first of them.

    :arg reports: list of L(Report) of this batch. :arg earlier: the same for the batches before. :arg remaining: hosts of the batches to come.
    """
    rows = _rows(reports)
    before = _rows(earlier)
    if not remaining:
        _judge_pairs(rows + before)
    found = rows + [dict(row, answers=rows[0]['host']) for row in before if rows and row['state'] == 'passive' and not row['ok']]
    if rows and not any(row['ok'] for row in rows):  # Ansible ends a play when a whole batch has failed
        found += [dict(_row(Report(host, {}, '', '')), state='not_run', message='not run, because the whole batch before it failed', kind='', answers='')
                  for host in remaining]
    width = max([len(row['host']) for row in found] or [0])
    told = {}
    for row in found:
        row['record'] = _record(row)
        row['stats'] = _stats(row)
        first = told.setdefault(row['message'], row['host']) if not row['ok'] and row['state'] != 'not_run' else row['host']
        if first != row['host']:
            row['message'] = 'same cause as %s' % first
        row['line'] = '%-*s  %-10s  %s' % (width, row['host'], row['state'], row['message'])
        for name in ('state', 'ha', 'serial', 'result', 'kind'):
            del row[name]
    return found


def _rows(reports):
    # What fails once for the whole run is told to one host only, so the others of the batch borrow its words.
    reports = [Report(*report) for report in reports]
    shared = next((report for report in reports if report.failure not in ('', UNREACHED) and not report.result), None)
    rows = []
    for report in reports:
        if report.failure == UNREACHED and shared is not None:
            report = report._replace(failure=shared.failure, kind=shared.kind)
        rows.append(_row(report))
    return rows


def _row(report):
    result = report.result
    state = result.get('state') or 'failed'
    message = result.get('message') or ''
    kind = (result.get('error') or {}).get('kind') or ''
    if not result.get('state') or (state in _GOOD and result.get('failed')):
        state, message = 'failed', result.get('msg') or report.failure or 'nothing is known of it'
        kind = kind or report.kind or 'unknown'
    elif state == 'failed':
        message = result.get('msg') or message
    return {'host': report.host, 'state': state, 'message': message, 'kind': kind, 'ok': state in _GOOD or state == 'passive', 'ha': result.get('ha') or {},
            'serial': result.get('serial') or (result.get('ha') or {}).get('serial'), 'result': result, 'answers': report.host}


def _stats(row):
    """Return what a workflow is handed: small numbers, and for a target that is not as it should be why."""
    plan = row['result'].get('plan') or {}
    stats = {name: plan[name] for name in _NUMBERS if plan.get(name)}
    if plan.get('digest'):
        stats['digest'] = plan['digest']
    stats['state'] = row['state']
    if not row['ok']:
        stats['message'] = row['message'][:MAX_MESSAGE]
        stats['kind'] = row['kind'] or row['state']
    return stats


def _record(row):
    """Return what is kept of a target in the result of the run."""
    result = row['result']
    kept = {name: result[name] for name in _KEPT if name in result}
    kept.update(host=row['host'], state=row['state'], message=row['message'], ok=row['ok'], changed=bool(result.get('changed')))
    if row['kind']:
        kept['kind'] = row['kind']
    return kept


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
