#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ip6tables (the nft kind) drops the SYN in INPUT.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve :: 80
control "$LAB_SERVER6" 80

s ip6tables-nft -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER6" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"rule":{"backend":"nft","family":"ip6","table":"filter","hook":"INPUT"}}'
