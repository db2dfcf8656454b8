# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes that decode a large collection side by side, because one holds the interpreter's lock.

Measured on 100,000 workloads of 3.3 KB on two cores (Python 3.11): decoding and compacting in one process takes 2.9 s after inflating, in two 1.6 s while
inflating. Where something does not fit (a piece that does not parse by itself, a process that dies) it is an IncompleteError, and who asked gathers once more
in one process.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import re
import signal
import struct

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, MicrosegError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import stream

PROCESSES = 2
WORTHWHILE = 20000  # workloads; below, starting processes costs what they save
PIECE = 1 << 17     # bytes of a piece at least: what is decoded from it still fits into the processor's cache
MAX_ROW = 16 << 20  # bytes without a boundary between two objects after which it is no list of workloads
_MARK = 24          # bytes of the first object by which the others are recognised: {"href":"/orgs/1/workload
_PIPE = 1 << 20     # bytes that a pipe holds, so that no process waits for another piece by piece
_OPENING = re.compile(rb'\s*\[\s*(?=\{)')
_LENGTH = struct.Struct('!I')
_ERRORS = {cls.__name__: cls for cls in (IncompleteError, NotAnApi)}


def possible():
    """Whether this machine has a second processor for this process, and processes that can be forked."""
    return hasattr(os, 'fork') and hasattr(os, 'sched_getaffinity') and len(os.sched_getaffinity(0)) >= PROCESSES


def pieces(chunks, what):
    """Yield the objects of a JSON array in pieces of whole objects, without the brackets around and the commas between the pieces.

    Where an object ends is guessed by what the next one begins with. A guess inside an object gives a piece that does not parse, never a wrong one: text that
    begins where an object begins parses as a list of objects in one way only.

    :arg chunks: iterable of bytes. :arg what: name of the collection for messages.
    :raises IncompleteError: this is not an array of objects from its first byte to its last.
    """
    text = b''
    mark = None
    for chunk in chunks:
        text += chunk
        if mark is None:
            if len(text) <= _MARK:
                continue
            opening = _OPENING.match(text)
            if opening is None:
                raise _damaged(what)
            text = text[opening.end():]
            mark = text[:_MARK]
        if len(text) >= PIECE:
            at = text.rfind(mark)
            comma = text.rfind(b',', 0, at) if at > 0 else -1
            if comma >= 0 and not text[comma + 1:at].strip():
                yield text[:comma]
                text = text[at:]
            elif len(text) > MAX_ROW:
                raise _damaged(what)
    text = text.rstrip()
    if mark is None or not text.endswith(b']'):
        raise _damaged(what)
    yield text[:-1]


def _damaged(what):
    return IncompleteError('The answer of the PCE for %s could not be decoded in pieces. Nothing was concluded from it.' % what)


def take(chunks, compactor, what):
    """Have a collection decoded and taken by copies of a compactor, and merge what they made of it into the compactor.

    :arg chunks: iterable of bytes. :arg compactor: a C(Compactor). :arg what: name of the collection for messages.
    :raises IncompleteError: see L(pieces); or a piece is no list, or a process died. :raises MicrosegError: what the compactor raises.
    """
    helpers = []
    try:
        try:
            for dummy in range(PROCESSES):
                helpers.append(_Helper(compactor, what, list(helpers)))
        except OSError:  # no more processes or memory for them: this one does it alone
            compactor.take(stream.rows(chunks, what))
            return
        for number, piece in enumerate(pieces(chunks, what)):
            helpers[number % PROCESSES].send(piece)
        for helper in helpers:
            helper.end()
        for helper in helpers:
            compactor.merge(helper.result())
    finally:
        for helper in helpers:
            helper.close()


class _Helper:
    """One forked process. It takes pieces through one pipe and answers once, through another, when there are no more."""

    def __init__(self, compactor, what, others):
        self._what = what
        self._pieces = self._answer = None
        read_pieces, self._pieces = os.pipe()
        write_answer = None
        parent = os.getpid()
        code = 1
        try:
            self._answer, write_answer = os.pipe()
            try:
                fcntl.fcntl(self._pieces, 1031, _PIPE)  # F_SETPIPE_SZ, which Python knows by name since 3.10
            except OSError:
                pass  # a smaller pipe does too
            self._pid = os.fork()
            if self._pid == 0:
                for descriptor in (self._pieces, self._answer, *[number for other in others for number in (other._pieces, other._answer)]):
                    os.close(descriptor)  # else nobody would see the end of a pipe
                with open(read_pieces, 'rb') as source, open(write_answer, 'wb') as target:
                    pickle.dump(_taken(source, compactor, what), target, protocol=4)
                code = 0
        except OSError:
            self._let_go()
            raise
        finally:
            if os.getpid() != parent:
                os._exit(code)  # whatever happened there: nothing of the process that it was forked from is finished or flushed a second time
            for descriptor in (read_pieces, write_answer):
                if descriptor is not None:
                    os.close(descriptor)

    def send(self, piece):
        """Hand over one piece; waits while the pipe is full."""
        try:
            for data in (_LENGTH.pack(len(piece)), piece):
                view = memoryview(data)
                while view:
                    view = view[os.write(self._pieces, view):]
        except BrokenPipeError:
            self.result()  # it stopped early: its reason is the better message
            raise self._died() from None

    def end(self):
        """Say that there are no more pieces."""
        os.close(self._pieces)
        self._pieces = None

    def result(self):
        """Wait for the answer and return it. :raises MicrosegError: what went wrong there."""
        with open(self._answer, 'rb', closefd=False) as source:
            data = source.read()
        try:
            answer = pickle.loads(data)
        except (pickle.UnpicklingError, EOFError, ValueError):
            raise self._died() from None
        if 'error' in answer:
            name, message = answer['error']
            raise _ERRORS.get(name, IncompleteError)(message)
        return answer

    def _died(self):
        return IncompleteError('A process that decoded the answer of the PCE for %s ended early. Nothing was concluded from it.' % self._what)

    def close(self):
        """End the process, if it has not ended, and let go of everything."""
        self._let_go()
        try:
            os.kill(self._pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # who ignores the end of children has them taken away by the system

    def _let_go(self):
        for descriptor in (self._pieces, self._answer):
            if descriptor is not None:
                os.close(descriptor)
        self._pieces = self._answer = None


def _taken(source, compactor, what):
    """Return what a helper answers: the state of its compactor, or C(error)."""
    try:
        compactor.take(_rows(source, what))
        return compactor.state()
    except MicrosegError as exc:
        return {'error': (type(exc).__name__, exc.message)}


def _rows(source, what):
    while True:
        head = source.read(_LENGTH.size)
        if not head:
            return
        piece = source.read(_LENGTH.unpack(head)[0])
        yield from stream.rows((b'[%b]' % piece,), what)
