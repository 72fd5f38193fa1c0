#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The source is an address of this host, left on lo from direct server return.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

s ip addr add 100.64.1.10/32 dev lo
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed source-is-local ip
expect_says '100\.64\.1\.10' '\blo\b'
