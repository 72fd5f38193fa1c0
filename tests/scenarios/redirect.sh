#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The probed port is redirected to the service's: to an open port, to a closed one, past a rule that drops it there.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# redirect_to PORT
redirect_to() {
	s iptables-nft -t nat -F PREROUTING
	s iptables-nft -t nat -A PREROUTING -p tcp --dport 8081 -j REDIRECT --to-ports "$1"
}

serve 0.0.0.0 80
redirect_to 80
control "$LAB_SERVER4" 8081
expect_verdict '{"probe":{"dport":8081}}'

redirect_to 82
diagnose "$LAB_SERVER4" 8081
expect_wire ':8081 failed: RST$'
expect_failed no-listener listener
expect_verdict '{"confidence":"certain","probe":{"dport":8081}}'
expect_says 'nothing listens on 172\.16\.32\.15:82\b.*8081'

redirect_to 80
s iptables-nft -A INPUT -p tcp --dport 80 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 8081
expect_wire ':8081 failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"probe":{"dport":8081},"rule":{"backend":"nft","family":"ip","table":"filter","hook":"INPUT"}}'
[ -n "$FAULTS_ONLY" ] || fix=$(jq -r 'first(.fix[] | select(startswith("iptables")))' <<<"$verdict")
: "${fix:=iptables -I INPUT -s 100.64.1.10 -p tcp --dport 80 -j ACCEPT}"
[[ $fix == *' --dport 80 '* ]] || fail "the fix does not name port 80: $fix"
s sh -c "$fix"
control "$LAB_SERVER4" 8081

# Before the redirection, the rule and so the fix are about the port that the probe names.
s iptables-nft -F INPUT
s iptables-nft -t raw -A PREROUTING -p tcp --dport 8081 -j DROP
diagnose --timeout 300 "$LAB_SERVER4" 8081
expect_wire ':8081 failed: nothing$'
expect_failed firewall-drop netfilter
expect_verdict '{"rule":{"table":"raw","hook":"PREROUTING"}}'
expect_says '^iptables -t raw -I PREROUTING .* --dport 8081 '
[ -n "$FAULTS_ONLY" ] || fix=$(jq -r 'first(.fix[] | select(startswith("iptables")))' <<<"$verdict")
[ -z "$FAULTS_ONLY" ] || fix='iptables -t raw -I PREROUTING -s 100.64.1.10 -p tcp --dport 8081 -j ACCEPT'
s sh -c "$fix"
control "$LAB_SERVER4" 8081
