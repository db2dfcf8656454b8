# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels, label dimensions and label groups of a PCE.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, UnknownLabelError
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

Label = collections.namedtuple('Label', 'href key value')
LabelGroup = collections.namedtuple('LabelGroup', 'name key labels')  # labels: indexes into the catalogue

_SHOWN = 10        # labels that a message names
_MAX_SHOWN = 100   # characters of a name or href that are shown
FIRST_KEYS = ('role', 'app', 'env', 'loc')  # the four that every PCE has, in the order of its user interface


class Catalogue:
    """Every label of a PCE in the order of its href; a label's position is its index.

    :arg rows: label objects of the PCE. :arg clean: callable for texts of the PCE that go into messages.
    :raises IncompleteError: a row without href, key or value, or one href twice.
    """

    def __init__(self, rows, clean=printable):
        self.clean = clean
        labels = []
        for row in rows:
            href, key, value = (row.get('href'), row.get('key'), row.get('value')) if isinstance(row, dict) else (None, None, None)
            if not (isinstance(href, str) and isinstance(key, str) and isinstance(value, str)):
                raise IncompleteError('The PCE sent a label without href, key or value. Try again; nothing was concluded from it.')
            if not row.get('deleted'):
                labels.append(Label(href, key, value))
        labels.sort()
        self.labels = labels
        self.index = {label.href: number for number, label in enumerate(labels)}
        if len(self.index) != len(labels):
            raise IncompleteError('The PCE sent a label twice. Try again; nothing was concluded from it.')

    def keys(self, dimensions=()):
        """Return the label keys of the dimensions and of the labels: role, app, env, loc first, then by name."""
        known = set(dimensions) | {label.key for label in self.labels}
        return [key for key in FIRST_KEYS if key in known] + sorted(known.difference(FIRST_KEYS))

    def find(self, key, values):
        """Return the indexes of the labels of one key with one of the values, compared exactly (the PCE itself matches parts, PCE facts 3.1).

        :raises UnknownLabelError: the PCE does not know the key or a value.
        """
        of_key = {label.value: self.index[label.href] for label in self.labels if label.key == key}
        if not of_key:
            raise UnknownLabelError('The PCE knows no label with the key "%s". It knows the keys: %s.' % (printable(key), self._listed(self.keys()) or 'none'))
        missing = [value for value in values if value not in of_key]
        if missing:
            near = [value for value in of_key if value.lower() in {text.lower() for text in missing}] or sorted(of_key)[:_SHOWN]
            raise UnknownLabelError('The PCE knows no label %s. It knows, among others: %s.'
                                    % (', '.join(printable('%s=%s' % (key, value)) for value in missing),
                                       self._listed('%s=%s' % (key, value) for value in near)))
        return [of_key[value] for value in values]

    def _listed(self, texts):
        return ', '.join(self.clean(text)[:_MAX_SHOWN] for text in texts)


def dimensions(rows):
    """Return the keys of label dimensions in the order of the user interface's four, then by name; O(rows) is no list where the PCE has none."""
    rows = rows if isinstance(rows, list) else ()
    known = {row['key'] for row in rows if isinstance(row, dict) and isinstance(row.get('key'), str) and not row.get('deleted')}
    return [key for key in FIRST_KEYS if key in known] + sorted(known.difference(FIRST_KEYS))


def label_groups(rows, catalogue):
    """Return the label groups with every label that they hold directly or through sub groups, by name and key.

    :arg rows: label group objects of one policy version. :arg catalogue: the L(Catalogue).
    :raises IncompleteError: an object that is no label group, or a label that the label list does not hold.
    """
    by_href = {}
    for row in rows:
        if not _is_group(row):
            raise IncompleteError('The PCE sent a label group that does not look like one. Try again; nothing was concluded from it.')
        by_href[row['href']] = row
    found = []
    for href, row in by_href.items():
        members = set()
        visited = set()
        todo = [href]
        while todo:
            here = todo.pop()
            if here in visited or here not in by_href:
                continue
            visited.add(here)
            for label in by_href[here].get('labels') or ():
                number = catalogue.index.get(label['href'])
                if number is None:
                    raise IncompleteError('The label group "%s" names the label %s, which the list of labels does not hold. '
                                          'Try again; nothing was concluded from it.'
                                          % (catalogue.clean(row.get('name') or '')[:_MAX_SHOWN], catalogue.clean(label['href'])[:_MAX_SHOWN]))
                members.add(number)
            todo += [group['href'] for group in by_href[here].get('sub_groups') or ()]
        found.append(LabelGroup(row.get('name') or '', row.get('key') or '', sorted(members)))
    return sorted(found)


def _is_group(row):
    """Whether an object is a label group as far as it is read here."""
    return (isinstance(row, dict) and isinstance(row.get('href'), str) and isinstance(row.get('name') or '', str) and isinstance(row.get('key') or '', str)
            and all(isinstance(row.get(name) or [], list) and all(isinstance(item, dict) and isinstance(item.get('href'), str) for item in row.get(name) or ())
                    for name in ('labels', 'sub_groups')))
