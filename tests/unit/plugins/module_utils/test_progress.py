# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress: a line every ten seconds with numbers, rate and time left; none for a short run; no reason to stop."""

from __future__ import annotations

import os

from ansible_collections.zerotrust.microseg.plugins.module_utils._progress import ProgressFile, ProgressLines, ProgressReader


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def told_through_a_file(path, steps, clock):
    """What the user is told when a module writes these (done, total), one a second, and the file is looked at as often."""
    told = []
    write, reader = ProgressFile(path, clock), ProgressReader(path, ProgressLines('fw1', lambda line: told.append((clock.now - 100, line)), clock))
    for done, total in steps:
        write(done, total)
        reader.look()
        clock.now += 1
    return told


def test_lines_have_numbers_rate_and_time_left_and_come_every_ten_seconds(tmp_path):
    told = told_through_a_file(str(tmp_path / 'progress.json'), [(100 * second, 4000) for second in range(41)], Clock())
    assert told == [
        (10, 'fw1: written 1000 of 4000 addresses, 100 a second, about 30 s left'),
        (20, 'fw1: written 2000 of 4000 addresses, 100 a second, about 20 s left'),
        (30, 'fw1: written 3000 of 4000 addresses, 100 a second, about 10 s left'),
    ]


def test_lines_are_the_same_without_a_file(tmp_path):
    steps = [(100 * second, 4000) for second in range(41)]
    clock, told = Clock(), []
    tell = ProgressLines('fw1', lambda line: told.append((clock.now - 100, line)), clock)
    for done, total in steps:
        tell(done, total)
        clock.now += 1
    assert told == told_through_a_file(str(tmp_path / 'progress.json'), steps, Clock())


def test_a_short_run_says_nothing(tmp_path):
    assert not told_through_a_file(str(tmp_path / 'progress.json'), [(second, 9) for second in range(10)], Clock())


def test_a_file_that_cannot_be_written_or_read_is_no_reason_to_stop(tmp_path):
    told = []
    missing = str(tmp_path / 'no' / 'progress.json')
    ProgressFile(missing)(1, 2)
    broken = tmp_path / 'broken.json'
    broken.write_text('{"done": ', encoding='ascii')
    for path in (missing, str(broken)):
        ProgressReader(path, lambda done, total: told.append(done)).look()
    assert not told and not os.path.exists(missing)
