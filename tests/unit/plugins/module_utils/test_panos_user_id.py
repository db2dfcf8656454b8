# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-ID messages: cut, written, answered."""

from __future__ import annotations

import itertools
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Failure, Message, chunk, chunk_together, send
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.user_id import MAX_BYTES, body
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils import panos_samples as samples


def sections(message, **options):
    """What a device reads in a message: {section: [(ip, persistent, [(tag, timeout)])]} in the order of the sections."""
    root = ElementTree.fromstring(unquote_plus(body(message, **options).decode("ascii")))
    assert root.tag == "uid-message" and root.findtext("type") == "update"
    assert [child.tag for child in root] == ["version", "type", "payload"]
    return {section.tag: [(entry.get("ip"), entry.get("persistent"),
                           [(member.text, member.get("timeout")) for member in entry.find("tag")]) for entry in section]
            for section in root.find("payload")}


class TestBody:
    """The wire form (PAN-OS facts 2.1)."""

    def test_both_sections_unregister_first(self):
        found = sections(Message([("10.0.0.1", ("a",))], [("10.0.0.1", ("b", "c")), ("10.0.0.2", ("d",))]))
        assert list(found) == ["unregister", "register"]
        assert found == {"unregister": [("10.0.0.1", None, [("a", None)])],
                         "register": [("10.0.0.1", None, [("b", None), ("c", None)]), ("10.0.0.2", None, [("d", None)])]}

    def test_only_sections_with_content(self):
        assert list(sections(Message([], [("10.0.0.1", ("a",))]))) == ["register"]
        assert list(sections(Message([("10.0.0.1", ("a",))], []))) == ["unregister"]

    @pytest.mark.parametrize("persistent, expected",
                             [(None, None), (True, "1"), (False, "0"), (lambda address: address == "10.0.0.1", "1"), (lambda address: None, None)])
    def test_persistent(self, persistent, expected):
        found = sections(Message([("10.0.0.1", ("z",))], [("10.0.0.1", ("a",))]), persistent=persistent)
        assert found["register"] == [("10.0.0.1", expected, [("a", None)])]
        assert found["unregister"][0][1] is None

    def test_an_entry_says_it_itself(self):
        found = sections(Message([], [("10.0.0.1", ("a",), None), ("10.0.0.2", ("a",), False), ("10.0.0.3", ("a",), True), ("10.0.0.4", ("a",))]),
                         persistent=True)
        assert [entry[1] for entry in found["register"]] == [None, "0", "1", "1"]

    def test_timeout_is_of_the_registered_tags(self):
        found = sections(Message([("10.0.0.1", ("a",))], [("10.0.0.1", ("a", "b"))]), timeout=3600)
        assert found == {"unregister": [("10.0.0.1", None, [("a", None)])], "register": [("10.0.0.1", None, [("a", "3600"), ("b", "3600")])]}
        assert sections(Message([], [("10.0.0.1", ("a",))]), timeout=0)["register"][0][2] == [("a", None)]

    @given(st.text(st.characters(min_codepoint=32, blacklist_categories=("Cs",), blacklist_characters="\ufffe\uffff"), min_size=1).filter(
        lambda text: all(char.isprintable() for char in text)))
    def test_any_text_arrives_as_it_is(self, text):
        found = sections(Message([(text, (text,))], []))
        assert found["unregister"] == [(text, None, [(text, None)])]

    @pytest.mark.parametrize("address", ["2001:db8::1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", 'x" y="', "a&b<c>", "١.1", "a\tb\nc\rd"])
    def test_addresses_of_every_kind(self, address):
        assert sections(Message([(address, ("t",))], []))["unregister"][0][0] == address

    @pytest.mark.parametrize("entry", [("10.0.0.1", ()), ("10.0.0.1", []), ("10.0.0.1", None), ("10.0.0.1", "tag"), ("10.0.0.1", ("",)), ("", ("a",)),
                                       ("10.0.0.1", (None,)),
                                       ("10.0.0.1", ("a\0",)), ("10.0.0.1", ("\ud800",)), ("10.0.0.1", ("\uffff",)), ("10.0.0.1\x1b", ("a",))])
    def test_an_entry_without_usable_tags_is_a_mistake_of_the_program(self, entry):
        for message in (Message([entry], []), Message([], [entry])):
            with pytest.raises(ValueError):
                body(message)
            with pytest.raises(ValueError):
                list(chunk(*message))


def size(message, timeout=None):
    """Bytes of the whole request at most."""
    client = samples.client(lambda form: samples.DONE)
    send(client, "vsys1", message, persistent=False, timeout=timeout)
    return client.http.sent[0]["bytes"]


def pairs(messages):
    """{section: sorted pairs} of all messages."""
    found = {"unregister": [], "register": []}
    for message in messages:
        for section, entries in zip(Message._fields, message):
            found[section] += [(entry[0], tag) + tuple(entry[2:]) for entry in entries for tag in entry[1]]
    return {section: sorted(content, key=repr) for section, content in found.items()}


class TestChunk:
    """Messages that a device takes."""

    def test_nothing(self):
        assert not list(chunk([], []))

    def test_at_most_500_addresses(self):
        entries = [("10.0.%d.%d" % (index >> 8, index & 255), ("t",)) for index in range(1201)]
        messages = list(chunk([], entries))
        assert [len(message.register) for message in messages] == [500, 500, 201]
        assert [entry for message in messages for entry in message.register] == entries
        assert [len(message.unregister) for message in chunk(entries, [])] == [500, 500, 201]

    def test_at_most_a_megabyte(self):
        entries = [("10.0.%d.%d" % (index >> 8, index & 255), ["%s.%d" % ("&" * 120, number) for number in range(64)]) for index in range(300)]
        messages = list(chunk([], entries))
        assert pairs(messages) == pairs([Message([], entries)])
        assert len(messages) > 1
        assert all(size(message) <= MAX_BYTES for message in messages)

    def test_an_address_stays_together(self):
        old = [("10.0.%d.%d" % (index >> 8, index & 255), ("old",)) for index in range(900)]
        new = [(address, ("new",), True) for address, tags in reversed(old[:700])]
        messages = list(chunk(old, new))
        for message in messages:
            assert len({entry[0] for entry in itertools.chain(*message)}) <= 500
        both = [message for message in messages if message.register]
        assert all([entry[0] for entry in message.register] == [entry[0] for entry in message.unregister][:len(message.register)] for message in both)
        assert pairs(messages) == pairs([Message(old, new)])

    def test_register_is_consumed_as_it_is_sent(self):
        taken = []

        def entries():
            for index in range(2000):
                taken.append(index)
                yield ("10.0.%d.%d" % (index >> 8, index & 255), ("t",))

        next(chunk([], entries()))
        assert len(taken) == 501

    def test_one_address_too_large_for_a_message(self):
        entry = ("10.0.0.1", tuple("tag-%03d" % number for number in range(60)), False)
        other = ("10.0.0.2", ("t",), True)
        messages = list(chunk([("10.0.0.1", ("old",))], [entry, other], max_bytes=2500))
        assert all(size(message) <= 2500 for message in messages)
        assert pairs(messages) == pairs([Message([("10.0.0.1", ("old",))], [entry, other])])
        assert messages[0].unregister, "what has to go goes first"

    def test_a_tag_that_fits_into_no_message(self):
        with pytest.raises(ValueError):
            list(chunk([], [("10.0.0.1", ("x" * 5000,))], max_bytes=3000))

    addresses = st.sampled_from(["10.0.0.%d" % number for number in range(30)] + ["2001:db8::%x" % number for number in range(10)])
    tag_sets = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40), min_size=1, max_size=12, unique=True).map(tuple)

    @settings(max_examples=150, deadline=None)
    @given(old=st.dictionaries(addresses, tag_sets, max_size=30), new=st.dictionaries(addresses, tag_sets, max_size=30),
           max_addresses=st.integers(1, 12), max_bytes=st.integers(1500, 6000), timeout=st.sampled_from([None, 60, 2592000]))
    def test_nothing_is_lost_and_limits_hold(self, old, new, max_addresses, max_bytes, timeout):
        registered = [(address, tags, len(tags) % 2 == 0) for address, tags in new.items()]
        messages = list(chunk(old.items(), registered, timeout=timeout, max_addresses=max_addresses, max_bytes=max_bytes))
        assert pairs(messages) == pairs([Message(list(old.items()), registered)])
        done = set()
        for message in messages:
            assert message.unregister or message.register
            assert len({entry[0] for entry in itertools.chain(*message)}) <= max_addresses
            assert size(message, timeout) <= max_bytes
            assert all(entry[1] for entry in itertools.chain(*message))
            assert not done.intersection(entry[0] for entry in message.unregister), "nothing is unregistered after it was registered"
            done.update(entry[0] for entry in message.register)

    @settings(max_examples=25, deadline=None)
    @given(character=st.sampled_from("&<>x ~"), tags=st.integers(1, 64), length=st.integers(1, 127), number=st.integers(1, 120),
           timeout=st.sampled_from([None, 2592000]), ways=st.sampled_from(["register", "unregister", "both", "together", "places"]))
    def test_no_tags_make_a_message_larger_than_a_megabyte(self, character, tags, length, number, timeout, ways):
        """Whatever the tags are and whichever way they are cut, on the wire with all that travels beside them."""
        names = tuple((character * length)[len(str(each)):] + str(each) for each in range(tags))
        addresses = ["2001:db8:ffff:ffff:ffff:ffff:ffff:%x" % each for each in range(number)]
        old = [(address, names) for address in addresses]
        new = [(address, names, False) for address in addresses]
        others = [("2001:db8:eeee" + address[13:], names, False) for address in addresses]
        messages = list({
            "register": lambda: chunk([], new, timeout=timeout), "unregister": lambda: chunk(old, []), "both": lambda: chunk(old, new, timeout=timeout),
            "together": lambda: chunk_together(zip(old, new), timeout=timeout), "places": lambda: chunk_together(zip(old, others), timeout=timeout)}[ways]())
        assert pairs(messages) == pairs([Message(old if ways != "register" else [], {"unregister": [], "places": others}.get(ways, new))])
        assert all(size(message, timeout) + len("&key=") + 3 * 2000 <= 1000000 for message in messages)
        assert all(len({entry[0] for entry in itertools.chain(*message)}) <= 500 for message in messages)
        if ways in ("together", "places"):
            for message in messages:
                assert len(message.unregister) == len(message.register), "each pair stays together"


MESSAGE = Message([("10.0.0.1", ("old", "older"))], [("10.0.0.1", ("new",)), ("10.0.0.2", ("a", "a b")), ("2001:db8::1", ("x",))])


class TestAnswers:
    """What a device says to a message (PAN-OS facts 2.2 to 2.4)."""

    def send(self, *answers):
        client = samples.client(list(answers))
        return send(client, "vsys1", MESSAGE), client

    @pytest.mark.parametrize("answer", [
        samples.DONE, '<response status="success"/>', '<response status="success"><result/></response>',
        "<response status = 'success'><result></result></response>",
        samples.DONE.replace("<unregister> </unregister>", ""), samples.refused(status="success"),
        samples.DONE.replace("<register>", '<register><entry ip="10.0.0.1"/>'),
    ])
    def test_done(self, answer):
        assert self.send(answer)[0] == []

    def test_harmless_words_in_their_own_section(self):
        answer = samples.refused(register=[("10.0.0.1", "tag new already exists, ignore")],
                                 unregister=[("10.0.0.1", "tag old does not exist, ignore unreg"), ("10.0.0.1", "ip 10.0.0.1 does not exist, ignore unreg")])
        assert self.send(answer)[0] == []
        assert self.send(answer.replace('status="error"', 'status="success"'))[0] == []

    def test_harmless_words_in_the_other_section(self):
        found = self.send(samples.refused(register=[("10.0.0.2", "tag a does not exist, ignore unreg")],
                                          unregister=[("10.0.0.1", "tag old already exists, ignore")]))[0]
        assert [(failure.section, failure.tag) for failure in found] == [("unregister", "old"), ("register", "a")]

    @pytest.mark.parametrize("words, address, tag", [
        ("Failed to register", "2001:db8::1", "x"), ("Failed to register", "10.0.0.2", None), ("tag a b is not legal", "10.0.0.2", "a b"),
        ("invalid ip", "10.0.0.9", None), ("max registered-ip reached", "10.0.0.1", "new"), ("tag y already exists, ignore it not", "10.0.0.9", None),
    ])
    def test_the_devices_own_words(self, words, address, tag):
        answer = samples.refused(register=[("10.0.0.2", "tag a already exists, ignore"), (address, words), ("10.0.0.2", "tag a b already exists, ignore")])
        assert self.send(answer)[0] == [Failure("register", address, tag, words)]

    @pytest.mark.parametrize("position", [0, 1, 2])
    def test_one_real_refusal_among_harmless_ones(self, position):
        entries = [("10.0.0.2", "tag a already exists, ignore"), ("10.0.0.2", "tag a b already exists, ignore")]
        entries.insert(position, ("10.0.0.1", "Failed to register tag new"))
        assert self.send(samples.refused(register=entries))[0] == [Failure("register", "10.0.0.1", "new", "Failed to register tag new")]

    def test_text_with_markup(self):
        assert self.send(samples.refused(register=[("10.0.0.2", 'tag <a> & "b" refused')]))[0][0].message == 'tag <a> & "b" refused'

    def test_refused_without_words(self):
        assert self.send(samples.refused(register=[("10.0.0.1", "")]))[0] == [Failure("register", "10.0.0.1", "new", "no reason given")]

    def test_other_sections_are_no_success(self):
        answer = samples.refused().replace("<payload>", '<payload><logout><entry ip="10.0.0.1" message="Delete mapping failed"/></logout>')
        assert self.send(answer)[0] == [Failure("logout", "10.0.0.1", None, "Delete mapping failed")]

    @pytest.mark.parametrize("answer, code", [(samples.CODE_15, "15"), ('<response status="error"><msg><line>table is full</line></msg></response>', None),
                                              (samples.refused(), None), ((400, samples.CODE_17.replace("17", "400")), "400")])
    def test_refused_as_a_whole(self, answer, code):
        with pytest.raises(DeviceError) as caught:
            self.send(answer)
        assert caught.value.code == code

    @pytest.mark.parametrize("answer", ["", samples.HTML, samples.DONE[:-20], samples.refused(register=[("10.0.0.1", "x")])[:-30],
                                        "<uid-response><payload/></uid-response>", "<response><result><uid-response/></result></response>"])
    def test_no_answer(self, answer):
        with pytest.raises(NotAnApi):
            self.send(answer)

    def test_waits_for_a_commit(self):
        found, client = self.send((403, samples.ROLE), samples.NOT_READY, samples.UNAUTH, samples.DONE)
        assert found == [] and client.http.requests == 4
        assert len({str(sent["form"]) for sent in client.http.sent}) == 1, "the same message each time"

    def test_an_empty_message_is_not_sent(self):
        client = samples.client([])
        assert send(client, "vsys1", Message([], [])) == []
        assert client.http.requests == 0

    def test_virtual_system_and_form(self):
        client = self.send(samples.DONE)[1]
        form = client.http.sent[0]["form"]
        assert form["type"] == ["user-id"] and form["vsys"] == ["vsys1"]
        assert form["cmd"][0].startswith("<uid-message>")
