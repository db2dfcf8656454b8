# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.labels import Catalogue, dimensions, label_groups
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.fake_pce import ORG, label

ROWS = [label(10, 'env', 'Production'), label(2, 'app', 'Ordering'), label(17732923533262812, 'Quarantine', 'Mild'), label(3, 'env', 'production'),
        label(4, 'env', 'Old', deleted=True)]


def group(number, name, labels=(), sub_groups=(), key='env'):
    return {'href': '%s/sec_policy/active/label_groups/%s' % (ORG, number), 'name': name, 'key': key,
            'labels': [{'href': '%s/labels/%d' % (ORG, one)} for one in labels],
            'sub_groups': [{'href': '%s/sec_policy/active/label_groups/%s' % (ORG, one), 'name': 'x'} for one in sub_groups]}


def test_catalogue_is_in_the_order_of_href_without_deleted_labels():
    catalogue = Catalogue(ROWS)
    assert [one.href.rpartition('/')[2] for one in catalogue.labels] == ['10', '17732923533262812', '2', '3']
    assert all(catalogue.labels[number].href == href for href, number in catalogue.index.items())
    assert catalogue.keys() == ['app', 'env', 'Quarantine']
    assert catalogue.keys(['loc', 'role', 'a']) == ['role', 'app', 'env', 'loc', 'Quarantine', 'a']


@pytest.mark.parametrize('row', [
    {}, {'href': '/x'}, {'href': '/x', 'key': 'a'}, {'href': '/x', 'key': 'a', 'value': None}, {'href': 1, 'key': 'a', 'value': 'b'}, ROWS[0],
], ids=str)
def test_a_bad_label_spoils_the_list(row):
    with pytest.raises(errors.IncompleteError):
        Catalogue(ROWS + [row])


@pytest.mark.parametrize('key, values, expected', [('env', ['Production'], [0]), ('env', ['production', 'Production'], [3, 0]), ('Quarantine', ['Mild'], [1])])
def test_find_is_exact(key, values, expected):
    assert Catalogue(ROWS).find(key, values) == expected


@pytest.mark.parametrize('key, values, text', [
    ('Env', ['Production'], 'no label with the key "Env".*app, env, Quarantine'),
    ('env', ['PRODUCTION'], 'env=PRODUCTION.*env=Production'), ('env', ['Prod'], 'env=Prod'),
    ('env', ['Old'], 'env=Old'),
])
def test_unknown_labels_are_errors(key, values, text):
    with pytest.raises(errors.UnknownLabelError, match=text):
        Catalogue(ROWS).find(key, values)


@pytest.mark.parametrize('rows, expected', [
    (None, []), ([], []),
    ([{'key': 'os'}, {'key': 'loc'}, {'key': 'role', 'deleted': False}, {'key': 'Net'}, {'key': 'gone', 'deleted': True}, {}, 1], ['role', 'loc', 'Net', 'os']),
])
def test_dimensions(rows, expected):
    assert dimensions(rows) == expected


def test_label_groups_hold_what_their_sub_groups_hold():
    catalogue = Catalogue(ROWS)
    found = label_groups([
        group('a', 'Top', [10], ['b', 'c']), group('b', 'Left', [], ['d']), group('c', 'Right', [3], ['d', 'a']), group('d', 'Bottom', [10, 3]),
        group('e', 'Empty', [], ['missing', 'e']),
        group('f', 'App', [2], key='app'),
    ], catalogue)
    assert [(one.name, one.key, one.labels) for one in found] == [
        ('App', 'app', [2]), ('Bottom', 'env', [0, 3]), ('Empty', 'env', []), ('Left', 'env', [0, 3]), ('Right', 'env', [0, 3]), ('Top', 'env', [0, 3])]


def test_a_label_group_with_an_unknown_label():
    with pytest.raises(errors.IncompleteError, match='Top'):
        label_groups([group('a', 'Top', [99])], Catalogue(ROWS))
