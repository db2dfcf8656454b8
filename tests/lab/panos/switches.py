# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not known for certain about PAN-OS, as switches (PAN-OS facts 9 and 11). The default comes first."""

from __future__ import annotations

from ..switches import Switch

FAILED = "Failed to register"


def _switch(name: str, values: tuple, why: str) -> tuple[str, Switch]:
    return name, Switch(name, values, values[0], why)


SWITCHES = dict((
    _switch("header_key", ("accepted", "refused"), "X-PAN-KEY exists since 9.0 (older versions refuse it whatever is set here)"),
    _switch("unauth_body", ("session_timed_out", "invalid_credential", "no_code"), "what an ended session answers: HTTP 200 unauth 22, HTTP 403, or no code"),
    _switch("duplicate_register", ("error", "success"), "a known pair registered again: reported as 'already exists, ignore', or not"),
    _switch("duplicate_refreshes_timer", (True, False), "registering a known pair again with a timeout restarts its timer"),
    _switch("timed_to_permanent", (False, True), "registering a timed pair again without a timeout makes it permanent"),
    _switch("persistent_changes", (True, False), "a later register entry of the same address changes its persistent mark"),
    _switch("persistent_absent", ("kept", "default"), "a later register entry without persistent leaves the mark of its address, or sets the default, 1"),
    _switch("mixed_message", ("applied", "all_or_nothing"), "whether the good pairs of a message with failing ones take effect"),
    _switch("unregister_absent", ("reported", "silent"), "unregistering what is not there: 'does not exist, ignore unreg', or success"),
    _switch("error_order", ("request", "shuffled"), "order of the failing entries in the answer"),
    _switch("page_order", ("stable", "shuffled"), "whether two pages of one reading fit together; shuffled ones overlap and leave gaps"),
    _switch("tag_filter", ("all_tags", "matching"), "a reading by tag lists all tags of an address, or those that were asked for"),
    _switch("passive_writes", ("refused", "accepted"), "a member that is not active refuses user-id writes with code 15, or takes them"),
    _switch("ha_sync", (True, False), "whether the active member's registrations reach its peer"),
    _switch("ha_answer", ("full", "empty"), "what show high-availability says: all of it, or a success without content, as while it starts"),
    _switch("ha_serials", ("absent", "shown"), "whether local-info and peer-info carry serial-num: the captures do not, tests of other clients do"),
    _switch("active_secondary_writes", ("accepted", "refused"), "the active-secondary member of an active/active pair takes registrations, or refuses them"),
    _switch("text_invalid_ip", (FAILED, "invalid ip"), "entry message for a text that is no address"),
    _switch("text_invalid_tag", (FAILED, "invalid tag"), "entry message for an illegal tag"),
    _switch("text_invalid_timeout", (FAILED, "invalid timeout"), "entry message for a timeout that is no number or above 30 days"),
    _switch("text_too_many_tags", (FAILED, "maximum number of tags for the ip reached"), "entry message for one tag too many on an address"),
    _switch("text_table_full", (FAILED, "max registered-ip for the platform reached"), "entry message when the table is full"),
    _switch("large_body", ("closed", "413", "accepted"), "a request above 5 MB: the connection is closed, or HTTP 413, or it is carried out like any other"),
    _switch("jobs", ("finished", "running", "none"), "the commit of the start in show jobs: over, running, or not listed yet (a device that is not ready)"),
    _switch("count_element", (True, False), "whether pages carry <count>"),
    _switch("count_option", ("element", "text"), "the count option answers <count>N</count>, or N as the text of the result"),
    _switch("entry_attributes", (True, False), "whether entries carry from_agent and persistent"),
    _switch("noise", (True, False), "white space, kind of quotes, order of attributes vary"),
    _switch("network_host_bits", ("kept", "masked"), "a registered network with host bits set is kept as it is, or masked"),
    _switch("inherited_tags_listed", (False, True), "hosts show, and groups see, the tags of networks and ranges around them (10.0+)"),
    _switch("unknown_vsys", ("code12", "code14", "no_code"), "the error for a virtual system that is not there"),
    _switch("version_with_target", ("panorama", "target"), "type=version with target= on a Panorama: answered for itself, or for the target"),
    _switch("capacity_key", (True, False), "whether the system state tells the size of the registered-ip table"),
    _switch("latency", (False, True), "3.4 ms per registered and 0.4 ms per unregistered address, as a VM-50"),
))
