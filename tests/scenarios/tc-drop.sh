#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A tc filter at ingress drops the SYN.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2034 # lib.sh reads it
trace_unshared='it makes a clsact, which clbtrace has itself before 6.6'

serve 0.0.0.0 80
control

s tc qdisc add dev eth0 clsact
s tc filter add dev eth0 ingress prio 7 bpf direct-action obj "$(bpf_object 80)" sec tc
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed tc-drop ingress
