# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: User-ID register and unregister in wire detail (PAN-OS facts 2)."""

from __future__ import annotations

import pytest

from tests.conformance.panos_client import firewall, fleet, pairs, positions


def registration(client, address: str, vsys: str = "vsys1") -> dict:
    return client.app.state()["vsys"][vsys]["registrations"].get(address, {})


def test_register_and_unregister() -> None:
    client = firewall()
    answer = client.register({"10.0.0.2": ["a", "b"], "10.0.0.1": ["a"]})
    assert (answer.http, answer.status, answer.code, answer.sections, answer.failures) == (200, "success", None, ["register"], [])
    assert answer.root.findtext("result/uid-response/version") == "2.0"
    assert answer.entries == 2
    assert list(client.table().items()) == [("10.0.0.2", ["a", "b"]), ("10.0.0.1", ["a"])]  # order of registration
    answer = client.unregister({"10.0.0.2": ["b"], "10.0.0.1": ["a"]})
    assert (answer.status, answer.sections) == ("success", ["unregister"])
    assert client.table() == {"10.0.0.2": ["a"]}  # an address without tags is gone


def test_unregister_comes_before_register_whatever_the_order() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["old"]})
    answer = client.user_id(f"<register>{pairs({'10.0.0.1': ['old', 'new']})}</register><unregister>{pairs({'10.0.0.1': ['old']})}</unregister>")
    assert (answer.status, answer.sections) == ("success", ["unregister", "register"])
    assert client.table() == {"10.0.0.1": ["old", "new"]}


@pytest.mark.parametrize("entry", ['<entry ip="10.0.0.1"/>', '<entry ip="10.0.0.1"><tag></tag></entry>'])
def test_unregister_without_tags_drops_the_address(entry: str) -> None:
    client = firewall()
    client.register({"10.0.0.1": ["mine", "foreign"], "10.0.0.2": ["mine"]})
    assert client.user_id(f"<unregister>{entry}</unregister>").status == "success"
    assert client.table() == {"10.0.0.2": ["mine"]}


def test_empty_sections_and_ignored_attributes() -> None:
    client = firewall()
    answer = client.user_id("<register></register><unregister></unregister>")
    assert (answer.status, answer.sections) == ("success", ["unregister", "register"])
    client.register({"10.0.0.1": ["a"]}, attributes='from_agent="1"')
    assert registration(client, "10.0.0.1")["from_agent"] is False
    assert client.user_id('<unregister><entry ip="10.0.0.1"><tag><member timeout="0">a</member></tag></entry></unregister>').status == "success"


@pytest.mark.parametrize("payload, code", [
    ("<register/><register/>", "12"), ("<nonsense/>", "17"), ("<clear><nonsense/></clear>", "17"),
])
def test_messages_that_are_refused_as_a_whole(payload: str, code: str) -> None:
    client = firewall()
    client.register({"10.0.0.1": ["a"]})
    assert client.user_id(payload).code == code
    assert client.call(type="user-id", cmd="<uid-message><type>other</type><payload/></uid-message>").code == "12"
    assert client.call(type="user-id", cmd="<uid-message><type>update</type></uid-message>").code == "12"
    assert client.call(type="user-id", cmd="<something/>").code == "17"
    assert client.table() == {"10.0.0.1": ["a"]}


def test_clear_all() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["a"], "10.0.0.0/24": ["b"]})
    assert client.user_id("<clear><registered-ip><all/></registered-ip></clear>").status == "success"
    assert client.table() == {}


def test_login_and_logout_are_accepted() -> None:
    answer = firewall().user_id('<login><entry name="d\\u" ip="10.0.0.1" timeout="20"/></login><logout><entry name="d\\u" ip="10.0.0.1"/></logout>')
    assert (answer.status, answer.sections) == ("success", ["login", "logout"])


@positions("duplicate_register")
def test_duplicates(value: str) -> None:
    client = firewall(switches={"duplicate_register": value})
    client.register({"10.0.0.1": ["a"]})
    answer = client.register({"10.0.0.1": ["a", "b"], "10.0.0.2": ["a"]})
    expected = [("register", "10.0.0.1", "tag a already exists, ignore")] if value == "error" else []
    assert (answer.http, answer.status, answer.failures) == (200, "error" if expected else "success", expected)
    assert client.table() == {"10.0.0.1": ["a", "b"], "10.0.0.2": ["a"]}


@positions("unregister_absent")
def test_unregistering_what_is_absent(value: str) -> None:
    client = firewall(switches={"unregister_absent": value})
    client.register({"10.0.0.1": ["a", "b"]})
    answer = client.unregister({"10.0.0.1": ["a", "x"], "10.0.0.9": ["a"], "10.0.0.8": None})
    reported = [
        ("unregister", "10.0.0.1", "tag x does not exist, ignore unreg"),
        ("unregister", "10.0.0.9", "ip 10.0.0.9 does not exist, ignore unreg"),
        ("unregister", "10.0.0.8", "ip 10.0.0.8 does not exist, ignore unreg"),
    ]
    assert answer.failures == (reported if value == "reported" else [])
    assert answer.status == ("error" if value == "reported" else "success")
    assert client.table() == {"10.0.0.1": ["b"]}


@positions("mixed_message")
@pytest.mark.parametrize("bad", [{"nonsense": ["a"]}, {"10.0.0.1": ["a"]}, {"10.0.0.5": ["it's"]}])
def test_good_pairs_beside_bad_ones(value: str, bad: dict) -> None:
    client = firewall(switches={"mixed_message": value})
    client.register({"10.0.0.1": ["a"], "10.0.0.3": ["gone"]})
    answer = client.register({"10.0.0.2": ["b"], **bad}, {"10.0.0.3": ["gone"]})
    assert answer.status == "error"
    assert len(answer.failures) == 1
    after = {"10.0.0.1": ["a"], "10.0.0.2": ["b"]} if value == "applied" else {"10.0.0.1": ["a"], "10.0.0.3": ["gone"]}
    assert client.table() == after
    assert client.register({"10.0.0.2": ["c"]}).status == "success"


@positions("error_order")
def test_order_of_errors(value: str) -> None:
    client = firewall(switches={"error_order": value})
    entries = {f"10.0.0.{number}": ["a", "b"] for number in range(20)}
    client.register(entries)
    answer = client.register(entries)
    requested = [("register", address, f"tag {tag} already exists, ignore") for address, tags in entries.items() for tag in tags]
    assert (answer.failures == requested) is (value == "request")
    assert sorted(answer.failures) == sorted(requested)


ILLEGAL = ["", "a" * 128, "it's", 'say "x"', "two  blanks", "and", "OR", "Not", "line\nbreak"]


@positions("text_invalid_tag")
def test_illegal_tags(value: str) -> None:
    client = firewall(switches={"text_invalid_tag": value})
    answer = client.register({"10.0.0.1": ILLEGAL + ["fine"]})
    assert answer.failures == [("register", "10.0.0.1", value)] * len(ILLEGAL)
    assert client.table() == {"10.0.0.1": ["fine"]}
    legal = ["b" * 127, "one blank", "android", "Prod (EU)", "a.b-c_d/é"]
    assert client.register({"10.0.0.2": legal}).status == "success"
    assert client.table()["10.0.0.2"] == legal


@positions("text_invalid_ip")
def test_invalid_addresses(value: str) -> None:
    client = firewall(switches={"text_invalid_ip": value})
    for text in ("", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "host", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "fe80::1%eth0", "2001:db8::/64", "::1-::2"):
        answer = client.register({text: ["a", "b"]})
        assert answer.failures == [("register", text, value)] * 2, text
    assert client.table() == {}
    assert client.unregister({"nonsense": ["a"]}).failures == [("unregister", "nonsense", value)]


def test_spelling_of_addresses() -> None:
    client = firewall()
    spelt = ["10.0.0.1/32", "2001:DB8:0:0::1", "::/128", "10.1.1.0/24", "10.1.1.10-10.1.1.19", "::FFFF:10.0.0.1"]
    client.register({address: ["a"] for address in spelt})
    assert list(client.table()) == ["10.0.0.1", "2001:db8::1", "::", "10.1.1.0/24", "10.1.1.10-10.1.1.19", "::ffff:10.0.0.1"]
    assert client.register({"10.0.0.1": ["a"], "2001:db8::0001/128": ["a"]}).failures == [
        ("register", "10.0.0.1", "tag a already exists, ignore"), ("register", "2001:db8::1", "tag a already exists, ignore"),
    ]
    assert client.unregister({"10.1.1.0/24": ["a"], "10.1.1.10-10.1.1.19": None}).status == "success"


def test_networks_and_ranges_since_10_0() -> None:
    old = firewall(version="9.1.12-h3")
    answer = old.register({"10.1.1.0/24": ["a"], "10.1.1.10-10.1.1.19": ["a"], "10.1.1.1/32": ["a"]})
    assert [address for section, address, message in answer.failures] == ["10.1.1.0/24", "10.1.1.10-10.1.1.19"]
    assert list(old.table()) == ["10.1.1.1"]


@positions("network_host_bits")
def test_host_bits_of_a_network(value: str) -> None:
    client = firewall(switches={"network_host_bits": value})
    client.register({"10.1.1.7/24": ["a"]})
    assert list(client.table()) == ["10.1.1.7/24" if value == "kept" else "10.1.1.0/24"]


@positions("text_too_many_tags")
def test_tags_per_address(value: str) -> None:
    client = firewall(switches={"text_too_many_tags": value})
    tags = [f"t{number}" for number in range(34)]
    assert client.register({"10.0.0.1": tags}).failures == [("register", "10.0.0.1", value)] * 2
    assert client.table() == {"10.0.0.1": tags[:32]}
    assert client.register({"10.0.0.1": ["t33"]}, {"10.0.0.1": ["t0"]}).status == "success"  # room is made first
    assert firewall(model="PA-440").register({"10.0.0.1": [f"t{number}" for number in range(64)]}).status == "success"


@positions("text_table_full")
def test_capacity(value: str) -> None:
    client = firewall(switches={"text_table_full": value}, capacity={"addresses": 3}, vsys=["vsys1", "vsys2"])
    client.register({"10.0.0.1": ["a"], "10.0.0.2": ["a"]})
    client.register({"10.0.0.1": ["a"]}, vsys="vsys2")
    answer = client.register({"10.0.0.3": ["a", "b"], "10.0.0.1": ["b"]})
    assert answer.failures == [("register", "10.0.0.3", value)] * 2
    assert client.table() == {"10.0.0.1": ["a", "b"], "10.0.0.2": ["a"]}
    log = client.app.state()["system_log"]
    assert [line["description"] for line in log] == ["max registered-ip for the platform reached (3)"]
    assert (log[0]["severity"], log[0]["type"]) == ("critical", "userid")
    assert client.register({"10.0.0.3": ["a"]}, {"10.0.0.2": None}).status == "success"


def test_one_capacity_for_all_virtual_systems() -> None:
    """Tables are counted one by one, and fill one device together, whether it is asked itself or through its Panorama."""
    systems = ["vsys1", "vsys2", "vsys3"]
    fw, panorama = fleet({"name": "fw1", "serial": "1", "vsys": systems, "capacity": {"addresses": 6}}, {"name": "pano", "kind": "panorama"})
    for number, vsys in enumerate(systems, 1):
        assert fw.register({f"10.0.{number}.{host}": ["a"] for host in range(number)}, vsys=vsys).status == "success"
    for client, more in ((fw, {}), (panorama, {"target": "1"})):
        assert [client.count(vsys=vsys, **more) for vsys in systems] == [1, 2, 3]
        assert client.count(**more) == 1
        for vsys in systems:
            answer = client.register({"10.9.9.9": ["a"]}, vsys=vsys, **more)
            assert (answer.status, answer.failures) == ("error", [("register", "10.9.9.9", "Failed to register")])
            assert "10.9.9.9" not in client.table(vsys=vsys, **more)
    assert panorama.count() == 0 and panorama.register({"10.9.9.9": ["a"]}).status == "success"  # its own table is another one
    assert fw.register({"10.0.1.0": ["b"]}).status == "success"  # a tag more is no address more
    assert fw.unregister({"10.0.3.0": None}, vsys="vsys3").status == "success"
    assert fw.register({"10.9.9.9": ["a"]}, vsys="vsys1").status == "success"  # the place is free for any of them
    assert [fw.count(vsys=vsys) for vsys in systems] == [2, 2, 2]
    text = fw.op("<show><system><state><filter>cfg.general.max-registered-ip-address</filter></state></system></show>").root.findtext("result")
    assert text == "cfg.general.max-registered-ip-address: 0x6\n"


@pytest.mark.parametrize("model, addresses, tags", [("PA-220", 1000, 32), ("PA-5410", 500_000, 64), ("PA-VM", 2500, 32), ("PA-3220", 200_000, 32)])
def test_limits_of_models(model: str, addresses: int, tags: int) -> None:
    assert firewall(model=model).app.state()["capacity"] == {"addresses": addresses, "tags": tags}


def test_all_or_nothing_counts_the_whole_table() -> None:
    client = firewall(capacity={"addresses": 3}, switches={"mixed_message": "all_or_nothing"})
    client.register({"10.0.0.1": ["a"], "10.0.0.2": ["a"]})
    assert client.register({"10.0.0.3": ["a"], "10.0.0.4": ["a"]}).status == "error"
    assert len(client.table()) == 2
    assert client.register({"10.0.0.3": ["a"], "10.0.0.4": ["a"]}, {"10.0.0.1": None}).status == "success"
    assert list(client.table()) == ["10.0.0.2", "10.0.0.3", "10.0.0.4"]


def test_persistent_and_reboot() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["a"]})
    client.register({"10.0.0.2": ["a"]}, attributes='persistent="1"')
    client.register({"10.0.0.3": ["a"]}, attributes='persistent="0"')
    client.app.mutate("register", address="10.0.0.4", tags=["a"], from_agent=True)
    assert client.app.mutate("reboot") == {"registered": 2}
    assert list(client.table()) == ["10.0.0.1", "10.0.0.2"]
    assert client.app.state()["boots"] == 2


@positions("persistent_changes")
def test_persistent_mark_of_a_known_address(value: bool) -> None:
    client = firewall(switches={"persistent_changes": value})
    client.register({"10.0.0.1": ["a"]})
    client.register({"10.0.0.1": ["b"]}, attributes='persistent="0"')
    assert registration(client, "10.0.0.1")["persistent"] is not value
    client.register({"10.0.0.1": ["c"]})  # not said: stays as it is
    assert registration(client, "10.0.0.1")["persistent"] is not value


@positions("persistent_absent")
def test_a_mark_that_is_not_said(value: str) -> None:
    client = firewall(switches={"persistent_absent": value})
    client.register({"10.0.0.1": ["a"]}, attributes='persistent="0"')
    client.register({"10.0.0.1": ["b"]})
    assert registration(client, "10.0.0.1")["persistent"] is (value == "default")


@positions("latency")
def test_latency(value: bool) -> None:
    client = firewall(switches={"latency": value})
    slept = []
    client.app.sleep = slept.append
    client.register({f"10.0.0.{number}": ["a", "b"] for number in range(10)}, {"10.0.1.1": ["a"]})
    client.page()
    assert slept == ([pytest.approx(10 * 0.0034 + 0.0004)] if value else [])


def test_user_tags() -> None:
    client = firewall()
    entry = '<entry user="dom\\u"><tag><member timeout="60">a</member><member>b</member></tag></entry>'
    assert client.user_id(f"<register-user>{entry}</register-user>").status == "success"
    answer = client.user_id(f"<register-user>{entry}</register-user>")
    assert [(found.get("user"), found.get("message")) for found in answer.root.iter("entry")][0] == ("dom\\u", "tag a already exists, ignore")
    show = "<show><object><registered-user><all><limit>500</limit><start-point>1</start-point></all></registered-user></object></show>"
    assert [member.text for member in client.op(show).root.iter("member")] == ["a", "b"]
    client.app.advance(60)
    assert [member.text for member in client.op(show).root.iter("member")] == ["b"]
    assert client.user_id('<unregister-user><entry user="dom\\u"/></unregister-user>').status == "success"
    assert client.op(show).find("count") == "0"
