# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What gathering hands on: the workloads artifact and the fact.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import inline

_LINES = 1000  # lines that are handed to the writer at once


def header(pce, account, gathered, filters, run_id):
    """Return the artifact's header.

    :arg pce: C(host[:port]). :arg account: the L(Account). :arg gathered: the L(Gathered).
    """
    return {
        'run_id': run_id,
        'gathered_at': _artifact.utc_text(gathered.gathered_at),
        'source': {'pce': pce, 'org_id': account.org_id, 'pce_version': account.pce_version, 'complete': gathered.complete, 'scope': account.scope,
                   'filters': filters.wanted},
        'rules': {},
    }


def write_artifact(path, head, gathered):
    """Write the workloads artifact: dimensions, labels, label groups, workloads. Returns its absolute path.

    :raises ArtifactError: it cannot be written; an earlier file of that name is left alone.
    """
    lines = gathered.lines
    with _artifact.ArtifactWriter(path, _artifact.WORKLOADS, head) as writer:
        for key in gathered.dimensions:
            writer.row({'dimension': key})
        for label in gathered.catalogue.labels:
            writer.row({'label': label.href, 'key': label.key, 'value': label.value})
        for group in gathered.label_groups:
            writer.row({'label_group': group.name, 'key': group.key, 'labels': group.labels})
        for start in range(0, len(lines), _LINES):
            writer.write(b''.join(lines[start:start + _LINES]))
        writer.counts = {'dimensions': len(gathered.dimensions), 'labels': len(gathered.catalogue.labels), 'label_groups': len(gathered.label_groups),
                         'workloads': len(lines)}
    return writer.path


def facts(head, gathered, path=None):
    """Return the value of the fact C(illumio_workloads), with C(path) of an artifact in the place of C(workloads) where there is one."""
    catalogue = gathered.catalogue
    source = head['source']
    found = {
        'pce': source['pce'],
        'org_id': source['org_id'],
        'pce_version': source['pce_version'],
        'gathered_at': head['gathered_at'],
        'run_id': head['run_id'],
        'complete': source['complete'],
        'scope': source['scope'],
        'filters': source['filters'],
        'count': len(gathered.lines),
        'label_keys': catalogue.keys(gathered.dimensions),
        'labels': [label._asdict() for label in catalogue.labels],
        'label_groups': [{'name': group.name, 'key': group.key,
                          'labels': [{'key': catalogue.labels[number].key, 'value': catalogue.labels[number].value} for number in group.labels]}
                         for group in gathered.label_groups],
    }
    if path is None:
        found['workloads'] = [inline(line, catalogue) for line in gathered.lines]
    else:
        found['path'] = path
    return found
