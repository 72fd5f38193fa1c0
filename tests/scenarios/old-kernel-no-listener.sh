#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: nothing listens on the probed port.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
serve 0.0.0.0 80
control
unserve

diagnose "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed no-listener listener
expect_says 80
