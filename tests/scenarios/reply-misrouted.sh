#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN-ACK leaves by another interface than the SYN came in on.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33
serve 0.0.0.0 80
control

s ip route add default via 172.16.33.1 table 7
s ip rule add from "$LAB_SERVER4" lookup 7
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed reply-misrouted reply
expect_says eth0 eth1
