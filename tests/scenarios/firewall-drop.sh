#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# iptables (the nft kind) drops the SYN in INPUT, then in PREROUTING of raw.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

serve 0.0.0.0 80
s iptables-nft -A INPUT -p tcp --dport 81 -j DROP
control

s iptables-nft -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"confidence":"certain","rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'

s iptables-nft -F INPUT
s iptables-nft -t raw -A PREROUTING -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_wire ' failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"rule":{"backend":"nft","family":"ip","table":"raw","hook":"PREROUTING"}}'
