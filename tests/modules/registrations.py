# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of panos_dag_register share: tags, tables, and the order of check, run, run again, verify."""

from __future__ import annotations

from tests.modules.chain import CLAIM

DEV, PROD, TEST = "illumio.env.Development", "illumio.env.Production", "illumio.env.Test"
WEB, DATABASE = "illumio.role.Web", "illumio.role.Database"
OPEN = {"max_removals_percent": 100, "allow_emptied_tags": ["*"], "allow_empty": True}  # every guard on removals lifted


def hosts(number, *tags, start=1):
    """{address: tags} of so many hosts."""
    return {"10.1.%d.%d" % divmod(each, 250): list(tags) for each in range(start, start + number)}


def rows(entries):
    """As the option `registrations`."""
    return [{"address": address, "tags": list(tags)} for address, tags in entries.items()]


def sets(entries):
    """As Chain.owned gives it."""
    return {address: frozenset(tags) for address, tags in entries.items()}


def claims(chain, vsys="vsys1", firewall="fw1"):
    """The claims on a target."""
    return sorted(tag for tag in chain.table(firewall, vsys).get(CLAIM, ()) if "claim:" in tag)


def put(chain, entries, **more):
    """Registers behind the module's back."""
    for address, tags in entries.items():
        chain.lab.control.mutate("register", device="fw1", address=address, tags=list(tags), **more)


def prove(chain, desired, expected=None, **options):
    """Check, run, run again on a device that refuses writes, verify by looking at the device; returns the Result of the run."""
    before, others = chain.table(), chain.foreign()
    chain.lab.control.read_only("fw1")
    predicted = chain.register(registrations=rows(desired), check=True, **options)
    assert not chain.lab.control.violations() and chain.table() == before
    chain.lab.control.read_only("fw1", False)
    result = chain.register(registrations=rows(desired), **options)
    assert not result.failed, result
    assert predicted["plan"] == result["plan"] and predicted["changed"] == result["changed"] and predicted["after"] == result["after"]
    assert predicted["diff"] == result["diff"]
    assert chain.owned() == (sets(desired) if expected is None else sets(expected))
    assert others <= chain.foreign()
    chain.lab.control.read_only("fw1")
    again = chain.register(registrations=rows(desired), **options)
    chain.lab.control.read_only("fw1", False)
    assert not chain.lab.control.violations()
    assert not again.failed and again["changed"] is False and again["requests"]["writes"] == 0, again
    return result


def filled(chain, entries):
    """A firewall that holds these and our claim, its log empty."""
    assert not chain.register(registrations=rows(entries)).failed
    chain.lab.control.clear_log()
    return chain
