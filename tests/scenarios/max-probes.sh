#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# More probes at once than --max-probes: those that were put out are incomplete.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
serve 0.0.0.0 80

trace --max-probes 16
probe --count 10 "$LAB_SERVER4" 80
trace_stop INT
expect_summary '{"probes":10,"healthy":10,"incomplete":0}'
expect_status 0

trace --max-probes 16
probe --mode silent --count 40 --timeout 100 "$LAB_SERVER4" 80
expect_wire ' ok: SYN-ACK$'
trace_stop INT
expect_total '.probes == 40 and .healthy == 0 and .incomplete >= 24'
expect_status 1
