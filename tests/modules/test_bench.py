# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark measures what it says: its floor moves the same bytes over the same number of requests, and its verdicts are those of its numbers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench import floor, measure, replay, report


def moved(log):
    """(requests, bytes up, bytes down) of a log."""
    return len(log), sum(entry["bytes_in"] for entry in log), sum(entry["bytes_out"] for entry in log)


@pytest.mark.parametrize("gzip", [True, False])
def test_the_floor_moves_what_a_sync_moves(chains, tmp_path, capsys, gzip):
    chain = chains("organisation", size=900, firewalls=1, switches={} if gzip else {"pce.gzip": "never"})
    control = chain.lab.control

    def table():
        found = control.state("fw1")["vsys"]["vsys1"]["registrations"]
        return {address: sorted(tags) for address, tags in found.items()}

    def beside(before, after):
        log = control.log()
        script = replay.write_script(str(tmp_path), chain.lab.description(), log, {"fw1": before}, {"fw1": after}, gzip, 1)
        control.clear_log()
        floor.main(script)
        ours, bare = moved(log), moved(control.log())
        said = json.loads(capsys.readouterr().out)
        assert said == {"requests": bare[0], "sent": bare[1], "received": bare[2]}
        # jobs may be looked at more often by one of them; a claim is sent by itself
        assert abs(ours[0] - bare[0]) <= 2, (ours, bare)
        assert bare[1] == pytest.approx(ours[1], rel=0.01, abs=200) and bare[2] == pytest.approx(ours[2], rel=0.01), (ours, bare)
        return log

    control.clear_log()
    assert not chain.sync().failed
    after = table()
    control.mutate(op="clear_table", device="fw1")
    log = beside({}, after)
    assert table() == after and any(entry["write"] for entry in log)

    control.clear_log()
    assert not chain.sync()["changed"]
    log = beside(after, after)
    assert not any(entry["write"] for entry in log)

    control.mutate(op="churn", every=100)
    control.clear_log()
    assert chain.sync()["changed"]
    changed = table()
    assert changed != after
    beside(changed, after)
    assert table() == after


def test_churn_changes_other_workloads_each_time(chains):
    chain = chains("organisation", size=400, firewalls=1)
    assert not chain.sync().failed
    seen = [chain.table()]
    for turn in range(2):
        answer = chain.lab.control.mutate(op="churn", every=100, turn=turn)
        assert answer == {"readdressed": 2, "relabelled": 2}
        assert chain.sync()["changed"]
        seen.append(chain.table())
    first, second = ({address for address in set(old) | set(new) if old.get(address) != new.get(address)} for old, new in zip(seen, seen[1:]))
    assert first and second and not first & second


def test_measuring_counts_what_is_started_and_ends_what_takes_too_long(tmp_path):
    path = tmp_path / "report.json"

    def run(seconds, code):
        done = subprocess.run([sys.executable, "-S", measure.__file__, str(path), seconds, sys.executable, "-c", code], check=False, timeout=60)
        return done.returncode, json.loads(path.read_text(encoding="utf-8"))

    grandchild = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', 'x = bytearray(90_000_000); sum(range(2_000_000))']).returncode)"
    status, found = run("60", grandchild)
    assert status == found["status"] == 0 and not found["timed_out"]
    assert 90 < found["peak_mb"] < 200 and found["user"] + found["system"] > 0
    status, found = run("0.2", "import time; time.sleep(60)")
    assert status == found["status"] == 124 and found["timed_out"]


def row(case, workloads, wall, firewalls=1, cpu=1.0, peak=100.0, **more):
    figures = {"wall": wall, "cpu": cpu, "user": cpu, "system": 0.0, "peak_mb": peak, "lab_cpu": 0.1, "requests": 9, "writes": 0, "sent": 10, "received": 10}
    return {"case": case, "workloads": workloads, "firewalls": firewalls, "ours": figures, "floor": {**figures, "wall": 1.0},
            "empty": {**figures, "wall": 1.0, "cpu": 0.0}, **more}


def verdicts(*rows):
    return {sentence.partition(";")[0]: held for held, sentence in report.targets({"rows": list(rows)})}


def test_targets_are_held_or_missed_by_their_numbers():
    assert verdicts(row("first", 50_000, 6.0), row("unchanged", 50_000, 6.1)) == {
        "first full sync, 50,000: 3.00 x (transfer + empty playbook)": True, "second sync, no change, 50,000: 3.05 x (transfer + empty playbook)": False}
    runs = {"ours": [{"wall": 5.0}, {"wall": 6.1}], "floor": [{"wall": 1.0}] * 2, "empty": [{"wall": 1.0}] * 2}
    assert verdicts(row("first", 50_000, 5.5, runs=runs, gzip=False)) == {
        "first full sync, not compressed, 50,000: 2.75 x (transfer + empty playbook), 2.50, 3.05 in each run": False}
    assert list(verdicts(row("plan", 100_000, 9.0, peak=401.0)).values()) == [False]
    assert list(verdicts(row("first", 10_000, 9.0, firewalls=50, cpu=40.0, gathered=1)).values()) == [True]
    assert list(verdicts(row("first", 10_000, 9.0, firewalls=50, cpu=41.0, gathered=1)).values()) == [False]
    assert list(verdicts(row("first", 10_000, 9.0, firewalls=50, cpu=40.0, gathered=2)).values()) == [False]
    assert list(verdicts({"case": "domain", "workloads": 1, "firewalls": 1, "seconds": {"render": 1.5, "plan": 0.6, "plan, no change": 9}}).values()) == [False]
    found = verdicts(row("changed", 10_000, 3.0, cpu=1.0), row("changed", 100_000, 21.0, cpu=13.5))
    grown = [held for name, held in found.items() if name.startswith("growth")]
    assert grown == [False, False, True, True]


def test_the_documentation_is_updated_between_its_marks(tmp_path):
    page = tmp_path / "performance.rst"
    page.write_text(f"Before\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nAfter\n", encoding="utf-8")
    result = {"rows": [row("first", 1_000, 6.0), {"case": "alternative", "name": "audit_registered_ip", "workloads": 1_000, "firewalls": 1,
                                                  "refused": {"addresses": 9, "largest_request": 6e6, "words": ""}}],
              "machine": report.machine(), "runs": 1, "gzip": True, "load": 0.0, "failed": []}
    report.update_documentation(page, result)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before") and text.endswith("After\n") and "old" not in text
    assert "first full sync" in text and "6.0 MB" in text
    assert "first full sync" in report.text(result)
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError):
        report.update_documentation(page, result)


def test_later_results_replace_earlier_ones():
    base = {"machine": {}, "runs": 1, "gzip": True, "load": 0.0, "failed": []}
    with pytest.raises(ValueError):
        report.merged([{**base, "rows": []}, {**base, "gzip": False, "rows": []}])
    both = report.merged([{**base, "rows": [row("first", 1_000, 6.0), row("first", 10_000, 6.0)]}, {**base, "rows": [row("first", 1_000, 5.0)]}])
    assert [(found["workloads"], found["ours"]["wall"]) for found in report.of_case(both, "first")] == [(1_000, 5.0), (10_000, 6.0)]


def test_a_bend_shows_although_the_cost_per_workload_falls():
    straight = [row("first", size, 9.0, cpu=4 + size / 10_000) for size in (10_000, 50_000, 100_000)]
    bent = [*straight[:2], row("first", 100_000, 9.0, cpu=4 + 5 + 10)]
    assert [round(value, 3) for _name, value in report.slopes({"rows": straight})] == [1.0]
    assert [round(value, 3) for _name, value in report.slopes({"rows": bent})] == [2.0]
    assert all(value < 1 for _name, value in report.growth({"rows": bent}) if _name.endswith("plain")), "the target alone would not see it"
