#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Something listens on the port, bound to another device.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

lab_link "$client" "$server" lb1 eth1 02:00:00:00:21:01 02:00:00:00:21:0f 172.16.33 fd00:33

serve --device eth0 0.0.0.0 80
control
unserve

serve --device eth1 0.0.0.0 80
diagnose "$LAB_SERVER4" 80
expect_wire ' failed: RST$'
expect_failed listener-wrong-device listener
expect_says eth1 service
