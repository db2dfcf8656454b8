# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of dag_sync_record.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import CALLER

ARGUMENTS = {
    **CALLER,
    'path': {'type': 'path', 'required': True},
    'keep': {'type': 'int', 'default': 10},
    'run': {'type': 'dict', 'default': {}},
    'targets': {'type': 'list', 'elements': 'dict', 'default': []},
}
