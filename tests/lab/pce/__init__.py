# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated Illumio Policy Compute Engine (REST API v2), built from public material only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..organisation import organisation
from ..organisation_model import from_description
from .app import PceApp, credentials

KEYS = frozenset(
    (
        "name",
        "scenario",
        "workloads",
        "labels",
        "dimensions",
        "label_groups",
        "file",
        "org_id",
        "api_key_username",
        "api_key_secret",
        "version",
        "fqdn",
        "switches",
        "scope",
    )
)
_DESCRIPTION = ("workloads", "labels", "dimensions", "label_groups")


def build(config: Mapping[str, Any], seed: int) -> PceApp:
    """A PCE out of a scenario's description of it.

    workloads: a number (of generated ones) or a list (see organisation_model.from_description, which explains labels,
    dimensions and label_groups too). file: a PCE collection answer to serve as it is, instead. scope: the label {key: value} a scoped
    key is limited to. Further: name, org_id, api_key_username, api_key_secret, version, fqdn, switches.
    Raises ValueError that names what is wrong, OSError for the file.
    """
    name = config.get("name", "pce")
    unknown = sorted(set(config) - KEYS)
    if unknown:
        raise ValueError(f"PCE {name} of the scenario has no key {', '.join(unknown)}; it has {', '.join(sorted(KEYS))}")
    user, secret = credentials(name, seed)
    captured = _captured(config["file"]) if "file" in config else None
    app = PceApp(
        name,
        int(config.get("org_id", _organisation_of(captured))),
        config.get("api_key_username", user),
        config.get("api_key_secret", secret),
        config.get("version", "25.2.40-4047"),
        config.get("fqdn", f"{name}.example.com"),
        config.get("switches"),
        config.get("scope"),
    )
    if captured is not None:
        app.store.load_rows(captured)
    elif isinstance(config.get("workloads", 0), list) or any(key in config for key in _DESCRIPTION[1:]):
        app.store.load(from_description({key: config[key] for key in _DESCRIPTION if isinstance(config.get(key), list)}))
    else:
        app.store.load(organisation(int(config.get("workloads", 0)), seed))
    return app


def _captured(path: str) -> list[Any]:
    with open(path, encoding="utf-8") as stream:
        rows = json.load(stream)
    if not isinstance(rows, list):
        raise ValueError(f"workloads file {path} is not a JSON array of workloads")
    return rows


def _organisation_of(rows: list[Any] | None) -> int:
    """The organisation that captured rows belong to, 1 where they do not say."""
    for row in rows or ():
        found = re.match(r"/orgs/(\d+)/", str(row.get("href"))) if isinstance(row, dict) else None
        if found:
            return int(found.group(1))
    return 1


__all__ = ["PceApp", "build"]
