#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Healthy probes over IPv6: half-open, closed by either side, answered.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve --mode answer :: 80
serve --mode close :: 81

control "$LAB_SERVER6" 80
control --mode fin "$LAB_SERVER6" 80
control --mode read "$LAB_SERVER6" 81
control --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER6" 80
expect_wire 'DATA\([0-9]+\)"HTTP/1\.0 200 OK'
