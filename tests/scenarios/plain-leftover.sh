#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A table that a killed run left where there are no owner tables goes at the next start; those of others stay.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# A number that no process has, beyond what this machine gives.
dead=4194303
serve 0.0.0.0 80
s nft -f - <<NFT
table inet clbtrace-$dead { chain probes { }; }
table netdev clbtrace-$dead { chain probes { }; }
table inet clbtrace-mine { chain in { tcp dport 81 drop; }; }
table inet guard { chain in { type filter hook input priority filter; tcp dport 81 drop; }; }
NFT

tables() {
	s nft list tables | sort
}

# again: another clbtrace starts beside it, and ends.
again() {
	s "$CLBTRACE" -j -d 1 >"$dir/again" 2>&1 || true
}

# The first that runs has a table that looks like a leftover too, beside its own.
trace
tables | grep -q "inet clbtrace-$trace_pid" || skip "rules are named without a table here"
! tables | grep -q "clbtrace-$dead" || fail "the leftover is still there: $(tables)"
grep -q '"notice".*removed 2 tables of a clbtrace that was killed' "$dir/out" ||
	fail "not announced: $(cat "$dir/out")"
s nft add table netdev "clbtrace-$trace_pid"
again
tables | grep -q "netdev clbtrace-$trace_pid" || fail "what is of one that runs was removed: $(tables)"
trace_stop INT
again
[ "$(tables)" = "$(printf 'table inet %s\n' clbtrace-mine guard)" ] || fail "left: $(tables)"
