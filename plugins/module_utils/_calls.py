# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that run beside each other, each in a thread of its own.

Not concurrent.futures: its threads are waited for when a process ends, so a task that has run out of its time would go on until a device answers.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import threading

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError


class Call(threading.Thread):
    """One call, begun at once. :arg function: callable. :arg args: its arguments."""

    def __init__(self, function, *args):
        super().__init__(daemon=True)
        self._function = function
        self._args = args
        self._answer = self._error = None
        self.start()

    def run(self):
        """Carry the call out."""
        try:
            self._answer = self._function(*self._args)
        except BaseException as exc:  # pylint: disable=broad-except
            self._error = exc  # raised again where the answer is wanted

    def answer(self):
        """Wait for the answer and return it, or raise what the call raised."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._answer


def let_end(calls, exc):
    """Wait for calls that are on their way, unless O(exc), which ended the work, is none of the family: then somebody wants to end at once."""
    if isinstance(exc, (MicrosegError, GeneratorExit)):
        for call in calls:
            call.join()
