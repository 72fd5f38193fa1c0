#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets alone: clbtrace stands still while more arrives than the kernel keeps for it; it says so.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
needs_clbtrace
serve 0.0.0.0 80

trace -p 80
probe --count 500 --rate 2000 "$LAB_SERVER4" 80
trace_stop INT
expect_count 500
expect_summary '{"probes":500,"healthy":500,"incomplete":0,"lost_events":0}'
expect_status 0

trace -p 80
kill -STOP "$trace_pid"
probe --count 20000 --source 100.64.1.10 --source 100.64.1.11 --quiet "$LAB_SERVER4" 80
kill -CONT "$trace_pid"
wait_verdicts 1 '.verdict == "incomplete"'
trace_stop INT
expect_total '.lost_events > 0 and .incomplete > 0'
expect_status 1
