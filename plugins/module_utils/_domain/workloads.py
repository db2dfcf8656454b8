# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads that a user wrote or passed inline, in the compact rows that rendering takes.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.duplicates import moment
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Labels
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError


def compact(workloads, labels=(), dimensions=()):
    """Return (R(Labels), list of compact rows) of inline workloads.

    :arg workloads: list of mappings with C(href), C(name), C(managed), C(online), C(enforcement_mode), C(created_at), C(labels) (mapping of key to
        value), C(interfaces) (list of C(name) and C(address)), C(ignored_interface_names); all but C(labels) and C(interfaces) may be missing.
    :arg labels: list of mappings with C(key) and C(value): labels that exist without being on a workload.
    :arg dimensions: label keys that exist without a label.
    :raises OptionError: something that is not of this shape, with its position in the list.
    """
    index = {}
    for position, label in enumerate(labels):
        if not (isinstance(label, dict) and isinstance(label.get('key'), str) and isinstance(label.get('value'), str)):
            raise OptionError('O(labels): item %d is not a mapping with key and value.' % (position + 1), option='labels')
        index.setdefault((label['key'], label['value']), len(index))
    rows = [_row(workload, position, index) for position, workload in enumerate(workloads)]
    return Labels(index, dimensions), rows


def _row(workload, position, index):
    try:
        name = workload.get('name') or workload.get('hostname') or ''
        labels = workload.get('labels') or {}
        if not all(isinstance(part, str) for label in labels.items() for part in label):
            raise TypeError('label keys and values are strings')
        row = {
            'href': str(workload.get('href') or name or 'workloads[%d]' % position),
            'name': name if isinstance(name, str) else str(name),
            'managed': _flag(workload, 'managed'),
            'online': _flag(workload, 'online'),
            'enforcement_mode': workload.get('enforcement_mode'),
            'created_at': workload.get('created_at'),
            'labels': [index.setdefault(label, len(index)) for label in sorted(labels.items())],
            'interfaces': [(interface.get('name') or '', interface['address']) for interface in workload.get('interfaces') or ()],
        }
        if workload.get('ignored_interface_names'):
            row['ignored_interface_names'] = list(workload['ignored_interface_names'])
        moment(row['created_at'])
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise OptionError('O(workloads): item %d has not the shape of a workload (%s). Expected are name, labels (a mapping of key to value) and interfaces '
                          '(a list of name and address).' % (position + 1, exc), option='workloads') from exc
    return row


def _flag(workload, name):
    try:
        return as_boolean(workload.get(name), name)
    except OptionError as exc:
        raise TypeError('%s is true or false, not %r' % (name, workload[name])) from exc
