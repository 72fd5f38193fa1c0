#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A filter attached to the listening socket drops the SYN.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control
unserve

serve --drop-all 0.0.0.0 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed socket-filter listener
