# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors as a PCE words them (PCE facts 2.6): an array of {token, message}."""

from __future__ import annotations

import json
from typing import Any


class ApiError(Exception):
    """Ends a request with a status and Illumio's error body; `body` replaces the usual array."""

    def __init__(self, status: int, token: str, message: str | None = None, headers: dict[str, str] | None = None, body: Any = None) -> None:
        super().__init__(message or token)
        self.status = status
        self.token = token
        self.message = message
        self.headers = headers or {}
        self.body = [{"token": token, "message": message}] if body is None else body


def invalid(detail: str) -> ApiError:
    """406 of the schema validation; the wording is that of the Ruby gem the PCE uses."""
    return ApiError(406, "input_validation_error", f"Input validation failed. Details: {{{detail}}}")


def additional(names: list[str], schema: str, path: str = "#/") -> ApiError:
    """406 for properties that a schema does not have."""
    outside = "outside of the schema when none are allowed in schema"
    return invalid(f"The property '{path}' contains additional properties {json.dumps(names)} {outside} {schema}")


def not_found() -> ApiError:
    """404 of an object."""
    return ApiError(404, "not_found_error", "Not found")


def forbidden() -> ApiError:
    """403: role too small, or another organisation; the answer does not tell which."""
    return ApiError(403, "forbidden_error", "Forbidden")
