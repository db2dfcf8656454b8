#!/usr/bin/env bash
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sourced by run-tests and demo: sets MICROSEG_PYTHON to a Python of at least 3.11 that can make virtual environments.
# To choose another one: PYTHON=/path/to/python3.12 ./run-tests

choose_python() {
    local candidate answer without_ensurepip=""
    local check='
import sys
if sys.version_info < (3, 11):
    sys.exit(1)
try:
    import ensurepip, venv
except ImportError:
    print("no-ensurepip")
'
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3.14 python3; do
        [ -n "$candidate" ] || continue
        # run it: what is on the PATH may be a stub that only says which version to install
        answer="$("$candidate" -c "$check" 2>/dev/null)" || continue
        if [ "$answer" = "no-ensurepip" ]; then
            without_ensurepip="$candidate"
            continue
        fi
        MICROSEG_PYTHON="$candidate"
        return 0
    done
    if [ -n "$without_ensurepip" ]; then
        echo "$without_ensurepip cannot make virtual environments (its ensurepip is missing): install the package python3-venv of your system, or set PYTHON to another Python 3.11 or newer." >&2
    else
        echo "No Python 3.11 or newer found: install one, or set PYTHON to its path." >&2
    fi
    return 1
}

choose_python || exit 2
export MICROSEG_PYTHON
