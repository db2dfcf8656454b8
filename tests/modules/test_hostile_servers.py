# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that never end, servers that repeat credentials, devices that many processes want at the same time; and which credentials are used."""

from __future__ import annotations

import concurrent.futures
import json
import time

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _http
from tests.lab.hostile import ACTIONS
from tests.modules.chain import device, panos_options, pce_options
from tests.modules.process import run, run_raw
from tests.modules.registrations import DEV, WEB, hosts, rows, sets

PART = 6  # characters of a secret in a row that give something away
ENDLESS = [("drip", {"part": "body"}), ("drip", {"part": "head"}), ("drip", {"part": "all"}), ("drip_headers", {}), ("endless_chunks", {}),
           ("endless_continue", {})]


@pytest.fixture
def hasty(monkeypatch):
    """Deadlines and grace of about a second, so that nothing is waited for."""
    monkeypatch.setattr(_http, "TIMES", 1.2)
    monkeypatch.setattr(_http, "PIECE", 1 << 10)


def test_every_fault_without_end_is_tried():
    assert {name for name, dummy in ENDLESS} == set(ACTIONS)


# -- servers without end --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["op:system-info", "op:registered-ip", "user-id"])
@pytest.mark.parametrize("action, arguments", ENDLESS, ids=str)
def test_a_firewall_that_never_ends_ends(fw, hasty, action, arguments, kind):
    others = fw.foreign()
    fw.lab.control.arm("fw1", action, nth=0, match={"type": kind}, seconds=0.05, **arguments)
    began = time.monotonic()
    result = fw.register(registrations=rows(hosts(3, DEV)), timeout_seconds=1)
    assert time.monotonic() - began < 15
    assert result.failed and result.kind == "timeout" and "too slowly" in result.message and "timeout_seconds" in result.message
    assert fw.foreign() == others
    fw.lab.control.disarm()
    assert not fw.register(registrations=rows(hosts(3, DEV)), adopt=["true"]).failed and fw.owned() == sets(hosts(3, DEV))


@pytest.mark.parametrize("action, arguments, kind", [
    (*case, kind) for case in ENDLESS for kind in ("workloads", "job", "datafile", "labels")
    if (case[1].get("part"), kind) != ("body", "labels")  # the order of a job is answered without a body
], ids=str)
def test_a_pce_that_never_ends_ends(chain, hasty, action, arguments, kind):
    assert not chain.sync().failed
    before = chain.table()
    chain.lab.control.arm("pce", action, nth=0, match={"type": kind}, seconds=0.05, **arguments)
    began = time.monotonic()
    result = chain.sync(gather={"pce_timeout": 0.8})
    assert time.monotonic() - began < 15
    assert result.failed and result.kind == "timeout" and "too slowly" in result.message and "pce_timeout" in result.message
    assert chain.table() == before


# -- servers that repeat what they got --------------------------------------------------------------------------------------

SPELLINGS = {
    "plain": lambda char: char, "percent_all": lambda char: "%%%02X" % ord(char), "json": lambda char: "\\u%04x" % ord(char),
    "xml": lambda char: "&#%d;" % ord(char), "xml_hex": lambda char: "&#x%x;" % ord(char), "percent": lambda char: char, "base64": lambda char: char}


def leaks(said, secrets, encoding):
    """Parts of secrets that can be read in a text."""
    found = []
    for secret in secrets:
        for spell in (SPELLINGS["plain"], SPELLINGS[encoding]):
            units = [spell(char) for char in secret]
            found += [part for part in ("".join(units[at:at + PART]) for at in range(len(units) - PART + 1)) if part.lower() in said.lower()]
    return found


@pytest.mark.parametrize("cut", [None, [0, 60], [30, 50], [45, 400]], ids=str)
@pytest.mark.parametrize("encoding", sorted(SPELLINGS))
@pytest.mark.parametrize("place, status", [("message", 400), ("code", 403), ("both", 200)])
def test_a_firewall_that_repeats_credentials(fw, encoding, cut, place, status):
    found = device(fw.lab)
    for way in ({}, {"api_key": None, "username": found["username"], "password": found["password"]}):
        for kind in ("op:system-info", "user-id"):
            fw.lab.control.disarm()
            fw.lab.control.arm("fw1", "echo", nth=0, match={"type": kind}, status=status, encoding=encoding, cut=cut, place=place,
                               what="credentials", padding=3)
            result = fw.register(registrations=rows(hosts(1, DEV)), retries=0, **way)
            said = " ".join([repr(result.values), repr(vars(result.error)), str(result.error), *result.warnings]) if result.failed else repr(result.values)
            assert not leaks(said, [found["api_key"], found["password"]], encoding), said


@pytest.mark.parametrize("cut", [None, [0, 60], [30, 50]], ids=str)
@pytest.mark.parametrize("encoding", sorted(SPELLINGS))
@pytest.mark.parametrize("status, form", [(400, "json"), (406, "json"), (403, "plain"), (500, "html")])
def test_a_pce_that_repeats_credentials(chain, encoding, cut, status, form):
    chain.lab.control.arm("pce", "echo", nth=0, status=status, encoding=encoding, cut=cut, form=form, what="headers")
    result = chain.sync(gather={"pce_retries": 0})
    assert result.failed
    said = " ".join([repr(result.values), repr(vars(result.error)), str(result.error), *result.warnings])
    assert not leaks(said, [pce_options(chain.lab)["api_key_secret"]], encoding), said


# -- many processes and one device ------------------------------------------------------------------------------------------

def test_firewalls_behind_one_panorama_share_five_calls(chains):
    """Four firewalls, each worked on by a process of its own with up to four calls at a time."""
    names = ["fw%d" % number for number in range(1, 5)]
    table = [{"ip": "10.2.%d.%d" % divmod(number, 250), "tags": ["other"]} for number in range(2600)]
    chain = chains({"seed": 7, "pces": [], "devices": [
        *({"name": name, "model": "PA-3220", "version": "10.2.4", "registrations": {"vsys1": table}} for name in names),
        {"name": "panorama", "kind": "panorama", "devices": names}]})
    chain.lab.control.arm("panorama", "slow", nth=0, seconds=0.1)

    def register(name):
        options = dict(panos_options(chain.lab, "panorama"), serial_number=device(chain.lab, name)["serial"], registrations=rows(hosts(600, DEV, WEB)))
        return run("panos_dag_register", **options)

    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(register, names))
    assert all(result["changed"] and result["verified"] for result in results), results
    assert all(chain.owned(name) == sets(hosts(600, DEV, WEB)) for name in names)
    assert 4 <= max(entry["concurrency"] for entry in chain.lab.control.log("panorama")) <= 5


def test_repeats_wait_for_what_timed_out(chains):
    """The pages of two tables that come too late: no repeat is sent while the device still works on the first ones."""
    table = [{"ip": "10.2.%d.%d" % divmod(number, 250), "tags": ["other"]} for number in range(2600)]
    chain = chains({"seed": 7, "pces": [], "devices": [{"name": "fw1", "vsys": ["vsys1"], "registrations": {"vsys1": table}}]})
    chain.lab.control.arm("fw1", "slow", match={"type": "op:registered-ip"}, nth=2, times=5, seconds=2.0)

    def look(dummy):
        return run("panos_dag_info", **dict(panos_options(chain.lab), gather_subset=["registrations"], timeout_seconds=1, retries=3))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(look, range(2)))
    assert [result["targets"][0]["address_count"] for result in results] == [2600, 2600]
    assert max(entry["concurrency"] for entry in chain.lab.control.log("fw1")) <= 5


# -- which credentials are used ---------------------------------------------------------------------------------------------

WRONG = "wrong-key-of-the-environment-0123456789"


def test_user_name_and_password_of_the_inventory_win_over_a_key_of_the_environment(fw):
    found = device(fw.lab)
    options = dict(panos_options(fw.lab), api_key=None, registrations=rows(hosts(2, DEV)))
    result = run("panos_dag_register", environment={"PANOS_API_KEY": WRONG}, username=found["username"], password=found["password"], **options)
    assert result["changed"] and fw.owned() == sets(hosts(2, DEV)) and result["credentials"] == "username and password"
    assert {entry["key_in"] for entry in fw.lab.control.log("fw1")} == {"basic"}


@pytest.mark.parametrize("caller, told", [(None, "api_key"), ("dag_sync", "panos_api_key")])
def test_the_result_says_which_credentials_were_used(fw, caller, told):
    assert fw.register(registrations=rows(hosts(1, DEV)), caller=caller)["credentials"] == told
    options = dict(panos_options(fw.lab), api_key=None)
    environment = {"PANOS_API_KEY": device(fw.lab)["api_key"]}
    assert run("panos_dag_info", environment=environment, **options)["credentials"] == "PANOS_API_KEY of the environment"


@pytest.mark.parametrize("verbosity", [0, 4])
@pytest.mark.parametrize("fault", [None, {"status": 400, "what": "credentials", "place": "both"}])
def test_credentials_of_the_environment_are_never_shown(fw, fault, verbosity):
    """Ansible does not know that they are secrets, because they are no options."""
    if fault:
        fw.lab.control.arm("fw1", "echo", nth=0, **fault)
    found = device(fw.lab)
    options = dict(panos_options(fw.lab), api_key=None, registrations=rows(hosts(1, DEV)), retries=0)
    for environment in ({"PANOS_API_KEY": found["api_key"]}, {"PANOS_API_KEY": WRONG},
                        {"PANOS_USERNAME": found["username"], "PANOS_PASSWORD": found["password"]}):
        said = "".join(map(str, run_raw("panos_dag_register", verbosity=verbosity, diff=True, environment=environment, **options)))
        for secret in (found["api_key"], found["password"], WRONG):
            assert secret not in said and json.dumps(secret)[1:-1] not in said, said


def test_the_key_of_a_pce_too(chain):
    options = pce_options(chain.lab)
    environment = {"ILLUMIO_API_KEY_USERNAME": options.pop("api_key_username"), "ILLUMIO_API_KEY_SECRET": options.pop("api_key_secret")}
    result = run("illumio_workload_facts", environment=environment, name="web01-dev-ny", **options)
    assert result["ansible_facts"]["illumio_workloads"]["credentials"] == "ILLUMIO_API_KEY_USERNAME and ILLUMIO_API_KEY_SECRET of the environment"
    assert environment["ILLUMIO_API_KEY_SECRET"] not in json.dumps(result)
    chain.lab.control.arm("pce", "echo", nth=0, status=400, what="credentials")
    said = "".join(map(str, run_raw("illumio_workload_facts", environment=environment, verbosity=4, **options)))
    assert environment["ILLUMIO_API_KEY_SECRET"] not in said


def test_a_firewall_that_its_panorama_does_not_reach(chains):
    chain = chains({"seed": 7, "pces": [], "devices": [{"name": "fw1"}, {"name": "panorama", "kind": "panorama", "devices": ["fw1"]}]})
    serial = device(chain.lab)["serial"]
    chain.lab.control.mutate("disconnect", device="fw1")
    result = chain.register("panorama", serial_number=serial, registrations=rows(hosts(1, DEV)))
    assert result.failed and result.kind == "unreachable" and not chain.owned()
    assert "The firewall %s is not connected to the Panorama" % serial in result.message and "<" not in result.message
