# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress: a line every ten seconds with numbers, rate and time left; none for a short run; no reason to stop."""

from __future__ import annotations

import os

from ansible_collections.zerotrust.microseg.plugins.module_utils._progress import ProgressFile, ProgressReader


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_lines_have_numbers_rate_and_time_left_and_come_every_ten_seconds(tmp_path):
    clock = Clock()
    path = str(tmp_path / 'progress.json')
    write, read = ProgressFile(path, clock), ProgressReader(path, 'fw1', clock)
    told = []
    for second in range(41):
        write(100 * second, 4000)
        line = read.line()
        if line:
            told.append((second, line))
        clock.now += 1
    assert told == [
        (10, 'fw1: written 1000 of 4000 addresses, 100 a second, about 30 s left'),
        (20, 'fw1: written 2000 of 4000 addresses, 100 a second, about 20 s left'),
        (30, 'fw1: written 3000 of 4000 addresses, 100 a second, about 10 s left'),
    ]


def test_a_short_run_says_nothing(tmp_path):
    clock = Clock()
    path = str(tmp_path / 'progress.json')
    write, read = ProgressFile(path, clock), ProgressReader(path, 'fw1', clock)
    assert read.line() is None
    write(10, 20)
    clock.now += 9
    assert read.line() is None
    clock.now += 9
    write(20, 20)
    assert read.line() is None


def test_a_file_that_cannot_be_written_or_read_is_no_reason_to_stop(tmp_path):
    missing = str(tmp_path / 'no' / 'progress.json')
    ProgressFile(missing)(1, 2)
    broken = tmp_path / 'broken.json'
    broken.write_text('{"done": ', encoding='ascii')
    assert ProgressReader(missing, 'fw1').line() is None and ProgressReader(str(broken), 'fw1').line() is None
    assert not os.path.exists(missing)
