# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes behind the client's back: what an operator in the PCE's console or a VEN does (control verb `mutate`)."""

from __future__ import annotations

import inspect
import ipaddress
from typing import TYPE_CHECKING, Any

from ..organisation_model import Host, Label, Nic
from . import events, labels as label_rules, wire
from .schema import ENFORCEMENT_MODES
from .store import Row

if TYPE_CHECKING:
    from .app import PceApp

_CHURNED = ipaddress.ip_network("198.18.0.0/15")  # for benchmarks, and used nowhere else


def _workload(app: PceApp, workload: str) -> Row:
    """A live workload by href, name or hostname. Raises LookupError."""
    found = app.store.rows.get(workload)
    if found is not None and not found.deleted:
        return found
    matches = [row for row in app.store.live if workload in (row.name, row.hostname)]
    if len(matches) != 1:
        raise LookupError(
            f"no workload {workload!r} on {app.name}" if not matches else f"{len(matches)} workloads are called {workload!r}; name one by its href"
        )
    return matches[0]


def _label(app: PceApp, key: str, value: str, create: bool = True) -> dict[str, Any]:
    found = app.store.find_label(key, value)
    if found is None and create:
        return _create_label(app, key, value)
    if found is None:
        raise LookupError(f"no label {key}={value!r} on {app.name}")
    return found


def _create_label(app: PceApp, key: str, value: str) -> dict[str, Any]:
    if not value or not key:
        raise ValueError("a label needs a key and a value")
    if not any(dimension["key"] == key for dimension in app.store.dimensions.values()):
        dimension = app.store.add_dimension(key, key.capitalize(), True, len(app.store.dimensions), wire.moment(app.clock.now()))
        _record(
            app,
            "label_dimension.create",
            [events.change({"label_dimension": {"href": dimension["href"], "key": key, "display_name": dimension["display_name"]}}, {}, "create")],
        )
    label = app.store.add_label(key, value)
    _record(
        app,
        "label.create",
        [events.change(events.label_resource(label), {name: {"before": None, "after": label[name]} for name in ("key", "value")}, "create")],
    )
    return label


def _record(app: PceApp, event_type: str, changes: list[dict[str, Any]], author: dict[str, Any] | None = None) -> None:
    app.events.add(event_type, changes, author or events.OPERATOR, delay=app.switches["event_delay"])


def _edited(app: PceApp, row: Row, content: dict[str, Any]) -> None:
    """Stores what an operator edited, which changes updated_at."""
    if app.switches["edits_bump_updated_at"]:
        content["updated_at"] = wire.fine_moment(app.clock.now())
        content["updated_by"] = {"href": "/users/11"}
    app.store.put_row(row, content)


def relabel(app: PceApp, workload: str, labels: dict[str, str | None]) -> dict[str, Any]:
    """Sets labels of a workload by key; None takes the label of that key away. Unknown labels are created."""
    row = _workload(app, workload)
    before = list(row.labels)
    content = row.get()
    kept = {app.store.labels[href]["key"]: app.store.canonical(href) for href in before if href in app.store.labels}
    for key, value in labels.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = app.store.canonical(_label(app, key, value)["href"])
    content["labels"] = list(kept.values())
    _edited(app, row, content)
    changed = events.label_changes(app.store, before, list(row.labels), app.switches["label_changes"])
    if changed:
        _record(app, "workload.update", [events.change(events.workload_resource(app.store, content), changed)])
    return {"href": row.href, "labels": {label["key"]: label["value"] for label in content["labels"]}}


def readdress(app: PceApp, workload: str, address: str, interface: str | None = None) -> dict[str, Any]:
    """Gives an interface (default: the first) another address.

    A VEN reports it without touching updated_at (PCE facts 4.6); an unmanaged workload is edited by an operator.
    """
    row = _workload(app, workload)
    address = str(ipaddress.ip_address(address))
    content = row.get()
    six = ":" in address
    entries = [entry for entry in content.setdefault("interfaces", []) if interface in (None, entry["name"])]
    same = [entry for entry in entries if (":" in entry["address"]) == six]
    if not entries and interface is not None and row.managed:
        raise LookupError(f"workload {row.name or row.hostname} has no interface {interface!r}")
    # A device name of one's choice where there was none, else the entry of the same IP version, else an additional entry.
    if same:
        entry, old = same[0], same[0]["address"]
        entry["address"] = address
    else:
        entry, old = wire.interface(interface or (entries[0]["name"] if entries else "eth0"), address, app.store.org), None
        content["interfaces"].append(entry)
    resource = {"href": f"{row.href}/interfaces/{entry['name']}", "name": entry["name"], "address": address, "network": entry.get("network")}
    if row.managed:
        app.store.put_row(row, content)
        detail = {"updated": [{"resource": resource, "changes": {"address": {"before": old, "after": address}}}]} if old else {"created": [resource]}
        change = events.change(events.workload_resource(app.store, content), {"workload_interfaces": detail})
        _record(app, "workload_interfaces.update", [change], events.agent(content))
    else:
        _edited(app, row, content)
        _record(app, "workload.update", [events.change(events.workload_resource(app.store, content), {"interfaces": {"before": old, "after": address}})])
    return {"href": row.href, "interface": entry["name"], "before": old, "address": address}


def add_workload(app: PceApp, name: str, address: str | None = None, interfaces: list[dict[str, str]] | None = None, labels: dict[str, str] | None = None,
                 managed: bool = False, online: bool = True, enforcement_mode: str = "visibility_only") -> dict[str, Any]:
    """A new workload: paired (managed) or entered by an operator. Unknown labels are created."""
    if enforcement_mode not in ENFORCEMENT_MODES:
        raise ValueError(f"enforcement_mode is one of {', '.join(ENFORCEMENT_MODES)}, not {enforcement_mode!r}")
    given = interfaces if interfaces is not None else [{"name": "eth0", "address": address}] if address else []
    nics = tuple(Nic(entry["name"], str(ipaddress.ip_address(entry["address"]))) for entry in given)
    hrefs = [_label(app, key, value)["href"] for key, value in (labels or {}).items()]
    carried = tuple(Label(0, app.store.labels[href]["key"], app.store.labels[href]["value"]) for href in hrefs)
    host = Host(
        uuid=app.store.new_href().rsplit("/", 1)[1], name=name, hostname=name if managed else "", labels=carried, nics=nics, managed=managed, online=online,
        enforcement=enforcement_mode, number=len(app.store.rows) + 1, heartbeat=0, age=0, public_ip=nics[0].address if managed and nics else None,
    )
    content = wire.workload(host, app.store.org, [app.store.canonical(href) for href in hrefs])
    at = wire.fine_moment(app.clock.now())
    content["created_at"] = content["updated_at"] = at
    if managed:
        content["agent"]["status"].update(last_heartbeat_on=at, managed_since=at)
    app.store.add_row(content)
    resource = events.workload_resource(app.store, content)
    _record(app, "workload.create", [events.change(resource, {"name": {"before": None, "after": name}}, "create")])
    if managed:
        _record(app, "agent.activate", [events.change(resource, {"workload_interfaces": {"created": content["interfaces"]}}, "create")], events.agent(content))
    return {"href": content["href"], "name": name}


def remove_workload(app: PceApp, workload: str) -> dict[str, Any]:
    """Deletes a workload; a managed one is unpaired first, by its operator."""
    row = _workload(app, workload)
    content = row.get()
    resource = events.workload_resource(app.store, content)
    if row.managed:
        _record(app, "agents.unpair", [events.change(resource, {}, "delete")])
    content["deleted"] = True
    _edited(app, row, content)
    _record(app, "workload.delete", [events.change(resource, {}, "delete")])
    return {"href": row.href}


def rename_label(app: PceApp, key: str, value: str, new_value: str) -> dict[str, Any]:
    """Another value for a label: every workload that carries it changes, with a label event only."""
    label = _label(app, key, value, create=False)
    if not new_value or app.store.find_label(key, new_value):
        raise ValueError(f"{key}={new_value!r} cannot be the new label: " + ("it exists already" if new_value else "it is empty"))
    changes = label_rules.change(app, label, {"value": new_value})
    _record(app, "label.update", [events.change(events.label_resource(label), changes)])
    return {"href": label["href"], "key": key, "value": new_value}


def create_label(app: PceApp, key: str, value: str) -> dict[str, Any]:
    """A new label; its dimension is created where it is missing."""
    if app.store.find_label(key, value):
        raise ValueError(f"label {key}={value!r} exists already")
    return {name: _create_label(app, key, value)[name] for name in ("href",)} | {"key": key, "value": value}


def delete_label(app: PceApp, key: str, value: str, force: bool = False) -> dict[str, Any]:
    """Deletes a label nobody carries; with `force` the workloads lose it first."""
    label = _label(app, key, value, create=False)
    for row in list(app.store.carriers(label["href"])):
        if not force:
            raise ValueError(f"label {key}={value!r} is still assigned to workloads; force=true takes it away from them")
        relabel(app, row.href, {key: None})
    label["deleted"] = True
    _record(app, "label.delete", [events.change(events.label_resource(label), {}, "delete")])
    return {"href": label["href"]}


def set_online(app: PceApp, workload: str, online: bool) -> dict[str, Any]:
    """A VEN stops or resumes its heartbeats; addresses and labels stay."""
    row = _workload(app, workload)
    if not isinstance(online, bool):
        raise ValueError("online is true or false")
    content = row.get()
    before, content["online"] = row.online, online
    status = (content.get("agent") or {}).get("status")
    if online and status:
        status["last_heartbeat_on"] = wire.fine_moment(app.clock.now())
    app.store.put_row(row, content)
    if before != online:
        kind, author = ("workload.online", None) if online else ("system_task.agent_offline_check", events.SYSTEM)
        _record(app, kind, [events.change(events.workload_resource(app.store, content), {"online": {"before": before, "after": online}})], author)
    return {"href": row.href, "online": online}


def set_ignored_interfaces(app: PceApp, workload: str, names: list[str]) -> dict[str, Any]:
    """Which interfaces of a workload the policy ignores."""
    row = _workload(app, workload)
    content = row.get()
    before, content["ignored_interface_names"] = content.get("ignored_interface_names", []), list(names)
    _edited(app, row, content)
    change = {"ignored_interface_names": {"before": before, "after": list(names)}}
    _record(app, "workload.update", [events.change(events.workload_resource(app.store, content), change)])
    return {"href": row.href, "ignored_interface_names": list(names)}


def churn(app: PceApp, every: int = 100, turn: int = 0) -> dict[str, Any]:
    """One workload in `every` changes, alternately its address (to one of 198.18.0.0/15) and its environment; another `turn` takes other workloads."""
    for name, value, least in (("every", every, 1), ("turn", turn, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number, {least} or more, not {value!r}")
    values = sorted(label["value"] for label in app.store.labels.values() if label["key"] == "env" and not label["deleted"])
    rows = app.store.live[turn % every::every]
    readdressed = 0
    for number, row in enumerate(rows):
        old = next((app.store.labels[href]["value"] for href in row.labels if app.store.labels[href]["key"] == "env"), None)
        if number % 2 and values:
            relabel(app, row.href, {"env": values[(values.index(old) + 1) % len(values)] if old in values else values[0]})
        else:
            readdress(app, row.href, str(_CHURNED[(turn * len(rows) + number) % _CHURNED.num_addresses]))
            readdressed += 1
    return {"readdressed": readdressed, "relabelled": len(rows) - readdressed}


OPERATIONS = {
    function.__name__: function for function in (
        relabel, readdress, add_workload, remove_workload, rename_label, create_label, delete_label, set_online, set_ignored_interfaces, churn,
    )
}


def carry_out(app: PceApp, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Carries out one of OPERATIONS. Raises ValueError, LookupError with the reason."""
    function = OPERATIONS.get(operation)
    if function is None:
        raise ValueError(f"a PCE knows no change {operation!r}; it knows {', '.join(OPERATIONS)}")
    try:
        inspect.signature(function).bind(app, **arguments)
    except TypeError as error:
        parameters = list(inspect.signature(function).parameters)[1:]
        raise ValueError(f"{operation}: {error}; it takes {', '.join(parameters)}") from error
    return function(app, **arguments)
