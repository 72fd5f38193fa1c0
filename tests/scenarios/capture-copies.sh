#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# On "any", packets by a bridge's port are captured at the port and at the bridge: each counts once.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-capture.sh
. "$(dirname "$0")/lib-capture.sh"

needs_clbtrace
s ip link add br0 address "$lab_server_mac" type bridge 2>"$dir/bridge" || skip "no bridge in this kernel"
s ip addr flush dev eth0
s ip link set eth0 master br0
s ip addr add "$LAB_SERVER4/24" dev br0
s ip link set br0 up
until_true 5 lab_wait_up "$server" br0
s ip route replace "$LAB_SOURCES4" via "$LAB_CLIENT4" dev br0
serve 0.0.0.0 80

sport=40000
for type in LINUX_SLL LINUX_SLL2; do
	sport=$((sport + 1)) # of the latter round the connection is half-open still
	capture -i any -y "$type"
	probe --mode silent --syns 1 --sport $sport --timeout 900 "$LAB_SERVER4" 80
	probe --sport 50000 "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK$'
	captured 'src port 50000 and tcp[tcpflags] & tcp-rst != 0'
	[ "$(tcpdump -nr "$replay_file" "src port $sport" 2>/dev/null | wc -l)" -eq 2 ] ||
		fail "the SYN is not there twice: $(tcpdump -nr "$replay_file" 2>/dev/null)"
	replay
	expect_count 2
	expect_captured healthy certain '.probe.sport == 50000'
	expect_captured synack-unanswered likely ".probe.sport == $sport"
	expect_verdict '{"probe":{"syns":1}}' ".probe.sport == $sport"
done
