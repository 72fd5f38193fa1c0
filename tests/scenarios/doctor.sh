#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# clbtrace doctor: what it says of this kernel and of what is in the way, and that it leaves nothing behind.
# exclusive: it compares the BPF programs and modules of the whole host before and after
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# doctor [OPTION...]: its object is in $said, its exit status in $code.
doctor() {
	code=0
	said=$(s "$CLBTRACE" doctor --json "$@" 2>"$dir/err") || code=$?
	[ ! -s "$dir/err" ] || fail "on stderr: $(cat "$dir/err")"
	jq -e 'type == "object" and keys_unsorted[0] == "type" and .type == "doctor"' <<<"$said" >"$dir/jq" ||
		fail "no object of the contract: $said"
}

# says FILTER: it holds for the object.
says() {
	jq -e "$1" <<<"$said" >"$dir/jq" || fail "not $1: $said"
}

# state: what must be as it was. Programs and links are let go of a moment after their process.
state() {
	local ns
	cat /proc/modules 2>/dev/null || true
	bpftool -j prog list | jq -c '[.[] | .id, .name]'
	bpftool -j link list | jq -c '[.[].id]'
	find /run/netns /sys/fs/bpf 2>/dev/null | sort
	for ns in "$server" "$client"; do
		ip -n "$ns" -d -o link show
		ip -n "$ns" addr show
		ip -n "$ns" rule list
		ip netns exec "$ns" tc qdisc show
		ip netns exec "$ns" tc filter show dev eth0 ingress 2>/dev/null || true
		ip netns exec "$ns" nft list ruleset
	done
	s sysctl -a --pattern '^net\.' 2>/dev/null | grep -v -e random -e '_count\b' || true
	ip -o link show
	tc qdisc show
}

is_as_before() {
	state >"$dir/after"
	cmp -s "$dir/before" "$dir/after"
}

# On a host where nothing is in the way.
doctor
[ "$code" -eq "$(jq 'if .works then 0 else 4 end' <<<"$said")" ] || fail "status $code: $said"
says '.works'
says '.kernel.release == "'"$(uname -r)"'" and .kernel.machine == "'"$(uname -m)"'"'
says '.programs == [] and .disturbances == []'
"$CLBTRACE" causes | awk 'NR > 1 { if (!NF) exit; print $2 }' | sort >"$dir/causes"
jq -r '.causes[].id' <<<"$said" | sort | diff "$dir/causes" - || fail "other causes than clbtrace causes has"
says 'all(.causes[]; .confidence | IN("certain", "likely", "possible", "not tellable"))'
says 'all(.waypoints[]; if .works then has("how") else has("why") or .id == "capture" end)'

# As live mode does it: the same choice of backend, and what is needed most.
backend=$(jq -r .backend <<<"$said")
trace -d 1
trace_wait
case "$backend" in
bpf) ! grep -q 'no BPF here' "$dir/out" || fail "live mode has no BPF: $(cat "$dir/out")" ;;
pcap) grep -q 'no BPF here' "$dir/out" || fail "live mode has BPF: $said" ;;
esac
if [ "$backend" = bpf ]; then
	says '[.waypoints[] | select(.works) | .id] | contains(["tc-ingress", "tc-egress", "kfree_skb", "tcp_send_reset",
		"inet_sock_set_state", "tcp_retransmit_synack", "socket-lookup", "hook-list", "rule", "host"])'
	says '.causes[] | select(.id == "no-listener").confidence == "certain"'
	if grep -qw tcx_link_attach /proc/kallsyms; then
		says '.waypoints[] | select(.id == "tc-ingress").how | startswith("tcx link")'
	fi
	if grep -qw bpf_nf_link_attach /proc/kallsyms; then
		says '.waypoints[] | select(.id == "netfilter").how | startswith("BPF netfilter links")'
	fi
fi

# What others have in the way.
s nft 'add table inet doctor; add chain inet doctor guard { type filter hook input priority 7; policy drop; };
	add rule inet doctor guard meta nftrace set 1 accept'
s tc qdisc add dev eth0 clsact
s tc filter add dev eth0 ingress prio 7 bpf direct-action obj "$(bpf_object 81)" sec tc
ip -n "$server" link set dev eth0 xdpgeneric obj "$(bpf_object 82)" sec xdp
doctor
says '.works'
says 'any(.hooks[]; .pf == "ip" and .hook == "INPUT" and .priority == 7 and .backend == "nft" and .table == "doctor" and
	.chain == "guard" and .policy_drop)'
says 'any(.hooks[]; .pf == "ip6" and .priority == 7)'
says 'any(.programs[]; .place == "xdp-generic" and .interface == "eth0" and .id > 0)'
says 'any(.programs[]; .place == "tc-ingress" and .interface == "eth0" and .priority == 7)'
says 'any(.disturbances[]; .kind == "xdp" and (.text | contains("eth0")))'
says 'any(.disturbances[]; .kind == "nftrace" and (.text | contains("table inet doctor chain guard")))'
if [ "$backend" = bpf ]; then
	doctor --xdp
	[ "$code" -eq 4 ] || fail "--xdp where another program is: status $code"
	says '(.works | not) and (.why | contains("XDP slot of eth0 is held"))'
	code=0
	s "$CLBTRACE" --xdp -d 1 >"$dir/out" 2>"$dir/err" || code=$?
	[ "$code" -eq 4 ] || fail "live mode has --xdp where doctor has not: $(cat "$dir/err")"
fi
doctor -i lo
says '.programs == [] and (.hooks | length) > 0'

# Another clbtrace, with a table of its own if it traces rules; as text for people.
trace
doctor
says 'any(.disturbances[]; .kind == "clbtrace" and (.text | contains("process '"$trace_pid"'.")))'
if s nft list tables | grep -q clbtrace-; then
	says 'any(.disturbances[]; .kind == "nftrace" and (.text | contains("clbtrace-")))'
fi
s "$CLBTRACE" doctor --color never >"$dir/text"
trace_stop INT
grep -q '^clbtrace works here, ' <(head -n 1 "$dir/text") || fail "the first line: $(head -n 1 "$dir/text")"
grep -qx 'may disturb' "$dir/text" || fail "the text: $(cat "$dir/text")"
grep -q 'inet doctor guard' "$dir/text" || fail "the text has no chain: $(cat "$dir/text")"
[ "$(wc -L <"$dir/text")" -le 160 ] || fail "lines too long: $(cat "$dir/text")"

# Nothing is changed, for good or for a moment: what is attached is attached in a namespace of its own.
doctor --netns "$server" # what is loaded by tools only now is loaded
state >"$dir/before"
s ip -o monitor all >>"$dir/monitor" 2>&1 &
children+=("$!")
monitor=$!
s nft monitor >>"$dir/nft-monitor" 2>&1 &
children+=("$!")
nft_monitor=$!
# They are known to watch by what they say of this.
changed() {
	s nft 'add table inet passing; delete table inet passing'
	ip -n "$server" addr add 192.0.2.1/32 dev lo
	ip -n "$server" addr del 192.0.2.1/32 dev lo
	grep -q 'eleted.*192\.0\.2\.1' "$dir/monitor" && grep -q 'delete table inet passing' "$dir/nft-monitor"
}
until_true 5 changed || fail "the monitors say nothing: $(cat "$dir/monitor" "$dir/nft-monitor")"
s strace -f --seccomp-bpf -e trace=bpf,unshare,setns -o "$dir/calls" "$CLBTRACE" doctor --json >"$dir/out"
until_true 10 is_as_before || fail "it has changed: $(diff "$dir/before" "$dir/after")"
end "$monitor"
end "$nft_monitor"
! grep -v '192\.0\.2\.1' "$dir/monitor" || fail "it has changed for a moment"
! grep -v -e 'table inet passing' -e '^# new generation' "$dir/nft-monitor" || fail "it has changed for a moment"
awk '/unshare\(CLONE_NEWNET\) += 0/ { apart[$1] = 1 }
	/BPF_LINK_CREATE|BPF_PROG_ATTACH|BPF_RAW_TRACEPOINT_OPEN/ { n++; if (!apart[$1]) { print; bad = 1 } }
	END { exit bad || !n }' "$dir/calls" >"$dir/attached" || [ "$backend" = pcap ] ||
	fail "attached outside of a namespace of its own, or nowhere: $(cat "$dir/attached")"

# refuses STATUS REGEX COMMAND...: one line on stderr says why.
refuses() {
	local want=$1 regex=$2 code=0
	shift 2
	s "$@" >"$dir/out" 2>"$dir/err" || code=$?
	[ "$code" -eq "$want" ] || fail "$*: status $code"
	[ ! -s "$dir/out" ] || fail "$*: on stdout: $(cat "$dir/out")"
	if [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -qE -- "$regex" "$dir/err"; then
		fail "$*: $(cat "$dir/err")"
	fi
}

cp "$CLBTRACE" "$dir/clbtrace"
chmod 755 "$dir" "$dir/clbtrace"
refuses 4 'must be root' setpriv --reuid 65534 --clear-groups "$dir/clbtrace" doctor
refuses 2 'no such interface' "$CLBTRACE" doctor -i none0
refuses 2 "^clbtrace: unknown option '-s'" "$CLBTRACE" doctor -s 10.0.0.0/8
refuses 2 "^clbtrace: --btf: '$dir/none': No such file" "$CLBTRACE" doctor --btf "$dir/none"
refuses 2 "^clbtrace: --btf: '$CLBTRACE': holds no BTF" "$CLBTRACE" --btf "$CLBTRACE"
refuses 2 "is not the BTF of a whole kernel" "$CLBTRACE" doctor --btf "$(bpf_object 80)"
refuses 2 "^clbtrace: --btf: " "$CLBTRACE" doctor --backend pcap --btf /sys/kernel/btf/vmlinux

# Without BPF: packets alone, said plainly, and less sure.
code=0
said=$(s setpriv --bounding-set=-bpf,-sys_admin,-perfmon --inh-caps=-all "$CLBTRACE" doctor --json) || code=$?
[ "$code" -eq 0 ] || fail "without BPF: status $code"
says '.works and .backend == "pcap" and (.why | contains("CAP_BPF"))'
says '.causes[] | select(.id == "no-listener") | .confidence == "likely" and (.missing | index("tcp_send_reset"))'
says '.causes[] | select(.id == "tc-drop").confidence == "not tellable"'
code=0
said=$(s setpriv --bounding-set=-bpf,-sys_admin,-perfmon --inh-caps=-all "$CLBTRACE" doctor --json --backend bpf) || code=$?
[ "$code" -eq 4 ] || fail "--backend bpf without BPF: status $code"
says '(.works | not) and all(.causes[]; .confidence == "not tellable")'

# A copy of the kernel's BTF does as well as its own; with the kernel's own out of reach it does not do alone.
[ "$backend" = bpf ] || exit 0
cat /sys/kernel/btf/vmlinux >"$dir/btf"
doctor --btf "$dir/btf"
says '.backend == "bpf" and .kernel.btf == "'"$dir"'/btf"'
serve 0.0.0.0 80
diagnose --btf "$dir/btf" -- "$LAB_SERVER4" 80
expect_verdict '{"verdict":"healthy"}'
said=$(s unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf && exec '$CLBTRACE' doctor --json --btf '$dir/btf'")
says '.backend == "pcap" and (.why | contains("no BTF of its own"))'
