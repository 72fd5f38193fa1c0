#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The host has no route back to the prober.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

s ip route del "$LAB_SOURCES4"
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed no-return-route reply
expect_says '100\.64\.1\.10'

s ip route add unreachable "$LAB_SOURCES4"
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed no-return-route reply
