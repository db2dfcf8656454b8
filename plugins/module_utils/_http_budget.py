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
import ipaddress
import os
import socket
import stat
import tempfile
import threading
import time

try:
    import fcntl
except ImportError:  # not on this system: then a process counts its own calls only
    fcntl = None

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import Busy
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_line import FileLine, OwnLine

PLACES = 5
_LONGEST_HOLD = 24 * 3600.0  # seconds; a file that says more was not written by a call
_FIRST_PAUSE = 0.002         # seconds between two looks of who is next; a tenth of the time in which nothing moved, if that is more, ...
_LAST_PAUSE = 0.1            # ... up to this


class Budget:
    """The places of one management address.

    Who has waited longest gets the next place. Waiting ends where nothing moves: as long as places change hands, the turn of each one comes.

    :arg host, port: of the device. :arg patience: seconds to wait while no place changes hands. :arg name: what the option is called that makes it longer.
    :arg folder: where the files are, by default one of this user below the temporary folder. :arg sleep: takes seconds. :arg now: returns epoch seconds.
    """

    def __init__(self, host, port, patience, name='timeout', folder=None, sleep=time.sleep, now=time.time):
        self._where = '%s:%d' % (host, port)
        self._key = hashlib.sha256(('%s:%d' % (_one_spelling(host), port)).encode('utf-8', 'surrogatepass')).hexdigest()[:24]
        self._patience = patience
        self._name = name
        self._sleep = sleep
        self._now = now
        folder = _checked_folder(folder)
        self._places = _OwnPlaces(self._key, now) if folder is None else _FilePlaces(os.path.join(folder, self._key), now)

    def take(self):
        """Wait for a free place and return it: an object with C(release(busy_for=0)).

        :raises Busy: all places stayed taken for too long, and none of them changed hands.
        """
        try:
            return self._taken(self._places)
        except OSError:
            self._places = _OwnPlaces(self._key, self._now)  # read-only, full or gone: from now on this process counts for itself
            return self._taken(self._places)

    def _taken(self, places):
        if places.line.empty():
            place = places.look()
            if place is not None:
                return place
        moves = places.moves()
        still = 0.0
        with places.line.joined() as ahead:
            while True:
                others = ahead()
                if not others:
                    place = places.look()
                    if place is not None:
                        return place
                before, moves = moves, places.moves()
                if moves != before:
                    still = 0.0
                if still >= self._patience:
                    raise self._busy(still)
                pause = min(_LAST_PAUSE, max(_FIRST_PAUSE * (1 + others), still / 10))
                self._sleep(pause)
                still += pause

    def _busy(self, still):
        return Busy('%s takes %d calls at a time. Calls of this controller, perhaps of other runs, perhaps timed out and still worked on, have used all of '
                    'them for %d seconds, and none of them ended. Wait until they have ended, run with fewer forks, or raise %s.'
                    % (self._where, PLACES, still, self._name), host=self._where)


def _one_spelling(host):
    """Return the same text for each way to write a name or an address. Nothing is asked: two names of one device count as two devices."""
    text = host.strip().strip('[]').rstrip('.').lower()
    try:
        address = ipaddress.ip_address(text)
        return str(getattr(address, 'ipv4_mapped', None) or address)
    except ValueError:
        pass
    with contextlib.suppress(OSError, ValueError):
        return socket.inet_ntoa(socket.inet_aton(text))  # 10.1, as whoever connects reads it
    with contextlib.suppress(UnicodeError):
        return text if text.isascii() else text.encode('idna').decode('ascii')
    return text


class _FilePlaces:
    """The places of a device as files. :arg path: what the names of the files begin with."""

    def __init__(self, path, now):
        self._paths = ['%s-%d' % (path, number) for number in range(PLACES)]
        self._now = now
        self.line = FileLine(path + '-line')

    def look(self):
        """Return a place, or None if all are taken. :raises OSError: the files cannot be used."""
        for path in self._paths:
            place = _FilePlace.take(path, self._now)
            if place is not None:
                return place
        return None

    def moves(self):
        """Return something that changes when a place changes hands."""
        return [self._moved(path) for path in self._paths]

    @staticmethod
    def _moved(path):
        try:
            return os.stat(path).st_mtime_ns
        except FileNotFoundError:
            return None


class _OwnPlaces:
    """As L(_FilePlaces), but of this process alone. :arg key: of the device."""

    def __init__(self, key, now):
        self._key = key
        self._now = now
        self.line = OwnLine(key)

    def look(self):
        """Return a place, or None if all are taken."""
        for number in range(PLACES):
            place = _OwnPlace.take((self._key, number), self._now)
            if place is not None:
                return place
        return None

    def moves(self):
        """Return something that changes when a place changes hands."""
        return _OwnPlace.moves.get(self._key)


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
            if about.st_size and cls._marked(descriptor, now()):
                return None
            os.ftruncate(descriptor, 0)
            os.utime(descriptor)  # whoever waits sees that something moves
            kept = True
            return cls(descriptor, now)
        finally:
            if not kept:
                os.close(descriptor)

    @staticmethod
    def _marked(descriptor, now):
        """Return whether the file says that the place is still taken."""
        try:
            until, seconds = (float(word) for word in os.pread(descriptor, 64, 0).split())
        except ValueError:
            return False
        if not seconds <= _LONGEST_HOLD:
            return False
        end = _end(until, seconds, now)
        if now < end < until:
            _write_mark(descriptor, end, seconds)
        return now < end

    def release(self, busy_for=0.0):
        """Give the place back. :arg busy_for: seconds for which it stays taken nevertheless."""
        with contextlib.suppress(OSError):
            if busy_for > 0:
                busy_for = min(busy_for, _LONGEST_HOLD)
                _write_mark(self._descriptor, self._now() + busy_for, busy_for)
        os.close(self._descriptor)


def _write_mark(descriptor, until, seconds):
    os.pwrite(descriptor, b'%17.3f %9.3f' % (until, seconds), 0)  # as long as any other one


def _end(until, seconds, now):
    """Return when a place becomes free that was taken for O(seconds) until O(until), epoch seconds.

    More than that many seconds cannot be left, or the clock was set back: then they begin now, because nobody knows how many are over.
    """
    return now + seconds if until - now > seconds + 0.001 else until


class _OwnPlace:
    """A place that only this process counts."""

    _lock = threading.Lock()
    _taken = {}  # (key, number) -> (until when, epoch seconds; for how many seconds), or None while a call holds it
    moves = {}   # key -> how often one was taken

    def __init__(self, name, now):
        self._name = name
        self._now = now

    @classmethod
    def take(cls, name, now):
        """Return the place, or None if it is taken."""
        with cls._lock:
            mark = cls._taken.get(name, (0.0, 0.0))
            if mark is None:
                return None
            end = _end(*mark, now())
            if end > now():
                cls._taken[name] = (end, mark[1])
                return None
            cls._taken[name] = None
            cls.moves[name[0]] = cls.moves.get(name[0], 0) + 1
        return cls(name, now)

    def release(self, busy_for=0.0):
        """Give the place back. :arg busy_for: seconds for which it stays taken nevertheless."""
        with self._lock:
            self._taken[self._name] = (self._now() + busy_for, busy_for)


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
