# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Illumio's own SDK (illumio on PyPI), unmodified, against the simulated PCE over HTTPS: honesty of the lab."""

from __future__ import annotations

import pytest

from ..lab.lab import Lab

illumio = pytest.importorskip("illumio", reason="the SDK illumio is not installed")


@pytest.fixture(scope="module")
def running():
    with Lab({"pce": {"workloads": 505}, "devices": []}, firewalls=0) as lab:
        yield lab


@pytest.fixture
def engine(running):
    """A PolicyComputeEngine with the lab's credentials and CA."""
    running.control.disarm()
    description = running.description()["pces"][0]
    engine = illumio.PolicyComputeEngine(description["host"], port=str(description["port"]), org_id=str(description["org_id"]), retry_count=0)
    engine.set_credentials(description["api_key_username"], description["api_key_secret"])
    engine.set_tls_settings(verify=running.ca_file)
    engine._session.trust_env = False
    return engine


def test_connection_check(engine, running):
    engine.must_connect()
    assert engine.check_connection() is True
    engine.set_credentials("api_wrong", "wrong")
    assert engine.check_connection() is False


def test_connection_check_with_another_organisation(engine):
    engine.org_id = "2"
    assert engine.check_connection() is False


def test_connection_check_without_the_ca(engine):
    engine.set_tls_settings(verify=True)
    assert engine.check_connection() is False


def test_labels_and_workloads_asynchronously(engine, running):
    workloads = engine.workloads.get_async()
    assert len(workloads) == 505
    labels = {label.href: label for label in engine.labels.get_async()}
    assert len(labels) == running.control.state()["pce"]["counts"]["labels"]
    assert all(labels[label.href].value == label.value for workload in workloads for label in workload.labels)
    assert [workload.name for workload in engine.workloads.get_async(params={"managed": False})] == [
        workload.name for workload in workloads if not workload.managed
    ]


@pytest.mark.parametrize("job_polls", [0, 5])
def test_jobs_of_any_length(engine, running, job_polls):
    running.control.switch("pce", "job_polls", job_polls)
    assert [label.value for label in engine.labels.get_async(params={"key": "role", "value": "Web"})] == ["Web"]


def test_labels_and_workloads_synchronously(engine):
    assert len(engine.workloads.get()) == 500
    web = engine.labels.get(params={"key": "role", "value": "Web"})
    assert [label.value for label in web] == ["Web"]
    rows = engine.workloads.get(params={"labels": f'[["{web[0].href}"]]', "max_results": 5})
    assert rows and all(web[0].href in [label.href for label in row.labels] for row in rows)
    assert engine.workloads.get_by_reference(rows[0].href).href == rows[0].href
    assert isinstance(rows[0].interfaces[0].address, str)


def test_get_all_goes_past_500(engine):
    for number in range(520):
        engine.post("/labels", json={"key": "loc", "value": f"site {number}"})
    labels = engine.labels.get_all()
    assert len(labels) > 520 and len(engine.labels.get()) == 500
    for label in labels:
        if label.value.startswith("site "):
            engine.labels.delete(label)


def test_label_groups(engine):
    groups = engine.label_groups.get(policy_version="active", params={"key": "env", "name": "Non"})  # 1.1.3 cannot read groups inside groups
    assert [group.name for group in groups] == ["Non-production"] and groups[0].labels


def test_two_slashes_as_workloader_sends_them(engine):
    for path in ("/orgs/1//sec_policy/draft/label_groups", "/orgs/1//workloads?max_results=1"):
        answer = engine._session.get(engine.base_url + path)
        assert answer.request.path_url.endswith(path) and answer.status_code == 200 and answer.json()


def test_create_provision_delete_a_label_group(engine):
    test = engine.labels.get(params={"key": "env", "value": "Test"})[0]
    group = engine.label_groups.create({"name": "SDK group", "key": "env", "labels": [{"href": test.href}]})
    assert group.href and [label.href for label in group.labels] == [test.href]
    first = engine.provision_policy_changes("by the SDK", [group.href])
    assert first.version > 1 and first.object_counts.label_groups > 1
    assert [each.name for each in engine.label_groups.get(policy_version="active", params={"name": "SDK group"})] == ["SDK group"]
    engine.label_groups.update(group.href, {"description": "changed"})
    engine.label_groups.delete(group.href)
    assert engine.provision_policy_changes("gone", [group.href]).version == first.version + 1
    assert engine.label_groups.get(params={"name": "SDK group"}) == []
    with pytest.raises(illumio.IllumioException, match="not_acceptable_error"):
        engine.provision_policy_changes("nothing", [group.href])


def test_open_ports_of_a_single_workload(engine):
    listed = engine.workloads.get(params={"managed": "true", "max_results": 1})[0]
    assert not listed.services.open_service_ports
    single = engine.workloads.get_by_reference(listed.href)
    assert single.services.open_service_ports[0].port and single.services.open_service_ports[0].process_name


def test_create_update_delete_a_label(engine):
    label = engine.labels.create(illumio.Label(key="env", value="SDK"))
    assert engine.labels.get_by_reference(label).value == "SDK"
    engine.labels.update(label.href, {"value": "SDK 2"})
    assert engine.labels.get_by_reference(label.href).value == "SDK 2"
    with pytest.raises(illumio.IllumioException, match="label_key_and_value_must_be_unique"):
        engine.labels.create(illumio.Label(key="env", value="SDK 2"))
    engine.labels.delete(label)
    assert engine.labels.get(params={"value": "SDK 2"}) == []


def test_create_update_delete_a_workload(engine):
    label = engine.labels.create(illumio.Label(key="role", value="SDK role"))
    new = illumio.Workload(
        name="sdk-01",
        hostname="sdk-01.example.com",
        interfaces=[illumio.Interface(name="eth0", address="10.77.0.1", link_state="up")],
        labels=[illumio.Reference(label.href)],
    )
    created = engine.workloads.create(new)
    assert created.href and not created.managed and created.labels[0].value == "SDK role"
    engine.workloads.update(created.href, {"description": "changed by the SDK", "enforcement_mode": "idle"})
    again = engine.workloads.get_by_reference(created)
    assert (again.description, again.enforcement_mode, again.interfaces[0].address) == ("changed by the SDK", "idle", "10.77.0.1")
    with pytest.raises(illumio.IllumioException, match="label_still_has_associated_agent_info"):
        engine.labels.delete(label)
    with pytest.raises(illumio.IllumioException, match="additional properties"):
        engine.workloads.update(created.href, {"managed": True})
    assert engine.workloads.get_by_name("sdk-01").href == created.href
    engine.workloads.delete(created)
    engine.labels.delete(label)
    assert engine.workloads.get(params={"name": "sdk-01"}) == []


def test_bulk_create_update_delete(engine, running):
    results = engine.workloads.bulk_create([illumio.Workload(name=f"bulk-{number:04d}") for number in range(1010)])
    assert len(results) == 1010 and not any(result["errors"] for result in results)
    first = results[0]["href"]
    updated = engine.workloads.bulk_update([illumio.Workload(href=first, description="x"), illumio.Workload(href="/orgs/1/workloads/missing", description="x")])
    assert updated[0] == {"href": first, "errors": []} and updated[1]["errors"][0]["token"] == "invalid_uri"
    managed = engine.workloads.get(params={"managed": "true", "max_results": 1})[0]
    failed = engine.workloads.bulk_delete([*[result["href"] for result in results], managed.href])
    assert failed == [{"href": managed.href, "errors": [{"token": "method_not_allowed_error", "message": "Not allowed"}]}]
    assert running.control.state()["pce"]["counts"]["workloads"] == 505


def test_a_failed_job_is_an_exception(engine, running):
    running.control.arm("pce", "job_fails", message="out of memory")
    with pytest.raises(illumio.IllumioException):
        engine.workloads.get_async()
