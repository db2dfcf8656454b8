# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises 2, 5 and 6: every fault that the lab can produce, at every request of a sync, once and for good.

Each run starts from a target that holds an older state of ours beside registrations of others, and needs additions, removals and relabels. After it,
whatever went wrong: what others registered is intact; nothing of ours went that a correct run would not remove; success means that the table is right;
and a clean rerun ends in the desired state, after which there is nothing to do.
"""

from __future__ import annotations

import time

import pytest

from tests.lab.faults import ACTIONS
from tests.lab.lab import Lab
from tests.modules.chain import CLAIM, FOREIGN, Chain, desired, foreign, owned, pairs

DEVELOPMENT, QUARANTINED = "10.10.1.11", "10.20.1.11"
KINDS = {"unreachable", "timeout", "certificate", "not_an_api", "http_status", "authentication", "incomplete", "device", "apply"}
# One grid of everything: action, arguments. `slow` has tests of its own, because it takes time.
GRID = [
    ("drop_before", {}), ("drop_before", {"reset": True}), ("drop_after", {}), ("status", {"status": 429}), ("status", {"status": 429, "retry_after": 30}),
    ("status", {"status": 500}), ("status", {"status": 503, "handled": True}), ("status", {"status": 401}), ("status", {"status": 403}),
    ("status", {"status": 404}),
    ("status", {"status": 302}), ("html", {}), ("html", {"handled": True}), ("truncate", {}), ("truncate", {"chunked": True}), ("truncate", {"keep": 0.95}),
    ("truncate_silent", {}), ("truncate_silent", {"keep": 0.95}), ("empty_body", {}), ("empty_body", {"handled": True}), ("empty_list", {}),
    ("empty_list", {"handled": True}), ("garbage", {}), ("garbage", {"handled": True}),
    ("echo", {}), ("echo", {"status": 400, "handled": True}),
]
COVERED = [*(case for case in GRID if case[0] in ("drop_before", "drop_after", "truncate")),
           ("status", {"status": 503}), ("status", {"status": 429, "retry_after": 30})]


def test_the_grid_knows_every_fault_of_the_server():
    assert {name for name, dummy in GRID} | {"slow"} == set(ACTIONS)


class Story:
    """A lab whose PCE has moved on since its firewall was filled; `reset` puts the firewall back to that moment."""

    def __init__(self, lab, folder, monkeypatch):
        self.lab = lab
        self.chain = Chain(lab, folder, monkeypatch)
        self.control = lab.control
        self.app = lab.devices["fw1"]
        for address, tags in {**FOREIGN, DEVELOPMENT: ["quarantine"], QUARANTINED: ["soc-watchlist"]}.items():
            self.control.mutate("register", device="fw1", address=address, tags=tags)
        assert not self.chain.sync().failed
        self.before = self.chain.table()
        self.move_on()
        self.path = self.chain.tag_map()
        self.desired = desired(self.path)
        old, new = pairs(owned(self.before)), pairs(self.desired)
        self.removals, self.additions = old - new, new - old
        assert len(self.removals) > 5 and len(self.additions) > 5
        self.foreign = foreign(self.before)
        assert len(self.foreign) == 9 + 1  # with the watch list of the scenario

    def move_on(self):
        """What happened in the PCE meanwhile."""
        mutate = self.control.mutate
        mutate("relabel", workload="web01-dev-ny", labels={"env": "Production"})
        mutate("relabel", workload="web01-prod-ny", labels={"Quarantine": "Yes"})
        mutate("relabel", workload="web02-prod-ny", labels={"role": None})
        mutate("readdress", workload="web02-dev-ny", address="10.10.1.99")
        mutate("remove_workload", workload="web03-dev-ny")
        mutate("add_workload", name="new01", address="10.10.1.200", labels={"env": "Development", "role": "Web"})

    def reset(self):
        """Puts the firewall's table back and forgets faults and the log."""
        self.control.disarm()
        self.control.mutate("clear_table", device="fw1")
        for address, tags in self.before.items():
            self.control.mutate("register", device="fw1", address=address, tags=sorted(tags))
        self.control.clear_log()
        self.chain.clock.slept.clear()

    def judge(self, result, told=""):
        """What has to hold after any run."""
        table = self.chain.table()
        assert self.foreign <= foreign(table), (told, self.foreign - foreign(table))
        before, after = pairs(owned(self.before)), pairs(owned(table))
        assert before - after <= self.removals, (told, "removed", before - after - self.removals)
        assert after - before <= self.additions, (told, "registered", after - before - self.additions)
        if result.failed:
            assert result.kind in KINDS, (told, result.kind, result.message)
            assert len(result.message) > 40 and "Traceback" not in result.message
            assert result.get("changed") or table == self.before, (told, "changed and said nothing of it")
            if result.values.get("changed") and result.get("remaining"):
                left = result["remaining"]
                assert left["register"] + left["unregister"] == len((self.removals & after) | (self.additions - after)) + self._claims_left(table), (told, left)
        else:
            assert owned(table) == self.desired, told
            assert result["state"] == "changed" and result["verified"] is True, (told, result)
        for secret in (self.lab.description()["devices"][0]["api_key"], self.lab.description()["pces"][0]["api_key_secret"]):
            assert secret not in result.message
        return table

    def _claims_left(self, table):
        return 0 if table.get(CLAIM) == self.before[CLAIM] else 1

    def converges(self, told=""):
        """A clean rerun ends in the desired state, and the next has nothing to do."""
        self.control.disarm()
        result = self.chain.register(src=self.path)
        assert not result.failed, (told, result)
        assert owned(self.chain.table()) == self.desired and self.foreign <= self.chain.foreign(), told
        self.control.read_only("fw1")
        again = self.chain.register(src=self.path)
        self.control.read_only("fw1", False)
        assert not again.failed and again["changed"] is False and not self.control.violations(), (told, again)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch, Lab("ordering", firewalls=1) as lab:
        yield Story(lab, tmp_path_factory.mktemp("story"), monkeypatch)


@pytest.fixture(autouse=True)
def clean(story):
    story.reset()
    yield
    story.control.disarm()


@pytest.fixture(scope="module")
def requests(story):
    """How many requests a clean run makes: (to the PCE, to the firewall)."""
    story.reset()
    assert not story.chain.sync().failed
    found = len(story.control.log("pce")), len(story.control.log("fw1"))
    assert 10 < found[0] < 40 and 8 <= found[1] < 20, found
    kinds = [(entry["type"], entry["write"]) for entry in story.control.log("fw1")]
    assert [write for dummy, write in kinds].count(True) == 2 and kinds[-1][0] == "op:registered-ip"
    return found


def run_all(story):
    return story.chain.sync(gather={"pce_retries": 0}, retries=0)


# -- one fault at one request ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("action, arguments", GRID, ids=str)
def test_one_fault_at_any_request_to_the_firewall(story, requests, action, arguments):
    failures = 0
    for number in range(1, requests[1] + 1):
        told = "%s %s at request %d" % (action, arguments, number)
        story.reset()
        story.control.arm("fw1", action, nth=number, **arguments)
        result = story.chain.register(src=story.path, retries=0)
        table = story.judge(result, told)
        failures += result.failed
        if number <= 4 and result.failed:
            assert table == story.before, told  # nothing is written on the strength of a bad answer
        story.converges(told)
    assert failures >= requests[1] // 2


@pytest.mark.parametrize("action, arguments", COVERED, ids=str)
def test_one_fault_at_any_request_to_the_firewall_is_covered_by_a_repetition(story, requests, action, arguments):
    for number in range(1, requests[1] + 1):
        story.reset()
        story.control.arm("fw1", action, nth=number, **arguments)
        result = story.chain.register(src=story.path)
        story.judge(result, number)
        assert not result.failed, (number, result)
    if "retry_after" in arguments:
        assert 30 in story.chain.clock.slept


@pytest.mark.parametrize("action, arguments", GRID, ids=str)
def test_one_fault_at_any_request_to_the_pce(story, requests, action, arguments):
    for number in range(1, requests[0] + 1):
        told = "%s %s at request %d" % (action, arguments, number)
        story.control.arm("pce", action, nth=number, **arguments)
        result = run_all(story)
        table = story.judge(result, told)
        assert not result.failed or table == story.before
        if table != story.before:
            story.reset()
        story.control.disarm()
    story.converges()


# -- for good -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("action, arguments", GRID, ids=str)
def test_a_fault_for_good_is_a_clear_error_in_bounded_time(story, action, arguments):
    for server, kinds in (("fw1", ("*", "op:system-info", "op:ha", "op:registered-ip", "user-id")), ("pce", ("*", "workloads", "labels", "job", "datafile"))):
        for kind in kinds:
            told = "%s %s for good at %s of %s" % (action, arguments, kind, server)
            started = time.monotonic()
            story.control.arm(server, action, nth=0, match={"type": kind}, **arguments)
            story.chain.clock.slept.clear()
            result = story.chain.sync()
            table = story.judge(result, told)
            assert time.monotonic() - started < 10 and sum(story.chain.clock.slept) < 900, (told, story.chain.clock.slept)
            if kind == "labels" and action.startswith("truncate"):
                assert not result.failed, told  # the order of a job is answered without a body: there is nothing to cut
                story.reset()
                continue
            assert result.failed, told
            assert kind == "user-id" or table == story.before, told
            assert not pairs(owned(story.before)) - pairs(owned(table)), told
            story.reset()
    story.converges()


@pytest.mark.parametrize("number", range(1, 3))
@pytest.mark.parametrize("action, arguments", [("drop_before", {}), ("drop_after", {}), ("status", {"status": 503}), ("html", {}), ("truncate", {})], ids=str)
def test_a_firewall_that_dies_in_the_middle(story, action, arguments, number):
    """From the n-th write on nothing works any more, not even reading."""
    writes = [entry["type"] for entry in story.control.log("fw1")]
    assert not writes
    story.control.arm("fw1", action, nth=4 + number, times=1000, **arguments)
    result = story.chain.register(src=story.path)
    story.judge(result)
    assert result.failed and result["changed"] and result["state"] == "failed" and result["verified"] is False
    assert "Run it again" in result.message
    story.converges()


# -- slowness -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, nth, when", [("op:registered-ip", 2, "body"), ("user-id", 1, "before"), ("user-id", 2, "after"),
                                             ("op:registered-ip", 4, "before")])
def test_a_slow_firewall(story, kind, nth, when):
    story.control.arm("fw1", "slow", match={"type": kind}, nth=nth, seconds=1.4, when=when)
    result = story.chain.register(src=story.path, timeout_seconds=1, retries=1)
    story.judge(result)
    assert not result.failed
    story.reset()
    story.control.arm("fw1", "slow", match={"type": kind}, nth=nth, seconds=1.4, when=when)
    result = story.chain.register(src=story.path, timeout_seconds=1, retries=0)
    assert result.failed and result.kind == "timeout" and "timeout_seconds" in result.message
    time.sleep(0.5)  # until the late request has been carried out
    story.judge(result)
    story.converges()


@pytest.mark.parametrize("kind, when", [("workloads", "before"), ("job", "before"), ("datafile", "body")])
def test_a_slow_pce(story, kind, when):
    story.control.arm("pce", "slow", match={"type": kind}, nth=0, seconds=0.6, when=when)
    result = story.chain.sync(gather={"pce_timeout": 0.25, "pce_retries": 1})
    assert result.failed and result.kind == "timeout" and "pce_timeout" in result.message and story.judge(result) == story.before
    story.control.disarm()
    story.control.arm("pce", "slow", match={"type": kind}, nth=1, seconds=0.6, when=when)
    result = story.chain.sync(gather={"pce_timeout": 0.25, "pce_retries": 1})
    story.judge(result)
    # What stalls in the middle of a data file may be given up (the message says what to do); what stalls before is asked for again.
    assert not result.failed or (when == "body" and result.kind == "timeout")


# -- a PCE that fails behind good answers ---------------------------------------------------------------------------------

PCE_FAULTS = [
    ("job_fails", {"resource": resource, "status": status}) for resource in ("workloads", "labels", "label_groups") for status in ("failed", "cancelled")
] + [("job_never_ends", {"resource": resource}) for resource in ("workloads", "labels", "label_groups")] + [
    ("job_gone", {}), ("datafile_missing", {}), ("no_location", {}), ("short_datafile", {"rows": 1}), ("short_datafile", {"rows": 39}),
    ("short_datafile", {"resource": "labels", "rows": 3}), ("duplicate_row", {}), ("duplicate_row", {"instead": False}),
    ("duplicate_row", {"resource": "labels"}), ("count_mismatch", {"by": 1}), ("count_mismatch", {"by": -1}), ("count_mismatch", {"by": -40}),
    ("empty_collection", {}), ("empty_collection", {"count": "zero"}), ("empty_collection", {"resource": "labels"}),
] + [("wrong_json", {"kind": kind, "resource": resource}) for kind in ("object", "null", "cut", "garbage", "html", "strings")
     for resource in ("workloads", "labels")]


@pytest.mark.parametrize("fault, arguments", PCE_FAULTS, ids=str)
def test_a_pce_that_fails_behind_good_answers(story, fault, arguments):
    for times in (1, 2, 0):
        story.reset()
        story.control.arm("pce", fault, times=times, **arguments)
        result = story.chain.sync()
        table = story.judge(result, times)
        if result.failed:
            assert table == story.before
        if times == 0 and (fault, arguments.get("resource")) != ("job_gone", None):
            assert result.failed or arguments.get("resource") == "label_groups", (fault, arguments)
        assert sum(story.chain.clock.slept) < 3700
    story.converges()


def test_a_key_that_expires_during_the_run(story, requests):
    for after in range(requests[0]):
        story.control.arm("pce", "key_expires", after=after)
        result = story.chain.sync()
        table = story.judge(result, after)
        if after < requests[0] - 2:  # the last one only asks what the key may see
            assert result.failed and result.kind == "authentication" and "expired" in result.message and table == story.before
        story.reset()
    story.converges()


@pytest.mark.parametrize("change", ["appears", "disappears"])
@pytest.mark.parametrize("times", [1, 3])
def test_workloads_that_come_and_go_while_they_are_gathered(tmp_path, monkeypatch, change, times):
    with Lab("ordering", firewalls=1) as lab:
        chain = Chain(lab, tmp_path, monkeypatch)
        assert not chain.sync().failed
        before = chain.owned()
        lab.control.arm("pce", "extra_row_between_count_and_datafile", change=change, times=times)
        result = chain.sync()
        if result.failed:
            assert result.kind == "incomplete" and chain.owned() == before
        lab.control.disarm()
        path = chain.tag_map()
        assert not chain.register(src=path).failed and chain.owned() == desired(path)


# -- a firewall's own faults ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("unauth_body", ["session_timed_out", "invalid_credential", "no_code"])
def test_sessions_that_end(story, requests, unauth_body):
    story.control.switch("fw1", "unauth_body", unauth_body)
    try:
        for nth in range(1, requests[1] + 1):
            for times in (1, 2, 1000):
                story.reset()
                story.control.arm("fw1", "session_expired", nth=nth, times=times)
                result = story.chain.register(src=story.path)
                story.judge(result, (nth, times))
                assert result.failed == (times > 1), (nth, times, result)  # asked once more: by the session, or with the key in the body
                assert not result.failed or result.kind == "authentication"
        story.converges()
    finally:
        story.control.switch("fw1", "unauth_body", "session_timed_out")


@pytest.mark.parametrize("calls", [1, 3, 1000])
@pytest.mark.parametrize("types", [["user-id"], ["op"], ["op", "user-id"]], ids=str)
def test_a_commit_on_the_firewall(story, types, calls):
    story.control.arm("fw1", "commit_window", calls=calls, types=types)
    result = story.chain.register(src=story.path)
    table = story.judge(result)
    assert result.failed == (calls == 1000)
    if result.failed:
        assert result.kind == "authentication" and "commit" in result.message and table == story.before and sum(story.chain.clock.slept) < 400
    else:
        assert any("commit" in warning for warning in result.warnings)
    story.converges()


@pytest.mark.parametrize("calls", [1, 3, 1000])
def test_a_user_id_service_that_starts(story, calls):
    story.control.arm("fw1", "not_ready", calls=calls)
    result = story.chain.register(src=story.path)
    table = story.judge(result)
    assert result.failed == (calls == 1000) and (not result.failed or table == story.before)
    story.converges()


@pytest.mark.parametrize("add, remove, pages", [(1, 1, 0), (3, 1, 0), (40, 0, 3), (0, 5, 4), (1, 0, 1)])
@pytest.mark.parametrize("order", ["stable", "shuffled"])
def test_somebody_else_writes_between_the_pages(story, add, remove, pages, order):
    crowd = {"172.20.%d.%d" % divmod(number, 250): ["crowd"] for number in range(1, 1101)}
    for address, tags in crowd.items():
        story.control.mutate("register", device="fw1", address=address, tags=tags)
    for number in range(1, 31):
        story.control.mutate("register", device="fw1", address="198.19.0.%d" % number, tags=["foreign-writer"])
    story.control.switch("fw1", "page_order", order)
    try:
        story.control.arm("fw1", "foreign_writer", add=add, remove=remove, pages=pages)
        result = story.chain.register(src=story.path)
        table = story.chain.table()
        assert pairs(crowd) | story.foreign <= foreign(table)
        assert pairs(owned(story.before)) - pairs(owned(table)) <= story.removals
        if result.failed:  # it never stops writing: what could not be read completely is no ground for a removal
            assert pages == 0 and ("no other program writes" in result.message or "Run it again" in result.message)
            assert result["changed"] or pairs(owned(story.before)) <= pairs(owned(table))
        else:
            assert owned(table) == story.desired
        story.converges()
    finally:
        story.control.switch("fw1", "page_order", "stable")


def did_nothing(items, table, elsewhere=0):
    return []


def test_an_answer_that_says_success_and_did_nothing(story):
    for name in ("register", "unregister"):
        original = getattr(story.app.registrar, "_" + name)
        setattr(story.app.registrar, "_" + name, did_nothing)
        try:
            result = story.chain.register(src=story.path)
        finally:
            setattr(story.app.registrar, "_" + name, original)
        assert result.failed and result["verified"] is False and result["state"] == "failed"
        story.judge(result)
        story.converges()
        story.reset()


# -- one firewall's trouble is its own ------------------------------------------------------------------------------------

def test_one_broken_firewall_leaves_the_other_alone(tmp_path, monkeypatch):
    with Lab("ordering", firewalls=2) as lab:
        chain = Chain(lab, tmp_path, monkeypatch)
        path = chain.tag_map()
        lab.control.arm("fw1", "drop_before", nth=0)
        assert chain.register("fw1", src=path).failed and not chain.register("fw2", src=path).failed
        assert chain.owned("fw2") == desired(path) and not chain.owned("fw1")
        lab.control.disarm()
        assert not chain.register("fw1", src=path).failed and chain.owned("fw1") == desired(path)
