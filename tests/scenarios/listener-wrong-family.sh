#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Something listens on the port, for the other family only.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve :: 80
control
unserve

serve --v6only :: 80
diagnose "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed listener-wrong-family listener
expect_says service
unserve

serve 0.0.0.0 80
diagnose "$LAB_SERVER6" 80
expect_wire ' failed: RST$'
expect_failed listener-wrong-family listener
expect_says service
