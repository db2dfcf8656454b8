# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrations that end: timeouts and reboots."""

from __future__ import annotations

import pytest

from tests.modules.chain import CLAIM
from tests.modules.registrations import DEV, WEB, filled, hosts, prove, put, rows, sets


# -- timeouts ------------------------------------------------------------------------------------------------------------

def timeouts(chain, address):
    return chain.lab.control.state("fw1")["vsys"]["vsys1"]["details"][address].get("timeouts", {})


@pytest.mark.parametrize("renewal", ["register", "replace"])
def test_each_run_renews_and_renewing_is_no_change(fw, renewal):
    put(fw, {"10.1.0.1": ["quarantine"]})
    options = {"registrations": rows(hosts(2, DEV, WEB)), "timeout": 3600, "renewal": renewal}
    if renewal == "replace":
        fw.lab.control.switch("fw1", "duplicate_refreshes_timer", False)
    assert fw.register(**options)["changed"]
    fw.lab.control.advance(3000)
    predicted = fw.register(check=True, **options)
    assert predicted["changed"] is False and predicted["plan"]["renewed"] == 4 and timeouts(fw, "10.1.0.1")[DEV] == 600
    result = fw.register(**options)
    assert result["changed"] is False and result["plan"] == predicted["plan"] and result["state"] == "in_sync" and "4 renewed" in result["message"]
    assert timeouts(fw, "10.1.0.1") == {DEV: 3600, WEB: 3600} and timeouts(fw, CLAIM) == {}
    fw.lab.control.advance(3601)
    assert fw.owned() == {} and fw.table()["10.1.0.1"] == {"quarantine"}
    assert fw.register(**options)["changed"] and fw.owned() == sets(hosts(2, DEV, WEB))


def test_present_renews_too(fw):
    options = {"state": "present", "registrations": rows(hosts(2, DEV)), "timeout": 3600}
    fw.register(**options)
    fw.lab.control.advance(3000)
    result = fw.register(**options)
    assert not result.failed and result["changed"] is False and result["plan"]["renewed"] == 2
    assert timeouts(fw, "10.1.0.1") == {DEV: 3600}


@pytest.mark.parametrize("timed_to_permanent", [False, True])
def test_going_back_to_none_replaces_them_once(fw, timed_to_permanent):
    fw.lab.control.switch("fw1", "timed_to_permanent", timed_to_permanent)
    put(fw, {"10.1.0.1": ["quarantine"]})
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    result = fw.register(registrations=rows(hosts(100, DEV)))
    assert not result.failed and result["plan"]["renewed"] == 100
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(100, DEV))
    fw.lab.control.read_only("fw1")
    again = fw.register(registrations=rows(hosts(100, DEV)))
    assert again["changed"] is False and not fw.lab.control.violations() and not again.failed


def test_going_back_to_none_survives_a_broken_run(fw):
    """The timeout stays on the claim until every registration has been replaced."""
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    body = "<response status='error' code='2'><msg><line>internal</line></msg></response>"
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=3, times=1000, status=400, body=body)
    assert fw.register(registrations=rows(hosts(100, DEV))).failed
    fw.lab.control.disarm()
    assert not fw.register(registrations=rows(hosts(100, DEV))).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(100, DEV))


def test_going_back_to_none_without_keeping_a_claim(fw):
    fw.register(registrations=rows(hosts(3, DEV)), timeout=3600)
    assert not fw.register(registrations=rows(hosts(3, DEV)), claim=False).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))


def test_a_timeout_below_three_intervals_warns(fw):
    result = fw.register(registrations=rows(hosts(1, DEV)), timeout=1000, sync_interval=400)
    assert any("1200" in warning for warning in result.warnings)
    assert not fw.register(registrations=rows(hosts(1, DEV)), timeout=1200, sync_interval=400).warnings


# -- persistence ---------------------------------------------------------------------------------------------------------

def test_persistent_and_a_reboot(fw):
    put(fw, {"10.1.0.1": ["quarantine"]}, persistent=True)
    put(fw, {"10.1.0.2": ["lab"]}, persistent=False)
    filled(fw, hosts(3, DEV))
    fw.lab.control.mutate("reboot", device="fw1")
    assert fw.owned() == sets({"10.1.0.1": [DEV], "10.1.0.3": [DEV]})  # .2 is marked as somebody else chose
    prove(fw, hosts(3, DEV))


def test_not_persistent(fw):
    put(fw, {"10.1.0.1": ["quarantine"]}, persistent=True)
    prove(fw, hosts(3, DEV), persistent=False)
    fw.lab.control.mutate("reboot", device="fw1")
    assert fw.owned() == {"10.1.0.1": {DEV}} and fw.table()["10.1.0.1"] == {DEV, "quarantine"}
