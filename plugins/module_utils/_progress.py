# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long run is: written to a file by the module, read and told by the action plugin of the same name.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import json
import os
import time

WRITE_EVERY = 0.5  # seconds between two writes of the file
TELL_EVERY = 10.0  # seconds between two lines for the user


class ProgressFile:
    """Callable (done, total) that keeps a file up to date; a file that cannot be written is no reason to stop.

    :arg path: the file. :arg clock: callable that returns seconds.
    """

    def __init__(self, path, clock=time.monotonic):
        self.path = path
        self._clock = clock
        self._due = None

    def __call__(self, done, total):
        now = self._clock()
        if self._due is not None and now < self._due:
            return
        self._due = now + WRITE_EVERY
        try:
            with open(self.path + '.new', 'w', encoding='ascii') as stream:
                json.dump({'done': done, 'total': total}, stream)
            os.replace(self.path + '.new', self.path)
        except OSError:
            self._due = float('inf')


class ProgressReader:
    """Turns the file into lines for the user: at most one every ten seconds, and none for a run that is shorter.

    :arg path: the file. :arg name: what the line begins with, an inventory host. :arg clock: callable that returns seconds.
    """

    def __init__(self, path, name, clock=time.monotonic):
        self._path = path
        self._name = name
        self._clock = clock
        self._told = clock()
        self._first = None

    def line(self):
        """Return the next line that is due, or None."""
        now = self._clock()
        state = self._read()
        if state is None:
            return None
        if self._first is None:
            self._first = (now, state['done'])
        if now - self._told < TELL_EVERY or state['done'] >= state['total']:
            return None
        self._told = now
        rate = (state['done'] - self._first[1]) / max(now - self._first[0], 0.001)
        ending = ', %d a second, about %d s left' % (rate, (state['total'] - state['done']) / rate) if rate >= 1 else ''
        return '%s: written %d of %d addresses%s' % (self._name, state['done'], state['total'], ending)

    def _read(self):
        try:
            with open(self._path, encoding='ascii') as stream:
                state = json.load(stream)
            return {'done': int(state['done']), 'total': int(state['total'])}
        except (OSError, ValueError, KeyError, TypeError):
            return None
