#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Timestamps of one source that go back, as a kernel with tcp_tw_recycle drops them (here a rule stands in for it).
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-capture.sh
. "$(dirname "$0")/lib-capture.sh"

needs_clbtrace
serve --mode close 0.0.0.0 80
capture -i eth0 tcp
probe --mode read --sport 40000 --tsval 5000000 "$LAB_SERVER4" 80
expect_wire ' ok: SYN-ACK FIN$'
s iptables -A INPUT -p tcp -m multiport --sports 40001,40002,40003 -j DROP
probe --sport 40001 --tsval 4000000 --timeout 800 "$LAB_SERVER4" 80
probe --sport 40002 --tsval 6000000 --timeout 800 "$LAB_SERVER4" 80 # not behind
probe --sport 40003 --timeout 800 "$LAB_SERVER4" 80                 # no timestamps
probe --sport 50000 "$LAB_SERVER4" 80
captured 'src port 50000 and tcp[tcpflags] & tcp-rst != 0'
replay
expect_count 5
expect_captured tw-recycle likely '.probe.sport == 40001'
expect_says "100\.64\.1\.10's timestamps went back: 4000000 in this SYN, 5000[0-9]{3} [0-9] s before" \
	'tcp_tw_recycle=0'
expect_verdict '{"verdict":"undetermined"}' '.probe.sport == 40002'
expect_verdict '{"verdict":"undetermined"}' '.probe.sport == 40003'
expect_captured healthy certain '.probe.sport == 50000'
