# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label dimensions (label types): unpublished, yet what labels and rules of newer PCEs rest on (PCE facts 3.2)."""

from __future__ import annotations

import uuid
from typing import Any

from ..http import Response
from . import events, filters, wire
from .call import Call, Listing
from .errors import ApiError, not_found

MOST = 20  # label types of one organisation, the product's default


def listing(call: Call) -> Listing:
    """GET /orgs/N/label_dimensions."""
    served(call)
    call.known(filters.DIMENSIONS, "label_dimensions")
    request = call.request
    deleted = filters.boolean(request, "deleted")
    every = list(call.store.dimensions.values())
    rows = [each for each in every if deleted or not each["deleted"]]
    for name in ("key", "display_name"):
        text = request.first(name)
        if text is not None:
            rows = [each for each in rows if text.lower() in each[name].lower()]
    return Listing("label_dimensions", [wire.encode(_shown(call, each)) for each in rows], len(every))


def _find(call: Call) -> dict[str, Any]:
    served(call)
    found = call.store.dimensions.get(call.href)
    if found is None:
        raise not_found()
    return found


def _shown(call: Call, dimension: dict[str, Any]) -> dict[str, Any]:
    groups = call.store.groups["draft"].values()
    usage = {"labels": bool(_labels(call, dimension["key"])), "label_groups": any(group["key"] == dimension["key"] for group in groups)}
    return {**dimension, "usage": usage}


def _labels(call: Call, key: str) -> list[dict[str, Any]]:
    return [label for label in call.store.labels.values() if label["key"] == key and not label["deleted"]]


def instance(call: Call) -> Any:
    """GET of one label dimension."""
    return _shown(call, _find(call))


def create(call: Call) -> Response:
    """POST: labels of the key can be made from now on."""
    served(call)
    body = call.valid("label_dimensions_post")
    known = [each for each in call.store.dimensions.values() if not each["deleted"]]
    if not body["key"] or any(each["key"] == body["key"] for each in known):
        raise ApiError(406, "label_dimension_key_must_be_unique", "Label dimension key must be unique")
    if len(known) >= MOST:
        raise ApiError(406, "hard_limit_exceeded", f"The limit of {MOST} label dimensions is reached")
    at = wire.moment(call.store.clock.now())
    dimension = call.store.add_dimension(body["key"], body["display_name"], True, len(call.store.dimensions), at, str(uuid.uuid4()))
    _write(dimension, body)
    call.record("label_dimension.create", [events.change(_resource(dimension), {}, "create")], 201)
    return Response.json(_shown(call, dimension), 201)


def update(call: Call) -> Response:
    """PUT: everything but the key."""
    dimension = _find(call)
    body = call.valid("label_dimensions_put")
    if dimension["deleted"]:
        raise not_found()
    before = {name: dimension[name] for name in body}
    _write(dimension, body)
    dimension["updated_at"] = wire.moment(call.store.clock.now())
    changes = {name: {"before": value, "after": dimension[name]} for name, value in before.items() if value != dimension[name]}
    call.record("label_dimension.update", [events.change(_resource(dimension), changes)] if changes else [], 204)
    return Response(204)


def delete(call: Call) -> Response:
    """DELETE: soft; refused for the four of the product, and while labels or label groups of the key exist."""
    dimension = _find(call)
    if dimension["deleted"]:
        raise not_found()
    if "delete" not in dimension["caps"] or any(_shown(call, dimension)["usage"].values()):
        raise ApiError(406, "label_dimension_in_use", "Label dimension cannot be deleted")
    at = wire.moment(call.store.clock.now())
    dimension.update(deleted=True, deleted_at=at, updated_at=at, deleted_by={"href": "/users/1"})
    call.record("label_dimension.delete", [events.change(_resource(dimension), {}, "delete")], 204)
    return Response(204)


def _resource(dimension: dict[str, Any]) -> dict[str, Any]:
    return {"label_dimension": {name: dimension[name] for name in ("href", "key", "display_name")}}


def _write(dimension: dict[str, Any], body: dict[str, Any]) -> None:
    dimension.update({name: value for name, value in body.items() if name not in ("key", "display_info")})
    dimension["display_info"] = {**dimension["display_info"], **body.get("display_info", {})}


def served(call: Call) -> None:
    """404 or 403 where the PCE is too old for label dimensions, or does not let this key see them."""
    how = call.switches["label_dimensions"]
    if how == "absent":
        raise not_found()
    if how == "forbidden":
        raise ApiError(403, "forbidden_error", "Forbidden")
