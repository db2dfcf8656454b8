# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five calls at a time to one device, counted where the device would count them: threads, processes, repeats of calls that timed out."""

from __future__ import annotations

import contextlib
import os
import signal
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


QUEUE = '''
import sys, time
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_budget import Budget
budget = Budget('panorama', 443, float(sys.argv[1]))
print('ready', flush=True)
sys.stdin.readline()
worst = 0.0
for dummy in range(int(sys.argv[2])):
    began = time.monotonic()
    place = budget.take()
    worst = max(worst, time.monotonic() - began)
    time.sleep(float(sys.argv[3]))
    place.release()
print(worst)
'''


def queue(patience, calls, seconds):
    folder = os.path.abspath(__file__).partition('ansible_collections')[0]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([folder] + sys.path))
    return subprocess.Popen([sys.executable, '-c', QUEUE, str(patience), str(calls), str(seconds)], env=environment, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_who_has_waited_longest_goes_first():
    """Many processes, each of which calls again at once: all of them wait about as long, and longer than their patience, because something moves."""
    processes = [queue(0.4, 4, 0.1) for dummy in range(40)]
    assert [each.stdout.readline() for each in processes] == ['ready\n'] * 40
    began = time.monotonic()
    for each in processes:
        each.stdin.write('\n')
        each.stdin.flush()
    ends = [each.communicate(timeout=100) for each in processes]
    fair = (time.monotonic() - began) / 4
    assert [end[1] for end in ends] == [''] * 40
    assert fair > 0.7 and max(float(end[0]) for end in ends) < 2 * fair


@pytest.mark.parametrize('own', [False, True], ids=['files', 'own process'])
def test_so_do_threads(own_folder, own):
    if own:
        (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).write_text('in the way')
    waits = []

    def calls():
        budget = Budget('panorama', 443, 0.3)
        for dummy in range(4):
            began = time.monotonic()
            place = budget.take()
            waits.append(time.monotonic() - began)
            time.sleep(0.05)
            place.release()

    began = time.monotonic()
    threads = [threading.Thread(target=calls) for dummy in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(waits) == 200 and max(waits) < (time.monotonic() - began) / 2


def test_who_waits_and_is_killed_holds_nobody_up(own_folder):
    places = [Budget('panorama', 443, 1).take() for dummy in range(PLACES)]
    other = queue(60, 1, 0)
    assert other.stdout.readline() == 'ready\n'
    other.stdin.write('\n')
    other.stdin.flush()
    line, = until(lambda: list(own_folder.glob('*/*-line')))
    until(lambda: list(line.iterdir()))
    other.kill()
    other.communicate(timeout=20)
    places.pop().release()
    places.append(Budget('panorama', 443, 1).take())
    assert not list(line.iterdir())  # and nothing of it is left
    assert line.stat().st_mode & 0o777 == 0o700


def test_nor_does_one_that_is_stopped(own_folder, monkeypatch):
    monkeypatch.setattr('ansible_collections.zerotrust.microseg.plugins.module_utils._http_line.ASLEEP', 0.5)
    places = [Budget('panorama', 443, 1).take() for dummy in range(PLACES)]
    other = queue(60, 1, 0)
    try:
        assert other.stdout.readline() == 'ready\n'
        other.stdin.write('\n')
        other.stdin.flush()
        line, = until(lambda: list(own_folder.glob('*/*-line')))
        until(lambda: list(line.iterdir()))
        other.send_signal(signal.SIGSTOP)
        places.pop().release()
        places.append(Budget('panorama', 443, 20).take())
        other.send_signal(signal.SIGCONT)
        places.pop().release()
        assert other.communicate(timeout=20)[1] == ''  # its turn came when it went on
    finally:
        other.kill()


def until(found):
    """What is found, once it is."""
    end = time.monotonic() + 20
    while not found() and time.monotonic() < end:
        time.sleep(0.01)
    return found()


def test_waiting_ends_where_nothing_moves_any_more(own_folder):
    """Patience begins anew with each call that ends, however it ends."""
    places = [Budget('fw', 443, 20).take() for dummy in range(PLACES)]
    slept = []

    def sleep(seconds):
        before = sum(slept)
        slept.append(seconds)
        if before < 15 <= sum(slept):  # one in front of us
            places.pop().release()
            places.append(other.look())

    budget = Budget('fw', 443, 20, sleep=sleep)
    other = Budget('fw', 443, 20)._places  # pylint: disable=protected-access
    with pytest.raises(errors.Busy) as caught:
        budget.take()
    assert 35 <= sum(slept) < 35.5 and 'for 20 seconds' in caught.value.message


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


@pytest.mark.parametrize('own', [False, True], ids=['files', 'own process'])
@pytest.mark.parametrize('back', [20, 50, 3000, 100000])
def test_a_clock_that_is_set_back_makes_nobody_wait_longer(own_folder, back, own):
    """Nor is the device called before it can have finished: how much of the time is over is not known."""
    if own:
        (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).write_text('in the way')
    clock = Clock()
    clock.now = 1e9
    budget = Budget('fw', 443, 100, sleep=clock.sleep, now=clock)
    for place in [budget.take() for dummy in range(PLACES)]:
        place.release(busy_for=30)
    clock.now -= back
    Budget('fw', 443, 100, sleep=clock.sleep, now=clock).take()
    assert 30 <= sum(clock.slept) < 30.2


def test_a_mark_lasts_as_long_as_a_call_that_waits_for_hours(own_folder):
    clock = Clock()
    budget = Budget('fw', 443, 10000, sleep=lambda seconds: clock.sleep(50 * seconds), now=clock)
    for place in [budget.take() for dummy in range(PLACES)]:
        place.release(busy_for=7200)
    budget.take()
    assert 7200 <= sum(clock.slept) < 7210


@pytest.mark.parametrize('mark', [b'', b'x', b'9e99', b'9e99 nan', b'nan 30', b'inf inf', b'9e99 9e99', b'9e99 -1', b'1 2 3'])
def test_a_mark_that_no_call_made_blocks_nobody(own_folder, mark):
    Budget('fw', 443, 1).take().release()
    file, = (own_folder / ('zerotrust.microseg-%d' % os.geteuid())).iterdir()
    file.write_bytes(mark)
    Budget('fw', 443, 1).take()
    assert len(list(file.parent.iterdir())) == 1


@pytest.mark.parametrize('names', [
    ('panorama', 'panorama.', 'PANORAMA', 'Panorama.'), ('10.0.0.1', '::ffff:10.0.0.1', '::FFFF:a00:1', '10.1', '[::ffff:10.0.0.1]'),
    ('::1', '0:0:0:0:0:0:0:1', '[::1]', '0::0001'), ('fe80::1%eth0', 'FE80:0::1%eth0'),
    ('b\u00fccher.example', 'B\u00dcCHER.example', 'xn--bcher-kva.example.'),
], ids=lambda names: names[0])
def test_one_device_by_each_way_to_write_its_name(own_folder, names):
    places = [Budget(names[number % len(names)], 443, 1).take() for number in range(PLACES)]
    for name in names:
        with pytest.raises(errors.Busy):
            Budget(name, 443, 1, sleep=lambda seconds: None).take()
    Budget('other', 443, 1).take()
    assert len(places) == PLACES


@pytest.mark.parametrize('other', ['::2', '10.0.0.2', 'panorama.example', '10.0.0', '..', 'a' * 300 + '\u00fc'])
def test_other_names_are_other_devices(own_folder, other):
    places = [Budget(name, 443, 1).take() for name in ('::1', '10.0.0.1', 'panorama') for dummy in range(PLACES)]
    Budget(other, 443, 1).take()
    assert len(places) == 3 * PLACES


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
