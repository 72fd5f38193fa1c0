#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# An XDP program in generic mode drops the SYN.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
control

s ip link set dev eth0 xdpgeneric obj "$(bpf_object 80)" sec xdp
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed xdp-drop ingress
expect_says clbt_xdp_drop
