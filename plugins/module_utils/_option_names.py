# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an option is called where the reader of a message can set it.

A message names an option as C(O(max_removals)). Who called a module directly reads C(max_removals); who runs a role reads the variable that the role
hands on, C(dag_sync_max_removals), because that is what can be set there. Options of a connection are variables of the inventory: C(panos_ca_path).

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError

#: The option that says which role runs a module; see L(OptionNames).
CALLER = {'caller': {'type': 'str'}}

_OPTION = re.compile(r'O\(([a-z][a-z0-9_]*)\)')
_ARGUMENT = re.compile(r'O\(-e\) ')  # before an option with its value: variables of a role are given with -e
# Where a role calls a variable otherwise than <role>_<option>
_VARIABLES = {
    None: {'own_table': 'panos_own_table'},
    'dag_sync': {'sync_interval': 'dag_sync_interval', 'dest': 'dag_sync_dir', 'record_dir': 'dag_sync_dir', 'src': 'dag_sync_dir', 'path': 'dag_sync_dir'},
}
_WORDED = ('msg', 'message', 'reason', 'permit', 'credentials')  # keys of a result whose text may name options
_NESTED = ('guards', 'targets')


class OptionNames:
    """Callable that takes a text and returns it with each C(O(option)) as its reader knows it.

    :arg caller: name of the role that runs the module, or None: nobody, so that options are called by their own names.
    :arg connection: names of the options that come from the inventory. :arg prefix: what their variables begin with, C(panos_) or C(illumio_).
    """

    def __init__(self, caller=None, connection=(), prefix=''):
        self._caller = caller or None
        self._connection = frozenset(connection)
        self._prefix = prefix

    def name(self, option):
        """Return the name of one option."""
        if self._caller is None:
            return option
        if option in self._connection:
            return self._prefix + option
        for table in (_VARIABLES.get(self._caller, {}), _VARIABLES[None]):
            if option in table:
                return table[option]
        return '%s_%s' % (self._caller, option)

    def __call__(self, text):
        return _OPTION.sub(lambda match: self.name(match.group(1)), _ARGUMENT.sub('-e ' if self._caller else '', text))

    def result(self, result):
        """Return a module's result with its messages in these words."""
        worded = dict(result)
        for key in _WORDED:
            if isinstance(worded.get(key), str):
                worded[key] = self(worded[key])
        for key in _NESTED:
            if isinstance(worded.get(key), list):
                worded[key] = [self.result(item) if isinstance(item, dict) else item for item in worded[key]]
        return worded

    def warning(self, warn):
        """Return a callable for warnings that hands on to O(warn) in these words."""
        return lambda text: warn(self(text))

    @contextlib.contextmanager
    def errors(self):
        """Put the message of an error, and of what is known by then, into these words on its way out."""
        try:
            yield
        except MicrosegError as exc:
            exc.message = self(exc.message)
            exc.args = (exc.message,)
            exc.partial = self.result(exc.partial)
            raise
