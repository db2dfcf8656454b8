# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log: what reached the lab's servers, in which order, and what was refused in read-only mode."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

LIMIT = 200_000

# Query parameters whose value never enters the log, by kind of app: PAN-OS takes its key and keygen's password as
# parameters (PAN-OS facts 1.1, 1.2); a PCE takes none, and its `key` is that of a label.
SECRET_PARAMETERS = {"panos": frozenset(("key", "password"))}


def redacted(query: dict[str, list[str]], kind: str) -> dict[str, Any]:
    """The query with secrets replaced; single values are given as text. `kind`: App.kind."""
    secrets = SECRET_PARAMETERS.get(kind, ())
    return {
        name: "(redacted)" if name.lower() in secrets else values[0] if len(values) == 1 else values
        for name, values in query.items()
    }


class RequestLog:
    """The last LIMIT requests of all servers of a lab.

    An entry is there before the client can have read the whole answer, so a client that has its answer finds it. Keys:
    sequence (1-based, never reset), server, method, path, query (secrets redacted), type, write, bytes_in, bytes_out (bodies),
    entries, status (None: no answer was sent), concurrency (requests in progress at that server, this one
    included), key_in ("header", "query", "body", "basic", None), duration (seconds until the answer was ready), fault (action name or None).
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=limit)
        self._violations: list[dict[str, Any]] = []
        self._sequence = 0

    def add(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Numbers and keeps an entry; the server still updates `bytes_out` in it."""
        with self._lock:
            self._sequence += 1
            entry["sequence"] = self._sequence
            self._entries.append(entry)
        return entry

    def violation(self, entry: dict[str, Any]) -> None:
        """Records that a write arrived in read-only mode."""
        with self._lock:
            self._violations.append(entry)

    def entries(self, server: str | None = None) -> list[dict[str, Any]]:
        """Copies of the entries, oldest first, of one server or of all."""
        with self._lock:
            return [dict(entry) for entry in self._entries if server is None or entry["server"] == server]

    def violations(self, server: str | None = None) -> list[dict[str, Any]]:
        """Copies of the entries of refused writes."""
        with self._lock:
            return [dict(entry) for entry in self._violations if server is None or entry["server"] == server]

    def clear(self) -> None:
        """Forgets entries and violations."""
        with self._lock:
            self._entries.clear()
            self._violations.clear()
