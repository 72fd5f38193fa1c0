#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN meets a TIME_WAIT connection without timestamps, whose sequence numbers are ahead of it.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

has_time_wait() {
	[ -n "$(s ss -Htn state time-wait)" ]
}

leave_time_wait() {
	probe --mode read --sport 40000 --isn 2000000000 "$LAB_SERVER4" 80
	expect_wire ' ok: SYN-ACK FIN$'
	until_true 5 has_time_wait || fail "no TIME_WAIT"
}

serve --mode close 0.0.0.0 80
leave_time_wait
control --sport 40000 --isn 3000000000 "$LAB_SERVER4" 80

leave_time_wait
diagnose --timeout 300 --sport 40000 --isn 1000000000 "$LAB_SERVER4" 80
expect_wire ' failed: ACK$'
expect_failed time-wait-collision handshake
