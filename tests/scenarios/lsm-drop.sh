#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A security module drops the SYN at the listening socket: a BPF program, on kernels that take such.
# needs: clang gcc
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

port=47809 # the program sees the sockets of the whole host: a port that no other scenario uses
clang -O2 -g --target=bpf -mcpu=v3 -DPORT="$port" -I"/usr/include/$(gcc -print-multiarch)" \
	-c "$tree/tests/scenarios/drop_port_lsm.bpf.c" -o "$dir/lsm.o"
gcc -O2 -Wall -Wextra -Werror -o "$dir/attach" "$tree/tests/scenarios/attach_pinned.c"
mkdir "$dir/bpf"
mount -t bpf none "$dir/bpf"
at_exit "umount $dir/bpf"
bpftool prog load "$dir/lsm.o" "$dir/bpf/lsm" >"$dir/load" 2>&1 ||
	skip "no BPF security module on this kernel: $(grep -m 1 -o 'load failed: .*' "$dir/load")"

serve 0.0.0.0 "$port"
control "$LAB_SERVER4" "$port"

"$dir/attach" "$dir/bpf/lsm" >"$dir/attached" 2>&1 &
children+=("$!")
until_true 10 has_answer "$dir/attached"
grep -qx ready "$dir/attached" || skip "no BPF security module on this kernel: $(cat "$dir/attached")"
diagnose --timeout 300 "$LAB_SERVER4" "$port"
expect_wire ' failed: nothing$'
expect_failed lsm-drop listener
