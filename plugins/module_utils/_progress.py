# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a long run is: told by the action plugin, which learns it at once or, from a module in a process of its own, through a file.

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


class ProgressLines:
    """Callable (done, total) that tells the user: at most one line every ten seconds, and none for a run that is shorter.

    :arg name: what a line begins with, an inventory host. :arg say: callable that takes a line. :arg clock: callable that returns seconds.
    """

    def __init__(self, name, say, clock=time.monotonic):
        self._name = name
        self._say = say
        self._clock = clock
        self._told = clock()
        self._first = None

    def __call__(self, done, total):
        now = self._clock()
        if self._first is None:
            self._first = (now, done)
        if now - self._told < TELL_EVERY or done >= total:
            return
        self._told = now
        rate = (done - self._first[1]) / max(now - self._first[0], 0.001)
        ending = ', %d a second, about %d s left' % (rate, (total - done) / rate) if rate >= 1 else ''
        self._say('%s: written %d of %d addresses%s' % (self._name, done, total, ending))


class ProgressReader:
    """Hands on what the file says.

    :arg path: the file. :arg tell: callable (done, total).
    """

    def __init__(self, path, tell):
        self._path = path
        self._tell = tell

    def look(self):
        """Read the file once; one that is not there yet, or half written, says nothing."""
        try:
            with open(self._path, encoding='ascii') as stream:
                state = json.load(stream)
            done, total = int(state['done']), int(state['total'])
        except (OSError, ValueError, KeyError, TypeError):
            return
        self._tell(done, total)
