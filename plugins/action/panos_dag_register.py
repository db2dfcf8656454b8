# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name and, where that takes long, says how far it is.

A module cannot print while it runs. It keeps a small file up to date instead, which is read here: one line per firewall
every ten seconds, which is what a terminal and the output of an AWX job show as it happens.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.zerotrust.microseg.plugins.module_utils._progress import ProgressReader

POLL = 0.5  # seconds


class ActionModule(ActionBase):
    """Executes the module in a thread and watches its progress file."""

    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        """Return what the module returns; Ansible shows no diff of a task that failed, so that of a refused plan is shown here."""
        result = self._run(tmp, task_vars)
        if result.get('failed') and self._task.diff:
            for part in result.get('diff') or ():
                Display().display(part['prepared'])
        return result

    def _run(self, tmp, task_vars):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        local = str(self._connection.transport).rpartition('.')[2] == 'local'
        if self._task.async_val or arguments.get('progress') or not local:
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val))
            return result
        folder = tempfile.mkdtemp(prefix='microseg-progress-', dir=constants.DEFAULT_LOCAL_TMP)
        try:
            arguments['progress'] = os.path.join(folder, 'progress.json')
            result.update(self._watched(arguments, task_vars))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return result

    def _watched(self, arguments, task_vars):
        outcome = {}

        def execute():
            try:
                outcome['result'] = self._execute_module(module_args=arguments, task_vars=task_vars)
            except BaseException as exc:  # pylint: disable=broad-except
                outcome['error'] = exc  # raised again in the thread that Ansible knows

        reader = ProgressReader(arguments['progress'], task_vars.get('inventory_hostname', 'this host'))
        thread = threading.Thread(target=execute, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(POLL)
            line = reader.line()
            if line and thread.is_alive():
                Display().display(line)
        if 'error' in outcome:
            raise outcome['error']
        return outcome['result']
