#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dag_sync_record
short_description: Keep the result of a sync
version_added: 0.2.0
description:
  - Writes C(result.json) into the folder of a run. It says who ran the sync, when, with which versions, and what became of each target.
  - Points the link C(latest), beside C(runs), to this run, and removes runs that are too old.
  - The role P(zerotrust.microseg.dag_sync#role) uses it where O(zerotrust.microseg.dag_sync#role:sync:dag_sync_dir) is set.
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
extends_documentation_fragment:
  - zerotrust.microseg._attributes
attributes:
  check_mode:
    support: full
    details:
      - Writes its files in check mode too, and never counts them as a change, because they change no PCE and no device.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  path:
    description:
      - Folder of the run, as P(zerotrust.microseg.run_folder#lookup) returns it for the folder that keeps the runs.
    type: path
    required: true
  keep:
    description:
      - Number of runs to keep. The last ten runs that changed a target are kept beside them.
    type: int
    default: 10
  run:
    description:
      - What is known about the run, as C(check_mode), C(ansible_version), C(user), C(job), and C(tag_map) (C(sha256), C(scope), C(rules), C(source),
        C(gathered_at)).
    type: dict
    default: {}
  caller:
    description:
      - Name of the role that runs this module, so that messages name the variables of that role. The roles of this collection set it.
    type: str
  targets:
    description:
      - One mapping per firewall with C(host), C(state), C(message), C(changed) and C(plan). Firewalls of earlier batches of the same run stay in the file.
    type: list
    elements: dict
    default: []
seealso:
  - module: zerotrust.microseg.panos_dag_register
  - plugin: zerotrust.microseg.run_folder
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Keep the result of this run
  zerotrust.microseg.dag_sync_record:
    path: /var/lib/microseg/runs/20261122T170000Z-1f2e3d4c
    targets:
      - host: fw1
        state: in_sync
        changed: false

- name: Keep the last hundred runs
  zerotrust.microseg.dag_sync_record:
    path: /var/lib/microseg/runs/20261122T171000Z-5a6b7c8d
    keep: 100
    targets:
      - host: fw1
        state: changed
        changed: true

- name: Say who started a run in check mode
  zerotrust.microseg.dag_sync_record:
    path: /var/lib/microseg/runs/20261122T172000Z-9e0f1a2b
    run:
      check_mode: true
      user: alice
    targets: []
"""

RETURN = r"""
path:
  description: The folder of the run.
  returned: success
  type: str
  sample: /var/lib/microseg/runs/20261122T170000Z-1f2e3d4c
id:
  description: The name of the run.
  returned: success
  type: str
  sample: 20261122T170000Z-1f2e3d4c
digest:
  description: SHA-256 over the targets and the digests of their plans. V(null) where no target has a plan.
  returned: success
  type: str
  sample: f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2
pruned:
  description: Names of the runs that were removed.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._record.argspec import ARGUMENTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._record.run import run


def main():
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    with translated(module.fail_json):
        module.exit_json(**run(module.params, module.warn))


if __name__ == '__main__':
    main()
