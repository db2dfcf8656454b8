# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewalls of one run have to agree on what is rendered once."""

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.filter.run_conflicts import run_conflicts

DEFAULTS = {'dag_sync_tag_template': 'illumio.{key}.{value}', 'dag_sync_ipv6': False, 'dag_sync_exclude_interfaces': None, 'dag_sync_aliases': []}


def conflicts(name, one, other):
    return run_conflicts(['fw1', 'fw2'], {'fw1': one, 'fw2': other}, [name], DEFAULTS)


@pytest.mark.parametrize('name', sorted(DEFAULTS))
@pytest.mark.parametrize('blank', [None, '', ' ', ['']])
def test_a_blank_answer_agrees_with_the_default(name, blank):
    assert not conflicts(name, {name: blank}, {})
    assert not conflicts(name, {name: DEFAULTS[name]}, {name: blank})


@pytest.mark.parametrize('name, one, other', [
    ('dag_sync_exclude_interfaces', [], ''), ('dag_sync_ipv6', 'yes', ''), ('dag_sync_tag_template', 'pce1.{key}.{value}', ''),
    ('dag_sync_aliases', ['env'], None),
])
def test_what_disagrees_is_named(name, one, other):
    sentence, = conflicts(name, {name: one}, {name: other})
    assert name in sentence and 'fw1' in sentence and 'fw2' in sentence
