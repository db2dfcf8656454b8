# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: the device's own faults, and what other people do to it."""

from __future__ import annotations

import pytest

from tests.conformance.panos_client import firewall, positions


@positions("unauth_body")
def test_session_that_ended(value: str) -> None:
    client = firewall(switches={"unauth_body": value})
    client.app.arm("session_expired", nth=2)
    assert client.call(type="version").status == "success"
    answer = client.register({"10.0.0.1": ["a"]})
    expected = {
        "session_timed_out": (200, "unauth", "22", "Session timed out"), "invalid_credential": (403, "error", "403", "Invalid Credential"),
        "no_code": (200, "unauth", None, "Session timed out"),
    }[value]
    assert (answer.http, answer.status, answer.code, answer.message) == expected
    assert client.table() == {}
    assert client.register({"10.0.0.1": ["a"]}).status == "success"


def test_commit_window() -> None:
    client = firewall()
    client.app.arm("commit_window", calls=2)
    for _call in range(2):
        answer = client.register({"10.0.0.1": ["a"]})
        assert (answer.http, answer.code, answer.message) == (403, None, "Type [user-id] not authorized for user role")
        assert client.page().status == "success"
    assert client.register({"10.0.0.1": ["a"]}).status == "success"
    client.app.arm("commit_window", types=["op", "user-id"])
    assert client.page().http == 403
    assert client.page().http == 200


def test_not_ready() -> None:
    client = firewall()
    client.app.arm("not_ready", calls=1)
    assert client.page().status == "success"
    answer = client.register({"10.0.0.1": ["a"]})
    assert (answer.http, answer.status, answer.message) == (200, "error", "Not ready to process xmlapi data")
    assert client.register({"10.0.0.1": ["a"]}).status == "success"


def test_foreign_writer_between_pages() -> None:
    client = firewall()
    client.register({f"10.9.0.{number}": ["foreign-writer"] for number in range(20)})
    client.register({f"10.0.{number // 250}.{number % 250}": ["mine"] for number in range(1000)})
    client.app.arm("foreign_writer", add=2, remove=3, pages=2)
    pages = [client.page(start) for start in (1, 501, 1001)]
    seen = {address for page in pages for address in page.rows}
    mine = {address for address, tags in client.table().items() if tags == ["mine"]}
    assert len(mine) == 1000  # nobody touched them
    assert mine - seen == {"10.0.1.230", "10.0.1.231", "10.0.1.232", "10.0.3.233", "10.0.3.234", "10.0.3.235"} & (mine - seen)
    assert mine - seen  # but the reading missed some, because the table moved under it
    assert client.count() == 1020 + 2 * 2 - 2 * 3


def test_foreign_writer_leaves_shared_addresses_alone() -> None:
    client = firewall()
    client.register({"10.0.0.1": ["mine", "foreign-writer"]})
    client.app.arm("foreign_writer", add=0, remove=5)
    client.page()
    assert client.table() == {"10.0.0.1": ["mine", "foreign-writer"]}


def test_disarm() -> None:
    client = firewall()
    for fault in client.app.FAULTS:
        client.app.arm(fault)
    client.app.disarm()
    assert client.register({"10.0.0.1": ["a"]}).status == "success"
    client.page()
    assert client.table() == {"10.0.0.1": ["a"]}


@pytest.mark.parametrize("fault, arguments, text", [
    ("nonsense", {}, "unknown fault 'nonsense'"), ("not_ready", {"nth": 1}, "has no argument nth"), ("not_ready", {"calls": "x"}, "whole number"),
])
def test_faults_that_cannot_be_armed(fault: str, arguments: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        firewall().app.arm(fault, **arguments)


def test_mutations_of_the_table() -> None:
    client = firewall(vsys=["vsys1", "vsys2"])
    app = client.app
    assert app.mutate("register", device="fw1", address="10.0.0.1/32", tags=["a", "b"], vsys="vsys2", persistent=False, timeout=9) == {
        "address": "10.0.0.1", "tags": ["a", "b"],
    }
    assert app.state()["vsys"]["vsys2"]["registrations"] == {
        "10.0.0.1": {"tags": ["a", "b"], "persistent": False, "from_agent": False, "timeouts": {"a": 9, "b": 9}},
    }
    app.mutate("register", address="10.0.0.0/24", tags="range")
    assert app.mutate("unregister", address="10.0.0.1", vsys="vsys2", tags=["a", "x"]) == {"address": "10.0.0.1", "removed": ["a"]}
    assert client.table(vsys="vsys2") == {"10.0.0.1": ["b"]}
    assert app.mutate("clear_table", vsys="vsys2") == {"removed": 1}
    assert client.table() == {"10.0.0.0/24": ["range"]}


@pytest.mark.parametrize("operation, arguments, error, text", [
    ("nonsense", {}, ValueError, "unknown operation"), ("register", {"address": "x", "tags": ["a"]}, ValueError, "not an address"),
    ("register", {"address": "10.0.0.1", "tags": []}, ValueError, "at least one tag"),
    ("register", {"address": "10.0.0.1", "tags": ["it's"]}, ValueError, "legal tag"),
    ("register", {"address": "10.0.0.1"}, ValueError, "tags"), ("unregister", {"address": "10.0.0.1"}, LookupError, "no registration"),
    ("register", {"address": "10.0.0.1", "tags": ["a"], "vsys": "vsys9"}, LookupError, "no virtual system vsys9"),
])
def test_mutations_that_fail(operation: str, arguments: dict, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        firewall().app.mutate(operation, **arguments)


def test_the_clock_only_goes_on() -> None:
    with pytest.raises(ValueError):
        firewall().app.advance(-1)
