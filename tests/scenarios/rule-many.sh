#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which of 5,000 rules: of iptables of both kinds, and of nft.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

# many PORT LINE: 5,000 rules for iptables-restore, of which the one at LINE has the mark of that port.
many() {
	echo '*filter'
	echo ':INPUT ACCEPT'
	echo '-A INPUT -p tcp --dport 80 -j ACCEPT'
	awk -v port="$1" -v line="$2" 'BEGIN { for (i = 2; i <= 5000; i++)
		if (i == line) print "-A INPUT -p tcp --dport " port " -m comment --comment mark-" port " -j DROP"
		else print "-A INPUT -s 10." int(i / 256) "." i % 256 ".0/24 -p tcp --dport " port " -j DROP" }'
	echo COMMIT
}

# many_nft LINE: the same for nft.
many_nft() {
	printf '%s\n' 'table inet many {' 'chain in {' 'type filter hook input priority filter - 10; policy accept;'
	awk -v line="$1" 'BEGIN { for (i = 1; i <= 5000; i++)
		if (i == line) print "tcp dport 83 counter drop comment \"mark-83\""
		else print "ip saddr 10." int(i / 256) "." i % 256 ".0/24 tcp dport 83 counter drop" }'
	printf '%s\n' '}' '}'
}

trace_limit=30
serve_ports 0.0.0.0 80 81 82 83
many 81 4321 | s iptables-nft-restore
many_nft 4999 | s nft -f -
legacy=
if many 82 3210 | s iptables-legacy-restore 2>"$dir/legacy"; then
	legacy=1
fi
remember
trace
control

place_iptables mark-81
[ "${place[5]}" -eq 4321 ] || fail "the mark is not where it was put: ${place[*]}"
blames INPUT mark-81 "$LAB_SERVER4" 81
mend "$LAB_SERVER4" 81

place_nft mark-83
[ "${place[5]}" -eq 4999 ] || fail "the mark is not where it was put: ${place[*]}"
blames INPUT mark-83 "$LAB_SERVER4" 83
mend "$LAB_SERVER4" 83

if [ -n "$legacy" ]; then
	confidence='certain|likely'
	place_legacy mark-82
	[ "${place[5]}" -eq 3210 ] || fail "the mark is not where it was put: ${place[*]}"
	blames INPUT mark-82 "$LAB_SERVER4" 82
	mend "$LAB_SERVER4" 82
fi
all_told
