# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of illumio_workload_facts.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.argspec import CONNECTION
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import ENFORCEMENT_MODES
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import CALLER

ARGUMENTS = dict(
    CONNECTION,
    **CALLER,
    dest={'type': 'path'},
    run_id={'type': 'str'},
    labels={'type': 'dict'},
    managed={'type': 'bool'},
    online={'type': 'bool'},
    enforcement_modes={'type': 'list', 'elements': 'str', 'choices': list(ENFORCEMENT_MODES)},
    hostname={'type': 'str'},
    name={'type': 'str'},
    ip_address={'type': 'str'},
)
