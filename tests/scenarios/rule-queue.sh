#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule handed the probe to a queue that nobody reads, or whose reader drops it.
# needs: gcc
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

s iptables-nft -A INPUT -p tcp --dport 81 -m comment --comment mark-81 -j NFQUEUE --queue-num 7 2>"$dir/queue" ||
	skip "no NFQUEUE in this kernel: $(head -n 1 "$dir/queue")"
s iptables-nft -A INPUT -p tcp --dport 82 -m comment --comment mark-82 -j NFQUEUE --queue-num 8
s iptables-nft -A INPUT -p tcp --dport 80 -j NFQUEUE --queue-num 9 --queue-bypass
legacy=
if s iptables-legacy -w -A INPUT -p tcp --dport 83 -m comment --comment mark-83 -j NFQUEUE --queue-num 10 \
	2>"$dir/legacy"; then
	legacy=1
fi
gcc -O2 -Wall -Wextra -Werror -o "$dir/drop_queue" "$tree/tests/scenarios/drop_queue.c" -lmnl
ip netns exec "$server" "$dir/drop_queue" 8 >"$dir/reader" 2>&1 &
reader=$!
children+=("$reader")
until_true 5 grep -qs ready "$dir/reader" || fail "the queue's reader does not start: $(cat "$dir/reader")"
serve_ports 0.0.0.0 80 81 82 83
remember
trace
control

lost_cause=nfqueue-drop
place_iptables mark-81
blames INPUT mark-81 "$LAB_SERVER4" 81
expect_says 'queue 7([^0-9]|$)' 'no process'
mend "$LAB_SERVER4" 81

place_iptables mark-82
blames INPUT mark-82 "$LAB_SERVER4" 82
expect_says 'queue 8([^0-9]|$)' drop_queue "pid $reader([^0-9]|\$)"
mend "$LAB_SERVER4" 82

if [ -n "$legacy" ]; then
	confidence='certain|likely'
	place_legacy mark-83
	blames INPUT mark-83 "$LAB_SERVER4" 83
	expect_says 'queue 10([^0-9]|$)' 'no process'
	mend "$LAB_SERVER4" 83
fi
all_told
