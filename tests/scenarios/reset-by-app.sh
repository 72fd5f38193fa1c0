#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The application closes its connections with a reset.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve --mode close 0.0.0.0 80
control --mode read "$LAB_SERVER4" 80
unserve

serve --mode reset 0.0.0.0 80
diagnose --mode read "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK RST$'
expect_failed reset-by-app application
expect_says service
