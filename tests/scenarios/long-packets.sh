#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A rule in INPUT drops long packets only: the handshake passes, the request does not.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

short='GET /health HTTP/1.0\r\n\r\n'
long="GET /health HTTP/1.0\r\nX-Padding: $(printf '%0200d' 0)\r\n\r\n"

serve --mode answer 0.0.0.0 80
control --send "$long" "$LAB_SERVER4" 80

s iptables-nft -A INPUT -p tcp --dport 80 -m length --length 129:65535 -j DROP
control --send "$short" "$LAB_SERVER4" 80

diagnose --send "$long" --timeout 800 "$LAB_SERVER4" 80
expect_wire ' failed: SYN-ACK$'
expect_failed firewall-drop netfilter
expect_verdict '{"confidence":"likely","rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'

# What is only forwarded through is not suspected.
s iptables-nft -t mangle -A FORWARD -p tcp --dport 99 -j DROP
diagnose --send "$long" --timeout 800 "$LAB_SERVER4" 80
expect_verdict '{"rule":{"table":"filter","hook":"INPUT"}}'
