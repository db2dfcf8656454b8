# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests a PCE knows: method, path, what they are called in the lab's log, and who carries them out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import bulk, dimensions, events, groups, labels, policy, system, workloads
from .call import Call

PREFIX = "/api/v2"
_SLASHES = re.compile("/{2,}")


@dataclass(frozen=True)
class Route:
    """One kind of request. `collection` handlers give a Listing. `role` is the least role: "read", "workloads" or "all"."""

    method: str
    pattern: Any
    type: str
    handler: Callable[[Call], Any]
    collection: bool = False
    role: str = "read"
    bulk: bool = False

    @property
    def write(self) -> bool:
        """Whether it changes what others see; deleting one's own job does not."""
        return self.role != "read"


def _route(method: str, path: str, kind: str, handler: Callable[[Call], Any], **more: Any) -> Route:
    pattern = path.replace("{org}", r"/orgs/(?P<org>\d+)").replace("{uuid}", r"(?P<uuid>[0-9A-Za-z-]+)")
    return Route(method, re.compile(pattern), kind, handler, **more)


def _jobs(name: str) -> Callable[[Call], Any]:
    return lambda call: getattr(call.app.jobs, name)(call)


def _tidying(method: str, path: str, kind: str, name: str) -> Route:
    return _route(method, path, kind, _jobs(name))


def _draft(kind: str, name: str, module: Any) -> tuple[Route, ...]:
    """The writes of a policy object: they go to the draft, and are refused for the active policy."""
    path = "{org}/sec_policy/(?P<version>draft)/" + name
    active = "{org}/sec_policy/(?P<version>active)/" + name
    return (
        _route("POST", path, f"{kind}-create", module.create, role="all"),
        _route("PUT", path + "/{uuid}", f"{kind}-update", module.update, role="all"),
        _route("DELETE", path + "/{uuid}", f"{kind}-delete", module.delete, role="all"),
        *(_route(method, active + rest, f"{kind}-active", module.active_is_read_only, role="all") for method, rest in (
            ("POST", ""), ("PUT", "/{uuid}"), ("DELETE", "/{uuid}"))),
    )


_GROUPS = r"{org}/sec_policy/(?P<version>draft|active)/label_groups"
ROUTES = (
    _route("GET", "/product_version", "version", system.product_version),
    _route("GET", "/noop", "noop", system.noop),
    _route("GET", "/health", "health", system.health),
    _route("GET", "/users/login", "login", system.login),
    _route("GET", "{org}/settings/workloads", "settings", system.workload_settings),
    _route("GET", "{org}/settings/events", "settings", system.event_settings),
    _route("GET", "{org}/labels", "labels", labels.listing, collection=True),
    _route("POST", "{org}/labels", "label-create", labels.create, role="all"),
    _route("GET", r"{org}/labels/\d+", "label", labels.instance),
    _route("PUT", r"{org}/labels/\d+", "label-update", labels.update, role="all"),
    _route("DELETE", r"{org}/labels/\d+", "label-delete", labels.delete, role="all"),
    _route("GET", "{org}/label_dimensions", "label_dimensions", dimensions.listing, collection=True),
    _route("POST", "{org}/label_dimensions", "label_dimension-create", dimensions.create, role="all"),
    _route("GET", "{org}/label_dimensions/{uuid}", "label_dimension", dimensions.instance),
    _route("PUT", "{org}/label_dimensions/{uuid}", "label_dimension-update", dimensions.update, role="all"),
    _route("DELETE", "{org}/label_dimensions/{uuid}", "label_dimension-delete", dimensions.delete, role="all"),
    _route("GET", _GROUPS, "label_groups", groups.listing, collection=True),
    _route("GET", _GROUPS + "/{uuid}", "label_group", groups.instance),
    _route("GET", _GROUPS + "/{uuid}/all_labels", "label_group", groups.all_labels),
    _route("GET", _GROUPS + "/{uuid}/member_of", "label_group", groups.member_of),
    *_draft("label_group", "label_groups", groups),
    _route("GET", "{org}/sec_policy", "policy_versions", policy.versions),
    _route("POST", "{org}/sec_policy", "provision", policy.provision, role="all"),
    _route("GET", "{org}/sec_policy/pending", "pending", policy.pending),
    _route("DELETE", "{org}/sec_policy/pending", "revert", policy.revert_all, role="all"),
    _route("PUT", "{org}/sec_policy/delete", "revert", policy.revert, role="all"),
    _route("POST", "{org}/sec_policy/draft/dependencies", "dependencies", policy.dependencies),
    _route("GET", r"{org}/sec_policy/(?P<version>draft|active|\d+)", "policy_version", policy.version),
    _route("GET", "{org}/workloads", "workloads", workloads.listing, collection=True),
    _route("POST", "{org}/workloads", "workload-create", workloads.create, role="workloads"),
    _route("PUT", "{org}/workloads/bulk_create", "bulk_create", bulk.create, role="workloads", bulk=True),
    _route("PUT", "{org}/workloads/bulk_update", "bulk_update", bulk.update, role="workloads", bulk=True),
    _route("PUT", "{org}/workloads/bulk_delete", "bulk_delete", bulk.delete, role="workloads", bulk=True),
    _route("PUT", "{org}/workloads/set_labels", "set_labels", bulk.set_labels, role="workloads", bulk=True),
    _route("PUT", "{org}/workloads/remove_labels", "remove_labels", bulk.remove_labels, role="workloads", bulk=True),
    _route("GET", "{org}/workloads/{uuid}", "workload", workloads.instance),
    _route("PUT", "{org}/workloads/{uuid}", "workload-update", workloads.update, role="workloads"),
    _route("DELETE", "{org}/workloads/{uuid}", "workload-delete", workloads.delete, role="workloads"),
    _route("GET", "{org}/workloads/{uuid}/interfaces", "workload", workloads.interfaces),
    _route("GET", "{org}/events", "events", events.listing, collection=True),
    _route("GET", "{org}/events/{uuid}", "event", events.instance),
    _route("GET", "{org}/jobs", "jobs", _jobs("listing"), collection=True),
    _tidying("GET", "{org}/jobs/{uuid}", "job", "poll"),
    _tidying("DELETE", "{org}/jobs/{uuid}", "job-delete", "delete"),
    _tidying("GET", "{org}/datafiles/{uuid}", "datafile", "fetch"),
)


def plain(path: str) -> str:
    """A path with single slashes: an old and widespread client doubles some, and PCEs take that (third-party requests 1)."""
    return _SLASHES.sub("/", path) if "//" in path else path


def resolve(method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
    """The route of a request, its arguments, and whether the path is known with some other method."""
    known = False
    if path.startswith(PREFIX + "/"):
        rest = path[len(PREFIX):]
        for route in ROUTES:
            found = route.pattern.fullmatch(rest)
            if found:
                known = True
                if route.method == method:
                    return route, found.groupdict(), True
    return None, {}, known
