#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The same over IPv6.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve :: 80
control "$LAB_SERVER6" 80
unserve

diagnose "$LAB_SERVER6" 80
expect_wire ' failed: RST$'
expect_failed no-listener listener
expect_verdict '{"confidence":"certain","probe":{"proto":"tcp","src":"fd00:64::10","dst":"fd00:32::15","dport":80}}'

# The reset waits until the next hop's address is known again, and leaves after the SYN is freed.
s ip -6 neigh flush dev eth0
diagnose "$LAB_SERVER6" 80
expect_wire ' failed: RST$'
expect_failed no-listener listener
expect_verdict '{"confidence":"certain"}'
