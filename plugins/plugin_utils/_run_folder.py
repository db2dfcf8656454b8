# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the artifacts of a run lie.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import os
import uuid

from ansible import constants

from ansible_collections.zerotrust.microseg.plugins.module_utils._runs import run_name


def run_folder(kept):
    """Return the path of a folder for one run, another one each time.

    :arg kept: the folder that keeps runs; empty: none, so that the run's folder goes away with Ansible's temporary folder.
    """
    if not kept:
        return os.path.join(constants.DEFAULT_LOCAL_TMP, 'microseg-' + uuid.uuid4().hex[:12])
    name = run_name(datetime.datetime.now(datetime.timezone.utc), uuid.uuid4().hex[:8])
    return os.path.join(os.path.expanduser(kept), 'runs', name)
