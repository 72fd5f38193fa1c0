#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule of iptables (the nft kind): in INPUT, two jumps deep, in raw and mangle, behind a limit, on the reply.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

serve_ports 0.0.0.0 80 81 82 83 84 85 86 87 88
s iptables-nft-restore <<'RULES'
*raw
:PREROUTING ACCEPT
:OUTPUT ACCEPT
-A PREROUTING -p tcp --dport 1 -j DROP
-A PREROUTING -p tcp --dport 85 -m comment --comment mark-85 -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT
-A PREROUTING -p tcp --dport 1 -j DROP
-A PREROUTING -p tcp --dport 2 -j DROP
-A PREROUTING -p tcp --dport 86 -m comment --comment mark-86 -j DROP
COMMIT
*filter
:INPUT ACCEPT
:OUTPUT ACCEPT
:CLOUDSEC -
:CLOUDSEC-WEB -
-A INPUT -p icmp -j ACCEPT
-A INPUT -p tcp --dport 81 -m comment --comment mark-81 -j DROP
-A INPUT -p tcp --dport 82 -m comment --comment mark-82 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp --dport 83 -m comment --comment mark-83 -j REJECT
-A INPUT -j CLOUDSEC
-A INPUT -p tcp --dport 88 -m limit --limit 1/hour --limit-burst 1 -j ACCEPT
-A INPUT -p tcp --dport 88 -m comment --comment mark-88 -j DROP
-A CLOUDSEC -p tcp --dport 1 -j RETURN
-A CLOUDSEC -p tcp --dport 84 -j CLOUDSEC-WEB
-A CLOUDSEC-WEB -s 10.0.0.0/8 -j ACCEPT
-A CLOUDSEC-WEB -m comment --comment mark-84 -j DROP
-A OUTPUT -p tcp --sport 1 -j DROP
-A OUTPUT -p tcp --sport 87 -m comment --comment mark-87 -j DROP
COMMIT
RULES
remember
trace
control

# rule HOOK PORT: the rule with the mark of that port is blamed, and mended.
rule() {
	place_iptables "mark-$2"
	blames "$1" "mark-$2" "$LAB_SERVER4" "$2"
	mend "$LAB_SERVER4" "$2"
}

rule INPUT 81
lost=RST
rule INPUT 82
lost='ICMP 3/3'
rule INPUT 83
lost=nothing
rule INPUT 84
rule PREROUTING 85
rule PREROUTING 86
control "$LAB_SERVER4" 88
rule INPUT 88
rule OUTPUT 87
all_told
