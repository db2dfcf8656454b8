# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five calls at a time to one device, counted where the device would count them: threads, processes, repeats of calls that timed out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _errors as errors
from ansible_collections.zerotrust.microseg.plugins.module_utils import _http_budget
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_budget import PLACES, Budget
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import Wire, reply

CALLS = '''
import sys, threading
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
http = Http('127.0.0.1', int(sys.argv[1]), scheme='http', timeout=30, bounded=True, proxy='')
print('ready', flush=True)
def calls():
    for dummy in range(int(sys.argv[3])):
        http.request('GET', '/x')
threads = [threading.Thread(target=calls) for dummy in range(int(sys.argv[2]))]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(http.requests)
'''


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    monkeypatch.setattr(_http_budget._OwnPlace, '_taken', {})  # pylint: disable=protected-access
    return tmp_path


class Device:
    """Counts the calls that it works on at the same time; a call goes on although nobody waits for its answer any more."""

    def __init__(self, seconds):
        self.seconds = seconds if callable(seconds) else lambda number: seconds
        self.busy = self.most = self.calls = 0
        self._lock = threading.Lock()
        self._wire = Wire([self._answer])
        self.port = self._wire.port

    def _answer(self, connection):
        with self._lock:
            self.calls += 1
            number = self.calls
            self.busy += 1
            self.most = max(self.most, self.busy)
        time.sleep(self.seconds(number))
        with self._lock:
            self.busy -= 1
        with contextlib.suppress(OSError):
            connection.sendall(reply(body=b'ok', Connection='close'))

    def close(self):
        self._wire.close()


@pytest.fixture
def device():
    devices = []

    def start(seconds):
        devices.append(Device(seconds))
        return devices[-1]

    yield start
    for one in devices:
        one.close()


def process(device, threads, calls, **options):
    folder = os.path.abspath(__file__).partition('ansible_collections')[0]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([folder] + sys.path))
    return subprocess.Popen([sys.executable, '-c', CALLS, str(device.port), str(threads), str(calls)], env=environment, stdout=subprocess.PIPE, text=True,
                            **options)


def client(device, **options):
    return Http('127.0.0.1', device.port, **dict({'scheme': 'http', 'timeout': 10, 'bounded': True, 'proxy': ''}, **options))


def test_several_processes_share_five_places(device):
    one = device(0.02)
    processes = [process(one, 4, 5) for dummy in range(4)]
    assert [each.communicate(timeout=60)[0].split() for each in processes] == [['ready', '20']] * 4
    assert one.calls == 80 and one.most == PLACES


def test_threads_of_one_process_share_them_too(device):
    one = device(0.02)
    clients = [client(one) for dummy in range(3)]
    threads = [threading.Thread(target=lambda http=http: [http.request('GET', '/x') for dummy in range(3)]) for http in clients for dummy in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert one.calls == 36 and one.most == PLACES


def test_without_a_folder_a_process_counts_its_own_calls(device, own_folder):
    (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).write_text('in the way')
    test_threads_of_one_process_share_them_too(device)


@pytest.mark.parametrize('mode', [0o755, 0o770])
def test_a_folder_that_others_may_use_is_not_used(own_folder, mode):
    folder = own_folder / ('zerotrust.microseg-%d' % os.geteuid())
    folder.mkdir()
    folder.chmod(mode)
    place = Budget('fw', 443, 10).take()
    assert not list(folder.iterdir())
    place.release()


def test_nor_is_one_that_is_a_link(own_folder):
    (own_folder / 'other').mkdir(mode=0o700)
    (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).symlink_to(own_folder / 'other')
    Budget('fw', 443, 10).take().release()
    assert not list((own_folder / 'other').iterdir())


def test_a_folder_that_breaks_in_between(own_folder):
    budget = Budget('fw', 443, 10)
    budget.take().release()
    (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).rename(own_folder / 'gone')
    budget.take().release()


def test_files_are_for_their_user_only(own_folder):
    Budget('fw', 443, 10).take().release()
    folder = own_folder / ('zerotrust.microseg-%d' % os.geteuid())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]
    assert 'fw' not in str(list(folder.iterdir()))


def test_a_process_that_is_killed_gives_its_places_back(device):
    one = device(lambda number: 30 if number <= PLACES else 0)
    other = process(one, PLACES, 1)
    try:
        end = time.monotonic() + 20
        while one.busy < PLACES and time.monotonic() < end:
            time.sleep(0.02)
        slept = []
        with pytest.raises(errors.Busy):
            client(one, timeout=1, sleep=slept.append).request('GET', '/x')
        assert one.calls == PLACES and 19 <= sum(slept) < 20  # longer than a call of a second that is repeated three times
    finally:
        other.kill()
        other.communicate(timeout=20)
    assert client(one, retries=0).request('GET', '/x').body == b'ok'


def test_waiting_ends_with_the_reason(own_folder):
    places = [Budget('fw', 443, 20).take() for dummy in range(PLACES)]
    slept = []
    with pytest.raises(errors.Busy) as caught:
        Budget('FW', 443, 20, name='O(timeout_seconds)', sleep=slept.append).take()
    assert 20 <= sum(slept) < 21 and max(slept) <= 0.1 and len(slept) < 300
    for word in ('FW:443', '5 calls', 'forks', 'O(timeout_seconds)'):
        assert word in caught.value.message
    Budget('fw', 444, 2).take().release()
    for place in places:
        place.release()
    Budget('fw', 443, 2).take().release()


class Clock:
    """Time that passes where somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize('own', [False, True], ids=['files', 'own process'])
def test_a_place_stays_taken_for_what_is_still_worked_on(own_folder, own):
    if own:
        (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).write_text('in the way')
    clock = Clock()
    budget = Budget('fw', 443, 100, sleep=clock.sleep, now=clock)
    for dummy in range(PLACES):
        budget.take().release(busy_for=30)
    place = Budget('fw', 443, 100, sleep=clock.sleep, now=clock).take()  # as another process would
    assert 1030 <= clock.now < 1030.2
    place.release()
    assert len({budget.take() for dummy in range(PLACES)}) == PLACES and clock.now < 1030.2


def test_a_mark_of_a_wrong_clock_does_not_block_for_ever(own_folder):
    clock = Clock()
    budget = Budget('fw', 443, 100, sleep=clock.sleep, now=clock)
    for number in range(PLACES):
        budget.take().release(busy_for=30)
        clock.now -= 100000
    budget.take()
    assert clock.slept == []


def test_a_repeat_waits_until_the_device_has_finished(device):
    """Five calls time out and are repeated, all at once: the device never works on more than five."""
    one = device(lambda number: 0.8 if number <= PLACES else 0.0)
    clients = [client(one, timeout=0.3, retries=1) for dummy in range(2)]
    found = []

    def call(http):
        found.append(http.request('GET', '/x').body)

    threads = [threading.Thread(target=call, args=(http,)) for http in clients for dummy in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [b'ok'] * 8 and one.most == PLACES and one.calls == 13


def test_a_call_that_timed_out_for_good_keeps_its_place(device):
    """The next run of the same user finds the device as busy as it is."""
    one = device(lambda number: 0.8 if number <= PLACES else 0.0)
    http = client(one, timeout=0.3, retries=0)
    failed = []

    def call():
        try:
            http.request('GET', '/x')
        except errors.TimedOut as exc:
            failed.append(exc)

    threads = [threading.Thread(target=call) for dummy in range(PLACES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(failed) == PLACES
    other = process(one, 1, 1)
    assert other.communicate(timeout=30)[0].split() == ['ready', '1']
    assert one.most == PLACES


def test_how_long_that_is():
    def aftermath(timeout):
        return Http('fw', timeout=timeout).aftermath()

    assert [aftermath(timeout) for timeout in (1, 10, 20, 30, 60, 600)] == [3, 30, 60, 60, 60, 600]


def test_other_pauses_hold_no_place(device):
    """While a call waits for a server that asked it to wait, others may go."""
    wire = Wire([reply(503, Retry_After='30'), reply(body=b'ok')])
    held = []

    def sleep(seconds):
        held.append(seconds)
        places = [budget.take() for dummy in range(PLACES)]
        for place in places:
            place.release()

    budget = Budget('127.0.0.1', wire.port, 1)
    try:
        assert client(wire, sleep=sleep).request('GET', '/x').body == b'ok'
    finally:
        wire.close()
    assert held == [30]


def test_it_costs_next_to_nothing():
    budget = Budget('fw', 443, 10)
    best = min(_timed(budget) for dummy in range(20))
    assert best < 0.0005  # seconds; measured: 0.00002


def _timed(budget):
    began = time.perf_counter()
    budget.take().release()
    return time.perf_counter() - began
