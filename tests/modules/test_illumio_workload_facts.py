# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""illumio_workload_facts against the lab: as Ansible runs it (a process of its own) and, where many runs are needed, in this process."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys

import pytest
import yaml

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import argspec
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather import run as gather_run
from ansible_collections.zerotrust.microseg.plugins.modules import illumio_workload_facts as module
from tests.lab.faults import ACTIONS

COLLECTIONS = next(folder for folder in map(os.path.abspath, sys.path + os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep))
                   if os.path.isfile(os.path.join(folder, "ansible_collections/zerotrust/microseg/plugins/modules/illumio_workload_facts.py")))
MODULE = "ansible_collections.zerotrust.microseg.plugins.modules.illumio_workload_facts"


def connection(lab, **changes):
    """The connection options of the lab's PCE."""
    description = lab.description()
    pce = description["pces"][0]
    return {"pce_hostname": pce["host"], "pce_port": pce["port"], "pce_org_id": pce["org_id"], "api_key_username": pce["api_key_username"],
            "api_key_secret": pce["api_key_secret"], "pce_tls_ca": description["ca_file"], "pce_proxy": "", **changes}


def run(check=False, environment=None, guard="", **arguments):
    """Run the module in a process; returns its result."""
    code = (f"import runpy, sys; {guard or 'pass'}; import ansible.module_utils.basic as basic; basic._ANSIBLE_PROFILE = 'legacy'; "
            f"runpy.run_module('{MODULE}', run_name='__main__')")
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}}),
                          capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "PYTHONPATH": COLLECTIONS, **(environment or {})})
    assert done.stdout.strip(), done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds

    def clock(self):
        return self.now


@pytest.fixture
def gathered(monkeypatch):
    """Runs the use case in this process without waiting; returns the fact (without what differs from run to run) and the warnings."""
    clock = Clock()
    monkeypatch.setattr(gather_run, "connect", lambda params, warn: argspec.connect(params, warn=warn, sleep=clock.sleep, clock=clock.clock))

    def gather(lab, **changes):
        params = {name: option.get("default") for name, option in argspec.CONNECTION.items()}
        params.update(dict.fromkeys(("dest", "run_id", "labels", "managed", "online", "enforcement_modes", "hostname", "name", "ip_address")))
        params.update(connection(lab, **{"pce_timeout": 10.0, **changes}))
        warnings = []
        fact = gather_run.run(params, warnings.append)["ansible_facts"]["illumio_workloads"]
        del fact["run_id"], fact["gathered_at"]
        return fact, warnings

    return gather


def names(fact):
    return sorted(row["name"] for row in fact["workloads"])


def told(lab):
    """Name, addresses and labels of every workload, as the lab itself knows them."""
    return {row["href"]: (row["name"], row["managed"], row["online"], row["addresses"], row["labels"]) for row in lab.control.state()["pce"]["workloads"]}


def found(fact):
    return {row["href"]: (row["name"], row["managed"], row["online"], [one["address"] for one in row["interfaces"]], row["labels"])
            for row in fact["workloads"]}


# -- as Ansible runs it ---------------------------------------------------------------------------------------------------

def test_everything_inline(lab):
    lab.control.read_only("pce")
    result = run(**connection(lab))
    fact = result.pop("ansible_facts")
    assert result["changed"] is False and "warnings" not in result
    assert list(fact) == ["illumio_workloads"]
    fact = fact["illumio_workloads"]
    assert found(fact) == told(lab)
    assert fact["count"] == len(fact["workloads"]) == 40
    assert fact["complete"] is True and fact["scope"] == "all" and fact["org_id"] == 1 and fact["pce_version"] == lab.description()["pces"][0]["version"]
    assert fact["pce"] == "127.0.0.1:%d" % connection(lab)["pce_port"]
    assert sorted(fact["labels"], key=lambda one: one["href"]) == sorted(lab.control.state()["pce"]["labels"], key=lambda one: one["href"])
    assert fact["label_keys"][:4] == ["role", "app", "env", "loc"] and "Quarantine" in fact["label_keys"]
    assert [row["href"] for row in fact["workloads"]] == sorted(row["href"] for row in fact["workloads"])
    assert not lab.control.violations()


@pytest.mark.parametrize("check", [False, True])
def test_artifact(lab, tmp_path, check):
    path = tmp_path / "new" / "workloads.jsonl"
    result = run(check=check, dest=str(path), run_id="run-7", **connection(lab))
    fact = result["ansible_facts"]["illumio_workloads"]
    assert result["changed"] is False
    assert fact["path"] == str(path) and "workloads" not in fact and fact["run_id"] == "run-7" and fact["count"] == 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    reader = _artifact.ArtifactReader(str(path), _artifact.WORKLOADS)
    rows = list(reader.rows())
    labels = [row for row in rows if "label" in row]
    workloads = {row["href"]: {labels[number]["key"]: labels[number]["value"] for number in row["labels"]} for row in rows if "href" in row}
    assert workloads == {href: row[4] for href, row in told(lab).items()}
    reader.expect(workloads=40, labels=len(labels))
    assert reader.header["run_id"] == "run-7" and reader.header["source"]["complete"] is True


def test_the_environment_completes_the_connection(lab):
    options = connection(lab)
    environment = {"ILLUMIO_PCE_HOST": options["pce_hostname"], "ILLUMIO_PCE_PORT": str(options["pce_port"]), "ILLUMIO_PCE_ORG_ID": "1",
                   "ILLUMIO_API_KEY_USERNAME": options["api_key_username"], "ILLUMIO_API_KEY_SECRET": options["api_key_secret"],
                   "ILLUMIO_PCE_TLS_CA": options["pce_tls_ca"], "REQUESTS_CA_BUNDLE": "/missing", "NO_PROXY": "127.0.0.1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    assert run(environment=environment)["ansible_facts"]["illumio_workloads"]["count"] == 40


def test_without_requests(lab):
    result = run(guard="sys.modules['requests'] = None", **connection(lab))
    assert result["failed"] and "requests" in result["msg"] and "Python" in result["msg"]


@pytest.mark.parametrize("changes, kind, words", [
    ({"api_key_secret": "this is wrong"}, "authentication", ["HTTP 401", "api_key_secret", "expired", "pce_org_id", "role"]),
    ({"pce_org_id": 7}, "authentication", ["HTTP 403", "api_key_secret", "expired", "pce_org_id", "role"]),
    ({"pce_hostname": "pce.invalid"}, "unreachable", ["pce.invalid", "does not resolve", "pce_hostname"]),
    ({"pce_port": 1}, "unreachable", ["refused", "pce_port"]),
    ({"pce_tls_ca": None}, "certificate", ["not trusted", "pce_tls_ca", "pce_tls_verify"]),
    ({"pce_hostname": "https://127.0.0.1"}, "option", ["pce_hostname"]),
    ({"pce_tls_ca": "/missing/ca.pem"}, "option", ["pce_tls_ca"]),
    ({"labels": {"env": "Producton"}}, "unknown_label", ["env=Producton"]),
    ({"labels": {"zone": "x"}}, "unknown_label", ["zone", "role, app, env, loc"]),
    ({"ip_address": "10.0.0"}, "option", ["ip_address"]),
    ({"dest": "/dev/null/workloads.jsonl"}, "artifact", ["/dev/null/workloads.jsonl", "folder /dev/null", "another folder in dest"]),
    ({"dest": "/dev/null/workloads.jsonl", "caller": "dag_sync"}, "artifact", ["another folder in dag_sync_dir"]),
], ids=str)
def test_errors_name_the_way_out(lab, changes, kind, words):
    result = run(**connection(lab, pce_retries=0, **changes))
    assert result["failed"] and result["error"]["kind"] == kind, result
    assert all(word in result["msg"] for word in words), result["msg"]
    assert "this is wrong" not in json.dumps({**result, "invocation": None})
    assert connection(lab)["api_key_secret"] not in json.dumps(result)


@pytest.mark.parametrize("changes, option", [({"ip_address": "10.0.0.0/24"}, "ip_address"), ({"labels": {"env": []}}, "labels"),
                                             ({"labels": {"env\x1b": [True]}}, "labels")], ids=str)
def test_wrong_values_are_refused_before_anything_is_asked(lab, changes, option):
    lab.control.clear_log()
    for caller, name in ((None, option), ("illumio_gather", "illumio_gather_" + option)):
        result = run(**connection(lab, caller=caller, **changes))
        assert result["error"] == {"kind": "option", "option": option} and name in result["msg"].split(":")[0].split() and "\x1b" not in result["msg"]
    assert not lab.control.log("pce")


def test_creation_and_last_heartbeat_are_told_apart(lab):
    fact = run(**connection(lab))["ansible_facts"]["illumio_workloads"]
    for row in fact["workloads"]:
        assert row["created_at"] < row["last_seen"] if row["managed"] else row["created_at"] == row["last_seen"]


def test_verification_can_be_turned_off(lab):
    assert run(**connection(lab, pce_tls_ca=None, pce_tls_verify=False))["ansible_facts"]["illumio_workloads"]["count"] == 40


@pytest.mark.parametrize("mode", ["untrusted", "wrong_host", "expired"])
def test_certificates_that_must_not_be_trusted(lab_factory, gathered, mode):
    lab = lab_factory("ordering", certificates={"pce": mode})
    with pytest.raises(MicrosegError) as caught:
        gathered(lab)
    assert caught.value.kind == "certificate" and "pce_tls_ca" in caught.value.message


def test_a_firewall_is_not_a_pce(lab, gathered):
    device = lab.description()["devices"][0]
    with pytest.raises(MicrosegError) as caught:
        gathered(lab, pce_port=device["port"], pce_retries=0)
    assert caught.value.kind in ("not_an_api", "http_status", "authentication")
    assert "pce_hostname" in caught.value.message or "pce_org_id" in caught.value.message


def test_a_full_disk(lab, gathered):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with pytest.raises(MicrosegError) as caught:
        gathered(lab, dest="/dev/full/workloads.jsonl")
    assert caught.value.kind == "artifact"


# -- filters --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("total, matched", [("unfiltered", "absent"), ("filtered", "absent"), ("unfiltered", "sent")])
@pytest.mark.parametrize("options, test", [
    ({"labels": {"env": "Development"}}, lambda row: row[4].get("env") == "Development"),
    ({"labels": {"env": ["Development", "Production"], "role": ["Web"]}},
     lambda row: row[4].get("env") in ("Development", "Production") and row[4].get("role") == "Web"),
    ({"managed": False}, lambda row: not row[1]),
    ({"online": True, "managed": True}, lambda row: row[1] and row[2]),
    ({"name": "web01-dev-ny"}, lambda row: row[0] == "web01-dev-ny"),
    ({"name": "web01"}, lambda row: False),
    ({"ip_address": "10.10.1.11"}, lambda row: "10.10.1.11" in row[3]),
    ({"enforcement_modes": ["full", "selective", "visibility_only", "idle"]}, lambda row: True),
], ids=str)
def test_filters_are_exact(lab, gathered, options, test, total, matched):
    lab.control.switch("pce", "total_count", total)
    lab.control.switch("pce", "matched_count", matched)
    fact, warnings = gathered(lab, **options)
    assert found(fact) == {href: row for href, row in told(lab).items() if test(row)}
    assert fact["complete"] is False and not warnings


# -- promise 2: complete or not at all ------------------------------------------------------------------------------------

def requests_of_a_run(lab, gathered):
    lab.control.clear_log()
    fact, warnings = gathered(lab)
    assert not warnings
    return fact, len(lab.control.log("pce"))


@pytest.mark.parametrize("times", [1, 0], ids=["once", "for good"])
@pytest.mark.parametrize("action, arguments", [(name, {}) for name in ACTIONS if name != "slow"] + [
    ("status", {"status": 500}), ("status", {"status": 429}), ("status", {"status": 401}), ("status", {"status": 404}), ("truncate", {"chunked": True}),
    ("drop_before", {"reset": True}),
], ids=str)
def test_a_fault_at_any_request_never_changes_the_result(lab, gathered, action, arguments, times):
    """Promise 2: what comes back is the whole truth or an error, whichever request goes wrong, once or for good."""
    truth, requests = requests_of_a_run(lab, gathered)
    assert requests <= 20
    errors = 0
    for number in range(1, requests + 1):
        lab.control.disarm()
        lab.control.arm("pce", action, nth=number, times=times or 1000, **arguments)
        try:
            fact, dummy = gathered(lab, pce_retries=1)
        except MicrosegError as exc:
            assert exc.kind in ("incomplete", "unreachable", "timeout", "not_an_api", "http_status", "authentication"), exc
            errors += 1
            continue
        for name in ("workloads", "labels", "complete", "count"):
            assert fact[name] == truth[name], (number, name)
        assert fact["scope"] in (truth["scope"], "unverified")
    assert errors < requests if times else errors
    lab.control.disarm()
    assert gathered(lab)[0] == truth


@pytest.mark.parametrize("fault, arguments", [
    ("job_fails", {}), ("job_fails", {"status": "cancelled"}), ("job_never_ends", {}), ("job_gone", {}), ("datafile_missing", {}), ("no_location", {}),
    ("short_datafile", {}), ("short_datafile", {"rows": 39}), ("duplicate_row", {}), ("duplicate_row", {"instead": False}), ("empty_collection", {}),
    ("wrong_json", {"kind": "cut"}), ("wrong_json", {"kind": "garbage"}), ("wrong_json", {"kind": "object"}), ("wrong_json", {"kind": "null"}),
    ("wrong_json", {"kind": "strings"}),
], ids=str)
def test_a_pce_that_fails_behind_a_good_answer(lab, gathered, fault, arguments):
    truth = gathered(lab)[0]
    lab.control.arm("pce", fault, times=1, **arguments)
    try:
        fact, warnings = gathered(lab)
        assert fact == truth and len(warnings) <= 1
    except MicrosegError as exc:
        assert exc.kind == "not_an_api"
    lab.control.disarm()
    lab.control.arm("pce", fault, times=0, **arguments)
    with pytest.raises(MicrosegError) as caught:
        gathered(lab)
    assert caught.value.kind in ("incomplete", "not_an_api")


@pytest.mark.parametrize("resource", ["labels", "label_groups"])
def test_a_short_list_of_labels_is_noticed(lab, gathered, resource):
    truth = gathered(lab)[0]
    lab.control.arm("pce", "empty_collection", resource=resource, times=1)
    assert gathered(lab)[0] == truth


@pytest.mark.parametrize("by", [1, -1])
def test_a_count_that_stays_wrong(lab, gathered, by):
    lab.control.arm("pce", "count_mismatch", by=by)
    with pytest.raises(MicrosegError, match="sent 40 workloads and counts %d" % (40 + by)) as caught:
        gathered(lab)
    assert caught.value.kind == "incomplete"


@pytest.mark.parametrize("change", ["appears", "disappears"])
def test_a_workload_that_comes_or_goes_meanwhile_is_no_fault(lab, gathered, change):
    lab.control.arm("pce", "extra_row_between_count_and_datafile", change=change, times=1)
    fact, dummy = gathered(lab)
    assert found(fact) == told(lab)


def test_an_empty_pce_is_an_error(lab_factory, gathered):
    lab = lab_factory("ordering")
    for row in lab.control.state()["pce"]["workloads"]:
        lab.control.mutate("remove_workload", workload=row["href"])
    for options in ({}, {"managed": True}):
        with pytest.raises(MicrosegError, match="not one workload.*Global Read Only") as caught:
            gathered(lab, **options)
        assert caught.value.kind == "incomplete"


def test_a_scoped_key_is_called_so(lab, gathered):
    lab.control.switch("pce", "key_role", "scoped")
    fact, warnings = gathered(lab)
    assert fact["scope"] == "limited" and len(warnings) == 1 and "Global Read Only" in warnings[0]


# -- what is uncertain about a PCE is a switch of the lab -----------------------------------------------------------------

def test_right_under_every_switch(lab, gathered):
    truth = gathered(lab)[0]
    for name, switch in lab.pce.SWITCHES.items():
        if name in ("key_role", "rate_limit"):
            continue
        for value in switch.values if switch.values != (int,) else (0, 5):
            before = lab.pce.switches[name]
            lab.control.switch("pce", name, value)
            fact, warnings = gathered(lab)
            if name == "users_login" and value != "served":
                assert fact["scope"] == "unverified"
                fact["scope"] = truth["scope"]
            assert fact == truth and not warnings, (name, value)
            lab.control.switch("pce", name, before)


def test_requests_and_bytes_at_three_sizes(lab_factory, gathered):
    """Issue 4: as many requests for 3,000 workloads as for 600."""
    numbers = []
    for size in (600, 3000):
        lab = lab_factory("organisation", size=size, firewalls=0)
        lab.control.clear_log()
        fact, dummy = gathered(lab)
        assert fact["count"] == size == len({row["href"] for row in fact["workloads"]})
        numbers.append(len(lab.control.log("pce")))
        lab.stop()
    assert numbers[0] == numbers[1] <= 20


# -- documentation --------------------------------------------------------------------------------------------------------

def test_examples_run(lab):
    """Every task of EXAMPLES is accepted; the connection is the lab's."""
    tried = 0
    for task in yaml.safe_load(module.EXAMPLES):
        options = task.get("zerotrust.microseg.illumio_workload_facts")
        if options is None:
            continue
        options = {name: value for name, value in options.items() if name != "dest"}
        result = run(**{**options, **connection(lab)})
        assert not result.get("failed"), result
        tried += 1
    assert tried >= 3


def test_return_documents_what_comes_back(lab, tmp_path):
    documented = yaml.safe_load(module.RETURN)["ansible_facts"]["contains"]["illumio_workloads"]["contains"]
    inline = run(**connection(lab))["ansible_facts"]["illumio_workloads"]
    filed = run(dest=str(tmp_path / "w.jsonl"), **connection(lab))["ansible_facts"]["illumio_workloads"]
    assert set(documented) == set(inline) | set(filed)
    kinds = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
    for name, value in {**inline, **filed}.items():
        assert isinstance(value, kinds[documented[name]["type"]]), name
        assert isinstance(documented[name]["sample"], kinds[documented[name]["type"]]), name
    assert set(documented["workloads"]["sample"][0]) == set(inline["workloads"][0])
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", inline["gathered_at"])
