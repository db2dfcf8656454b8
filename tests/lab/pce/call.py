# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request on its way through the PCE, and what a collection handler gives back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..http import Request
from . import filters
from .errors import invalid
from .schema import validate
from .store import Store

if TYPE_CHECKING:
    from .app import PceApp


class Listing(NamedTuple):
    """The answer of a collection before it is cut: finished rows, the count without filters, the default and the hard cap."""

    resource: str
    rows: list[bytes]
    total: int
    default: int = 500
    hard: int | None = None


@dataclass
class Call:
    """One request with its route's arguments. Handlers run under the app's lock."""

    app: PceApp
    request: Request
    arguments: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The organisation's objects."""
        return self.app.store

    @property
    def switches(self) -> dict[str, Any]:
        """The current values of the switches."""
        return self.app.switches

    @property
    def href(self) -> str:
        """The request's path as an href."""
        return self.request.path[len("/api/v2"):]

    @property
    def author(self) -> dict[str, Any]:
        """Who the API key belongs to, as events name it."""
        return {"user": {"href": "/users/1", "username": "automation@example.com"}}

    def known(self, names: frozenset[str], resource: str) -> None:
        """Refuses unknown query parameters where the PCE does."""
        filters.check_names(self.request, names, resource, self.switches["unknown_parameters"] == "refused")

    def action(self, status: int) -> dict[str, Any]:
        """The `action` of an event that this request causes."""
        return {
            "uuid": str(uuid.uuid4()), "api_endpoint": self.request.path, "api_method": self.request.method, "http_status_code": status,
            "src_ip": self.request.peer[0] if self.request.peer else "", "info": {"api_key_id": self.app.api_key_username[4:]},
        }

    def record(self, event_type: str, changes: list[dict[str, Any]], status: int) -> None:
        """Records the event of this request."""
        self.app.events.add(event_type, changes, self.author, self.action(status), self.switches["event_delay"])

    def json(self, schema: str) -> Any:
        """The JSON body. Without the right content type the PCE sees none (PCE facts 2.1). Raises ApiError 406."""
        content_type = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        try:
            body = json.loads(self.request.body) if content_type == "application/json" else None
        except ValueError:
            body = None
        if body is None:
            raise invalid(f"The property '#/' of type NilClass did not match the following type: object in schema {schema}.schema.json")
        return body

    def valid(self, schema: str) -> Any:
        """The JSON body, checked against a schema. Raises ApiError 406."""
        body = self.json(schema)
        validate(body, schema)
        return body
