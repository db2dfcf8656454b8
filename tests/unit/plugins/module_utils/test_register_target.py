# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One target when something goes wrong in the collection itself: what was applied is told all the same."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._register import report
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.device_model import SYSTEM, Device, request, run

DESIRED = {'10.1.%d.%d' % (number // 250, number % 250): ('illumio.env.Dev',) for number in range(1200)}


class Breaking(Device):
    """Raises an exception at one of the messages, or at one of the readings."""

    def __init__(self, exception, message=None, reading=None):
        super().__init__({})
        self.exception, self.message, self.reading, self.readings = exception, message, reading, 0
        self.numbers = itertools.count(1)

    def send(self, client, vsys, message, persistent=None, timeout=None):
        if next(self.numbers) == self.message:
            raise self.exception
        return super().send(client, vsys, message, persistent, timeout)

    def read(self, client, vsys, warn):
        self.readings += 1
        if self.reading is not None and self.readings >= self.reading:
            raise self.exception
        return super().read(client, vsys, warn)


@pytest.mark.parametrize('exception', [RecursionError('the password is secret'), ValueError('secret'), KeyError('secret'), MemoryError('secret')])
@pytest.mark.parametrize('message, reading', [(1, None), (2, None), (3, None), (None, 1), (None, 2)])
def test_what_was_applied_is_told_whatever_breaks(exception, message, reading):
    device = Breaking(exception, message, reading)
    outcome = run(device, request(DESIRED))
    told = report.target_result(outcome, SYSTEM, False)
    assert told['state'] == 'failed' and told['error'] == {'kind': 'internal'} and 'secret' not in str(told)
    assert type(exception).__name__ in told['message'] and 'report it' in told['message']
    assert told['changed'] == bool(device.pairs)
    if device.pairs and reading is None:
        left = len(DESIRED) - (len(device.pairs) - 1)
        assert '%d registrations had been written or removed' % len(device.pairs) in told['message'] and '%d are left to do' % left in told['message']
        assert told['remaining']['register'] == left
    elif device.pairs:
        assert '1201 registrations had been written or removed' in told['message'] and 'remaining' not in told
    else:
        assert 'Nothing was changed' in told['message']


@pytest.mark.parametrize('exception', [KeyboardInterrupt(), SystemExit(), type('TaskTimeoutError', (BaseException,), {})()])
@pytest.mark.parametrize('message, reading', [(2, None), (None, 1), (None, 2)])
def test_who_wants_to_end_at_once_is_not_kept(exception, message, reading):
    with pytest.raises(type(exception)):
        run(Breaking(exception, message, reading), request(DESIRED))
