#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The TCP checksum is wrong; then the checksum of the IP header.
# before 5.17: {"verdict":"undetermined"}: drops have no reason
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

diagnose --timeout 300 --bad-tcp-checksum "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter TcpInCsumErrors)" -eq 1 ] || fail "TcpInCsumErrors did not count it"
expect_failed bad-checksum ingress
expect_says TCP

diagnose --timeout 300 --bad-ip-checksum "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
[ "$(counter IpExtInCsumErrors)" -eq 1 ] || fail "IpExtInCsumErrors did not count it"
expect_failed bad-checksum ingress
expect_says IP
