#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What healthy probes look like: half-open, closed by either side, answered, reset after the handshake.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve --mode answer 0.0.0.0 80
serve --mode close 0.0.0.0 81

control "$LAB_SERVER4" 80
control --tsval 1000 "$LAB_SERVER4" 80
control --mode fin "$LAB_SERVER4" 80
control --mode rst "$LAB_SERVER4" 80
control --mode read "$LAB_SERVER4" 81
control --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 80
expect_wire 'DATA\([0-9]+\)"HTTP/1\.0 200 OK'
control --send 'GET / HTTP/1.0\r\n\r\n' --close rst "$LAB_SERVER4" 80
control --ack-delay 200 --mode fin "$LAB_SERVER4" 80

# Several sources, one run: each is counted.
trace -n 6
probe --count 6 --source 100.64.1.10 --source 100.64.1.11 --source 100.127.255.254 "$LAB_SERVER4" 80
trace_wait
expect_summary '{"probes":6,"healthy":6,"failed":0,"undetermined":0,"incomplete":0,"lost_events":0}'
expect_status 0
