#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The connection table is full.
# exclusive: nf_conntrack_max is one for the whole host
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

max=/proc/sys/net/netfilter/nf_conntrack_max
[ -w "$max" ] || skip "no $max here: not the initial namespace, or no conntrack"
was=$(cat "$max")
at_exit "echo $was >$max"

serve 0.0.0.0 80
s iptables-nft -A INPUT -m conntrack --ctstate INVALID -j DROP
control

# Established connections are not evicted for a new one.
probe --mode ack --count 4 --quiet "$LAB_SERVER4" 80
echo 2 >"$max"
diagnose --timeout 300 "$LAB_SERVER4" 80
echo "$was" >"$max"
expect_wire ' failed: nothing$'
expect_failed conntrack-full netfilter
expect_says '\b2\b' nf_conntrack_max
