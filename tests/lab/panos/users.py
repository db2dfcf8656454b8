# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags on users (dynamic user groups), as far as a tag client could meet them (PAN-OS facts 6)."""

from __future__ import annotations

from . import tags
from .device import Device
from .uid_message import Message

SINCE = (9, 1)
SECTIONS = ("unregister-user", "register-user")


def carry_out(device: Device, message: Message, vsys: str) -> dict[str, list[tuple[str, str]]]:
    """Applies the user sections of a message; returns the failing (user, message) of each."""
    table = device.users[vsys]
    failures: dict[str, list[tuple[str, str]]] = {}
    for section in SECTIONS:
        if section not in message.sections:
            continue
        failing = failures[section] = []
        for item in message.sections[section]:
            known = table.get(item.name, {})
            if section == "unregister-user" and not item.pairs:
                table.pop(item.name, None)
            for tag, timeout in item.pairs:
                lasting = tags.seconds(timeout)
                if section == "unregister-user":
                    if tag not in known:
                        failing.append((item.name, f"tag {tag} does not exist, ignore unreg"))
                    known.pop(tag, None)
                elif tag in known:
                    failing.append((item.name, f"tag {tag} already exists, ignore"))
                elif not tags.legal(tag) or lasting is None or len(known) >= device.max_tags or not item.name:
                    failing.append((item.name, "Failed to register"))
                else:
                    known = table.setdefault(item.name, known)
                    known[tag] = device.now + lasting if lasting else None
            if not known:
                table.pop(item.name, None)
    return failures
