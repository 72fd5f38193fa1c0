#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Which rule, while 50,000 packets a second of others go through the same chains and are dropped by the same rules.
# exclusive: it takes much of the processor, and its rate would suffer from others
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

rules() {
	cat <<-RULES
		*filter
		:INPUT ACCEPT
		:GUARD -
		-A INPUT -p tcp --dport 80 -j ACCEPT
		-A INPUT -p udp -m comment --comment mark-udp -j DROP
		-A INPUT -s 10.9.0.0/16 -p tcp --dport $1 -j DROP
		-A INPUT -p tcp --dport $1 -j GUARD
		-A INPUT -p tcp --dport $2 -j DROP
		-A GUARD -m comment --comment mark-$1 -j DROP
		COMMIT
	RULES
}

# packets: how many have come in at the server's eth0.
packets() {
	s cat /sys/class/net/eth0/statistics/rx_packets
}

# flood PROBER-OPTIONS: goes on until the end of the scenario; the rate holds within a round of some seconds.
flood() {
	while ip netns exec "$client" "$PROBER" --timeout 0 --quiet --sport 1024 --count 60000 "$@" || [ $? -eq 1 ]; do
		:
	done >"$dir/flood.${#children[@]}" 2>&1 &
	children+=("$!")
}

serve_ports 0.0.0.0 80 81 82
rules 81 1 | s iptables-nft-restore
legacy=
if rules 82 1 | s iptables-legacy-restore 2>"$dir/legacy"; then
	legacy=1
fi
remember
before=$(packets)
begin=${EPOCHREALTIME/./}
flood --mode udp --source 10.8.0.1 --rate 26000 "$LAB_SERVER4" 81
flood --source 10.8.0.1 --source 10.9.0.1 --rate 20000 "$LAB_SERVER4" 81
flood --source 10.8.0.1 --source 10.9.0.1 --rate 20000 "$LAB_SERVER4" 82
trace
control

place_iptables mark-81
for round in 1 2 3; do
	blames INPUT mark-81 --sport "4000$round" "$LAB_SERVER4" 81
done
mend "$LAB_SERVER4" 81
if [ -n "$legacy" ]; then
	confidence='certain|likely'
	place_legacy mark-82
	for round in 1 2 3; do
		blames INPUT mark-82 --sport "4000$round" "$LAB_SERVER4" 82
	done
	mend "$LAB_SERVER4" 82
fi
rate=$((($(packets) - before) * 1000000 / (${EPOCHREALTIME/./} - begin)))
[ "$rate" -ge 50000 ] || fail "only $rate packets a second: the scenario shows nothing"
all_told
