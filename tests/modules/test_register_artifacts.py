# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: the tag map that is read, the plan and the record that are written."""

from __future__ import annotations

import datetime
import os
import re
import stat

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from tests.modules.chain import CLAIM, FOREIGN, device, firewall, now, write_tag_map
from tests.modules.registrations import DEV, OPEN, PROD, WEB, hosts, put, rows, sets


# -- the tag map ---------------------------------------------------------------------------------------------------------

def changed_line(path, old, new):
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    assert old in text
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text.replace(old, new, 1))


def cut(path, keep):
    with open(path, "rb") as stream:
        lines = stream.readlines()
    with open(path, "wb") as stream:
        stream.writelines(lines[:keep])


@pytest.mark.parametrize("damage, words", [
    (lambda path: changed_line(path, DEV, PROD), ["changed after it was written"]),
    (lambda path: changed_line(path, '"addresses":3', '"addresses":2'), ["announces 2 addresses", "holds 3"]),
    (lambda path: changed_line(path, "zerotrust.microseg/tag-map", "zerotrust.microseg/workloads"), ["not an artifact of the format"]),
    (lambda path: cut(path, 4), ["no trailer"]),
    (lambda path: cut(path, 1), ["no trailer"]),
    (lambda path: cut(path, 0), ["not an artifact"]),
    (lambda path: changed_line(path, '"gathered_at":', '"gathered":'), ["does not say when"]),
    (lambda path: os.chmod(path, 0) or os.unlink(path), ["Cannot read"]),
], ids=["digest", "count", "format", "cut", "header only", "empty", "no time", "missing"])
def test_a_tag_map_that_is_damaged_is_refused(fw, tmp_path, damage, words):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(9, DEV)))
    fw.lab.control.clear_log()
    path = write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV))
    damage(path)
    result = fw.register(src=path, **OPEN)
    assert result.failed and result.kind == "artifact" and all(word in result.message for word in words), result
    assert fw.owned() == sets(hosts(9, DEV)) and not fw.lab.control.log("fw1")


@pytest.mark.parametrize("seconds, options, words", [
    (3700, {}, ["too old", "max_age"]), (700, {"max_age": 600}, ["too old", "600"]), (-400, {}, ["future", "clock"]),
    (3500, {}, None), (86000, {"max_age": 86400}, None),
])
def test_the_age_of_a_tag_map(fw, tmp_path, seconds, options, words):
    path = write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV))
    result = fw.register(src=path, moment=now() + datetime.timedelta(seconds=seconds), **options)
    if words is None:
        assert not result.failed
    else:
        assert result.failed and result.kind == "artifact" and all(word in result.message for word in words) and not fw.lab.control.log("fw1")


def test_a_tag_map_with_something_that_is_no_registration(fw, tmp_path):
    for registrations in ({"10.1.0.0/24": [DEV]}, {"10.1.0.1": []}, {"10.1.0.1": ["it's"]}, {CLAIM: [DEV]}, {"10.1.0.1": [DEV], "10.1.000.1": [PROD]},
                          {"2001:db8::1": [DEV], "2001:db8:0::1": [PROD]}):
        result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", registrations))
        assert result.failed and result.kind == "artifact", (registrations, result)
    result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", {"10.1.0.1": ["quarantine"]}))
    assert result.failed and "outside the namespace" in result.message and not fw.writes()


def test_another_template_than_the_tag_map_s(fw, tmp_path):
    result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)), tag_template="zt.{key}.{value}")
    assert result.failed and result.kind == "option" and "rendered with" in result.message


# -- artifacts -----------------------------------------------------------------------------------------------------------

def test_the_plan_as_an_artifact(chains, tmp_path):
    chain = chains(firewall(vsys=["vsys1", "vsys2"]))
    chain.register(registrations=rows(hosts(3, DEV)), vsys=["vsys1"])
    for check in (True, False):
        path = tmp_path / ("check-%s" % check) / "plan.jsonl"
        result = chain.register(registrations=rows({**hosts(2, PROD), "10.1.0.3": [DEV]}), vsys=["vsys1"], dest=str(path), check=check)
        assert result["plan"]["path"] == str(path) and stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        reader = _artifact.ArtifactReader(str(path), _artifact.PLAN)
        found = list(reader.rows())
        assert found == [{"address": "10.1.0.1", "register": [PROD], "unregister": [DEV]}, {"address": "10.1.0.2", "register": [PROD], "unregister": [DEV]}]
        assert reader.header["digest"] == result["plan"]["digest"] and reader.counts["addresses"] == 2
    result = chain.register(registrations=rows(hosts(3, DEV)), vsys=["vsys1", "vsys2"], dest=str(tmp_path / "plan.jsonl"))
    assert [each["plan"]["path"] for each in result["targets"]] == [str(tmp_path / "plan-vsys1.jsonl"), str(tmp_path / "plan-vsys2.jsonl")]
    assert sorted(os.listdir(str(tmp_path)))[-2:] == ["plan-vsys1.jsonl", "plan-vsys2.jsonl"]
    for vsys in (["vsys1"], ["vsys1", "vsys2"]):
        chain.register(registrations=rows(hosts(3, DEV)), vsys=vsys, dest=str(tmp_path / ("%d" % len(vsys)) / "{vsys}.plan"))
        assert sorted(os.listdir(str(tmp_path / ("%d" % len(vsys))))) == ["%s.plan" % each for each in vsys]


# -- the diff ------------------------------------------------------------------------------------------------------------

def named_tag_map(path, registrations, names):
    """A tag map whose rows name workloads: address -> names, or something else that might stand there."""
    write_tag_map(path, registrations)
    with _artifact.ArtifactWriter(str(path), _artifact.TAG_MAP, _artifact.ArtifactReader(str(path), _artifact.TAG_MAP).header) as writer:
        for address, tags in registrations.items():
            found = {"address": address, "tags": tags, "workloads": ["/orgs/1/workloads/%s" % address]}
            writer.row(dict(found, names=names[address]) if address in names else found)
        writer.counts = {"addresses": len(registrations), "registrations": sum(map(len, registrations.values())), "workloads": 0}
    return str(path)


def test_the_diff_names_host_and_workloads_and_counts_as_the_message_does(fw, tmp_path):
    path = named_tag_map(tmp_path / "map.jsonl", hosts(6, WEB, DEV), {
        "10.1.0.1": ["web01"], "10.1.0.2": ["a", "b", "c", "d", "e"], "10.1.0.3": ["\x1b[2Jred\nline\u202e"], "10.1.0.4": [], "10.1.0.5": "no list"})
    predicted = fw.register(src=path, check=True, host="branch1")
    where = "branch1 (127.0.0.1:%d) vsys1" % device(fw.lab)["port"]
    lines = predicted["diff"][0]["prepared"].splitlines()
    assert lines[0] == "%s: +12 -0, and the claim" % where and predicted["message"] == "would register 12, unregister 0 on 6 addresses, and the claim"
    assert lines[1:7] == ["+ 10.1.0.1  %s, %s  (web01)" % (DEV, WEB), "+ 10.1.0.2  %s, %s  (a, b, c and 2 more)" % (DEV, WEB),
                          "+ 10.1.0.3  %s, %s  (\\x1b[2Jred\\nline\\u202e)" % (DEV, WEB)] + ["+ 10.1.0.%d  %s, %s" % (number, DEV, WEB) for number in (4, 5, 6)]
    fw.register(src=path)
    other = fw.register(src=write_tag_map(tmp_path / "other.jsonl", hosts(6, WEB, PROD)), check=True, host="branch1", **OPEN)
    assert other["diff"][0]["prepared"].splitlines()[1:3] == ["- 10.1.0.1  %s" % DEV, "+ 10.1.0.1  %s" % PROD]
    both = hosts(1, PROD, "illumio.app.Shop")
    lines = fw.register(src=write_tag_map(tmp_path / "other.jsonl", both), check=True, host="branch1", **OPEN)["diff"][0]["prepared"].splitlines()
    assert lines[1:3] == ["- 10.1.0.1  %s, %s" % (DEV, WEB), "+ 10.1.0.1  illumio.app.Shop, %s" % PROD]
    refused = fw.register(src=write_tag_map(tmp_path / "other.jsonl", both), host="branch1")
    assert refused.failed and refused.message.startswith(where), refused.message


def test_a_module_knows_a_device_by_its_address_alone(fw):
    result = fw.register(registrations=rows(hosts(1, DEV)), check=True)
    assert result["diff"][0]["prepared"].startswith("127.0.0.1:%d vsys1: +1 -0, and the claim\n" % device(fw.lab)["port"])
    result = fw.register(registrations=rows(hosts(1, DEV)), check=True, host="127.0.0.1")
    assert result["diff"][0]["prepared"].startswith("127.0.0.1:%d vsys1: " % device(fw.lab)["port"])


def test_a_plan_that_cannot_be_written_after_the_run_still_tells_the_run(fw):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    result = fw.register(registrations=rows(hosts(3, DEV)), dest="/dev/full/plan.jsonl")
    assert result.failed and result.kind == "artifact" and "/dev/full" in result.message
    assert result["changed"] == bool(fw.owned())
    assert "nothing was changed" not in result.message or not fw.owned(), result.message


def test_a_record_that_cannot_be_written_names_the_option_of_its_folder(fw, tmp_path):
    (tmp_path / "file").write_text("no folder")
    result = fw.register(registrations=rows(hosts(3, DEV)), record_dir=str(tmp_path / "file" / "records"))
    assert result.failed and result.kind == "artifact" and "record_dir" in result.message and fw.owned() == sets(hosts(3, DEV))
    again = fw.register(registrations=rows(hosts(3, DEV)), record_dir=str(tmp_path / "file" / "records"))
    assert again.failed and "record_dir" in again.message and not re.search(r"\bdest\b", again.message), again.message


def test_a_lost_table_is_called_so_and_refilled(fw, tmp_path):
    options = {"registrations": rows(hosts(3, DEV)), "record_dir": str(tmp_path / "records")}
    first = fw.register(**options)
    assert first["targets"][0]["lost_table"] is False and "lost" not in first["message"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "records").iterdir()] == [0o600]
    fw.lab.control.mutate("clear_table", device="fw1")
    put(fw, FOREIGN)
    predicted = fw.register(check=True, **options)
    assert predicted["targets"][0]["lost_table"] is True and "lost its table" in predicted["message"]
    result = fw.register(**options)
    assert result["targets"][0]["lost_table"] is True and "refilled" in result["message"] and fw.owned() == sets(hosts(3, DEV))
    assert fw.register(**options)["targets"][0]["lost_table"] is False
    assert not fw.register(state="absent", teardown_confirm="illumio.", check=True, record_dir=options["record_dir"]).failed
    assert list((tmp_path / "records").iterdir())
    assert not fw.register(state="absent", teardown_confirm="illumio.", record_dir=options["record_dir"]).failed
    assert not list((tmp_path / "records").iterdir())
    after = fw.register(**options)
    assert after["targets"][0]["lost_table"] is False and "lost" not in after["message"]
    for path in (tmp_path / "records").iterdir():
        path.write_text("no artifact")
    assert not fw.register(**options).failed  # it only ever adds a word
