# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the use case of a module inside the worker that Ansible has forked for its task, where that makes no difference to the user.

A module that runs on the controller with the controller's own Python is packed, written, started, unpacked and imported by Ansible for each host: 0.35
seconds of CPU before its first line (ansible-core 2.19, Python 3.11), which is more than all that it does for a firewall of 10,000 addresses. Its action
plugin is imported once, before the workers are forked.

Wherever it could make a difference, the module runs as a module: another connection, interpreter, user or environment, asynchronous tasks, operating
systems whose libraries do not survive a fork, and options that do not pass the module's own checks, so that Ansible words the error.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import sys
import tempfile
import threading

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._progress import ProgressLines, ProgressReader

POLL = 0.5  # seconds
MASK = 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'  # what Ansible itself shows of such an option


class ControllerAction(ActionBase):
    """The action plugin of one module. A subclass names the module's C(ARGUMENTS) and C(CONSTRAINTS), and carries it out in L(perform)."""

    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    ARGUMENTS = {}
    CONSTRAINTS = {}
    TELLS_PROGRESS = False
    host = None  # the name that the inventory gives the device, for texts

    def perform(self, params, warn, progress):
        """Return the module's result. :arg params: checked options. :arg warn: callable with one text. :arg progress: callable (done, total) or None.

        :raises MicrosegError: as the module would fail.
        """
        raise NotImplementedError

    def run(self, tmp=None, task_vars=None):
        """Return what the module returns; Ansible shows no diff of a task that failed, so that of a refused plan is shown here."""
        result = super().run(tmp, task_vars)
        self.host = (task_vars or {}).get('inventory_hostname')
        checked = self._checked() if self._belongs_here(task_vars) else None
        if checked is not None:
            result.update(self._performed(checked, task_vars))
        else:
            result.update(self._as_module(task_vars))
        if result.get('failed') and self._task.diff and not self._task.no_log:
            for part in result.get('diff') or ():
                Display().display(part['prepared'])
        return result

    # -- here ---------------------------------------------------------------------------------------------------------

    def _is_local(self):
        return str(self._connection.transport).rpartition('.')[2] == 'local'

    def _belongs_here(self, task_vars):
        if (sys.platform != 'linux' or self._task.async_val or any(self._task.environment or ()) or getattr(self._connection, 'become', None)
                or constants.DEFAULT_KEEP_REMOTE_FILES or self._task.args.get('progress') or not self._is_local()):
            return False
        variables = task_vars
        if self._task.delegate_to:
            variables = task_vars.get('ansible_delegated_vars', {}).get(self._task.delegate_to, task_vars)
        return self._templar.template(variables.get('ansible_python_interpreter')) == sys.executable

    def _checked(self):
        """Return the result of checking the options, or None where they do not pass."""
        # Through JSON as on the way to a module: it takes off what Ansible attaches to values, and decrypts what a vault holds.
        arguments = json.loads(json.dumps(dict(self._task.args), default=str))
        checked = ArgumentSpecValidator(copy.deepcopy(self.ARGUMENTS), **self.CONSTRAINTS).validate(arguments)
        return None if checked.error_messages else checked

    def _performed(self, checked, task_vars):
        params = checked.validated_parameters
        warnings = []
        result = {}

        def fail(**answer):
            result.update(answer, failed=True)

        teller = ProgressLines(self.host or 'this host', Display().display) if self.TELLS_PROGRESS else None
        before = os.getcwd()
        os.chdir(self._loader.get_basedir())  # where Ansible starts modules on the controller: relative paths begin there
        try:
            with translated(fail):
                result.update(self.perform(params, warnings.append, teller))
        finally:
            os.chdir(before)
        if warnings:
            result['warnings'] = warnings
        if _wants_invocation(task_vars):
            result['invocation'] = {'module_args': {name: MASK if self.ARGUMENTS[name].get('no_log') and value is not None else value
                                                    for name, value in params.items()}}
        return remove_values(result, checked._no_log_values)

    # -- as a module --------------------------------------------------------------------------------------------------

    def _as_module(self, task_vars):
        arguments = dict(self._task.args)
        if not self.TELLS_PROGRESS or self._task.async_val or arguments.get('progress') or not self._is_local():
            return self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val)
        folder = tempfile.mkdtemp(prefix='microseg-progress-', dir=constants.DEFAULT_LOCAL_TMP)
        try:
            arguments['progress'] = os.path.join(folder, 'progress.json')
            return self._watched(arguments, task_vars)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _watched(self, arguments, task_vars):
        """Run the module in a thread. It cannot print while it runs: it keeps a small file up to date instead, which is read here."""
        outcome = {}

        def execute():
            try:
                outcome['result'] = self._execute_module(module_args=arguments, task_vars=task_vars)
            except BaseException as exc:  # pylint: disable=broad-except
                outcome['error'] = exc  # raised again in the thread that Ansible knows

        reader = ProgressReader(arguments['progress'], ProgressLines(self.host or 'this host', Display().display))
        thread = threading.Thread(target=execute, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(POLL)
            if thread.is_alive():
                reader.look()
        if 'error' in outcome:
            raise outcome['error']
        return outcome['result']


def _wants_invocation(task_vars):
    """Whether modules return their options: always before ansible-core 2.21, since then where the user asks for it."""
    try:
        return constants.config.get_config_value('INJECT_INVOCATION', variables=task_vars or {})
    except AnsibleError:
        return True
