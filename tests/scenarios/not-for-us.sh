#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The packet is for another host: by its MAC address, by its IP address, with and without forwarding.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

# Another MAC address, as on a switch that floods.
diagnose --timeout 300 --to-mac 02:00:00:00:20:99 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed not-for-us arrival

# Our MAC address, an IP address that no interface has.
diagnose --timeout 300 172.16.32.77 80
expect_wire ' failed: nothing$'
expect_failed not-for-us arrival
expect_says '172\.16\.32\.77'

# The same on a host that forwards: back to the gateway.
s sysctl -q -w net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
s ip route add 198.51.100.0/24 via "$LAB_CLIENT4"
diagnose --timeout 300 198.51.100.5 80
expect_wire ' failed: nothing$'
[ "$(counter IpForwDatagrams)" -ge 1 ] || fail "it was not forwarded"
expect_failed not-for-us arrival
expect_says '198\.51\.100\.5'
