#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN meets a TIME_WAIT connection with newer timestamps, and is answered by an ACK.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

# The server closes first, and keeps TIME_WAIT with the timestamp 5000000.
leave_time_wait() {
	probe --mode read --sport 40000 --tsval 5000000 "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK FIN$'
	until_true 5 has_time_wait || fail "no TIME_WAIT"
}

has_time_wait() {
	[ -n "$(s ss -Htn state time-wait)" ]
}

serve --mode close 0.0.0.0 80
leave_time_wait
control --sport 40000 --tsval 6000000 "$LAB_SERVER4" 80

leave_time_wait
diagnose --timeout 300 --sport 40000 --tsval 4000000 "$LAB_SERVER4" 80
expect_wire ' failed: ACK$'
expect_failed timestamp-reject handshake
expect_says '\b5000[0-9]{3}\b' '\b4000[0-9]{3}\b' '[0-9] ?(s|ms)\b'
