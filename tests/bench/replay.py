# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the floor's script out of the lab's log of a run and the tables before and after it."""

from __future__ import annotations

import base64
import json
import os
import typing as t
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import quoteattr, escape

Table = dict[str, list[str]]
PAGE = 500
_COUNT = "<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>"
_PAGE = "<show><object><registered-ip><limit>{}</limit><start-point>{}</start-point></registered-ip></object></show>"
_COMMANDS = {"op:system-info": "<show><system><info></info></system></show>",
             "op:ha": "<show><high-availability><state></state></high-availability></show>"}


def changes(before: Table, after: Table) -> list[tuple[str, str, list[str]]]:
    """(section, address, tags) that lead from one table to the other, registers first."""
    result = []
    for section, old, new in (("register", before, after), ("unregister", after, before)):
        for address, tags in new.items():
            known = old.get(address, ())
            more = [tag for tag in tags if tag not in known]
            if more:
                result.append((section, address, more))
    return result


def message(entries: list[tuple[str, str, list[str]]]) -> str:
    """The User-ID message of some changes."""
    parts = {"unregister": [], "register": []}
    for section, address, tags in entries:
        persistent = ' persistent="1"' if section == "register" else ""
        members = "".join(f"<member>{escape(tag)}</member>" for tag in tags)
        parts[section].append(f"<entry ip={quoteattr(address)}{persistent}><tag>{members}</tag></entry>")
    payload = "".join(f"<{section}>{''.join(found)}</{section}>" for section, found in parts.items() if found)
    return f"<uid-message><version>2.0</version><type>update</type><payload>{payload}</payload></uid-message>"


def _form(kind: str, command: str) -> bytes:
    return f"type={kind}&vsys=vsys1&cmd={quote_plus(command)}".encode()


def _calls(entries: list[dict[str, t.Any]], todo: list[tuple[str, str, list[str]]]) -> Iterator[bytes]:
    """The bodies for one device, as many as the log has."""
    written = sum(1 for entry in entries if entry["write"])
    start = at = 0
    for entry in entries:
        if entry["write"]:
            written -= 1
            end = at + entry["entries"] if written else len(todo)
            yield _form("user-id", message(todo[at:end]))
            at = end
        elif entry["type"] == "op:registered-ip" and entry["entries"]:
            yield _form("op", _PAGE.format(PAGE, start + 1))
            start += PAGE
        elif entry["type"] == "op:registered-ip":
            start = 0
            yield _form("op", _COUNT)
        else:
            yield _form("op", _COMMANDS.get(entry["type"], _COMMANDS["op:system-info"]))


def write_script(folder: str, description: dict[str, t.Any], log: list[dict[str, t.Any]], before: dict[str, Table], after: dict[str, Table],
                 gzip: bool, forks: int) -> str:
    """Write the script that asks for what a run asked for, and leads the tables of the devices from `before` to `after`; returns its path.

    What the log says of jobs and data files is not repeated literally: each collection that was ordered is polled until it is done and fetched once.
    """
    pce = description["pces"][0]
    login = base64.b64encode(f"{pce['api_key_username']}:{pce['api_key_secret']}".encode()).decode()
    asked = [entry for entry in log if entry["server"] == pce["name"] and entry["type"] not in ("job", "datafile")]
    script: dict[str, t.Any] = {
        "ca_file": description["ca_file"], "forks": forks, "bodies": os.path.join(folder, "bodies"), "devices": [], "pce": {
            "host": pce["host"], "port": pce["port"],
            "headers": {"Authorization": f"Basic {login}", "Accept": "application/json", "Accept-Encoding": "gzip" if gzip else "identity"},
            "ordered": [_path(entry) for entry in asked if entry["status"] == 202], "others": [_path(entry) for entry in asked if entry["status"] != 202]}}
    if not asked:
        script["pce"] = None
    position = 0
    with open(script["bodies"], "wb") as stream:
        for device in description["devices"]:
            name = device["name"]
            calls = []
            for body in _calls([entry for entry in log if entry["server"] == name], changes(before[name], after[name])):
                stream.write(body)
                calls.append((position, len(body)))
                position += len(body)
            script["devices"].append({"host": device["host"], "port": device["port"], "headers": {"X-PAN-KEY": device["api_key"]}, "calls": calls})
    path = os.path.join(folder, "floor.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(script, stream)
    return path


def _path(entry: dict[str, t.Any]) -> str:
    query = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in entry["query"].items())
    return quote(entry["path"]) + (f"?{query}" if query else "")
