# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small clients for the core's tests: a requests session that trusts the lab, and raw bytes over TLS."""

from __future__ import annotations

import socket
import ssl

import requests

from tests.lab.lab import Lab


def session(lab: Lab) -> requests.Session:
    """A session that trusts the lab's CA and no environment."""
    client = requests.Session()
    client.trust_env = False
    client.verify = lab.ca_file
    return client


def url(lab: Lab, server: str, path: str) -> str:
    """The URL of a path on one of the lab's servers."""
    return f"https://127.0.0.1:{lab.servers[server].port}{path}"


def raw(lab: Lab, server: str, data: bytes) -> bytes:
    """Sends bytes and returns all that comes back until the server ends the connection or is quiet."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    received = b""
    with socket.create_connection(("127.0.0.1", lab.servers[server].port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(data)
            while True:
                block = secure.recv(65536)
                if not block:
                    return received
                received += block
