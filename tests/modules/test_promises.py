# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises of the design, section 3, each by name, against devices that answer over HTTPS.

What can be said without a device is in the unit tests of the domain (test_plan, test_guard), every fault at every request in test_faults.
"""

from __future__ import annotations

import json
import os
import random
import re

import pytest

from tests.modules.chain import CLAIM, FOREIGN, desired, device, firewall, owned, pairs, write_tag_map

DEV, PROD, WEB = "illumio.env.Development", "illumio.env.Production", "illumio.role.Web"
OPEN = {"max_removals_percent": 100, "allow_emptied_tags": ["*"], "allow_empty": True, "adopt": ["true"], "accept_scope_change": True}
VALUES = {"env": ["Development", "Production", "Test"], "role": ["Web", "Database"], "app": ["Ordering", "Shop"]}
OTHERS = ["quarantine", "Development", "Web", "illumio", "Illumio.env.Test", "illumio-env-Test", "/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa088"]
SEEDS = range(30)


def hosts(number, *tags, start=1):
    return {"10.1.%d.%d" % divmod(each, 250): list(tags) for each in range(start, start + number)}


def rows(entries):
    return [{"address": address, "tags": list(tags)} for address, tags in entries.items()]


class World:
    """A random table, a random tag map and random options, all from one seed; aliases of env are on in every third."""

    def __init__(self, chains, tmp_path, seed):
        self.choose = choose = random.Random("world %d" % seed)
        self.aliases = ["env"] if seed % 3 == 0 else []
        self.chain = chains(firewall())
        self.control = self.chain.lab.control
        addresses = ["10.%d.0.%d" % (net, host) for net in range(2) for host in range(1, 21)] + ["2001:db8::%x" % host for host in range(1, 6)]
        self.map = {address: self._wanted() for address in addresses if choose.random() < 0.7}
        self.table = {address: self._tags() for address in addresses if choose.random() < 0.7}
        for address, tags in {**FOREIGN, **self.table}.items():
            self.control.mutate("register", device="fw1", address=address, tags=tags)
        self.before = self.chain.table()
        self.path = write_tag_map(tmp_path / "map.jsonl", self.map, aliases=self.aliases)
        self.options = {
            "src": self.path, "persistent": choose.choice([True, False]),
            "order": choose.choice(["make_before_break", "make_before_break", "break_before_make"]),
            "timeout": choose.choice([0, 0, 3600]), "renewal": choose.choice(["register", "replace"]), "claim": choose.choice([True, True, False]),
            "max_tags": choose.choice([32, 6]), **OPEN}
        self.fits = all(len(set(self.map.get(address, ())) | self.foreign_tags(address)) <= self.options["max_tags"] for address in self.before)

    def _wanted(self):
        labels = {key: self.choose.choice(values) for key, values in VALUES.items() if self.choose.random() < 0.8} or {"env": "Test"}
        tags = ["illumio.%s.%s" % label for label in labels.items()]
        return tags + [labels["env"]] if self.aliases and "env" in labels else tags

    def _tags(self):
        ours = ["illumio.%s.%s" % (key, value) for key, values in VALUES.items() for value in values]
        return self.choose.sample(ours + OTHERS, self.choose.randint(1, 5))

    def mine(self, address, tag, table):
        """Whether a pair is ours, told independently of the product."""
        return tag.startswith("illumio.") or (bool(self.aliases) and "illumio.env." + tag in table.get(address, ()))

    def foreign_pairs(self, table):
        return {(address, tag) for address, tag in pairs(table) if not self.mine(address, tag, table)}

    def foreign_tags(self, address):
        return {tag for tag in self.before.get(address, ()) if not self.mine(address, tag, self.before)}

    def owned_pairs(self, table):
        return {(address, tag) for address, tag in pairs(table) if self.mine(address, tag, table) and address != CLAIM}


class Wire:
    """Records what User-ID messages say, as the device reads them, and the table after each."""

    def __init__(self, chain):
        self.messages = []
        self.tables = []
        registrar = chain.lab.devices["fw1"].registrar
        original = registrar.carry_out

        def carry_out(message, vsys):
            self.messages.append(message)
            failures = original(message, vsys)
            self.tables.append(chain.table())
            return failures

        registrar.carry_out = carry_out

    def items(self, section):
        return [item for message in self.messages for item in message.sections.get(section, ())]


# -- 1 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", SEEDS)
def test_promise_1_foreign_registrations_are_never_touched(chains, tmp_path, seed):
    """Whatever the table holds, also where the run dies at a random message; never an unregister entry without tags; persistent is theirs."""
    world = World(chains, tmp_path, seed)
    others = world.foreign_pairs(world.before) - pairs(world.map)  # a bare value that an alias takes over (and says so) is ours from then on
    marks = {address: each["persistent"] for address, each in world.control.state("fw1")["vsys"]["vsys1"]["details"].items()}
    wire = Wire(world.chain)
    if seed % 2:
        action, nth = world.choose.choice(["drop_before", "drop_after", "status"]), world.choose.randint(1, 4)
        world.control.arm("fw1", action, match={"type": "user-id"}, nth=nth, times=1000)
    world.chain.register(**world.options)
    world.control.disarm()
    assert others <= pairs(world.chain.table())
    world.chain.register(**world.options)
    world.chain.register(state="absent", registrations=rows({"10.0.0.1": [DEV]}), aliases=world.aliases, **OPEN)
    world.chain.register(state="absent", teardown_confirm="illumio.", aliases=world.aliases)
    assert others <= pairs(world.chain.table())
    if not world.aliases:
        assert world.chain.table() == {address: tags for address, tags in (
            (address, frozenset(tag for tag in tags if (address, tag) in others)) for address, tags in world.before.items()) if tags}
    assert wire.messages and all(item.pairs for item in wire.items("unregister"))
    assert not any(tag for item in wire.items("unregister") for tag in item.pairs if (item.name, tag[0]) in others)
    after = world.control.state("fw1")["vsys"]["vsys1"]["details"]
    for address in {address for address, dummy in others} - {address for address in world.map if set(world.map[address]) & set(OTHERS)}:
        assert after[address]["persistent"] == marks[address]


# -- 2 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("fault, arguments", [
    ("empty_collection", {"times": 0}), ("empty_collection", {"count": "zero", "times": 0}), ("short_datafile", {"times": 0}),
    ("short_datafile", {"rows": 35, "times": 0}),
    ("duplicate_row", {"times": 0}), ("job_fails", {"times": 0}), ("job_never_ends", {"times": 0}), ("datafile_missing", {"times": 0}),
    ("wrong_json", {"kind": "cut", "times": 0}), ("wrong_json", {"kind": "html", "times": 0}), ("html", {"nth": 0}),
    ("empty_list", {"nth": 0}), ("empty_body", {"nth": 0}),
    ("truncate", {"nth": 0, "match": {"type": "datafile"}}), ("truncate_silent", {"nth": 0, "match": {"type": "datafile"}}), ("count_mismatch", {"by": 1}),
], ids=str)
def test_promise_2_a_bad_answer_never_leads_to_a_removal(chain, fault, arguments):
    assert not chain.sync().failed
    chain.lab.control.mutate("remove_workload", workload="web01-dev-ny")
    before = chain.table()
    chain.lab.control.clear_log()
    chain.lab.control.arm("pce", fault, **arguments)
    result = chain.sync(**OPEN)  # nothing that guards permit matters here
    assert result.failed and chain.table() == before and not chain.writes(), result
    chain.lab.control.disarm()
    assert not chain.sync().failed and chain.owned() == desired(chain.tag_map())


def test_promise_2_an_empty_pce_always_fails_and_an_empty_selection_only_by_default(chain):
    assert not chain.sync().failed
    before = chain.table()
    nothing = {"select": {"all_of": ["env=Production", "env=Development"]}}
    result = chain.sync(render=nothing, **{**OPEN, "allow_empty": False})
    assert result.failed and "allow_empty=true" in result.message and chain.table() == before
    assert not chain.sync(render=nothing, **OPEN).failed and not chain.owned()
    chain.sync(**OPEN)
    for row in chain.lab.control.state()["pce"]["workloads"]:
        chain.lab.control.mutate("remove_workload", workload=row["href"])
    result = chain.sync(**OPEN)
    assert result.failed and result.kind == "incomplete" and chain.owned() == owned(before)


def test_promise_2_what_was_filtered_or_is_seen_in_part_is_refused(chain):
    assert not chain.sync().failed
    before = chain.table()
    for gather in ({"managed": True}, {"labels": {"env": "Production"}}):
        result = chain.sync(gather=gather, **OPEN)
        assert result.failed and result.kind == "incomplete" and chain.table() == before
        result = chain.sync(gather=gather, render={"allow_partial": True}, **OPEN)
        assert result.failed and "state=present" in result.message and chain.table() == before
        assert chain.sync(gather=gather, render={"allow_partial": True}, state="present")["changed"] is False
    chain.lab.control.switch("pce", "key_role", "scoped")
    result = chain.sync(**OPEN)
    assert result.failed and "Global Read Only" in result.message and chain.table() == before


def test_promise_2_a_slip_of_the_hand_is_an_error(chain):
    assert not chain.sync().failed
    before = chain.table()
    for render in ({"select": {"any_of": ["env=Producton"]}}, {"label_keys": ["enviroment"]}, {"select": {"none_of": ["envv=Production"]}},
                   {"aliases": ["rolle"]}):
        result = chain.sync(render=render, **OPEN)
        assert result.failed and result.kind in ("unknown_label", "option") and chain.table() == before


# -- 3 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", SEEDS)
def test_promise_3_one_run_converges_and_the_next_sends_no_write(chains, tmp_path, seed):
    world = World(chains, tmp_path, seed)
    world.options["record_dir"] = str(tmp_path / "records")  # which is what a run knows of timers where it keeps no claim
    result = world.chain.register(**world.options)
    assert not result.failed, result
    table = world.chain.table()
    if world.fits:
        assert world.owned_pairs(table) == pairs(world.map) and result["state"] in ("changed", "in_sync")
    else:
        assert world.owned_pairs(table) <= pairs(world.map) and all(len(tags) <= max(6, len(world.foreign_tags(address))) for address, tags in table.items())
    world.control.clear_log()
    again = world.chain.register(**world.options)
    assert not again.failed and again["changed"] is False and world.chain.table() == table
    assert again["plan"]["dropped"] == result["plan"]["dropped"]
    if not world.options["timeout"]:
        assert not world.chain.writes()
    else:
        assert again["plan"]["renewed"] == len(world.owned_pairs(table) & pairs(world.map))


def test_promise_3_the_real_chain_converges(chain):
    for firewall_name in ("fw1", "fw2"):
        assert chain.sync(firewall_name)["changed"] is True
    chain.lab.control.mutate("relabel", workload="web01-dev-ny", labels={"Quarantine": "Yes"})
    for firewall_name in ("fw1", "fw2"):
        result = chain.sync(firewall_name)
        assert result["plan"]["register"] == 1 and result["plan"]["unregister"] == 0
        chain.lab.control.read_only()
        assert chain.sync(firewall_name)["changed"] is False
        chain.lab.control.read_only(on=False)
        assert not chain.lab.control.violations() and chain.owned(firewall_name) == desired(chain.tag_map())


# -- 4 --------------------------------------------------------------------------------------------------------------------

def everything(result):
    """What check mode and the run have to agree about."""
    found = {name: result.get(name) for name in ("plan", "changed", "before", "after", "diff", "claim", "dropped", "taken_over", "guards")}
    found["kind"] = result.kind
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_promise_4_check_mode_writes_nothing_and_predicts_the_run(chains, tmp_path, seed):
    """Same plan, same digest, for thirty random states: synced, present, absent, teardown, guarded."""
    world = World(chains, tmp_path, seed)
    options = [
        world.options, {**world.options, "prune": False},
        {"state": "present", "registrations": rows({"10.0.0.1": [PROD, "illumio.extra.x"], "10.0.0.99": [WEB]})},
        {**world.options, "max_removals": 3, "on_guard": "additions"}, {**world.options, "max_removals": 0},
        {"state": "absent", "registrations": rows({address: [DEV, WEB] for address in list(world.table)[:9]}), **OPEN},
        {"state": "absent", "teardown_confirm": "illumio."},
    ][seed % 7]
    world.control.read_only()
    predicted = world.chain.register(check=True, **options)
    assert not world.control.violations() and not world.chain.writes() and world.chain.table() == world.before
    world.control.read_only(on=False)
    result = world.chain.register(**options)
    assert everything(predicted) == everything(result)
    assert result["plan"]["digest"] == predicted["plan"]["digest"] and result["changed"] == (world.chain.table() != world.before)
    assert predicted["verified"] in (None, True)


def test_promise_4_the_whole_chain_in_check_mode_writes_only_artifacts(chain):
    chain.lab.control.read_only()
    predicted = chain.sync(check=True)
    assert predicted["changed"] and not chain.lab.control.violations() and not any(entry["write"] for entry in chain.lab.control.log())
    chain.lab.control.read_only(on=False)
    result = chain.sync()
    assert everything(predicted) == everything(result)


# -- 5 --------------------------------------------------------------------------------------------------------------------

def readings(chain):
    """Questions for the number of registered addresses: one for each time that the table is read."""
    return sum(1 for entry in chain.lab.control.log("fw1") if entry["type"] == "op:registered-ip" and entry["entries"] == 0)


def test_promise_5_one_reading_before_one_after_and_one_in_all_without_change(fw):
    assert not fw.register(registrations=rows(hosts(700, DEV))).failed
    assert readings(fw) == 2
    fw.lab.control.clear_log()
    result = fw.register(registrations=rows(hosts(700, DEV)))
    assert readings(fw) == 1 and result["targets"][0]["reads"] == 1 and result["requests"]["total"] == 2 + 1 + 2  # system, HA, count, two pages
    fw.lab.control.clear_log()
    fw.register(registrations=rows(hosts(701, DEV)), check=True)
    assert readings(fw) == 1


def test_promise_5_one_more_reading_where_the_count_disagrees(fw):
    fw.register(registrations=rows(hosts(700, DEV)))
    fw.lab.control.clear_log()
    fw.lab.control.arm("fw1", "foreign_writer", add=1, remove=0, pages=1)
    result = fw.register(registrations=rows(hosts(700, DEV)))
    assert not result.failed and result["changed"] is False and readings(fw) == 2 and not fw.writes() and not result.warnings


def test_promise_5_answers_that_it_is_so_already_are_fine(fw):
    """Somebody registers and unregisters the same pairs between the reading and the writing."""
    fw.register(registrations=rows(hosts(5, DEV)))
    app = fw.lab.devices["fw1"]
    original = app.registrar.carry_out

    def raced(message, vsys):
        app.registrar.carry_out = original
        original(message, vsys)
        return original(message, vsys)

    for desired_now in (hosts(8, DEV), hosts(3, DEV)):
        app.registrar.carry_out = raced
        result = fw.register(registrations=rows(desired_now))
        assert not result.failed and result["verified"] and result["failures"] == [], result
        assert fw.owned() == {address: frozenset(tags) for address, tags in desired_now.items()}


@pytest.mark.parametrize("words", ["Failed to register", "maximum number of tags for the ip reached"])
@pytest.mark.parametrize("mixed", ["applied", "all_or_nothing"])
def test_promise_5_any_other_refusal_is_reported_with_address_tag_and_the_device_s_words(chains, words, mixed):
    chain = chains(firewall(capacity={"tags": 3}), switches={"panos.text_too_many_tags": words, "panos.mixed_message": mixed})
    result = chain.register(registrations=rows({"10.1.0.1": [DEV, PROD, WEB], "10.1.0.2": [DEV]}))
    assert not result.failed
    chain.lab.control.mutate("register", device="fw1", address="10.1.0.2", tags=["one", "two"])
    result = chain.register(registrations=rows({"10.1.0.1": [DEV, PROD, WEB], "10.1.0.2": [DEV, PROD]}))
    assert result.failed and result["state"] == "failed" and result["verified"] is False
    assert {(each["address"], each["tag"], each["message"]) for each in result["failures"]} == {("10.1.0.2", PROD, words)}
    assert "10.1.0.2" in result.message and PROD in result.message and words in result.message


def test_promise_5_success_is_what_reading_back_shows(fw):
    """The device says success to everything and forgets every second pair."""
    app = fw.lab.devices["fw1"]
    original = app.registrar._register
    app.registrar._register = lambda items, table, elsewhere: original(items[::2], table, elsewhere)
    result = fw.register(registrations=rows(hosts(9, DEV)))
    app.registrar._register = original
    assert result.failed and result["verified"] is False and "not as planned" in result.message
    assert result["remaining"]["register"] == 9 - len(fw.owned())


# -- 6 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_promise_6_what_was_applied_and_what_was_not_is_in_the_result_and_a_rerun_finishes(fw, nth):
    wanted = {**hosts(1300, PROD, start=100)}
    assert not fw.register(registrations=rows(hosts(50, DEV))).failed
    before = pairs(fw.owned())
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=nth, times=1000, status=500)
    result = fw.register(registrations=rows(wanted), **OPEN)
    after = pairs(fw.owned())
    assert result.failed and result["state"] == "failed" and result["verified"] is False
    assert result["remaining"]["register"] == len(pairs(wanted) - after)
    # messages of 500, 500 and 300, two on their way at a time: the third may arrive before the second
    assert result["remaining"]["register"] in {1: {1300}, 2: {800}, 3: {300, 500}, 4: {0}}[nth]
    assert result["remaining"]["unregister"] == 50
    assert before <= after  # make before break: nothing went
    if nth == 1:
        assert "Nothing was changed." in result.message and result["changed"] is False
    else:
        assert "%d registrations had been written or removed" % (1300 - result["remaining"]["register"]) in result.message
        assert "Run it again" in result.message
        assert result["changed"] is True
    assert result["after"] == {tag: sum(1 for dummy, other in after if other == tag) for tag in sorted({tag for dummy, tag in after})}
    fw.lab.control.disarm()
    result = fw.register(registrations=rows(wanted), **OPEN)
    assert not result.failed and fw.owned() == {address: frozenset(tags) for address, tags in wanted.items()}


def test_promise_6_one_broken_firewall_never_stops_the_others(chain):
    path = chain.tag_map()
    chain.lab.control.arm("fw1", "drop_before", nth=0)
    assert chain.register("fw1", src=path).failed
    assert not chain.register("fw2", src=path).failed and chain.owned("fw2") == desired(path)


# -- 7 --------------------------------------------------------------------------------------------------------------------

def test_promise_7_a_relabel_opens_no_gap(fw):
    """At every moment each address is in the old group or the new one; on request it is the other way round."""
    number = 1200
    fw.register(registrations=rows(hosts(number, DEV)))
    wire = Wire(fw)
    assert not fw.register(registrations=rows(hosts(number, PROD)), **OPEN).failed
    assert len(wire.tables) > 4
    for table in wire.tables:
        assert all(table[address] & {DEV, PROD} for address in hosts(number))
    wire = Wire(fw)
    assert not fw.register(registrations=rows(hosts(number, DEV)), order="break_before_make", **OPEN).failed
    assert any(not owned(table) for table in wire.tables) and all(not {DEV, PROD} <= tags for table in wire.tables for tags in table.values())
    assert not [message for message in wire.messages if "register" in message.sections and "unregister" in message.sections]


def test_promise_7_where_an_address_has_no_room_it_breaks_first_in_one_message_and_is_counted(chains):
    chain = chains(firewall(capacity={"tags": 2}))
    chain.register(registrations=rows(hosts(600, DEV, WEB)), max_tags=2)
    wire = Wire(chain)
    result = chain.register(registrations=rows({**hosts(600, PROD, WEB), "10.9.0.1": [DEV]}), max_tags=2, **OPEN)
    assert not result.failed and result["plan"]["break_first"] == 600 and result["failures"] == []
    assert all(len(owned(table)) >= 600 and all(tags & {DEV, PROD} for tags in owned(table).values()) for table in wire.tables)


def test_promise_7_a_full_table_makes_room_in_the_message_that_needs_it(chains):
    chain = chains(firewall(capacity={"addresses": 601}))
    chain.register(registrations=rows(hosts(600, DEV)), capacity=601)
    wire = Wire(chain)
    result = chain.register(registrations=rows(hosts(600, DEV, start=101)), capacity=601, **OPEN)
    assert not result.failed and result["failures"] == []
    assert min(len(owned(table)) for table in wire.tables) == 600  # never fewer than before
    assert not chain.lab.control.state("fw1")["system_log"]


# -- 8 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("state", ["synced", "absent"])
@pytest.mark.parametrize("name, options", [("share", {"allow_emptied_tags": ["*"]}), ("emptied_tag", {"max_removals_percent": 100}),
                                           ("number", {"max_removals": 10, "max_removals_percent": 100, "allow_emptied_tags": ["*"]})])
def test_promise_8_guards_refuse_before_the_first_write(fw, state, name, options):
    fw.register(registrations=rows({**hosts(60, DEV), **hosts(30, WEB, start=101)}))
    fw.lab.control.clear_log()
    before = fw.table()
    wanted = rows(hosts(60, DEV)) if state == "synced" else rows(hosts(30, WEB, start=101))
    for check in (True, False):
        result = fw.register(state=state, registrations=wanted, check=check, **options)
        assert result.failed and result.kind == "refused" and [each["name"] for each in result["guards"]] == [name]
        guard = result["guards"][0]
        assert re.search(r"\d", guard["reason"]) and guard["permit"] in result.message
        assert fw.table() == before and not fw.writes()
    permitted = fw.register(state=state, registrations=wanted, **{key: OPEN[key] for key in ("max_removals_percent", "allow_emptied_tags")})
    assert not permitted.failed and len(fw.owned()) == 60


def test_promise_8_what_the_message_says_permits_it_does(fw):
    """The permit of each guard, taken at its word, lets the same plan through."""
    fw.register(registrations=rows({**hosts(60, DEV), **hosts(30, WEB, start=101)}))
    options = {"max_removals": 3, "capacity": 97, "prune": True}
    wanted = rows({**hosts(60, DEV), **hosts(40, PROD, start=201)})
    for dummy in range(6):
        result = fw.register(registrations=wanted, **options)
        if not result.failed:
            break
        for guard in result["guards"]:
            option, value = re.match(r"(\w+)=(\S+)", guard["permit"]).groups()
            options[option] = value.split(",") if option == "allow_emptied_tags" else value
    assert not result.failed and len(fw.owned()) == 100, result


def test_promise_8_additions_only(fw):
    fw.register(registrations=rows(hosts(60, DEV)))
    result = fw.register(registrations=rows({**hosts(20, DEV), **hosts(5, PROD, start=101)}), on_guard="additions")
    assert result.failed and result["changed"] and result["plan"]["withheld"] == 40 and len(fw.owned()) == 65


# -- 9 --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("fault", [None, "drop_before", "html", "garbage", "status", "truncate", "empty_body"])
def test_promise_9_secrets_appear_nowhere(chain, tmp_path, fault):
    """Not in a result, a diff, a warning, an exception (its causes too), an artifact, a file name, or a URL."""
    found = device(chain.lab)
    pce = chain.lab.description()["pces"][0]
    secrets = {found["api_key"], found["password"], pce["api_key_secret"]}
    said = []
    for credentials in ({}, {"api_key": None, "username": found["username"], "password": found["password"]}):
        for target in ("pce", "fw1"):
            if fault:
                chain.lab.control.arm(target, fault, nth=0)
            result = chain.sync(retries=0, gather={"pce_retries": 0}, dest=str(tmp_path / "plan.jsonl"), record_dir=str(tmp_path / "records"), **credentials)
            said += [repr(result.values), repr(result.warnings), result.message]
            exc = result.error
            while exc is not None:
                said += [repr(exc), str(exc), repr(vars(exc))]
                exc = exc.__cause__ or exc.__context__
            chain.lab.control.disarm()
    for folder, dummy, files in os.walk(str(tmp_path)):
        for name in files:
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                said += [name, stream.read()]
    log = chain.lab.control.log()
    said.append(json.dumps(log))
    assert len(said) > 10 and fault is None or log
    for text in said:
        for secret in secrets:
            assert secret not in text and json.dumps(secret)[1:-1] not in text
    assert {entry["key_in"] for entry in log} <= {"header", "basic"} and not any("key" in entry["query"] and entry["server"] != "pce" for entry in log)


# -- 10 -------------------------------------------------------------------------------------------------------------------

def test_promise_10_gentle_on_the_device(fw):
    """At most 500 addresses and 1 MB per message, five calls at a time, no keygen."""
    for desired_now in (hosts(3000, DEV, WEB), {**hosts(2000, PROD, WEB), **hosts(1000, WEB, start=5000)}):
        wire = Wire(fw)
        fw.lab.control.clear_log()
        result = fw.register(registrations=rows(desired_now), **OPEN)
        assert not result.failed and fw.owned() == {address: frozenset(tags) for address, tags in desired_now.items()}
        log = fw.lab.control.log("fw1")
        assert max(len({item.name for items in message.sections.values() for item in items}) for message in wire.messages) <= 500
        assert 6 <= len(wire.messages) <= 20
        assert max(entry["bytes_in"] for entry in log) <= 1_000_000
        assert max(entry["concurrency"] for entry in log) <= 5
        assert max(entry["concurrency"] for entry in log if entry["write"]) <= 2
        assert {entry["type"] for entry in log} <= {"op:system-info", "op:ha", "op:registered-ip", "user-id"}  # no keygen
        assert fw.lab.devices["fw1"].guard.keygens == 0 and {entry["key_in"] for entry in log} == {"header"}


def test_promise_10_at_most_five_calls_at_a_time(fw):
    """Each answer takes its time, so that calls overlap as far as they are let."""
    for address, tags in hosts(6000, "other").items():
        fw.lab.control.mutate("register", device="fw1", address=address, tags=tags)
    fw.lab.control.arm("fw1", "slow", nth=0, seconds=0.1)
    assert not fw.register(registrations=rows(hosts(3, DEV))).failed
    most = max(entry["concurrency"] for entry in fw.lab.control.log("fw1"))
    assert 2 <= most <= 5


def test_promise_10_long_tags_make_shorter_messages(chains):
    chain = chains(firewall(model="PA-440"))
    tags = ["illumio.key%02d.%s" % (number, "v&<" * 37) for number in range(40)]
    assert all(len(tag) <= 127 for tag in tags)
    result = chain.register(registrations=rows(hosts(600, *tags)))
    assert not result.failed and len(chain.owned()) == 600
    writes = chain.writes()
    assert len(writes) > 5 and 800_000 < max(entry["bytes_in"] for entry in writes) <= 1_000_000
    assert not chain.register(state="absent", teardown_confirm="illumio.").failed and not chain.owned()
    assert max(entry["bytes_in"] for entry in chain.writes()) <= 1_000_000
