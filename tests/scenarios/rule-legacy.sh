#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule of legacy iptables: in filter, raw, mangle, a chain of the user's, by policy, behind a limit, on the reply.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s iptables-legacy -w -L -n >"$dir/tables" 2>&1 || skip "no legacy iptables in this kernel: $(head -n 1 "$dir/tables")"
confidence='certain|likely' # by counters
serve_ports 0.0.0.0 80 81 82 83 84 85 86 87 88 89 90
s iptables-legacy-restore <<'RULES'
*raw
:PREROUTING ACCEPT
:OUTPUT ACCEPT
-A PREROUTING -p tcp --dport 1 -j DROP
-A PREROUTING -p tcp --dport 84 -m comment --comment mark-84 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT
:INPUT DROP
:FORWARD ACCEPT
:OUTPUT ACCEPT
:POSTROUTING ACCEPT
-A PREROUTING -s 10.0.0.0/8 -p tcp --dport 85 -j DROP
-A PREROUTING -p udp --dport 85 -j DROP
-A PREROUTING ! -i eth0 -p tcp --dport 85 -j DROP
-A PREROUTING -p tcp --dport 85 -m comment --comment mark-85 -j DROP
-A INPUT -p tcp ! --dport 87 -j ACCEPT
-A INPUT -p icmp -j ACCEPT
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:GUARD -
:GUARD-WEB -
-A INPUT -p icmp -j ACCEPT
-A INPUT -p tcp --dport 81 -m comment --comment mark-81 -j DROP
-A INPUT -p tcp --dport 82 -m comment --comment mark-82 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp --dport 83 -m comment --comment mark-83 -j REJECT --reject-with icmp-host-prohibited
-A INPUT -j GUARD
-A INPUT -p tcp --dport 89 -m limit --limit 1/hour --limit-burst 1 -j ACCEPT
-A INPUT -p tcp --dport 89 -m comment --comment mark-89 -j DROP
-A INPUT -p tcp --dport 90 -m length --length 200: -m comment --comment mark-900 -j DROP
-A INPUT -p tcp --dport 90 -m comment --comment mark-90 -j DROP
-A GUARD -p tcp --dport 1 -j RETURN
-A GUARD -p tcp --dport 86 -j GUARD-WEB
-A GUARD-WEB -s 10.0.0.0/8 -j ACCEPT
-A GUARD-WEB -m comment --comment mark-86 -j DROP
-A OUTPUT -p tcp --sport 1 -j DROP
-A OUTPUT -p tcp --sport 88 -m comment --comment mark-88 -j DROP
COMMIT
RULES
remember
trace
control

# rule HOOK PORT: the rule with the mark of that port is blamed, and mended.
rule() {
	place_legacy "mark-$2"
	blames "$1" "mark-$2" "$LAB_SERVER4" "$2"
	mend "$LAB_SERVER4" "$2"
}

rule INPUT 81
lost=RST
rule INPUT 82
lost='ICMP 3/10'
rule INPUT 83
lost=nothing
rule PREROUTING 84
rule PREROUTING 85
rule INPUT 86
place_policy iptables-legacy ip mangle INPUT
blames INPUT 'policy drop' "$LAB_SERVER4" 87
mend "$LAB_SERVER4" 87
rule OUTPUT 88
control "$LAB_SERVER4" 89
rule INPUT 89
rule INPUT 90
all_told
