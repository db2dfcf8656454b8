# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:

    # The connection, as in module_utils/_panos/argspec.py; a test compares the two.
    DOCUMENTATION = r'''
options:
  ip_address:
    description:
      - Name or address of the firewall or Panorama, without C(https://), port or path.
      - If not set, the value of the environment variable E(PANOS_HOSTNAME) is used. One of the two is needed.
    type: str
  port:
    description:
      - TCP port of the management interface.
      - If not set, the value of the environment variable E(PANOS_PORT) is used.
    type: int
    default: 443
  api_key:
    description:
      - API key of an administrator. It is sent in a header, never in a URL.
      - The role of the administrator needs the XML API permissions I(User-ID Agent), for registering, and I(Operational Requests), for reading, and no others.
      - Where neither O(api_key) nor O(username) and O(password) are set, the environment variable E(PANOS_API_KEY) is used. So credentials of the inventory
        always win over those in the environment.
    type: str
  username:
    description:
      - Administrator, when there is no O(api_key). Sent with each call as HTTP Basic authentication, which needs PAN-OS 9.1 or later; no API key is made,
        because that ends other sessions of the same administrator.
      - Where O(api_key) is not set either, nor E(PANOS_API_KEY), the environment variable E(PANOS_USERNAME) is used.
    type: str
  password:
    description:
      - Password of O(username).
      - If not set, the environment variable E(PANOS_PASSWORD) is used with O(username) or E(PANOS_USERNAME).
    type: str
  serial_number:
    description:
      - Serial number of a firewall that is connected to the Panorama in O(ip_address). The Panorama then passes each call on to it.
      - If not set, the value of the environment variable E(PANOS_SERIAL_NUMBER) is used.
    type: str
  validate_certs:
    description:
      - Whether the TLS certificate of the device must be valid. Turn it off for a test only.
      - If not set, the value of the environment variable E(PANOS_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with certificates of the certificate authorities to trust, in PEM form, or a folder that OpenSSL has prepared.
      - If not set, the value of the environment variable E(PANOS_CA_PATH) is used, then the authorities that the Python library C(requests) trusts.
    type: path
  vsys:
    description:
      - One or more virtual systems, such as V(vsys1). Each has its own registrations and is a target of its own.
      - Needed for a device with several virtual systems; else V(vsys1). Ignored for the table of a Panorama itself.
      - If not set, the value of the environment variable E(PANOS_VSYS) is used, names separated by commas.
    type: list
    elements: str
  timeout_seconds:
    description:
      - How many seconds to wait for data from the device. Small models take 20 seconds for a full message.
      - A call may take four times as long altogether, so that a device that sends its answer drop by drop does not hold up a run.
      - A call that timed out may still be worked on. It is repeated only after the device can be expected to have finished, up to a minute later.
    type: int
    default: 60
  retries:
    description:
      - How often a call is repeated when the device cannot be reached, breaks the connection or is busy. Repeating is harmless for all calls of this
        collection.
      - Above V(0), up to two minutes are also given to a device that refuses because a commit is running.
    type: int
    default: 3
  proxy:
    description:
      - URL of a proxy, such as V(http://proxy.example.com:3128), or V(none) or an empty text for none.
      - If not set, the usual environment variables such as E(https_proxy) and E(no_proxy) hold.
    type: str
requirements:
  - requests
  - xmltodict
notes:
  - A device sees at most five calls at a time from one user of one controller, whatever the number of forks; firewalls behind a Panorama share its five.
    This is counted with small files in the folder C(zerotrust.microseg-UID) below the temporary folder.
  - PAN-OS 8.0 or later; 9.1 or later with O(username) and O(password).
  - The API key travels in a header, with devices before 9.0 in the body instead, never in a URL.
  - The module runs on the controller and talks to the XML API of the device. Set C(ansible_connection=local) and
    C(ansible_python_interpreter="{{ ansible_playbook_python }}") as variables of the play.
  - All connection options can be set once, for the action group C(zerotrust.microseg.panos), in C(module_defaults).
'''
