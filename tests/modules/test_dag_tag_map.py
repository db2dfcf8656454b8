# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dag_tag_map as Ansible runs it: a process of its own, arguments in, JSON out."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._tag_map_artifact import read_tag_map
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import ARGUMENTS
from ansible_collections.zerotrust.microseg.plugins.modules import dag_tag_map as documented

# where the collection lies as ansible_collections/zerotrust/microseg: found by import, because a checkout may be reached through a link
COLLECTIONS = next(folder for folder in map(os.path.abspath, sys.path + os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep))
                   if os.path.isfile(os.path.join(folder, "ansible_collections/zerotrust/microseg/plugins/modules/dag_tag_map.py")))
MODULE = "ansible_collections.zerotrust.microseg.plugins.modules.dag_tag_map"
WEB = {"name": "web01", "labels": {"role": "Web", "env": "Production"}, "interfaces": [{"name": "eth0", "address": "10.0.0.1"},
                                                                                       {"name": "docker0", "address": "172.17.0.1"}]}
DB = {"name": "db01", "labels": {"role": "Database", "env": "Development"}, "interfaces": [{"name": "eth0", "address": "10.0.0.2"}]}


def run(check=False, **arguments):
    """Run the module in a process without requests and xmltodict; returns its result with warnings as texts."""
    arguments["_ansible_check_mode"] = check
    guard = ("import runpy, sys; sys.modules['requests'] = sys.modules['xmltodict'] = None; "
             "import ansible.module_utils.basic as basic; basic._ANSIBLE_PROFILE = 'legacy'; "
             f"runpy.run_module('{MODULE}', run_name='__main__')")
    done = subprocess.run([sys.executable, "-c", guard], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), capture_output=True, text=True, check=False,
                          timeout=60,
                          env=dict(os.environ, PYTHONPATH=COLLECTIONS))
    assert done.stdout.strip(), done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def texts(result):
    """Warnings as texts: later releases of Ansible hand over more than that."""
    return [str(warning) for warning in result.get("warnings", [])]


def registrations(result):
    """The inline registrations as a dict."""
    assert not result.get("failed"), result
    return {row["address"]: row["tags"] for row in result["tag_map"]["registrations"]}


@pytest.fixture
def workloads(tmp_path):
    """A workloads artifact with two workloads of a PCE."""
    path = tmp_path / "workloads.jsonl"
    header = {"run_id": "run-7", "gathered_at": "2026-11-22T17:00:00Z",
              "source": {"pce": "pce.example.com:8443", "org_id": 3, "pce_version": "25.2.40-4047", "complete": True, "scope": "unverified", "filters": {}},
              "rules": {}}
    write_workloads(path, header)
    return path


def write_workloads(path, header):
    """Write the artifact of two workloads under a header."""
    with _artifact.ArtifactWriter(str(path), _artifact.WORKLOADS, header) as writer:
        writer.row({"dimension": "env"})
        for number, (key, value) in enumerate([("env", "Production"), ("env", "Development"), ("role", "Web"), ("env", "Staging"), ("role", "Kiosk"),
                                               ("app", "Ordering")]):
            writer.row({"label": f"/orgs/3/labels/{number}", "key": key, "value": value})
        for number, labels in enumerate([[0, 2, 5], [1, 2]], 1):
            writer.row({"href": f"/orgs/3/workloads/{number}", "name": f"web0{number}", "managed": True, "online": True, "enforcement_mode": "full",
                        "created_at": "2026-11-22T16:59:00Z", "labels": labels, "interfaces": [["eth0", f"10.0.0.{number}"], ["eth0", f"fe80::{number}"]]})
        writer.counts = {"dimensions": 1, "labels": 6, "workloads": 2}


def test_inline_workloads_become_inline_registrations():
    result = run(workloads=[WEB, DB])
    assert registrations(result) == {"10.0.0.1": ["illumio.role.Web", "illumio.env.Production"],
                                     "10.0.0.2": ["illumio.role.Database", "illumio.env.Development"]}
    tag_map = result["tag_map"]
    assert result["changed"] is False and "path" not in tag_map and not texts(result)
    assert tag_map["counts"] == {"addresses": 2, "registrations": 4, "workloads": 2}
    assert tag_map["report"]["left_out"] == {"excluded_interface": 1}
    assert tag_map["source"]["owner"] is None and tag_map["source"]["complete"] is True
    _artifact.parse_utc(tag_map["gathered_at"])


@pytest.mark.parametrize("check", [False, True])
def test_a_file_becomes_a_file(workloads, tmp_path, check):
    result = run(check, src=str(workloads), dest=str(tmp_path / "new" / "tag-map.jsonl"))
    tag_map = result["tag_map"]
    assert result["changed"] is False and "registrations" not in tag_map
    assert stat.S_IMODE(os.stat(tag_map["path"]).st_mode) == 0o600 and stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o700
    found = read_tag_map(tag_map["path"])
    assert found.registrations == {"10.0.0.1": ("illumio.role.Web", "illumio.app.Ordering", "illumio.env.Production"),
                                   "10.0.0.2": ("illumio.role.Web", "illumio.env.Development")}
    assert found.digest == tag_map["sha256"]
    assert {name: found.header[name] for name in ("rules", "scope", "source", "run_id", "gathered_at")} == {
        name: tag_map[name] for name in ("rules", "scope", "source", "run_id", "gathered_at")}
    assert found.header["run_id"] == "run-7" and found.header["gathered_at"] == "2026-11-22T17:00:00Z"
    assert found.header["source"] == {"pce": "pce.example.com:8443", "org_id": 3, "pce_version": "25.2.40-4047", "owner": "pce.example.com:8443/3",
                                      "complete": True,
                                      "visibility": "unverified"}
    assert found.header["label_values"] == ["Development", "Kiosk", "Ordering", "Production", "Staging", "Web"]
    assert not texts(result)


def test_the_digest_is_that_of_the_content(workloads, tmp_path):
    digests = {run(src=str(workloads), run_id="a")["tag_map"]["sha256"], run(src=str(workloads), dest=str(tmp_path / "x"), run_id="b")["tag_map"]["sha256"]}
    assert len(digests) == 1
    assert run(src=str(workloads), label_keys=["env"])["tag_map"]["sha256"] not in digests


def test_values_as_surveys_write_them(workloads):
    result = run(src=str(workloads), ipv6="false", label_keys="env, role", aliases='["env"]', select='{"any_of": "env=Production", "online": "true"}',
                 include_networks="10.0.0.0/8")
    assert registrations(result) == {"10.0.0.1": ["illumio.env.Production", "illumio.role.Web", "Production"]}
    assert result["tag_map"]["rules"]["ipv6"] is False
    assert result["tag_map"]["rules"]["select"] == {"any_of": ["env=Production"], "online": True}


@pytest.mark.parametrize("arguments,kind,words", [
    ({"workloads": []}, "incomplete", "no workloads"),
    ({"workloads": [WEB], "tag_template": "{key}"}, "option", "tag_template"),
    ({"workloads": [WEB], "label_keys": ["Env"]}, "unknown_label", "Did you mean env"),
    ({"workloads": [WEB], "select": {"none_of": ["env=Prodution"]}}, "unknown_label", "Did you mean env=Production"),
    ({"workloads": [WEB, {"labels": 5}]}, "option", "item 2"),
    ({"workloads": [WEB], "source": {"gathered_at": "yesterday"}}, "option", "gathered_at"),
    ({"workloads": [WEB], "source": {"complete": False}}, "incomplete", "allow_partial"),
    ({"workloads": [dict(WEB, labels={"env": "Zürich"})], "invalid_tags": "fail"}, "invalid_tag", "env=Zürich"),
    ({"workloads": [WEB, dict(DB, interfaces=WEB["interfaces"])], "duplicates": "fail"}, "duplicate_address", "10.0.0.1 (db01, web01)"),
    ({"src": "absent.jsonl"}, "artifact", "absent.jsonl"),
])
def test_what_cannot_be_right_is_refused(arguments, kind, words):
    result = run(**arguments)
    assert result["failed"] and result["error"]["kind"] == kind
    assert words in result["msg"]


@pytest.mark.parametrize("arguments", [{}, {"src": "x", "workloads": []}, {"workloads": [WEB], "select": {"labels": []}},
                                       {"workloads": [WEB], "duplicates": "last"}])
def test_what_ansible_itself_refuses(arguments):
    assert run(**arguments)["failed"]


def test_filtered_workloads_need_a_word(tmp_path):
    path = tmp_path / "some.jsonl"
    write_workloads(path, {"gathered_at": "2026-11-22T17:00:00Z", "source": {"pce": "pce.example.com", "org_id": 1, "complete": False,
                                                                             "filters": {"online": True}}})
    result = run(src=str(path), dest=str(tmp_path / "tag-map.jsonl"))
    assert result["error"]["kind"] == "incomplete" and "online" in result["msg"] and not (tmp_path / "tag-map.jsonl").exists()
    assert run(src=str(path), allow_partial=True)["tag_map"]["source"]["complete"] is False


def test_a_failure_leaves_an_earlier_file_alone(workloads, tmp_path):
    path = Path(run(src=str(workloads), dest=str(tmp_path / "tag-map.jsonl"))["tag_map"]["path"])
    before = path.read_bytes()
    workloads.write_bytes(workloads.read_bytes()[:-10])
    result = run(src=str(workloads), dest=str(path))
    assert result["error"]["kind"] == "artifact" and "trailer" in result["msg"]
    assert path.read_bytes() == before and sorted(item.name for item in tmp_path.iterdir()) == ["tag-map.jsonl", "workloads.jsonl"]


def test_warnings_are_about_what_a_user_can_change():
    twin = dict(DB, interfaces=WEB["interfaces"])
    result = run(workloads=[WEB, twin, dict(DB, name="x", labels={"env": "Zürich"})], invalid_tags="skip", duplicates="union")
    found = texts(result)
    assert len(found) == 2 and any("env=Zürich" in text for text in found) and any("10.0.0.1" in text and "widens" in text for text in found)


def test_a_blank_list_from_a_survey_is_the_default():
    """Left empty, the question about interfaces must not let container bridges in, nor change the scope."""
    plain = run(workloads=[WEB])["tag_map"]
    for names, value in ((["exclude_interfaces"], [""]), (["exclude_interfaces", "include_networks", "exclude_networks", "label_keys", "aliases",
                                                          "tag_template"], "")):
        found = run(workloads=[WEB], **dict.fromkeys(names, value))["tag_map"]
        assert all(found[name] == plain[name] for name in ("scope", "rules", "registrations"))
    everything = run(workloads=[WEB], exclude_interfaces=[])["tag_map"]
    assert everything["scope"] != plain["scope"] and everything["counts"]["addresses"] == 2


def test_an_unwritable_folder_is_told_with_the_way_out(workloads, tmp_path):
    (tmp_path / "file").write_text("")
    result = run(src=str(workloads), dest=str(tmp_path / "file" / "tag-map.jsonl"))
    assert result["error"]["kind"] == "artifact" and "into the folder %s: " % (tmp_path / "file") in result["msg"]
    assert " in dest;" in result["msg"] and ("File exists" in result["msg"] or "Not a directory" in result["msg"])
    result = run(src=str(workloads), dest=str(tmp_path / "file" / "tag-map.jsonl"), caller="dag_sync")
    assert " in dag_sync_dir;" in result["msg"]
    if os.geteuid():
        os.chmod(tmp_path, 0o500)
        assert "Permission denied. Let this user write there, or name another folder in dest" in run(src=str(workloads), dest=str(tmp_path / "x.jsonl"))["msg"]


@pytest.mark.parametrize("caller, name", [(None, "exclude_networks"), ("dag_render", "dag_render_exclude_networks"), ("dag_sync", "dag_sync_exclude_networks")])
def test_messages_name_what_their_reader_can_set(caller, name):
    assert run(workloads=[WEB], exclude_networks="10.0.0.1/8", caller=caller)["msg"].startswith(name + ": ")
    select = run(workloads=[WEB], select={"any_of": ["env=Prod"]}, caller=caller)["msg"]
    assert select.startswith(name.replace("exclude_networks", "select.any_of: the PCE has no label env=Prod."))
    twin = dict(DB, interfaces=WEB["interfaces"])
    assert "or set %s to prefer" % name.replace("exclude_networks", "duplicates") in run(workloads=[WEB, twin], duplicates="fail", caller=caller)["msg"]


def test_labels_and_names_steer_no_terminal():
    evil = "\x1b]0;owned\x07\u202e\r\n"
    twins = [dict(WEB, name="web" + evil, href=str(number), labels={"env": "Test%d%s" % (number, evil)}) for number in range(2)]
    result = run(workloads=twins, invalid_tags="skip", aliases=["env"])
    shown = json.dumps([result["tag_map"]["report"], texts(result)], ensure_ascii=False)
    result = run(workloads=twins, duplicates="fail")
    shown += json.dumps([result["msg"], result["error"]], ensure_ascii=False)
    assert r"\\x1b]0;owned\\x07\\u202e\\r\\n" in shown
    assert "\\u001b" not in shown and "\\u0007" not in shown and "\u202e" not in shown


BLANKS = """\
- hosts: localhost
  gather_facts: false
  environment: %(environment)s
  tasks:
    - zerotrust.microseg.dag_tag_map: {workloads: "{{ workloads }}"}
      register: plain
    - zerotrust.microseg.dag_tag_map: {workloads: "{{ workloads }}", %(blank)s}
      register: blank
    - zerotrust.microseg.dag_tag_map: {workloads: "{{ workloads }}", %(null)s}
      register: nothing
    - ansible.builtin.assert:
        that: [blank.tag_map.rules == plain.tag_map.rules, nothing.tag_map.rules == plain.tag_map.rules, plain.tag_map.scope == blank.tag_map.scope]
"""


@pytest.mark.parametrize("environment", ["{}", "{PROCESS: own}"], ids=["in the worker", "as a module"])
def test_every_option_may_be_blank_in_a_task(tmp_path, environment):
    """Booleans, choices and mappings too, which Ansible itself would refuse."""
    names = [name for name in ARGUMENTS if name != "workloads"]
    texts_of = {"blank": ", ".join(name + ': ""' for name in names), "null": ", ".join(name + ": null" for name in names)}
    (tmp_path / "play.yml").write_text(BLANKS % dict(texts_of, environment=environment))
    done = played(tmp_path / "play.yml", "-e", json.dumps({"workloads": [WEB]}))
    assert done.returncode == 0, done.stdout + done.stderr


def played(path, *arguments):
    """Run a playbook on this machine, with the Python of these tests."""
    return subprocess.run([os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "-i", "localhost,", "-c", "local", "-e",
                           "ansible_python_interpreter=" + sys.executable, str(path), *arguments], capture_output=True, text=True, check=False, timeout=120,
                          env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=COLLECTIONS, ANSIBLE_NOCOLOR="1", ANSIBLE_DEPRECATION_WARNINGS="0"))


@pytest.mark.parametrize("check", [[], ["--check", "--diff"]], ids=["run", "check"])
def test_the_examples_work(workloads, tmp_path, check):
    (tmp_path / "artifacts").mkdir()
    os.replace(workloads, tmp_path / "artifacts" / "workloads.jsonl")
    fact = {"pce": "pce.example.com", "org_id": 1, "gathered_at": "2026-11-22T17:00:00Z", "complete": True, "label_keys": ["env", "role"],
            "labels": [{"href": "/orgs/1/labels/1", "key": "env", "value": "Production"}], "workloads": [WEB, DB]}
    play = [{"hosts": "localhost", "gather_facts": False,
             "tasks": [{"name": "Have facts", "ansible.builtin.set_fact": {"illumio_workloads": fact, "cacheable": True}}] + yaml.safe_load(documented.EXAMPLES)
             + [{"name": "Show", "ansible.builtin.debug": {"msg": "{{ rendered.tag_map.source.owner }} {{ rendered.tag_map.counts.addresses }}"}}]}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    done = played(tmp_path / "play.yml", *check)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=0" in done.stdout and "pce.example.com/1 2" in done.stdout and "WARNING" not in done.stderr
    assert read_tag_map(str(tmp_path / "artifacts" / "tag-map.jsonl")).registrations == {"10.0.0.1": ("pce1.env=Production", "pce1.app=Ordering", "Production")}
