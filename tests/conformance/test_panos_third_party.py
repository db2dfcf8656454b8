# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: pan-os-python and pan-python, unmodified, do against the lab over HTTPS what they do against a device."""

from __future__ import annotations

import ssl
import threading

import pytest

pytest.importorskip("panos", reason="pan-os-python is not installed")

import pan.xapi  # noqa: E402
from panos import errors  # noqa: E402
from panos.firewall import Firewall  # noqa: E402
from panos.objects import AddressGroup  # noqa: E402
from panos.panorama import Panorama  # noqa: E402

from tests.conformance.panos_client import many, pairs  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pan.xapi")

DEVICES = [
    {"name": "fw1", "serial": "007000000001", "vsys": ["vsys1", "vsys2"], "version": "10.2.8", "ha": {"peer": "fw2"}, "groups": {"web": {"filter": "'web'"}}},
    {"name": "fw2", "serial": "007000000002", "vsys": ["vsys1", "vsys2"], "version": "10.2.8"},
    {"name": "fw3", "serial": "007000000003", "version": "9.0.4", "model": "PA-220", "connected": False},
    {"name": "pano", "kind": "panorama", "version": "10.2.8"},
]


class Site:
    """The running lab and third-party objects for its devices."""

    def __init__(self, lab) -> None:
        self.lab = lab
        self.described = {device["name"]: device for device in lab.description()["devices"]}

    def _connection(self, name: str, password: bool = False) -> dict:
        device = self.described[name]
        login = {"api_username": device["username"], "api_password": device["password"]} if password else {"api_key": device["api_key"]}
        return {"hostname": device["host"], "port": device["port"], **login}

    def firewall(self, name: str = "fw1", **more) -> Firewall:
        return Firewall(**self._connection(name), **more)

    def panorama(self) -> Panorama:
        return Panorama(**self._connection("pano", password=True))

    def xapi(self, name: str = "fw1", password: bool = False, **more) -> pan.xapi.PanXapi:
        return pan.xapi.PanXapi(**self._connection(name, password), ssl_context=ssl.create_default_context(cafile=self.lab.ca_file), **more)

    def table(self, name: str = "fw1", vsys: str = "vsys1") -> dict[str, list[str]]:
        return self.lab.control.state(name)["vsys"][vsys]["registrations"]


@pytest.fixture
def site(lab_factory, monkeypatch: pytest.MonkeyPatch) -> Site:
    lab = lab_factory({"pce": None, "devices": DEVICES})
    monkeypatch.setenv("SSL_CERT_FILE", lab.ca_file)  # what both libraries' default TLS context trusts
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return Site(lab)


def ordered(table: dict) -> dict:
    return {address: sorted(tags) for address, tags in table.items()}


def test_userid_register_and_unregister(site: Site) -> None:
    fw = site.firewall()
    fw.userid.register("10.0.0.1", ["web", "prod"])
    fw.userid.register(["10.0.0.2", "2001:db8::1"], "web", timeout=60)
    assert ordered(site.table()) == {"10.0.0.1": ["prod", "web"], "10.0.0.2": ["web"], "2001:db8::1": ["web"]}
    fw.userid.register("10.0.0.1", ["web", "prod"])  # known pairs: pan-os-python takes "already exists, ignore" for success
    fw.userid.unregister("10.0.0.1", "prod")
    fw.userid.unregister("10.0.0.99", "prod")  # "does not exist, ignore unreg"
    assert ordered(site.table())["10.0.0.1"] == ["web"]
    site.lab.control.advance(60)
    assert ordered(site.table()) == {"10.0.0.1": ["web"]}


def test_userid_raises_for_other_refusals(site: Site) -> None:
    fw = site.firewall()
    with pytest.raises(errors.PanDeviceXapiError, match="Failed to register"):
        fw.userid.register("10.0.0.1", ["two  blanks"])
    site.lab.control.arm("fw1", "not_ready")
    with pytest.raises(errors.PanDeviceXapiError, match="Not ready to process xmlapi data"):
        fw.userid.register("10.0.0.1", ["a"])
    site.lab.control.arm("fw1", "session_expired")
    with pytest.raises(errors.PanSessionTimedOut):
        fw.userid.register("10.0.0.1", ["a"])


def test_userid_strict_about_duplicates(site: Site) -> None:
    fw = site.firewall()
    fw.userid.ignore_dup_errors = False
    fw.userid.register("10.0.0.1", "a")
    with pytest.raises(errors.PanDeviceXapiError, match="tag a already exists, ignore"):
        fw.userid.register("10.0.0.1", "a")
    site.lab.control.switch("fw1", "duplicate_register", "success")
    fw.userid.register("10.0.0.1", "a")


def test_userid_batch(site: Site) -> None:
    fw = site.firewall()
    site.lab.control.clear_log()
    fw.userid.batch_start()
    for address, tags in many(30, 3).items():
        fw.userid.register(address, tags)
    fw.userid.unregister("10.9.9.9", "x")
    assert site.lab.control.log("fw1") == []
    fw.userid.batch_end()
    log = site.lab.control.log("fw1")
    assert [(entry["type"], entry["entries"], entry["write"], entry["key_in"]) for entry in log] == [("user-id", 31, True, "body")]
    assert ordered(site.table()) == many(30, 3)


def test_more_than_500_addresses(site: Site) -> None:
    fw = site.firewall()
    fw.refresh_system_info()
    fw.userid.batch_start()
    for address, tags in many(1201, 2).items():
        fw.userid.register(address, tags)
    fw.userid.batch_end()
    site.lab.control.clear_log()
    assert ordered(fw.userid.get_registered_ip()) == many(1201, 2)
    assert [entry["entries"] for entry in site.lab.control.log("fw1") if entry["type"] == "op:registered-ip"] == [500, 500, 201]
    fw.userid.register("10.200.0.1", ["tag0", "rare"])
    assert fw.userid.get_registered_ip(tags="rare") == {"10.200.0.1": ["rare"]}
    assert sorted(fw.userid.get_registered_ip(ip="10.200.0.1")["10.200.0.1"]) == ["rare", "tag0"]


def test_clear_and_audit(site: Site) -> None:
    fw = site.firewall()
    for address, tags in many(700, 1).items():
        site.lab.control.mutate("register", device="fw1", address=address, tags=tags)
    fw.userid.register("10.7.0.1", ["keep", "lose"])
    fw.userid.audit_registered_ip({"10.7.0.1": ["keep", "gain"], "10.7.0.2": ["new"]})
    assert ordered(site.table()) == {"10.7.0.1": ["gain", "keep"], "10.7.0.2": ["new"]}
    fw.userid.clear_registered_ip(tags="new")
    assert ordered(site.table()) == {"10.7.0.1": ["gain", "keep"]}
    fw.userid.clear_registered_ip()
    assert site.table() == {}


def test_virtual_systems(site: Site) -> None:
    second = site.firewall(vsys="vsys2")
    second.userid.register("10.0.0.1", "a")
    assert (ordered(site.table(vsys="vsys2")), site.table()) == ({"10.0.0.1": ["a"]}, {})
    assert second.userid.get_registered_ip() == {"10.0.0.1": ["a"]}
    assert site.firewall().userid.get_registered_ip() == {}
    with pytest.raises(errors.PanDeviceXapiError, match="vsys9"):
        site.firewall(vsys="vsys9").userid.register("10.0.0.1", "a")


def test_system_info(site: Site) -> None:
    fw = site.firewall()
    info = fw.refresh_system_info()
    assert (info.version, info.platform, info.serial) == ("10.2.8", "PA-3220", "007000000001")
    assert fw.multi_vsys is True
    assert site.firewall("fw3").refresh_system_info().version == "9.0.4"
    assert fw.show_system_info()["system"]["hostname"] == "fw1"


def test_high_availability(site: Site) -> None:
    first, second = site.firewall("fw1"), site.firewall("fw2")
    assert first.show_highavailability_state()[0] == "active"
    assert second.show_highavailability_state()[0] == "passive"
    assert site.firewall("fw3").show_highavailability_state() == ("disabled", None)
    with pytest.raises(errors.PanDeviceXapiError):
        second.userid.register("10.0.0.1", "a")
    first.set_ha_peers(second)
    first.refresh_ha_active()
    second.userid.register("10.0.0.1", "a")  # the library sends it to the active member
    assert ordered(site.table("fw1")) == {"10.0.0.1": ["a"]}
    site.lab.control.mutate("failover", device="fw1")
    assert first.refresh_ha_active() == "passive"
    first.userid.register("10.0.0.2", "a")
    assert sorted(site.table("fw2")) == ["10.0.0.1", "10.0.0.2"]
    assert first.config_sync_state() == "synchronized"


def test_users(site: Site) -> None:
    fw = site.firewall()
    fw.refresh_system_info()
    fw.userid.tag_user("dom\\alice", ["a", "b"])
    assert fw.userid.get_user_tags() == {"dom\\alice": ["a", "b"]}
    fw.userid.untag_user("dom\\alice")
    assert fw.userid.get_user_tags() == {}
    fw.userid.login("alice", "10.0.0.1", timeout=20)
    fw.userid.logout("alice", "10.0.0.1")


def test_panorama_and_its_devices(site: Site) -> None:
    panorama = site.panorama()
    assert panorama.refresh_system_info().platform == "Panorama"
    connected = panorama.refresh_devices(only_connected=True, include_device_groups=False)
    assert [(fw.serial, fw.vsys) for fw in connected] == [(f"00700000000{n}", vsys) for n in (1, 2) for vsys in ("vsys1", "vsys2")]
    every = panorama.refresh_devices(expand_vsys=False, include_device_groups=False)
    assert [fw.serial for fw in every] == ["007000000001", "007000000002", "007000000003"]
    assert panorama.show_highavailability_state() == ("disabled", None)
    panorama.userid.register("10.0.0.1", "own")
    assert panorama.userid.get_registered_ip() == {"10.0.0.1": ["own"]}
    assert site.table() == {}
    assert panorama.opstate.dg_hierarchy.fetch() == {"lab": None}


def test_firewall_behind_panorama(site: Site) -> None:
    panorama = site.panorama()
    fw = Firewall(serial="007000000001", vsys="vsys2")
    panorama.add(fw)
    assert fw.refresh_system_info().serial == "007000000001"
    fw.userid.register("10.0.0.1", "a")
    assert ordered(site.table(vsys="vsys2")) == {"10.0.0.1": ["a"]}
    assert fw.userid.get_registered_ip() == {"10.0.0.1": ["a"]}
    absent = Firewall(serial="007000000003")
    panorama.add(absent)
    with pytest.raises(errors.PanDeviceXapiError, match="007000000003 timed out as client is not available"):
        absent.refresh_system_info()


def test_calls_through_a_panorama_count_at_the_panorama(site: Site) -> None:
    """The limit of five is one of the address that is called, whichever devices are meant."""
    site.lab.control.arm("pano", "slow", seconds=1, nth=0)
    calls = [site.xapi("pano", serial=f"00700000000{1 + number % 2}") for number in range(6)]
    threads = [threading.Thread(target=call.op, kwargs={"cmd": "<show><clock/></show>"}) for call in calls]
    site.lab.control.clear_log()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry["concurrency"] for entry in site.lab.control.log("pano")) == [1, 2, 3, 4, 5, 6]
    assert {entry["target"] for entry in site.lab.control.log("pano")} == {"007000000001", "007000000002"}
    assert site.lab.control.log("fw1") == site.lab.control.log("fw2") == []


def test_pan_python_keygen_and_op(site: Site) -> None:
    xapi = site.xapi(password=True)
    assert xapi.keygen() == site.described["fw1"]["api_key"]
    xapi.op(cmd="show system info", cmd_xml=True)
    assert (xapi.status, xapi.element_root.findtext("./result/system/model")) == ("success", "PA-3220")
    xapi.op(cmd="<show><high-availability><state/></high-availability></show>")
    assert xapi.element_root.findtext("./result/group/local-info/state") == "active"
    wrong = pan.xapi.PanXapi(hostname="127.0.0.1", port=site.described["fw1"]["port"], api_username="x", api_password="y",
                             ssl_context=ssl.create_default_context(cafile=site.lab.ca_file))
    with pytest.raises(pan.xapi.PanXapiError, match="403"):
        wrong.keygen()


def test_pan_python_errors(site: Site) -> None:
    xapi = site.xapi()
    with pytest.raises(pan.xapi.PanXapiError, match="show -> nonsense  is unexpected"):
        xapi.op(cmd="<show><nonsense/></show>")
    assert xapi.status_code == "17"
    with pytest.raises(pan.xapi.PanXapiError, match="Malformed Request"):
        xapi.op(cmd="<show>")
    with pytest.raises(pan.xapi.PanXapiError, match="job 7 not found"):
        xapi.op(cmd="<show><jobs><id>7</id></jobs></show>")
    with pytest.raises(pan.xapi.PanXapiError, match="type=config with action=set is not simulated"):
        xapi.set("/config/shared", "<tag/>")
    with pytest.raises(pan.xapi.PanXapiError, match="No such node"):
        xapi.show("/config/shared/tag/entry[@name='x']")
    xapi.get("/config/shared/tag/entry[@name='x']")  # nothing is no error
    assert (xapi.status, xapi.status_code) == ("success", "7")


def test_dynamic_groups_as_objects(site: Site) -> None:
    fw = site.firewall(vsys="vsys1")
    groups = AddressGroup.refreshall(fw)
    assert [(group.name, group.dynamic_value) for group in groups] == [("web", "'web'")]
    assert AddressGroup.refreshall(site.firewall(vsys="vsys2")) == []
    assert fw.pending_changes() is False
    assert fw.opstate is not None


def test_pan_python_user_id(site: Site) -> None:
    xapi = site.xapi()

    def send(payload: str, **more) -> None:
        xapi.user_id(cmd=f"<uid-message><version>1.0</version><type>update</type><payload>{payload}</payload></uid-message>", **more)

    send(f"<register>{pairs({'10.0.0.1': ['web'], '10.0.0.2': ['x']})}</register>")
    assert xapi.status == "success"
    with pytest.raises(pan.xapi.PanXapiError) as caught:
        send(f"<register>{pairs({'10.0.0.1': ['web', 'new'], '10.0.0.2': ['x']})}</register><unregister>{pairs({'10.0.0.3': ['x']})}</unregister>")
    assert str(caught.value).splitlines() == [
        "ip: 10.0.0.3 message: ip 10.0.0.3 does not exist, ignore unreg",
        "ip: 10.0.0.1 message: tag web already exists, ignore", "ip: 10.0.0.2 message: tag x already exists, ignore",
    ]
    assert site.table() == {"10.0.0.1": ["web", "new"], "10.0.0.2": ["x"]}
    send(f"<unregister>{pairs({'10.0.0.2': None})}</unregister>", vsys="vsys1")
    xapi.op(cmd="<show><object><registered-ip><all/></registered-ip></object></show>", vsys="vsys1")
    assert [entry.get("ip") for entry in xapi.element_root.iterfind("./result/entry")] == ["10.0.0.1"]
    xapi.op(cmd="show object registered-ip all option count", cmd_xml=True)  # pan-python nests the words, which is the command's form
    assert xapi.element_root.findtext("./result/count") == "1"
    xapi.op(cmd="<show><object><dynamic-address-group><all/></dynamic-address-group></object></show>")
    assert [entry.get("name") for entry in xapi.element_root.iterfind(".//member-list/entry")] == ["10.0.0.1"]


def test_pan_python_through_a_panorama(site: Site) -> None:
    xapi = site.xapi("pano", serial="007000000001")
    xapi.op(cmd="<show><system><info/></system></show>")
    assert xapi.element_root.findtext("./result/system/serial") == "007000000001"
    plain = site.xapi("pano")
    plain.op(cmd="<show><devices><connected/></devices></show>")
    assert [entry.get("name") for entry in plain.element_root.iterfind("./result/devices/entry")] == ["007000000001", "007000000002"]
