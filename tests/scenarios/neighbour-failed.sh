#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The next hop of the reply does not answer ARP.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

# Three requests, 100 ms apart, and the neighbour has failed.
s sysctl -q -w net.ipv4.neigh.eth0.retrans_time_ms=100
s ip route replace "$LAB_SOURCES4" via 172.16.32.99
diagnose --timeout 1000 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed neighbour-failed reply
expect_says '172\.16\.32\.99'
