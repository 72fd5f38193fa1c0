#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Probes in VLAN-tagged frames; on "any" each of their packets is there twice, and counts once.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-capture.sh
. "$(dirname "$0")/lib-capture.sh"

needs_clbtrace
c ip link add link lb0 name lb0.42 type vlan id 42 2>/dev/null || skip "this kernel has no VLAN devices"
c ip addr add 172.16.42.1/24 dev lb0.42
c ip link set lb0.42 up
s ip link add link eth0 name eth0.42 type vlan id 42
s ip addr add 172.16.42.15/24 dev eth0.42
s ip link set eth0.42 up
s ip route replace "$LAB_SOURCES4" via 172.16.42.1
serve 172.16.42.15 80

end_mark='(vlan or ip) and src port 50000'
for device in eth0 any; do
	capture -i "$device"
	probe --interface lb0.42 --mode silent --timeout 1500 172.16.42.15 80
	probe --interface lb0.42 --sport 50000 172.16.42.15 80
	expect_wire ' ok: SYN-ACK$'
	captured "$end_mark"
	if [ "$device" = eth0 ]; then
		has_packet 'vlan 42' || fail "no tagged frame was captured"
	fi
	replay
	expect_count 2
	expect_captured healthy certain '.probe.sport == 50000'
	expect_captured synack-unanswered likely '.probe.sport != 50000'
	expect_verdict '{"probe":{"syns":1,"dst":"172.16.42.15"}}' '.probe.sport != 50000'
done
