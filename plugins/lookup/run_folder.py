# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_folder
short_description: The folder of a run
version_added: 0.1.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Returns the path of a folder for the artifacts of one run, another one each time. The folder itself is made by whoever writes to it.
  - For a folder that keeps runs, the path is C(runs/<UTC time>-<id>) inside it.
  - Without one, it is inside Ansible's temporary folder of this run (setting C(DEFAULT_LOCAL_TMP), C(local_tmp) in C(ansible.cfg)), which Ansible removes when
    the run ends, however it ends.
  - The role P(zerotrust.microseg.dag_sync#role) keeps its artifacts there.
options:
  _terms:
    description: The folder that keeps runs. Empty means none.
"""

EXAMPLES = r"""
- name: Render into a folder that goes away by itself
  zerotrust.microseg.dag_tag_map:
    src: artifacts/workloads.jsonl
    dest: "{{ folder }}/tag-map.jsonl"
  vars:
    folder: "{{ lookup('zerotrust.microseg.run_folder') }}"

- name: Show where the next run is kept
  ansible.builtin.debug:
    msg: "{{ lookup('zerotrust.microseg.run_folder', '/var/lib/microseg') }}"
"""

RETURN = r"""
_raw:
  description: An absolute path, another one each time.
  type: list
  elements: str
"""

from ansible.plugins.lookup import LookupBase

from ansible_collections.zerotrust.microseg.plugins.plugin_utils._run_folder import run_folder


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return one path."""
        self.set_options(var_options=variables, direct=kwargs)
        return [run_folder(str(terms[0] or '').strip() if terms else '')]
