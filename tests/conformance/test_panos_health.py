# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: what health checks and inventories of other tools ask: jobs, sessions, Panorama, pending changes, the configuration, all leaves of inventories."""

from __future__ import annotations

import pytest

from tests.conformance.panos_client import Client, firewall, fleet, positions

JOBS = "<show><jobs><{0}/></jobs></show>"
VSYS = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"
GROUPS = {"DAG-Dev": {"filter": "'dev' and 'web'"}, "DAG-Shared": {"filter": "'x'", "vsys": "shared"}}

# the leaves of captures of PAN-OS 10.0, in the order of their appearance (PAN-OS facts 3.7)
COMMON = [
    "hostname", "ip-address", "ipv6-address", "mac-addr", "uptime", "family", "model", "sw-version", "app-version", "av-version", "device-dictionary-version",
    "wildfire-version", "threat-version", "url-db", "url-filtering-version", "logdb-version", "vpnclient-package-version",
    "global-protect-client-package-version", "prev-app-version", "prev-av-version", "prev-threat-version", "prev-wildfire-version",
    "prev-device-dictionary-version", "domain", "slot-count", "type", "tag", "plugin_versions",
]
REST = [
    "vpn-disable-mode", "operational-mode", "certificate-status", "certificate-subject-name", "certificate-expiry", "connected-at", "custom-certificate-usage",
    "multi-vsys", "vsys", "last-masterkey-push-status", "last-masterkey-push-timestamp", "express-mode", "device-cert-present", "device-cert-expiry-date",
]
FIRST = ["serial", "connected", "unsupported-version", "wildfire-rt", "deactivated"]
PUSHED = [
    "last-commit-all-state-sp", "last-validate-all-state-sp", "last-commit-all-upd-sp", "last-validate-all-upd-sp", "shared-policy-status",
    "shared-policy-md5sum", "shared-policy-version",
]


def estate(**panorama: object) -> list[Client]:
    """A pair behind a Panorama, a firewall that it has lost, one that it does not know."""
    return fleet(
        {"name": "fw1", "serial": "001", "ha": {"peer": "fw2"}, "vsys": ["vsys1", "vsys2"]}, {"name": "fw2", "serial": "002", "vsys": ["vsys1", "vsys2"]},
        {"name": "fw3", "serial": "003", "connected": False}, {"name": "fw4", "serial": "004"},
        {"name": "pano", "kind": "panorama", "address": "192.0.2.77", "devices": ["fw1", "fw2", "fw3"],
         "device_groups": {"DC": {"devices": ["fw1", "fw2"]}, "Child": {"parent": "DC"}}, **panorama},
    )


@positions("jobs")
def test_jobs_of_a_device_that_has_started(value: str) -> None:
    client = firewall(switches={"jobs": value})
    client.app.advance(7200)
    shown = {which: client.op(JOBS.format(which)).root.findall("result/job") for which in ("all", "processed", "pending")}
    counted = {which: len(jobs) for which, jobs in shown.items()}
    assert counted == {"finished": {"all": 1, "processed": 1, "pending": 0}, "running": {"all": 1, "processed": 0, "pending": 1}}.get(
        value, {"all": 0, "processed": 0, "pending": 0})
    one = client.op("<show><jobs><id>1</id></jobs></show>")
    if value == "none":
        assert one.message == "job 1 not found" and client.op(JOBS.format("all")).status == "success"
        return
    job = {leaf.tag: (leaf.text or "") for leaf in shown["all"][0]}
    assert job == {leaf.tag: (leaf.text or "") for leaf in one.root.find("result/job")}
    assert list(job) == ["tenq", "tdeq", "id", "user", "type", "status", "queued", "stoppable", "result", "tfin", "description", "positionInQ", "progress",
                         "details", "warnings"]
    assert (job["id"], job["type"]) == ("1", "AutoCom") and job["tenq"].startswith("2026/11/22 16:5")
    assert (job["status"], job["result"]) == (("FIN", "OK") if value == "finished" else ("ACT", "PEND"))
    assert client.op("<show><jobs><id>7</id></jobs></show>").message == "job 7 not found"
    assert client.op("<show><jobs></jobs></show>").code == client.op(JOBS.format("some")).code == "17"


def test_jobs_after_a_reboot() -> None:
    client = firewall()
    client.app.advance(86_400)
    client.app.mutate("reboot")
    assert client.op(JOBS.format("all")).find("job/tenq").startswith("2026/11/23 16:5")


def test_leaves_of_devices() -> None:
    pano = estate()[-1]
    for command, serials in (("connected", ["001", "002"]), ("all", ["001", "002", "003"])):
        entries = pano.op(f"<show><devices><{command}/></devices></show>").root.findall("result/devices/entry")
        assert [entry.get("name") for entry in entries] == serials
        for entry in entries:
            assert [leaf.tag for leaf in entry] == FIRST + COMMON + ["ha"] + REST
            assert [leaf.tag for leaf in entry.find("vsys/entry")] == ["display-name", "shared-policy-status", "shared-policy-md5sum", "shared-policy-version"]
            assert entry.find("plugin_versions/entry/pkginfo").text == "dlp-1.0.3"
            assert entry.findtext("certificate-subject-name") == entry.get("name")
    assert [entry.findtext("ha/peer/serial") for entry in entries] == ["002", "001", None]
    assert [entry.findtext("ha/state") for entry in entries] == ["active", "passive", "no"]
    assert [entry.findtext("connected") for entry in entries] == ["yes", "yes", "no"]
    assert [len(entry.findall("vsys/entry")) for entry in entries] == [2, 2, 1]


def test_leaves_of_device_groups() -> None:
    pano = estate()[-1]
    groups = {entry.get("name"): entry for entry in pano.op("<show><devicegroups/></show>").root.findall("result/devicegroups/entry")}
    assert [leaf.tag for leaf in groups["Child"]] == ["shared-policy-md5sum"]
    assert [leaf.tag for leaf in groups["DC"]] == ["shared-policy-md5sum", "devices"]
    for entry in groups["DC"].findall("devices/entry"):
        assert [leaf.tag for leaf in entry] == FIRST + PUSHED + COMMON + REST  # no ha
        assert entry.find("vsys").text is None and len(entry.find("vsys")) == 0
        assert entry.findtext("shared-policy-md5sum") == groups["DC"].findtext("shared-policy-md5sum")


def test_panorama_status() -> None:
    first, _second, lost, unknown, pano = estate()
    asked = "<show><panorama-status></panorama-status></show>"

    def shown(client: Client) -> list[tuple[str, str]]:
        lines = [line.split(":", 1) for line in client.op(asked).root.findtext("result").splitlines() if line.strip()]
        return [(name.strip(), value.strip()) for name, value in lines]

    assert shown(first) == [("Panorama Server 1", "192.0.2.77"), ("Connected", "yes"), ("HA state", "disconnected")]
    assert shown(lost)[1] == ("Connected", "no") and shown(unknown) == []
    first.app.mutate("disconnect")
    assert shown(first)[1] == ("Connected", "no")
    assert pano.op(asked).code == "17"


def test_pending_changes_and_sessions() -> None:
    first, *_others, pano = estate()
    for client in (first, pano):
        for command in ("pending-changes", "full-commit-required"):
            assert client.op(f"<check><{command}></{command}></check>").root.findtext("result") == "no"
            assert (client.kind["type"], client.kind["write"]) == (f"op:{command}", False)
    answer = first.op("<show><session><info></info></session></show>")
    assert (answer.find("num-active"), answer.find("num-installed"), answer.find("cps")) == ("0", "0", "0") and int(answer.find("num-max")) >= 64_000
    assert len(answer.root.find("result")) > 40 and pano.op("<show><session><info/></session></show>").code == "17"
    assert pano.op("<show><session><info/></session></show>", target="001").status == "success"
    assert first.op("<check><nonsense/></check>").code == first.op("<show><session/></show>").code == "17"


@pytest.mark.parametrize("xpath", [
    VSYS + "/address-group/entry[@name='nowhere']", VSYS + "/tag", VSYS + "/address-group/entry[@name='nowhere']/@name", "/config/nonsense",
    VSYS.replace("vsys1", "vsys9"), "/config/shared/tag/entry[@name='x']/color", "nonsense", "/config/devices/entry[1]", "//entry", VSYS + "/rulebase",
    "/config/devices/entry[@name='localhost.localdomain'", "*", "/@name",
])
def test_nothing_is_a_success_with_code_7(xpath: str) -> None:
    client = firewall(groups=GROUPS)
    answer = client.call(type="config", action="get", xpath=xpath)
    assert (answer.http, answer.status, answer.code) == (200, "success", "7")
    assert len(answer.root.find("result")) == 0 and answer.root.find("result").get("count") is None
    shown = client.call(type="config", action="show", xpath=xpath)
    assert (shown.http, shown.status, shown.code, shown.message) == (200, "error", None, "No such node")


def test_what_is_there_comes_with_its_count() -> None:
    client = firewall(groups=GROUPS, address_objects={"srv": ["dev", "web"]}, hostname="edge-1")

    def got(xpath: str) -> tuple:
        answer = client.call(type="config", action="get", xpath=xpath)
        result = answer.root.find("result")
        assert (answer.status, answer.code, result.get("total-count")) == ("success", "19", result.get("count")) and int(result.get("count")) == len(result)
        return answer, list(result)

    answer, found = got(VSYS + "/address-group/entry[@name='DAG-Dev']")
    assert answer.find("entry/dynamic/filter") == "'dev' and 'web'" and found[0].get("name") == "DAG-Dev"
    assert [node.tag for node in got(VSYS + "/address-group")[1]] == ["address-group"]
    assert got("/config/shared/address-group/entry")[1][0].get("name") == "DAG-Shared"
    assert [(node.get("name"), len(node)) for node in got(VSYS + "/address-group/entry/@name")[1]] == [("DAG-Dev", 0)]
    assert [node.text for node in got(VSYS + '/address/entry[@name="srv"]/tag/member[text()=\'web\']')[1]] == ["web"]
    assert got("/config/devices/entry/deviceconfig/system/hostname")[1][0].text == "edge-1"
    shown = client.call(type="config", action="show", xpath=VSYS + "/address-group/entry[@name='DAG-Dev']")
    assert (shown.status, shown.code, shown.find("entry/dynamic/filter")) == ("success", None, "'dev' and 'web'")


def test_the_configuration_of_a_panorama() -> None:
    pano = estate(groups={"DAG-DC": {"filter": "'x'", "device_group": "DC"}})[-1]
    base = "/config/devices/entry[@name='localhost.localdomain']/device-group"
    names = pano.call(type="config", action="get", xpath=base + "/entry/@name").root.findall("result/entry")
    assert [entry.get("name") for entry in names] == ["DC", "Child"]
    group = pano.call(type="config", action="get", xpath=base + "/entry[@name='DC']/address-group/entry[@name='DAG-DC']")
    assert (group.code, group.find("entry/dynamic/filter")) == ("19", "'x'")
    members = pano.call(type="config", action="get", xpath=base + "/entry[@name='DC']/devices/entry").root.findall("result/entry")
    assert [entry.get("name") for entry in members] == ["001", "002"]
    through = pano.call(type="config", action="get", xpath=VSYS + "/address-group", target="001")
    assert (through.status, through.code) == ("success", "7")


@pytest.mark.parametrize("action", ["set", "edit", "delete", "move", ""])
def test_writing_the_configuration_is_not_simulated(action: str) -> None:
    client = firewall(groups=GROUPS)
    answer = client.call(type="config", action=action, xpath=VSYS + "/tag", element="<entry name='x'/>")
    assert answer.status == "error" and f"action={action or '(none)'} is not simulated" in answer.message
    assert client.call(type="config", action="get").http == 400
