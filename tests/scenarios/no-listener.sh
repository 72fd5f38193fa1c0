#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing listens on the probed port: the kernel resets the connection.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control
unserve

diagnose "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed no-listener listener
expect_verdict '{"confidence":"certain","probe":{"proto":"tcp","src":"100.64.1.10","dst":"172.16.32.15","dport":80,
	"interface":"eth0","syns":1}}'
expect_says 80
