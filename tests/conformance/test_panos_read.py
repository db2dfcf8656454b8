# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: reading the registered-ip table — pages, filters, counts, timers (PAN-OS facts 2.5, 3.1, 3.2)."""

from __future__ import annotations

import time

import pytest

from tests.conformance.panos_client import Client, firewall, many, positions

SHOW = "<show><object><registered-ip>{}</registered-ip></object></show>"


def filled(count: int, tags: int = 1, **config) -> Client:
    """A firewall with that many addresses."""
    client = firewall(**config)
    for address, names in many(count, tags).items():
        client.app.mutate("register", address=address, tags=names)
    return client


def test_an_empty_table() -> None:
    client = firewall()
    answer = client.op(SHOW.format("<all/>"))
    assert (answer.status, answer.rows, answer.find("count")) == ("success", {}, "0")
    assert client.count() == 0


def test_pages() -> None:
    client = filled(1203)
    pages = [client.page(start) for start in (1, 501, 1001, 1501)]
    assert [len(page.rows) for page in pages] == [500, 500, 203, 0]
    assert [page.find("count") for page in pages] == ["500", "500", "203", "0"]  # of the page, not of the table
    assert [address for page in pages for address in page.rows] == list(many(1203))
    assert client.count() == 1203
    assert client.kind["type"] == "op:registered-ip"


@pytest.mark.parametrize("inner, expected", [
    ("<all/>", (0, 500)), ("<limit>10</limit>", (0, 10)), ("<start-point>600</start-point>", (599, 101)), ("<limit>5000</limit>", (0, 500)),
    ("<start-point>0</start-point><limit>3</limit>", (0, 3)), ("<start-point>699</start-point><limit>500</limit><all/>", (698, 2)),
    ("<limit>2</limit><start-point>3</start-point><tag><entry name='tag0'/></tag>", (2, 2)), ("<tag><entry name='all'/></tag>", (0, 500)),
    ("<tag><entry name='absent'/></tag><limit>2</limit>", (0, 0)),
])
def test_any_order_of_elements(inner: str, expected: tuple[int, int]) -> None:
    rows = filled(700).op(SHOW.format(inner)).rows
    start, size = expected
    assert list(rows) == list(many(700))[start:start + size]


@pytest.mark.parametrize("inner", ["<limit>x</limit>", "<all><nonsense/></all>", "<all><option>file</option></all>", ""])
def test_wrong_options(inner: str) -> None:
    assert firewall().op(SHOW.format(inner)).code == "17"


def test_by_address_and_by_tag() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["a", "b"], "2001:db8::1": ["b"], "10.0.0.3": ["c"], "10.0.1.0/24": ["c", "a"]})
    assert client.op(SHOW.format("<ip>10.0.0.1</ip>")).rows == {"10.0.0.1": ["a", "b"]}
    assert client.op(SHOW.format("<ip>10.0.0.1/32</ip>")).rows == {"10.0.0.1": ["a", "b"]}
    assert client.op(SHOW.format("<ip>2001:DB8::1</ip>")).rows == {"2001:db8::1": ["b"]}
    assert client.op(SHOW.format("<ip>10.9.9.9</ip>")).rows == {}
    assert list(client.op(SHOW.format("<tag><entry name='a'/><entry name='c'/></tag>")).rows) == ["10.0.0.1", "10.0.0.3", "10.0.1.0/24"]
    assert list(client.op(SHOW.format("<ip>10.0.0.1</ip><tag><entry name='c'/></tag>")).rows) == []
    assert client.op(SHOW.format("<all><option>count</option></all><tag><entry name='a'/></tag>")).find("count") == "2"


@positions("tag_filter")
def test_what_a_tag_filter_lists(value: str) -> None:
    client = firewall(switches={"tag_filter": value})
    client.register({"10.0.0.1": ["a", "b"], "10.0.0.2": ["c"]})
    assert client.op(SHOW.format("<tag><entry name='a'/></tag>")).rows == {"10.0.0.1": ["a", "b"] if value == "all_tags" else ["a"]}
    assert client.table() == {"10.0.0.1": ["a", "b"], "10.0.0.2": ["c"]}


def passes(client: Client, total: int) -> tuple[set, int]:
    """The addresses of one reading, and how many were listed more than once."""
    listed = [address for start in range(1, total + 1, 500) for address in client.page(start).rows]
    return set(listed), len(listed) - len(set(listed))


@positions("page_order")
def test_order_of_pages(value: str) -> None:
    client = filled(1600, switches={"page_order": value})
    every = set(many(1600))
    readings = [passes(client, 1600) for _reading in range(12)]
    sizes = [len(client.page(start).rows) for start in (1, 501, 1001, 1501)]
    assert sizes == [500, 500, 500, 100]  # the sizes never betray it
    if value == "stable":
        assert all(seen == every and not twice for seen, twice in readings)
        assert list(client.page(501).rows) == list(client.page(501).rows)
    else:
        assert any(len(seen) < 1600 for seen, twice in readings)
        assert any(twice for seen, twice in readings)
        assert set().union(*(seen for seen, twice in readings)) == every  # what one reading misses, others find
        assert list(client.page(501).rows) != list(client.page(501).rows)
    assert client.count() == 1600


def test_a_small_shuffled_table_is_complete() -> None:
    client = filled(300, switches={"page_order": "shuffled"})
    assert set(client.page().rows) == set(many(300))
    assert list(client.page().rows) != list(many(300))


@positions("count_element")
def test_count_element(value: bool) -> None:
    client = filled(3, switches={"count_element": value})
    assert client.page().find("count") == ("3" if value else None)
    client.app.mutate("clear_table")
    assert client.page().find("count") == ("0" if value else None)
    assert client.count() == 0


@positions("count_option")
def test_count_option(value: str) -> None:
    client = filled(3, switches={"count_option": value})
    answer = client.op(SHOW.format("<all><option>count</option></all>"))
    assert answer.find("count") == ("3" if value == "element" else None)
    assert "".join(answer.root.find("result").itertext()).strip() == "3"


@positions("entry_attributes")
def test_attributes_of_entries(value: bool) -> None:
    client = firewall(registrations={"vsys1": [{"ip": "10.0.0.1", "tags": ["a"], "persistent": False, "from_agent": True}]})
    assert client.page().root.find("result/entry").get("persistent") == "0"
    client.app.set_switch("entry_attributes", value)
    client.register({"10.0.0.2": ["a"]})
    found = [(entry.get("from_agent"), entry.get("persistent")) for entry in client.page().root.iterfind("result/entry")]
    assert found == ([("1", "0"), ("0", "1")] if value else [(None, None)] * 2)


@positions("inherited_tags_listed")
def test_inherited_tags(value: bool) -> None:
    client = firewall(switches={"inherited_tags_listed": value}, groups={"both": {"filter": "host and net"}})
    client.register({"10.1.1.15": ["host"], "10.1.2.1": ["host"], "10.1.1.0/24": ["net"], "10.1.1.10-10.1.1.19": ["range"]})
    assert client.table() == {
        "10.1.1.15": ["host", "net", "range"] if value else ["host"], "10.1.2.1": ["host"], "10.1.1.0/24": ["net"], "10.1.1.10-10.1.1.19": ["range"],
    }
    assert client.members("both") == (["10.1.1.15"] if value else [])
    assert list(client.op(SHOW.format("<tag><entry name='net'/></tag>")).rows) == (["10.1.1.15", "10.1.1.0/24"] if value else ["10.1.1.0/24"])
    assert client.unregister({"10.1.1.15": ["net"]}).failures[0][2] == "tag net does not exist, ignore unreg"
    client.unregister({"10.1.1.0/24": ["net"]})
    assert "net" not in client.table()["10.1.1.15"]


def test_before_8_0_more_than_500_go_to_a_file() -> None:
    client = filled(501, version="7.1.26")
    client.key = client.app.describe()["api_key"]
    show = {"type": "op", "cmd": SHOW.format("<all/>"), "key": client.key}
    assert client.send(body=show).root.findtext("result/msg/line/outfile") == "/var/log/clioutput/regipdump"
    assert client.send(body={**show, "cmd": SHOW.format("<limit>500</limit>")}).code == "17"
    client.app.mutate("unregister", address=next(iter(many(1))))
    assert len(client.send(body=show).rows) == 500


def test_virtual_systems_are_separate() -> None:
    client = firewall(vsys=["vsys1", "vsys2"])
    client.register({"10.0.0.1": ["a"]})
    client.register({"10.0.0.2": ["a"]}, vsys="vsys2")
    client.register({"10.0.0.3": ["a"]}, vsys="")
    assert list(client.table()) == list(client.table(vsys="vsys1")) == list(client.table(vsys="")) == ["10.0.0.1", "10.0.0.3"]
    assert list(client.table(vsys="vsys2")) == ["10.0.0.2"]
    assert client.op("<set><system><setting><target-vsys>vsys2</target-vsys></setting></system></set>").status == "success"
    assert list(client.table()) == ["10.0.0.1", "10.0.0.3"]  # accepted, without effect


@positions("unknown_vsys")
def test_unknown_virtual_system(value: str) -> None:
    client = firewall(switches={"unknown_vsys": value})
    for answer in (client.register({"10.0.0.1": ["a"]}, vsys="vsys7"), client.page(vsys="vsys7")):
        assert (answer.http, answer.status, answer.message) == (200, "error", "vsys vsys7 does not exist")
        assert answer.code == {"code12": "12", "code14": "14", "no_code": None}[value]
    assert client.table() == {}


def test_timeouts() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["timed"]}, timeout=60)
    client.register({"10.0.0.1": ["lasting"], "10.0.0.2": ["lasting"]}, timeout=0)
    assert "timeout" not in client.page().text
    assert client.app.state()["vsys"]["vsys1"]["registrations"]["10.0.0.1"]["timeouts"] == {"timed": 60}
    client.app.advance(59)
    assert client.table()["10.0.0.1"] == ["timed", "lasting"]
    client.app.advance(1)
    assert client.table() == {"10.0.0.1": ["lasting"], "10.0.0.2": ["lasting"]}
    client.app.advance(10 ** 8)
    assert len(client.table()) == 2


@positions("text_invalid_timeout")
def test_timeouts_that_are_refused(value: str) -> None:
    client = firewall(switches={"text_invalid_timeout": value})
    for timeout in (2_592_001, -1, "x", "1.5"):
        assert client.register({"10.0.0.1": ["a"]}, timeout=timeout).failures == [("register", "10.0.0.1", value)]
    assert client.register({"10.0.0.1": ["a"]}, timeout=2_592_000).status == "success"


def test_timeouts_are_ignored_before_9_0() -> None:
    client = firewall(version="8.1.3")
    entry = '<entry ip="10.0.0.1"><tag><member timeout="5">a</member></tag></entry>'
    message = f"<uid-message><type>update</type><payload><register>{entry}</register></payload></uid-message>"
    client.send(body={"type": "user-id", "key": client.key, "cmd": message})
    client.app.advance(100)
    assert list(client.app.state()["vsys"]["vsys1"]["registrations"]) == ["10.0.0.1"]


@positions("duplicate_refreshes_timer")
def test_registering_again_restarts_the_timer(value: bool) -> None:
    client = firewall(switches={"duplicate_refreshes_timer": value})
    client.register({"10.0.0.1": ["a"]}, timeout=60)
    client.app.advance(50)
    assert client.register({"10.0.0.1": ["a"]}, timeout=60).failures[0][2] == "tag a already exists, ignore"
    client.app.advance(50)
    assert bool(client.table()) is value
    client.app.advance(10)
    assert client.table() == {}


@positions("timed_to_permanent")
def test_from_timed_to_permanent(value: bool) -> None:
    client = firewall(switches={"timed_to_permanent": value})
    client.register({"10.0.0.1": ["a"], "10.0.0.2": ["a"]}, timeout=60)
    client.register({"10.0.0.1": ["a"]})
    client.register({"10.0.0.2": ["a"]}, {"10.0.0.2": ["a"]})  # replaced in one message: always permanent
    client.app.advance(60)
    assert list(client.table()) == (["10.0.0.1", "10.0.0.2"] if value else ["10.0.0.2"])


def test_large_tables_cost_little() -> None:
    client = firewall()
    for third in range(200):
        entries = {
            f"10.{third}.{number // 250}.{number % 250}": [f"illumio.key{tag}.value-{number % (tag * 9 + 1)}" for tag in range(5)] for number in range(500)
        }
        assert client.register(entries).status == "success"
    assert client.count() == 100_000
    started = time.process_time()
    assert sum(client.page(start).entries for start in range(1, 100_001, 500)) == 100_000
    spent = time.process_time() - started
    print(f"100,000 addresses in 200 pages: {spent:.2f} CPU seconds")  # shown, not asserted: a test does not depend on the machine
