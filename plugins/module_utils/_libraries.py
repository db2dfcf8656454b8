# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where libraries from outside the standard library are imported.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import traceback

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError

REQUESTS_IMPORT_ERROR = None
try:
    import requests
    import urllib3  # requests stands on it and brings it along
except ImportError:
    requests = None
    urllib3 = None
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
HAS_REQUESTS = requests is not None and urllib3 is not None

XMLTODICT_IMPORT_ERROR = None
try:
    import xmltodict
except ImportError:
    xmltodict = None
    XMLTODICT_IMPORT_ERROR = traceback.format_exc()
HAS_XMLTODICT = xmltodict is not None


class MissingLibrary(MicrosegError):
    """A library is not installed for the Python that runs this."""

    kind = 'missing_library'


def require(*names):
    """Raise when one of the named libraries (C(requests), C(xmltodict)) could not be imported.

    :raises MissingLibrary: in Ansible's words, with the way out.
    """
    errors = {'requests': REQUESTS_IMPORT_ERROR, 'xmltodict': XMLTODICT_IMPORT_ERROR}
    for name in names:
        if errors[name] is not None:
            raise MissingLibrary(missing_required_lib(name), library=name, cause=errors[name].strip().splitlines()[-1])
