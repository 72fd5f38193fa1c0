#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# No cause fits: the SYN meets an established connection of the same addresses and ports.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

probe --mode ack --sport 40000 "$LAB_SERVER4" 80
diagnose --timeout 300 --sport 40000 "$LAB_SERVER4" 80
expect_wire ' failed: ACK$'
expect_verdict '{"verdict":"undetermined"}'
expect_says ACK
expect_status 1
