# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of panos_dag_register.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import CALLER
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION

ARGUMENTS = dict(CONNECTION, **CALLER, **{
    'state': {'type': 'str', 'choices': ['present', 'absent', 'synced'], 'default': 'synced'},
    'src': {'type': 'path'},
    'sha256': {'type': 'str'},
    'registrations': {
        'type': 'list', 'elements': 'dict',
        'options': {'address': {'type': 'str', 'required': True}, 'tags': {'type': 'list', 'elements': 'str', 'required': True}},
    },
    'tag_template': {'type': 'str'},
    'retired_templates': {'type': 'list', 'elements': 'str'},
    'aliases': {'type': 'list', 'elements': 'str'},
    'owner': {'type': 'str'},
    'claim': {'type': 'bool', 'default': True},
    'adopt': {'type': 'list', 'elements': 'str', 'default': []},
    'accept_scope_change': {'type': 'bool', 'default': False},
    'prune': {'type': 'bool', 'default': True},
    'max_removals_percent': {'type': 'float', 'default': 20.0},
    'max_removals': {'type': 'int'},
    'guard_floor': {'type': 'int', 'default': 20},
    'allow_empty': {'type': 'bool', 'default': False},
    'allow_emptied_tags': {'type': 'list', 'elements': 'str', 'default': []},
    'on_guard': {'type': 'str', 'choices': ['refuse', 'additions'], 'default': 'refuse'},
    'teardown_confirm': {'type': 'str'},
    'order': {'type': 'str', 'choices': ['make_before_break', 'break_before_make'], 'default': 'make_before_break'},
    'timeout': {'type': 'int', 'default': 0},
    'sync_interval': {'type': 'int'},
    'renewal': {'type': 'str', 'choices': ['register', 'replace'], 'default': 'register'},
    'persistent': {'type': 'bool', 'default': True},
    'max_tags': {'type': 'int'},
    'capacity': {'type': 'int'},
    'own_table': {'type': 'bool', 'default': False},
    'max_age': {'type': 'int', 'default': 3600},
    'dest': {'type': 'path'},
    'record_dir': {'type': 'path'},
    'progress': {'type': 'path'},
})

CONSTRAINTS = {'mutually_exclusive': [('src', 'registrations')]}
