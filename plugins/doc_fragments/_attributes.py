# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:

    # What every module documents; each module adds its own support and details.
    DOCUMENTATION = r'''
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what it would change, without changing it.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when run in diff mode.
  idempotent:
    description: When run twice in a row outside of check mode with the same arguments, the second run changes nothing.
  platform:
    description: Target operating systems or platforms that the module works with.
    platforms: posix
    support: full
'''

    # Modules that return facts
    FACTS = r'''
options: {}
attributes:
  facts:
    description: Returns an C(ansible_facts) dictionary that updates the facts of the host.
'''

    # Members of the action group for the PCE
    ILLUMIO = r'''
options: {}
attributes:
  action_group:
    description: Use C(group/zerotrust.microseg.illumio) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - zerotrust.microseg.illumio
'''

    # Members of the action group for PAN-OS
    PANOS = r'''
options: {}
attributes:
  action_group:
    description: Use C(group/zerotrust.microseg.panos) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - zerotrust.microseg.panos
'''

    # Members of no action group
    NO_GROUP = r'''
options: {}
attributes:
  action_group:
    description: Use C(group/...) in C(module_defaults) to set options once.
    support: N/A
    details:
      - This module has no connection and belongs to no action group.
'''
