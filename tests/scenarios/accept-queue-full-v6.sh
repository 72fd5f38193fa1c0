#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The application does not accept, over IPv6.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve --mode never --backlog 1 :: 80
control "$LAB_SERVER6" 80

probe --mode ack --count 2 --quiet "$LAB_SERVER6" 80
diagnose --timeout 300 "$LAB_SERVER6" 80
expect_wire ' failed: nothing$'
expect_failed accept-queue-full handshake
expect_says 'backlog[^0-9]*2\b' '\b1\b' somaxconn service
