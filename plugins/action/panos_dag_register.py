# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the use case of the module of the same name; see C(_controller)."""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._register.argspec import ARGUMENTS, CONSTRAINTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.run import run
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._controller import ControllerAction


class ActionModule(ControllerAction):
    """Registers on one device, and tells how far it is."""

    ARGUMENTS = ARGUMENTS
    CONSTRAINTS = CONSTRAINTS
    TELLS_PROGRESS = True

    def perform(self, params, warn, progress):
        """Carry the module out."""
        return run(params, self._task.check_mode, self._task.diff, warn, progress, host=self.host)
