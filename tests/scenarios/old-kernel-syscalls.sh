#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Nothing but the system calls of Linux 2.6.32, and no sock_diag: packets and counters are taken, with what /proc says.
# needs: gcc
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
[ "$(uname -m)" = x86_64 ] || skip "the numbers of system calls are x86-64's"
gcc -O2 -Wall -Wextra -Werror -o "$dir/old_syscalls" "$tree/tests/scenarios/old_syscalls.c"
built=$CLBTRACE
CLBTRACE=$dir/clbtrace
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$dir/old_syscalls" "$built" >"$CLBTRACE"
chmod +x "$CLBTRACE"

serve --mode answer 0.0.0.0 80
control --send 'GET / HTTP/1.0\r\n\r\n' "$LAB_SERVER4" 80
expect_verdict '{"source":"capture"}'
grep -q '"text":"no BPF here: ' "$dir/out" || fail "no notice: $(cat "$dir/out")"
unserve

diagnose "$LAB_SERVER4" 80
expect_failed no-listener listener
serve 127.0.0.1 80
diagnose "$LAB_SERVER4" 80
expect_failed listener-wrong-address listener
expect_says '127\.0\.0\.1' "service \(pid $service_pid\)"
unserve

serve --mode never --backlog 1 0.0.0.0 80
probe --mode ack --count 2 --quiet "$LAB_SERVER4" 80
diagnose --timeout 300 "$LAB_SERVER4" 80
expect_failed accept-queue-full handshake
expect_says ListenOverflows "service \(pid $service_pid\)"
unserve

# The connection itself, too, is in a list of /proc.
serve --mode never 0.0.0.0 80
diagnose --send 'GET / HTTP/1.0\r\n\r\n' --timeout 900 "$LAB_SERVER4" 80
expect_failed app-not-accepting application
