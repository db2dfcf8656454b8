# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many calls one device sees at a time, whoever on this controller makes them.

PAN-OS takes at most five concurrent calls (PAN-OS facts 0.9, 2.8), and counts those for the firewalls behind a Panorama at the Panorama. Firewalls are worked
on by processes of their own that know nothing of each other, so the places are files: a process holds a place by a lock on its file, which the kernel
takes back however the process ends.

A call that timed out may still be worked on. Its file then says until when the place stays taken, also for other processes and after the end of this one.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import threading
import time

try:
    import fcntl
except ImportError:  # not on this system: then a process counts its own calls only
    fcntl = None

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import Busy

PLACES = 5
_LONGEST_HOLD = 3600.0  # seconds; a file that says more was written by a clock that was wrong
_PAUSES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)  # seconds between two looks for a place; the last one is repeated


class Budget:
    """The places of one management address.

    :arg host, port: of the device. :arg patience: seconds to wait for a place. :arg name: what the option is called that makes it longer.
    :arg folder: where the files are, by default one of this user below the temporary folder. :arg sleep: takes seconds. :arg now: returns epoch seconds.
    """

    def __init__(self, host, port, patience, name='timeout', folder=None, sleep=time.sleep, now=time.time):
        self._where = '%s:%d' % (host, port)
        self._key = hashlib.sha256(('%s:%d' % (host.lower(), port)).encode('utf-8')).hexdigest()[:24]
        self._patience = patience
        self._name = name
        self._sleep = sleep
        self._now = now
        self._folder = _checked_folder(folder)

    def take(self):
        """Wait for a free place and return it: an object with C(release(busy_for=0)).

        :raises Busy: none came free in time.
        """
        waited = 0.0
        looks = 0
        while True:
            for number in range(PLACES):
                place = self._try(number)
                if place is not None:
                    return place
            if waited >= self._patience:
                raise Busy('%s takes %d calls at a time, and other runs of this controller used all of them for %d seconds. Wait until they have ended, run '
                           'with fewer forks, or raise %s.' % (self._where, PLACES, waited, self._name), host=self._where)
            pause = _PAUSES[min(looks, len(_PAUSES) - 1)]
            looks += 1
            self._sleep(pause)
            waited += pause

    def _try(self, number):
        if self._folder is not None:
            try:
                return _FilePlace.take(os.path.join(self._folder, '%s-%d' % (self._key, number)), self._now)
            except OSError:
                self._folder = None  # read-only, full or gone: from now on this process counts for itself
        return _OwnPlace.take((self._key, number), self._now)


class _FilePlace:
    """A place that is held by a lock on a file. Each has a descriptor of its own: locks belong to descriptors, so threads exclude each other too."""

    def __init__(self, descriptor, now):
        self._descriptor = descriptor
        self._now = now

    @classmethod
    def take(cls, path, now):
        """Return the place, or None if it is taken. :raises OSError: the file cannot be used."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        kept = False
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            about = os.fstat(descriptor)
            if about.st_nlink == 0:
                return None  # somebody tidied up in between: the next look finds the new file
            if about.st_size:
                if _in_future(os.pread(descriptor, 32, 0), now()):
                    return None
                os.ftruncate(descriptor, 0)
            kept = True
            return cls(descriptor, now)
        finally:
            if not kept:
                os.close(descriptor)

    def release(self, busy_for=0.0):
        """Give the place back. :arg busy_for: seconds for which it stays taken nevertheless."""
        with contextlib.suppress(OSError):
            if busy_for > 0:
                os.pwrite(self._descriptor, b'%.3f' % (self._now() + busy_for), 0)
        os.close(self._descriptor)


def _in_future(text, now):
    try:
        until = float(text)
    except ValueError:
        return False
    return now < until < now + _LONGEST_HOLD


class _OwnPlace:
    """A place that only this process counts."""

    _lock = threading.Lock()
    _taken = {}  # (key, number) -> until when, epoch seconds

    def __init__(self, name, now):
        self._name = name
        self._now = now

    @classmethod
    def take(cls, name, now):
        """Return the place, or None if it is taken."""
        with cls._lock:
            if cls._taken.get(name, 0.0) > now():
                return None
            cls._taken[name] = float('inf')
        return cls(name, now)

    def release(self, busy_for=0.0):
        """Give the place back. :arg busy_for: seconds for which it stays taken nevertheless."""
        with self._lock:
            self._taken[self._name] = self._now() + busy_for


def _checked_folder(folder):
    """Return the folder for the files, or None where there can be none that is this user's own."""
    if fcntl is None or not hasattr(os, 'geteuid'):
        return None
    try:
        if folder is None:
            folder = os.path.join(tempfile.gettempdir(), 'zerotrust.microseg-%d' % os.geteuid())
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        about = os.lstat(folder)
    except OSError:
        return None
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077
    return folder if mine else None
