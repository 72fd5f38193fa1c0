#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# With packets and counters alone: something listens on the port, on another address.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

trace_backend=pcap
lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33
serve "$LAB_SERVER4" 80
control
unserve

for address in 127.0.0.1 172.16.33.15; do
	serve "$address" 80
	diagnose "$LAB_SERVER4" 80
	expect_wire ' failed: RST$'
	expect_failed listener-wrong-address listener
	expect_says "${address//./\\.}" service
	unserve
done

# A copy of /proc says it, too, without the process: and not what listens on this host by now.
mkdir -p "$dir/proc/net"
serve 127.0.0.1 80
for name in tcp tcp6; do
	s cat "/proc/net/$name" >"$dir/proc/net/$name"
done
unserve
diagnose --proc "$dir/proc" -- "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed listener-wrong-address listener
expect_says '127\.0\.0\.1'
