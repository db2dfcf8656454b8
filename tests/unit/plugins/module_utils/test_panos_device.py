# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device is, in which state, what it holds at most, and its dynamic address groups."""

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.capacity import UNKNOWN, model_limits
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_groups, read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system, version_tuple
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils import panos_samples as samples


class TestSystem:
    """show system info."""

    def test_firewall(self):
        found = read_system(samples.client([samples.SYSTEM]))
        assert found == ("edge-1", "PA-3220", "016299000001", "10.2.9-h1", (10, 2, 9, 1), False, False)

    def test_multi_vsys(self):
        assert read_system(samples.client([samples.MULTI])).multi_vsys is True
        assert read_system(samples.client([samples.MULTI.replace(">on<", ">yes<")])).multi_vsys is True

    @pytest.mark.parametrize("text", [samples.PANORAMA, samples.SYSTEM.replace("PA-3220", "Panorama"), samples.SYSTEM.replace("PA-3220", "M-200")])
    def test_panorama(self, text):
        assert read_system(samples.client([text])).is_panorama is True

    @pytest.mark.parametrize("result",
                             ["", "<result/>", "<result>text</result>", "<result><system/></result>", "<result><system><model>PA-1</model></system></result>"])
    def test_nothing_in_it(self, result):
        with pytest.raises(NotAnApi):
            read_system(samples.client(['<response status="success">%s</response>' % result]))

    @pytest.mark.parametrize("text, expected", [
        ("8.0.6", (8, 0, 6, 0)), ("10.2.9-h1", (10, 2, 9, 1)), ("11.1.0-b45", (11, 1, 0, 0)), ("11.2", (11, 2, 0, 0)), ("10.1.14-h10", (10, 1, 14, 10)),
        ("", (0, 0, 0, 0)),
    ])
    def test_versions_compare(self, text, expected):
        assert version_tuple(text) == expected


def ha(inner):
    """An answer to show high-availability state."""
    return '<response status="success"><result>%s</result></response>' % inner


def group(state, mode="Active-Passive", peer="passive"):
    """A firewall's answer."""
    return ha("<enabled>yes</enabled><group><mode>%s</mode><local-info><priority>100</priority><state>%s</state></local-info>"
              "<peer-info><conn-status>up</conn-status><state>%s</state></peer-info><running-sync>synchronized</running-sync></group>" % (mode, state, peer))


def local(state, peer="secondary-passive"):
    """A Panorama's answer."""
    return ha("<enabled>yes</enabled><local-info><state>%s</state></local-info><peer-info><state>%s</state></peer-info>" % (state, peer))


class TestHighAvailability:
    """show high-availability state."""

    @pytest.mark.parametrize("text, is_panorama, expected", [
        (ha("<enabled>no</enabled><local-info><encrypt-imported>no</encrypt-imported></local-info>"), False, (False, None, "standalone", None, True)),
        (ha("<enabled>no</enabled>"), True, (False, None, "standalone", None, True)),
        (group("active"), False, (True, "active-passive", "active", "passive", True)),
        (group("passive", peer="active"), False, (True, "active-passive", "passive", "active", False)),
        (group("active-primary", "Active-Active", "active-secondary"), False, (True, "active-active", "active-primary", "active-secondary", True)),
        (group("active-secondary", "Active-Active", "active-primary"), False, (True, "active-active", "active-secondary", "active-primary", False)),
        (group("non-functional"), False, (True, "active-passive", "non-functional", "passive", False)),
        (group("suspended"), False, (True, "active-passive", "suspended", "passive", False)),
        (group("something-new"), False, (True, "active-passive", "something-new", "passive", False)),
        (local("primary-active"), True, (True, None, "primary-active", "secondary-passive", True)),
        (local("secondary-active", "primary-suspended"), True, (True, None, "secondary-active", "primary-suspended", True)),
        (local("primary-passive", "secondary-active"), True, (True, None, "primary-passive", "secondary-active", False)),
    ])
    def test_states(self, text, is_panorama, expected):
        found = read_ha(samples.client([text]), is_panorama)
        assert found[:5] == expected
        assert found[5:] == (None, None, None, None)

    @pytest.mark.parametrize("text, enabled", [
        (ha("<enabled>yes</enabled>"), True), (ha(""), None), ('<response status="success"><result/></response>', None),
        ('<response status="success"/>', None), (ha("<enabled>yes</enabled><group><mode>Active-Passive</mode></group>"), True), (ha("text"), None)])
    @pytest.mark.parametrize("is_panorama", [False, True])
    def test_silence_is_asked_once_more_and_is_not_passive(self, text, enabled, is_panorama):
        found = read_ha(samples.client([text, text]), is_panorama)
        assert (found.enabled, found.state, found.active) == (enabled, "unknown", False)
        client = samples.client([text, ha("<enabled>no</enabled>")])
        assert read_ha(client, is_panorama).active is True and len(client.http.sent) == 2

    @pytest.mark.parametrize("text, is_panorama", [(group("active"), False), (local("primary-active"), True)])
    def test_members_know_each_other_by_address(self, text, is_panorama):
        text = text.replace("<local-info>", "<local-info><mgmt-ip>192.0.2.21/24</mgmt-ip><serial-num>01</serial-num>")
        text = text.replace("<peer-info>", "<peer-info><mgmt-ip>192.0.2.22</mgmt-ip><serial-num>02</serial-num>")
        found = read_ha(samples.client([text]), is_panorama)
        assert (found.address, found.peer_address, found.serial, found.peer_serial) == ("192.0.2.21", "192.0.2.22", "01", "02")
        text = text.replace("192.0.2.21/24</mgmt-ip>", "unknown</mgmt-ip><mgmt-ipv6>2001:db8::21/64</mgmt-ipv6>")
        assert read_ha(samples.client([text]), is_panorama).address == "2001:db8::21"

    def test_a_device_without_the_command_stands_alone(self):
        assert read_ha(samples.client([samples.CODE_17]), False).active is True

    def test_other_refusals_are_errors(self):
        with pytest.raises(DeviceError):
            read_ha(samples.client([samples.CODE_15]), False)


@pytest.mark.parametrize("model, addresses, tags", [
    ("PA-220", 1000, 32), ("PA-220R", 1000, 32), ("PA-820", 1000, 32), ("PA-850", 2500, 32), ("PA-410", 1000, 64), ("PA-440", 50000, 64),
    ("PA-450", 100000, 64),
    ("PA-460", 100000, 64), ("PA-3220", 200000, 32), ("PA-3250", 200000, 32), ("PA-3260", 200000, 32), ("PA-3410", 150000, 64), ("PA-3420", 150000, 64),
    ("PA-3430", 200000, 64), ("PA-3440", 200000, 64), ("PA-5220", 500000, 32), ("PA-5280", 500000, 32), ("PA-5410", 500000, 64), ("PA-5450", 500000, 64),
    ("PA-7050", None, 32), ("PA-7080", None, 32), ("PA-VM", None, 32), ("VM-300", None, 32), ("CN-SERIES", 2500, 32),
    ("PA-1410", None, None), ("PA-32200", None, None), ("", None, None), ("Unknown", None, None),
])
def test_model_limits(model, addresses, tags):
    found = read_system(samples.client([samples.SYSTEM]))._replace(model=model)
    assert model_limits(found) == (addresses, tags)


def test_panorama_has_no_limits_of_its_model():
    assert model_limits(read_system(samples.client([samples.PANORAMA]))) == UNKNOWN


GROUPS = """<response cmd="status" status="success"><result><dyn-addr-grp>
<entry><vsys>vsys1</vsys><group-name>DAG-Web</group-name><filter>'illumio.role.Web' or 'quarantine'</filter>
 <member-list><entry name="192.0.2.10" type="registered-ip"/><entry name="2001:DB8::0:1" type="registered-ip"/><entry name="host-a" type="address-object"/>
 <entry name="198.51.100.0/24" type="registered-ip"/></member-list></entry>
<entry><vsys>vsys2</vsys><group-name>DAG-Other</group-name><filter>'x'</filter><member-list/></entry>
<entry><group-name>DAG-All</group-name><filter>'y'</filter><member-list><entry name="192.0.2.11" type="registered-ip"/></member-list></entry>
</dyn-addr-grp></result></response>"""
PANORAMA_GROUPS = """<response status="success"><result><device-groups>
<entry name="shared"><address-group name="A"><filter>'a'</filter><member-list/></address-group>
<address-group name="B"><filter>'b'</filter><member-list/></address-group></entry>
<entry name="branches"><address-group name="C"><filter>'c'</filter><member-list/></address-group></entry>
<entry name="empty"/></device-groups></result></response>"""


class TestGroups:
    """show object dynamic-address-group."""

    def test_firewall(self):
        client = samples.client([GROUPS])
        assert read_groups(client, "vsys1") == [
            {"name": "DAG-All", "vsys": "shared", "filter": "'y'", "members": [{"address": "192.0.2.11", "type": "registered-ip"}]},
            {"name": "DAG-Web", "vsys": "vsys1", "filter": "'illumio.role.Web' or 'quarantine'", "members": [
                {"address": "192.0.2.10", "type": "registered-ip"}, {"address": "2001:db8::1", "type": "registered-ip"},
                {"name": "host-a", "type": "address-object"},
                {"address": "198.51.100.0/24", "type": "registered-ip"}]},
        ]
        assert client.http.sent[0]["form"]["vsys"] == ["vsys1"]

    def test_all_virtual_systems(self):
        assert [found["name"] for found in read_groups(samples.client([GROUPS]), None)] == ["DAG-All", "DAG-Web", "DAG-Other"]
        assert read_vsys_names(samples.client([GROUPS])) == ["vsys1", "vsys2"]
        assert read_vsys_names(samples.client([samples.CODE_17])) == []

    def test_panorama(self):
        assert [(found["vsys"], found["name"], found["members"]) for found in read_groups(samples.client([PANORAMA_GROUPS]), None)] == [
            ("branches", "C", []), ("shared", "A", []), ("shared", "B", [])]

    @pytest.mark.parametrize("result", ["<result/>", "<result><dyn-addr-grp/></result>", "<result>\n</result>"])
    def test_none(self, result):
        assert read_groups(samples.client(['<response status="success">%s</response>' % result]), "vsys1") == []

    @pytest.mark.parametrize("result", ["<result>text</result>", "<result><other/></result>"])
    def test_something_else(self, result):
        with pytest.raises(NotAnApi):
            read_groups(samples.client(['<response status="success">%s</response>' % result]), "vsys1")
