#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A hook function that is not the packet filter's drops the SYN: a BPF program, in the place of a security agent's module.
# needs: clang gcc
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

clang -O2 -g --target=bpf -mcpu=v3 -DPORT=81 -I"/usr/include/$(gcc -print-multiarch)" \
	-c "$tree/tests/scenarios/drop_port_netfilter.bpf.c" -o "$dir/drop.o"
gcc -O2 -Wall -Wextra -Werror -o "$dir/attach" "$tree/tests/scenarios/attach_netfilter.c" -lbpf
serve 0.0.0.0 80
serve 0.0.0.0 81
# A firewall that has nothing to do with it: its rules do not match.
s nft -f - <<'NFT'
table inet guard {
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 8080 drop
	}
}
NFT
ip netns exec "$server" "$dir/attach" "$dir/drop.o" >"$dir/attached" 2>&1 &
children+=("$!")
until_true 10 has_answer "$dir/attached"
grep -qx ready "$dir/attached" || fail "the hook function is not attached: $(cat "$dir/attached")"
trace
control

diagnose --timeout 150 "$LAB_SERVER4" 81
expect_wire ' failed: nothing$'
expect_failed module-drop netfilter
expect_says 'BPF program clbt_nf_drop \(id [0-9]+\)' INPUT 'bpftool prog show id [0-9]+; '
trace_stop INT
