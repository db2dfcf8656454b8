# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the use case of the module of the same name; see C(_controller)."""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import without_blanks
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import ARGUMENTS, CONSTRAINTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.run import run
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._controller import ControllerAction


class ActionModule(ControllerAction):
    """Renders."""

    ARGUMENTS = ARGUMENTS
    CONSTRAINTS = CONSTRAINTS

    def run(self, tmp=None, task_vars=None):
        """Return what the module returns. A blank answer of a survey means the default, also for options whose type or choices know no blank."""
        self._task.args = without_blanks(self._task.args, ARGUMENTS)
        return super().run(tmp, task_vars)

    def perform(self, params, warn, progress):
        """Carry the module out."""
        return run(params, warn)
