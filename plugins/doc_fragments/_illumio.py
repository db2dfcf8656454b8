# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:

    # Connection to a PCE
    DOCUMENTATION = r'''
options:
  pce_hostname:
    description:
      - Host name or address of the Policy Compute Engine (PCE), without C(https://), port or path.
      - If it is not set, the environment variable E(ILLUMIO_PCE_HOST) is used.
    type: str
  pce_port:
    description:
      - TCP port of the PCE's REST API. SaaS uses 443; PCEs on own premises often use 8443.
      - If it is not set, the environment variable E(ILLUMIO_PCE_PORT) is used.
    type: int
    default: 443
  pce_org_id:
    description:
      - Number of the organisation; usually 1 on own premises, any number in SaaS.
      - If it is not set, the environment variable E(ILLUMIO_PCE_ORG_ID) is used.
    type: int
    default: 1
  api_key_username:
    description:
      - Name of the API key (C(api_...)) of a user or a service account. The role Global Read Only without a scope is enough to read.
      - If it is not set, the environment variable E(ILLUMIO_API_KEY_USERNAME) is used.
    type: str
  api_key_secret:
    description:
      - Secret of the API key.
      - If it is not set, the environment variable E(ILLUMIO_API_KEY_SECRET) is used.
    type: str
  pce_tls_verify:
    description:
      - Whether the certificate of the PCE has to be trusted. Turn it off for tests only.
      - If it is not set, the environment variable E(ILLUMIO_PCE_TLS_VERIFY) is used.
    type: bool
    default: true
  pce_tls_ca:
    description:
      - File (PEM) or folder with the certificates of the authorities to trust, for a PCE with a certificate of a private authority.
      - Without it, the authorities that come with the Python library C(requests) are trusted. E(REQUESTS_CA_BUNDLE) is not read.
      - If it is not set, the environment variable E(ILLUMIO_PCE_TLS_CA) is used.
    type: path
  pce_timeout:
    description:
      - Seconds to wait for data of an answer; connecting takes 10 of them at most.
      - A call may take four times as long altogether. A collection may take longer as long as it comes with at least 16 KB a second on average.
      - A collection that the PCE prepares asynchronously may take twenty times as long.
    type: float
    default: 30.0
  pce_retries:
    description:
      - How often a request is repeated after its first failure, with growing pauses or those that the PCE asks for in C(Retry-After).
    type: int
    default: 3
  pce_proxy:
    description:
      - URL of an HTTP proxy, for instance V(http://proxy.example.com:3128). V(none) or an empty string means no proxy at all.
      - If it is not set, the proxy variables of the environment are used (E(HTTPS_PROXY), E(ALL_PROXY), E(NO_PROXY)).
    type: str
requirements:
  - requests (Python library)
notes:
  - The connection options can be set once for all modules of a play with C(module_defaults) for C(group/zerotrust.microseg.illumio).
'''
