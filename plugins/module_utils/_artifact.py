# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that travel between gather, render and register.

An artifact is JSON Lines: a header object, one object per line, and a trailer with counts and the SHA-256 of the body
lines. A file without a trailer is not an artifact, so a run that died or a disk that filled up never looks like a result.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import io
import json
import os
import tempfile

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

WORKLOADS = 'zerotrust.microseg/workloads'
TAG_MAP = 'zerotrust.microseg/tag-map'
PLAN = 'zerotrust.microseg/plan'
VERIFIED = 'zerotrust.microseg/verified'
VERSION = 1

_BLOCK = 1 << 20  # bytes that are written at once
_PIECE = 1 << 18  # bytes that are read at once: what is decoded from them still fits into the processor's cache
_TRAILER = b'{"trailer":'
_REMEDIES = {errno.ENOSPC: 'Free some space there', errno.EDQUOT: 'Free some space there', errno.EACCES: 'Let this user write there',
             errno.EPERM: 'Let this user write there', errno.EROFS: 'Make it writable'}
_encode = json.JSONEncoder(ensure_ascii=True, separators=(',', ':'), check_circular=False).encode


def dump(value):
    """Return a JSON-like value as one compact line of bytes without the newline."""
    return _encode(value).encode('ascii')


def utc_text(moment):
    """Return an aware datetime as C(2026-11-22T17:00:00Z)."""
    return moment.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def parse_utc(text):
    """Return the aware datetime of RFC 3339 text as written by L(utc_text); ValueError if it is none."""
    return datetime.datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.timezone.utc)


class ArtifactWriter:
    """Write an artifact beside its final name and rename it when it is whole (file mode 0600, folder mode 0700).

    Use as a context manager; leaving it by an exception removes what was written and leaves an earlier file alone.

    :arg path: final path; missing folders are made.
    :arg kind: one of the format names of this module.
    :arg header: JSON-like mapping, completed by C(format) and C(version).
    :arg option: name of the option by which the user named the file, for the message.
    :raises ArtifactError: the folder cannot be made, the disk is full, or the rename fails.
    """

    def __init__(self, path, kind, header, option='dest'):
        self.path = os.path.abspath(os.path.expanduser(path))
        self._option = option
        self.counts = {}
        self.bytes = 0
        self.sha256 = None
        self._hash = hashlib.sha256()
        self._blocks = []
        self._held = 0
        self._header = dump(dict(header, format=kind, version=VERSION)) + b'\n'
        self._file = None

    def __enter__(self):
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            descriptor, self._partial = tempfile.mkstemp(prefix='.' + os.path.basename(self.path) + '.', suffix='.partial', dir=os.path.dirname(self.path))
            self._file = os.fdopen(descriptor, 'wb')
            self._file.write(self._header)
        except OSError as exc:
            self._discard()
            raise self._error(exc) from exc
        return self

    def write(self, lines):
        """Append body lines: bytes that end in a newline; any number of whole lines at once."""
        self._blocks.append(lines)
        self._held += len(lines)
        if self._held >= _BLOCK:
            self._flush()

    def row(self, value):
        """Append one JSON-like value as a line."""
        self.write(dump(value) + b'\n')

    def _flush(self):
        block = b''.join(self._blocks)
        self._blocks = []
        self._held = 0
        self._hash.update(block)
        try:
            self._file.write(block)
        except OSError as exc:
            raise self._error(exc) from exc
        self.bytes += len(block)

    def __exit__(self, kind, exc, trace):
        if kind is not None:
            self._discard()
            return False
        try:
            self._flush()
            self.sha256 = self._hash.hexdigest()
            self._file.write(dump({'trailer': {'counts': self.counts, 'sha256': self.sha256}}) + b'\n')
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._partial, self.path)
        except OSError as error:
            self._discard()
            raise self._error(error) from error
        except ArtifactError:
            self._discard()
            raise
        return False

    def _discard(self):
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                pass  # closing flushes, which fails again on a full disk
            try:
                os.unlink(self._partial)
            except OSError:
                pass

    def _error(self, exc):
        remedy = _REMEDIES.get(exc.errno)
        return ArtifactError('Cannot write the artifact %s into the folder %s: %s. %s another folder in O(%s); nothing was changed on any device.'
                             % (self.path, os.path.dirname(self.path), exc.strerror or exc, remedy + ', or name' if remedy else 'Name', self._option),
                             path=self.path)


class ArtifactReader:
    """Read an artifact line by line; what it yields may be used only after the last line, when the trailer has been checked.

    :arg path: the file.
    :arg kind: the expected format name.
    :raises ArtifactError: missing, another format or version, cut off, or changed since it was written.
    """

    def __init__(self, path, kind):
        self.path = os.path.abspath(os.path.expanduser(path))
        self.kind = kind
        self.counts = None
        self.sha256 = None
        try:
            with open(self.path, 'rb') as stream:
                first = stream.readline(1 << 24)
        except OSError as exc:
            raise ArtifactError('Cannot read the artifact %s: %s.' % (self.path, exc.strerror or exc), path=self.path) from exc
        self.header = self._object(first)
        if self.header.get('format') != kind or self.header.get('version') != VERSION:
            raise ArtifactError('%s is not an artifact of the format %s, version %d (it says %s, version %s). Make it again with this release.'
                                % (self.path, kind, VERSION, printable(self.header.get('format')), printable(self.header.get('version'))), path=self.path)
        self._offset = len(first)

    def _object(self, line):
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ArtifactError('%s is not an artifact of this collection: its first or last line is not a JSON object. Make it again.' % self.path,
                                path=self.path)
        return value

    def lines(self):
        """Yield body lines as bytes; after the last one the trailer's digest has been compared.

        :raises ArtifactError: see L(blocks).
        """
        for block in self.blocks():
            yield from io.BytesIO(block)

    def blocks(self):
        """Yield the body in pieces of whole lines, a quarter of a megabyte each; after the last one the trailer's digest has been compared.

        :raises ArtifactError: no trailer, or another digest.
        """
        digest = hashlib.sha256()
        trailer = None
        try:
            with open(self.path, 'rb') as stream:
                stream.seek(self._offset)
                while True:
                    block = stream.read(_PIECE)
                    block += stream.readline()
                    if not block:
                        break
                    last = block.rfind(b'\n', 0, len(block) - 1) + 1
                    if block.startswith(_TRAILER, last):
                        trailer = block[last:]
                        block = block[:last]
                    digest.update(block)
                    yield block
                    if trailer is not None:
                        if stream.read(1):
                            trailer = None
                        break
        except OSError as exc:
            raise ArtifactError('Cannot read the artifact %s: %s.' % (self.path, exc.strerror or exc), path=self.path) from exc
        if trailer is None or not trailer.endswith(b'\n'):
            raise ArtifactError('The artifact %s has no trailer: it was cut off while it was written. Make it again; nothing was changed.' % self.path,
                                path=self.path)
        content = self._object(trailer).get('trailer') or {}
        self.counts = content.get('counts') or {}
        self.sha256 = digest.hexdigest()
        if content.get('sha256') != self.sha256:
            raise ArtifactError('The artifact %s was changed after it was written: its digest does not fit its lines. Make it again; nothing was changed.'
                                % self.path, path=self.path)

    def rows(self):
        """Yield body lines as objects."""
        loads = json.loads
        for line in self.lines():
            try:
                yield loads(line)
            except ValueError as exc:
                raise ArtifactError('The artifact %s holds a line that is not JSON. Make it again; nothing was changed.' % self.path, path=self.path) from exc

    def expect(self, **counts):
        """Compare the trailer's counts with what was read, for instance C(addresses=10).

        :raises ArtifactError: another number than announced.
        """
        for name, number in counts.items():
            if self.counts.get(name) != number:
                raise ArtifactError('The artifact %s announces %s %s and holds %d. Make it again; nothing was changed.'
                                    % (self.path, self.counts.get(name), name, number), path=self.path)

    def age(self, now):
        """Return the seconds between the header's C(gathered_at) and O(now), an aware datetime.

        :raises ArtifactError: no such time in the header.
        """
        try:
            return (now - parse_utc(self.header.get('gathered_at') or '')).total_seconds()
        except ValueError as exc:
            raise ArtifactError('The artifact %s does not say when it was gathered. Make it again; nothing was changed.' % self.path, path=self.path) from exc
