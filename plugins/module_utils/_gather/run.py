# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case of illumio_workload_facts: everything out of one PCE, into an artifact where one is wanted, and the fact.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import os

from ansible_collections.zerotrust.microseg.plugins.module_utils._collector import collector_at_rest
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.argspec import CONNECTION, address, connect
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.gather import gather, read_account
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.result import facts, header, write_artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.workloads import Filters
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames


@collector_at_rest()
def run(params, warn):
    """Gather, write the artifact where one is wanted, and return the module's result.

    :arg params: the checked options. :arg warn: callable with one text.
    :raises MicrosegError: see C(gather) and C(write_artifact).
    """
    names = OptionNames(params.get('caller'), CONNECTION, 'illumio_')
    with names.errors():
        return _run(params, names.warning(warn), names)


def _run(params, warn, names):
    filters = Filters(params)
    client = connect(params, warn=warn)
    gathered = gather(client, filters, lambda: datetime.datetime.now(datetime.timezone.utc))
    account = read_account(client)
    head = header(address(params), account, gathered, filters, params['run_id'] or os.urandom(8).hex())
    path = write_artifact(params['dest'], head, gathered) if params['dest'] else None
    return {'changed': False, 'ansible_facts': {'illumio_workloads': dict(facts(head, gathered, path), credentials=names(client.credentials))}}
