# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a rendering, described in the fragment C(_selection) and in V(dag_tag_map).

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.interfaces import DEFAULT_EXCLUDE_INTERFACES
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import DUPLICATES, INVALID_TAGS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.selection import ENFORCEMENT_MODES
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import DEFAULT_TEMPLATE
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import CALLER

RULES = {
    'tag_template': {'type': 'str', 'default': DEFAULT_TEMPLATE},
    'label_keys': {'type': 'list', 'elements': 'str', 'no_log': False},
    'aliases': {'type': 'list', 'elements': 'str', 'default': []},
    'select': {
        'type': 'dict',
        'default': {},
        'options': {
            'any_of': {'type': 'list', 'elements': 'str'},
            'all_of': {'type': 'list', 'elements': 'str'},
            'none_of': {'type': 'list', 'elements': 'str'},
            'managed': {'type': 'bool'},
            'online': {'type': 'bool'},
            'enforcement_modes': {'type': 'list', 'elements': 'str', 'choices': list(ENFORCEMENT_MODES)},
        },
    },
    'ipv6': {'type': 'bool', 'default': False},
    'exclude_interfaces': {'type': 'list', 'elements': 'str', 'default': list(DEFAULT_EXCLUDE_INTERFACES)},
    'include_networks': {'type': 'list', 'elements': 'str', 'default': []},
    'exclude_networks': {'type': 'list', 'elements': 'str', 'default': []},
    'duplicates': {'type': 'str', 'default': 'prefer', 'choices': list(DUPLICATES)},
    'invalid_tags': {'type': 'str', 'default': 'sanitize', 'choices': list(INVALID_TAGS)},
}

ARGUMENTS = dict(
    RULES,
    **CALLER,
    src={'type': 'path'},
    workloads={'type': 'list', 'elements': 'dict'},
    labels={'type': 'list', 'elements': 'dict', 'default': []},
    label_dimensions={'type': 'list', 'elements': 'str', 'default': []},
    source={
        'type': 'dict',
        'options': {
            'pce': {'type': 'str'},
            'org_id': {'type': 'int', 'default': 1},
            'pce_version': {'type': 'str'},
            'gathered_at': {'type': 'str'},
            'complete': {'type': 'bool', 'default': True},
        },
    },
    allow_partial={'type': 'bool', 'default': False},
    allow_limited_scope={'type': 'bool', 'default': False},
    dest={'type': 'path'},
    run_id={'type': 'str'},
)

CONSTRAINTS = {
    'mutually_exclusive': [('src', 'workloads'), ('src', 'source')],
    'required_one_of': [('src', 'workloads')],
}
