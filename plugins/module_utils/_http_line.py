# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose turn it is where calls wait for a place of a device: who has waited longest goes first.

Without a line whoever gives a place back takes it again at once, and some starve.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid

try:
    import fcntl
except ImportError:  # not on this system: then there are no files to lock
    fcntl = None

ASLEEP = 5.0  # seconds; who has not looked for so long is not waited for: its process was stopped


class FileLine:
    """A line of processes and threads: a folder with a file for each of them, named by when it came.

    The file is locked by who waits. The kernel takes that back however its process ends, and the next one in the line removes what is left.

    :arg folder: for the files; made when somebody has to wait.
    """

    def __init__(self, folder):
        self._folder = folder

    def empty(self):
        """Return whether nobody waits. :raises OSError: the folder cannot be used."""
        try:
            return not os.listdir(self._folder)
        except FileNotFoundError:
            return True

    @contextlib.contextmanager
    def joined(self):
        """Wait at the end of the line for as long as the context lasts. Yields C(ahead()), which returns how many go first.

        :raises OSError: the folder cannot be used.
        """
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._folder, 0o700)
        # The monotonic clock is that of the machine, the same for all processes; nobody sets it back.
        came = time.monotonic_ns()
        descriptor = None
        while descriptor is None:
            name = '%020d-%s' % (came, uuid.uuid4().hex)
            path = os.path.join(self._folder, name)
            descriptor = self._locked(path)
        try:
            yield lambda: self._ahead(name, descriptor)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)
            os.close(descriptor)

    @staticmethod
    def _locked(path):
        """Make a file that is locked and return its descriptor, or None where somebody looked before it was locked, and takes it for one that is left."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        kept = False
        try:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kept = os.fstat(descriptor).st_nlink > 0
            return descriptor if kept else None
        finally:
            if not kept:
                os.close(descriptor)

    def _ahead(self, name, descriptor):
        os.utime(descriptor)  # awake
        now = os.fstat(descriptor).st_mtime
        older = sorted(other for other in os.listdir(self._folder) if other < name)
        for index, other in enumerate(older):
            if self._waits(os.path.join(self._folder, other), now):
                return len(older) - index
        return 0

    @staticmethod
    def _waits(path, now):
        """Return whether somebody waits with this file; remove it if nobody is left who could."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return now - os.fstat(descriptor).st_mtime < ASLEEP
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return False
        finally:
            os.close(descriptor)


class OwnLine:
    """A line of the threads of this process. :arg key: of the device."""

    _lock = threading.Lock()
    _lines = {}  # key -> those who wait, the first one first

    def __init__(self, key):
        self._key = key

    def empty(self):
        """Return whether nobody waits."""
        return not self._lines.get(self._key)

    @contextlib.contextmanager
    def joined(self):
        """As that of L(FileLine)."""
        own = object()
        with self._lock:
            line = self._lines.setdefault(self._key, [])
            line.append(own)
        try:
            yield lambda: line.index(own)
        finally:
            with self._lock:
                line.remove(own)
