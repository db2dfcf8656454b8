# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the registered-ip table: pages, counts, other writers, answers that must never look like an empty table."""

from __future__ import annotations

import random
import re
import threading
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import AuthenticationError, DeviceError, IncompleteError, MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import registered_ip
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import canonical, read_count, read_table
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils import panos_samples as samples

EMPTY = '<response status="success"><result/></response>'


def rows(number, tags=("t1", "t2")):
    """As many different addresses."""
    return [("10.%d.%d.%d" % (index >> 16, index >> 8 & 255, index & 255), tags) for index in range(number)]


def read(table, vsys="vsys1"):
    """(Table, client) of a device that answers as `table` does."""
    client = samples.client(table)
    return read_table(client, vsys, client.warn), client


@pytest.mark.parametrize("text, expected", [
    ("10.0.0.1", "10.0.0.1"), ("10.0.0.1/32", "10.0.0.1"), (" 10.0.0.1 ", "10.0.0.1"), ("2001:DB8::0:1", "2001:db8::1"), ("2001:db8::1/128", "2001:db8::1"),
    ("::", "::"),
    ("10.0.0.0/24", None), ("10.0.0.1-10.0.0.9", None), ("10.0.0.1/24", None), ("2001:db8::/64", None), ("fe80::1%eth0", None), ("", None), ("web01", None),
    ("10.1", None),
    ("010.0.0.1", None), ("10.0.0.256", None), ("10.0.0.1/128", None), ("٠.0.0.1", None), ("10.0.0.1\0", None),
])
def test_canonical(text, expected):
    assert canonical(text) == expected


class TestPages:
    """A table that nobody writes to."""

    @pytest.mark.parametrize("number, asked", [
        (0, ["count", 1]), (1, ["count", 1]), (499, ["count", 1]), (500, ["count", 1, 501]), (501, ["count", 1, 501]), (1000, ["count", 1, 501, 1001]),
        (4321, ["count"] + list(range(1, 4322, 500))),
    ])
    def test_each_page_is_asked_for_once(self, number, asked):
        device = samples.Table(rows(number))
        table, client = read(device)
        assert table.entries == dict(rows(number))
        assert (table.addresses, table.count, table.complete, table.reads, client.warned) == (number, number, True, 1, [])
        assert device.asked[0] == "count" and sorted(device.asked[1:]) == asked[1:]
        assert all(sent["form"].get("vsys") == ["vsys1"] for sent in client.http.sent)

    def test_without_virtual_system(self):
        client = read(samples.Table(rows(3)), None)[1]
        assert all("vsys" not in sent["form"] for sent in client.http.sent)

    def test_at_most_four_at_a_time(self):
        device = samples.Table(rows(6000))
        lock, running, most, gates = threading.Lock(), [0], [0], list(range(4))
        together = threading.Barrier(4, timeout=20)  # four pages wait for each other, so that they do overlap

        def answer(form):
            if "<option>" in form["cmd"][0]:
                return device(form)
            if "<start-point>1<" in form["cmd"][0]:
                time.sleep(0.2)  # slower than reading what it answers, so that calling ahead is worth it
                return device(form)
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
                gate = gates.pop() if gates else None
            if gate is not None:
                together.wait()
            try:
                return device(form)
            finally:
                with lock:
                    running[0] -= 1

        table = read(answer)[0]
        assert table.addresses == 6000
        assert most[0] == 4

    @pytest.mark.parametrize("answers_in, reads_in, threads", [(1, 9, set()), (9, 1, {True})])
    def test_calls_ahead_only_where_the_device_is_slower_than_reading_its_answer(self, answers_in, reads_in, threads):
        times = iter((0, answers_in, answers_in + reads_in))
        device, others = samples.Table(rows(6000)), set()

        def answer(form):
            if threading.current_thread() is not threading.main_thread():
                others.add(True)
            return device(form)

        bodies = registered_ip._bodies(samples.client(answer), "vsys1", 12, clock=lambda: next(times))
        assert [number for number, body in bodies] == list(range(12))
        assert others == threads

    def test_tags_are_shared_and_interned(self):
        table = read(samples.Table([("10.0.0.1", ("b", "a")), ("10.0.0.2", ("a", "b")), ("10.0.0.3", ("a", "b")), ("10.0.0.4", ("a",))]))[0]
        assert table.entries["10.0.0.1"] == ("a", "b")
        assert table.entries["10.0.0.1"] is table.entries["10.0.0.2"] is table.entries["10.0.0.3"]
        assert table.entries["10.0.0.4"][0] is table.entries["10.0.0.1"][0]

    def test_what_an_address_costs(self):
        device = samples.Table([(address, ("illumio.app.%d" % (index % 50), "illumio.env.%d" % (index % 3), "illumio.loc.a", "illumio.role.b", "illumio.bu.c"))
                                for index, (address, dummy) in enumerate(rows(10000))])
        client = samples.client(device)
        client.http.sent = type("Nothing", (), {"append": lambda self, item: None})()
        tracemalloc.start()
        try:
            table = read_table(client, "vsys1", client.warn)
            bytes_held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert len({id(tags) for tags in table.entries.values()}) == 150
        assert bytes_held / 10000 < 250

    def test_text_of_every_kind(self):
        tags = ("a&b", "<x>", "it is", "ümläut", "/orgs/1/workloads/0a1b")
        table = read(samples.Table([("10.0.0.1", tags)]))[0]
        assert table.entries == {"10.0.0.1": tuple(sorted(tags))}

    def test_layout_and_missing_attributes(self):
        page = ('<response status = "success">\n <result>\n  <entry ip="10.0.0.1">\n   <tag>\n'
                '    <member>\n     spaced out\n    </member>\n    <member/>\n   </tag>\n'
                '  </entry>\n  <entry persistent="0" ip="10.0.0.2"/>\n  <count> 2 </count>\n </result>\n</response>')
        table = read(lambda form: samples.counted(2) if "option" in form["cmd"][0] else page)[0]
        assert table.entries == {"10.0.0.1": ("spaced out",), "10.0.0.2": ()}

    def test_what_is_not_one_host_passes_unread(self):
        listed = [("10.1.0.0/16", ("site",)), ("10.0.0.1", ("t",)), ("192.0.2.1-192.0.2.9", ("r",)), ("10.0.0.300", ("odd",)), ("10.2.3.4/16", ("bits",))]
        table = read(samples.Table(listed))[0]
        assert table.entries == {"10.0.0.1": ("t",)}
        assert table.opaque == {address: tags for address, tags in listed if address != "10.0.0.1"}
        assert table.addresses == 5 and table.complete

    def test_one_address_in_two_spellings(self):
        table, client = read(samples.Table([("10.0.0.1", ("a",)), ("10.0.0.1/32", ("b",)), ("2001:DB8::1", ("a",)), ("2001:db8:0::1", ("a", "c"))]))
        assert table.entries == {"10.0.0.1": ("a", "b"), "2001:db8::1": ("a", "c")}
        assert table.complete and table.reads == 1 and not client.warned

    def test_a_device_that_gives_everything_at_once(self):
        everything = samples.listing(rows(1200))
        table = read(lambda form: samples.counted(1200) if "option" in form["cmd"][0] else everything)[0]
        assert table.addresses == 1200 and table.complete


class TestCount:
    """The device's own count."""

    @pytest.mark.parametrize("body, expected", [
        (samples.counted(12), 12), (samples.counted(0), 0), ('<response status="success"><result>12</result></response>', 12),
        ('<response status="success"><result>\n 12\n</result></response>', 12),
        ('<response status="success"><result><total>12</total></result></response>', 12),
        ('<response status="success"><result>Total: 12 registered addresses</result></response>', 12), (EMPTY, None),
        (samples.listing(rows(3)), None), (samples.CODE_17, None), ('<response status="success"><result>many</result></response>', None),
    ])
    def test_forms(self, body, expected):
        assert read_count(samples.client([body]), "vsys1") == expected

    @pytest.mark.parametrize("count", [samples.CODE_17, EMPTY])
    @pytest.mark.parametrize("number", [1, 500, 1300])
    def test_reading_without(self, count, number):
        device = samples.Table(rows(number), count=count)
        table = read(device)[0]
        assert (table.addresses, table.count, table.complete, table.reads) == (number, None, True, 1)
        assert device.asked == ["count"] + list(range(1, number + 2, 500))

    @pytest.mark.parametrize("announced", [1, 400, 700, 5000])
    def test_wrong_for_good(self, announced):
        device = samples.Table(rows(600), count=samples.counted(announced))
        table, client = read(device)
        assert set(table.entries) == set(dict(rows(600)))
        assert table.complete is False and table.reads >= 2
        assert len(client.warned) == 1 and "600" in client.warned[0]

    def test_a_count_without_bounds_asks_for_no_pages_without_bounds(self):
        device = samples.Table(rows(600), count=samples.counted(999999999))
        table, dummy = read(device)
        assert set(table.entries) == set(dict(rows(600))) and not table.complete and len(device.asked) < 200


class TestOtherWriters:
    """A table that changes, or gives its pages in no order."""

    def test_an_entry_comes_twice_and_another_not_at_all(self):
        device = samples.Table(rows(1000))
        removed = []

        def answer(form):
            if "<start-point>501<" in form["cmd"][0] and not removed:
                removed.append(device.rows.pop(0))  # what was 501st is 500th now, and was on neither page
            return device(form)

        table, client = read(answer)
        assert set(table.entries) == {address for address, tags in device.rows}
        assert table.complete and table.reads == 2 and table.count == 999 and not client.warned

    def test_tags_of_an_entry_that_comes_twice_are_united(self):
        device = samples.Table(rows(3), count=samples.counted(2))
        device.rows[2] = (device.rows[0][0], ("t3",))
        table = read(device)[0]
        assert table.entries == {"10.0.0.0": ("t1", "t2", "t3"), "10.0.0.1": ("t1", "t2")}
        assert table.reads == 1

    def test_a_later_pass_knows_better(self):
        device = samples.Table(rows(2), count=samples.counted(3))

        def answer(form):
            if device.asked.count("count") == 2 and "option" not in form["cmd"][0]:
                device.rows[0] = (device.rows[0][0], ("new",))
                device.rows[1:] = [("10.9.9.9", ("t",))]
            return device(form)

        table = read(answer)[0]
        assert table.entries == {"10.0.0.0": ("new",), "10.0.0.1": ("t1", "t2"), "10.9.9.9": ("t",)}
        assert table.reads == 2

    @pytest.mark.parametrize("number, shuffled", [(1200, 7), (3000, 8), (5200, 9)])
    def test_pages_in_no_order(self, number, shuffled):
        device = samples.Table(rows(number))
        order, lock = random.Random(shuffled), threading.Lock()

        def answer(form):
            with lock:
                order.shuffle(device.rows)
                return device(form)

        table, client = read(answer)
        assert table.entries == dict(rows(number))
        assert table.complete and not client.warned

    def test_without_a_count_repetition_means_another_look(self):
        device = samples.Table(rows(2), count=samples.CODE_17)
        device.rows.append(device.rows[0])
        table = read(device)[0]
        assert table.reads == 2 and table.complete is False and table.addresses == 2

    def test_a_huge_table_is_not_read_forever(self):
        device = samples.Table(rows(12600), count=samples.counted(20000))
        table, client = read(device)
        assert 3 <= table.reads <= 5 and len(client.warned) == 1 and not table.complete
        self.bounded(table, client)

    @staticmethod
    def bounded(table, client):
        """What is told of the calls is right, but for those that were on their way when a pass ended, four at most for each pass."""
        reads, told = (int(number) for number in re.search(r"(\d+) times with (\d+) calls", client.warned[0]).groups())
        assert reads == table.reads and told <= 150 and told <= len(client.http.sent) <= told + 4 * reads

    @pytest.mark.parametrize("number", [30, 700, 4000, 9000])
    def test_reading_again_is_bounded_by_calls(self, number):
        table, client = read(samples.Table(rows(number), count=samples.counted(number + 400)))
        assert not table.complete
        self.bounded(table, client)

    @pytest.mark.parametrize("attribute, expected", [('persistent="1"', True), ('persistent="0"', False), ('', None), ('persistent="maybe"', None)])
    def test_what_entries_say_of_surviving_a_reboot(self, attribute, expected):
        entries = "".join('<entry ip="10.0.0.%d" %s><tag><member>t</member></tag></entry>' % (number, attribute if number == 7 else 'persistent="1"')
                          for number in range(9))
        for first in (entries, '<entry ip="10.0.9.9"><tag><member>t</member></tag></entry>' + entries):
            total = first.count("<entry")
            body = '<response status="success"><result>%s<count>%d</count></result></response>' % (first, total)
            table = read(lambda form: samples.counted(total) if "option" in form["cmd"][0] else body)[0]
            assert table.mark_of("10.0.0.7") is expected and table.mark_of("10.0.0.8") is True and len(table.marks.odd) < total


class TestNeverEmptyByMistake:
    """Promise 2 and 5: an answer that is not a table is an error."""

    @pytest.mark.parametrize("body", [
        "", samples.HTML, EMPTY, samples.listing(rows(600))[:-30], samples.listing([], count=7), '<response status="success"/>',
        "<response><result/></response>",
        '<response status="success"><result><msg>nothing</msg></result></response>', '<response status="success"><result>nothing here</result></response>',
        '<response status="success"><result><entry><tag/></entry></result></response>', '<response status="error"><msg><line>Busy</line></msg></response>',
        samples.counted(0), '<response status="success"><result><entries><entry ip="10.0.0.1"/></entries></result></response>',
        '<other status="success"><result/></other>',
    ])
    @pytest.mark.parametrize("count", [samples.counted(600), samples.CODE_17])
    def test_first_page(self, body, count):
        if count == samples.CODE_17 and body in (EMPTY, samples.counted(0)):
            body = samples.listing([], count=600)  # those two are empty tables, see below
        with pytest.raises(MicrosegError):
            read(lambda form: count if "option" in form["cmd"][0] else body)

    @pytest.mark.parametrize("body",
                             ["", samples.HTML, samples.listing(rows(500))[:-30], '<response status="success"><result>x</result></response>', samples.CODE_15])
    def test_later_page(self, body):
        device = samples.Table(rows(1500))
        with pytest.raises(MicrosegError):
            read(lambda form: body if "<start-point>1001<" in form["cmd"][0] else device(form))

    @pytest.mark.parametrize("page, count", [
        (EMPTY, samples.counted(0)), (samples.counted(0), samples.counted(0)), (samples.counted(0), samples.CODE_17), (EMPTY, EMPTY), (EMPTY, samples.CODE_17),
        ('<response status="success"><result>\n</result></response>', samples.counted(0)),
    ])
    def test_really_empty(self, page, count):
        table = read(lambda form: count if "option" in form["cmd"][0] else page)[0]
        assert table.entries == {} and table.complete

    def test_empty_by_one_question_and_not_by_another(self):
        everything = samples.listing(rows(3))
        with pytest.raises(MicrosegError):
            read(lambda form: everything if "<all>" in form["cmd"][0] else EMPTY)

    def test_the_same_page_for_ever(self):
        page = samples.listing(rows(500))
        with pytest.raises(MicrosegError, match="every page"):
            read(lambda form: samples.CODE_17 if "option" in form["cmd"][0] else page)

    @pytest.mark.parametrize("count", [10, 15000, 10 ** 9, None])
    def test_pages_without_an_end(self, monkeypatch, count):
        """A device that makes up entries, or pages in a way of its own, holds a run up for a while, not for ever."""
        monkeypatch.setattr(registered_ip, "SPARE_PAGES", 20, raising=False)
        monkeypatch.setattr(registered_ip, "MAX_PAGES", 60, raising=False)
        asked = []

        def answer(form):
            if "option" in form["cmd"][0]:
                return samples.CODE_17 if count is None else samples.counted(count)
            asked.append(1)
            assert len(asked) < 100
            return samples.listing([("10.%d.%d.%d" % (n >> 16, n >> 8 & 255, n & 255), ("a",)) for n in range(len(asked) * 500, len(asked) * 500 + 500)])

        with pytest.raises(IncompleteError, match="pages without an end"):
            read(answer)
        assert len(asked) == 22 if count == 10 else 60

    def test_those_bounds_are_beyond_any_table(self):
        assert registered_ip.MAX_PAGES * registered_ip.PAGE >= 4 * 500000 and registered_ip.SPARE_PAGES * registered_ip.PAGE >= 500000

    def test_a_file_instead_of_a_list(self):
        body = '<response status="success"><result><msg><line><outfile>/var/log/somewhere</outfile></line></msg></result></response>'
        with pytest.raises(DeviceError, match="PAN-OS 8.0 or later"):
            read(lambda form: body)

    def test_credentials_stay_what_they_are(self):
        with pytest.raises(AuthenticationError):
            read(lambda form: (403, samples.INVALID))

    def test_the_code_of_a_passive_member_is_kept(self):
        with pytest.raises(DeviceError) as caught:
            read(lambda form: samples.CODE_15)
        assert caught.value.code == "15"


@given(st.lists(st.tuples(st.ip_addresses(), st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=9), max_size=4)),
                max_size=30),
       st.randoms())
def test_whatever_it_holds_is_read(entries, order):
    expected = {}
    for address, tags in entries:
        expected.setdefault(str(canonical(str(address))), set()).update(tags)
    listed = [(address, sorted(tags)) for address, tags in expected.items()]
    order.shuffle(listed)
    table = read(samples.Table(listed))[0]
    assert {address: set(tags) for address, tags in table.entries.items()} == expected
    assert table.complete
