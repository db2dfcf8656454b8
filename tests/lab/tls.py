# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own certificate authority, and certificates that a careful client must refuse."""

from __future__ import annotations

import datetime
import os
import ssl

NAMES = ("127.0.0.1", "localhost", "::1")
MODES = {
    "good": "issued by the lab's CA for 127.0.0.1, localhost and ::1",
    "untrusted": "issued by another CA",
    "wrong_host": "issued by the lab's CA for another host name",
    "expired": "issued by the lab's CA, no longer valid",
}


class MissingLibrary(Exception):
    """A Python library that the lab needs is not installed; the text says which and how to get it."""


class Authority:
    """A CA made for one run of the lab. Raises MissingLibrary without trustme."""

    def __init__(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise MissingLibrary("the lab needs the Python library trustme: python -m pip install trustme") from error
        self._trustme = trustme
        self._own = trustme.CA(organization_name="zerotrust.microseg lab")
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def pem(self) -> bytes:
        """The CA's certificate."""
        return self._own.cert_pem.bytes()

    def write(self, path: str | os.PathLike) -> None:
        """Writes the CA's certificate as PEM."""
        with open(path, "wb") as stream:
            stream.write(self.pem)

    def context(self, mode: str = "good") -> ssl.SSLContext:
        """A server's TLS context with a certificate of one of MODES. Raises ValueError for another mode."""
        if mode not in MODES:
            raise ValueError(f"unknown certificate {mode!r}; the lab has {', '.join(MODES)}")
        if mode not in self._contexts:
            issuer = self._trustme.CA(organization_name="somebody else") if mode == "untrusted" else self._own
            names = ("pce.example.net",) if mode == "wrong_host" else NAMES
            validity = {}
            if mode == "expired":
                now = datetime.datetime.now(datetime.timezone.utc)
                validity = {"not_before": now - datetime.timedelta(days=30), "not_after": now - datetime.timedelta(days=1)}
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            issuer.issue_cert(*names, **validity).configure_cert(context)
            self._contexts[mode] = context
        return self._contexts[mode]
