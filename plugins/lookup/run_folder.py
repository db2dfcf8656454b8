# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_folder
short_description: A folder that lasts as long as this run
version_added: 0.1.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Returns the path of a folder of its own inside Ansible's temporary folder of this run (setting C(DEFAULT_LOCAL_TMP), C(local_tmp) in C(ansible.cfg)), which
    Ansible removes when the run ends, however it ends. The folder itself is made by whoever writes to it.
  - The role P(zerotrust.microseg.dag_sync#role) keeps its artifacts there unless O(zerotrust.microseg.dag_sync#role:main:dag_sync_dir) says otherwise.
options:
  _terms:
    description: Nothing.
"""

EXAMPLES = r"""
- name: Render into a folder that goes away by itself
  zerotrust.microseg.dag_tag_map:
    src: artifacts/workloads.jsonl
    dest: "{{ folder }}/tag-map.jsonl"
  vars:
    folder: "{{ lookup('zerotrust.microseg.run_folder') }}"
"""

RETURN = r"""
_raw:
  description: An absolute path, another one each time.
  type: list
  elements: str
"""

import os
import uuid

from ansible import constants
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return one path."""
        self.set_options(var_options=variables, direct=kwargs)
        return [os.path.join(constants.DEFAULT_LOCAL_TMP, 'microseg-' + uuid.uuid4().hex[:12])]
