#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN-ACK leaves, and nothing comes back.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

trace_timeout=1500 # the SYN-ACK is sent again after 1 s
diagnose --mode silent --timeout 1400 "$LAB_SERVER4" 80
expect_wire ' ok: SYN-ACK SYN-ACK( SYN-ACK)*$'
expect_failed synack-unanswered reply
