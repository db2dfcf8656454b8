# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users have: pan-os-python (python alternatives.py NAME PAIRS.json COUNT HOST PORT API_KEY). SSL_CERT_FILE names the certificate authority."""

from __future__ import annotations

import json
import sys

from panos.firewall import Firewall


def main(name, path, count, host, port, api_key):
    """Make the first COUNT addresses of a file of {address: tags} registered."""
    with open(path, encoding="utf-8") as stream:
        pairs = dict(list(json.load(stream).items())[:int(count)])
    firewall = Firewall(host, api_key=api_key, port=int(port), vsys="vsys1")
    firewall.refresh_system_info()
    if name == "audit_registered_ip":
        firewall.userid.audit_registered_ip(pairs)
        return
    for address, tags in pairs.items():
        firewall.userid.register(address, tags)


if __name__ == "__main__":
    main(*sys.argv[1:])
