# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages name what their reader can set: an option of the module, or the variable of the role that ran it."""

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames

TEXT = 'set O(max_removals)=5, O(ca_path) or O(own_table)'


@pytest.mark.parametrize('caller, expected', [
    (None, 'set max_removals=5, ca_path or own_table'),
    ('', 'set max_removals=5, ca_path or own_table'),
    ('dag_register', 'set dag_register_max_removals=5, panos_ca_path or panos_own_table'),
    ('dag_sync', 'set dag_sync_max_removals=5, panos_ca_path or panos_own_table'),
])
def test_an_option_is_called_as_its_reader_knows_it(caller, expected):
    assert OptionNames(caller, {'ca_path'}, 'panos_')(TEXT) == expected


def test_what_permits_something_can_be_pasted():
    text = 'To permit it: O(-e) O(max_removals)=5 O(-e) O(prune)=false'
    assert OptionNames('dag_sync')(text) == 'To permit it: -e dag_sync_max_removals=5 -e dag_sync_prune=false'
    assert OptionNames()(text) == 'To permit it: max_removals=5 prune=false'


def test_variables_with_names_of_their_own():
    assert OptionNames('dag_sync')('O(sync_interval) O(record_dir)') == 'dag_sync_interval dag_sync_dir'


def test_results_errors_and_warnings_are_put_into_words():
    names = OptionNames('dag_sync')
    result = {'message': 'O(prune)', 'guards': [{'name': 'share', 'reason': 'O(prune)', 'permit': 'O(prune)=false'}], 'targets': [{'message': 'O(prune)'}],
              'before': {'O(prune)': 1}}
    assert names.result(result) == {
        'message': 'dag_sync_prune', 'guards': [{'name': 'share', 'reason': 'dag_sync_prune', 'permit': 'dag_sync_prune=false'}],
        'targets': [{'message': 'dag_sync_prune'}], 'before': {'O(prune)': 1}}
    told = []
    names.warning(told.append)('look at O(prune)')
    assert told == ['look at dag_sync_prune']
    with pytest.raises(OptionError) as found:
        with names.errors():
            raise OptionError('O(prune) is wrong', partial=result)
    assert (found.value.message, str(found.value)) == ('dag_sync_prune is wrong',) * 2
    assert found.value.partial['message'] == 'dag_sync_prune'
