#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# No probe reaches the host in the time given.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

trace -d 1
trace_wait
expect_count 0
expect_status 3
expect_summary '{"probes":0,"healthy":0,"failed":0,"cause":"not-arriving"}'

# What others send is no probe.
trace -d 1
probe --source 172.16.32.200 --timeout 300 "$LAB_SERVER4" 80
trace_wait
expect_count 0
expect_status 3
