#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The port is closed in firewalld, the real one: which of its rules, and firewall-cmd opens the port to the prober.
# needs: firewall-cmd
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

command -v firewalld dbus-daemon >"$dir/found" || skip "no firewalld or no dbus-daemon here"

# A bus of its own, configuration of its own, a /run of its own: the machine's are not touched.
mkdir "$dir/firewalld" "$dir/run"
cp -r /etc/firewalld/. "$dir/firewalld"
cat >"$dir/bus.conf" <<BUS
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=$dir/bus</listen>
  <auth>EXTERNAL</auth>
  <policy user="root"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
BUS
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/bus
dbus-daemon --config-file="$dir/bus.conf" --nofork --nopidfile >"$dir/bus.log" 2>&1 &
children+=("$!")
until_true 10 test -S "$dir/bus" || fail "no bus: $(cat "$dir/bus.log")"
# shellcheck disable=SC2016 # the inner shell expands it
s unshare -m sh -c 'mount --bind "$1/run" /run && exec firewalld --nofork --nopid \
	--system-config "$1/firewalld" --log-target file --log-file "$1/log"' sh "$dir" >"$dir/firewalld.log" 2>&1 &
firewalld_pid=$!
children+=("$firewalld_pid")
answers() {
	gone "$firewalld_pid" || firewall-cmd --state >"$dir/state" 2>&1
}
until_true 20 answers || fail "firewalld does not answer: $(cat "$dir/log")"
! gone "$firewalld_pid" || fail "firewalld does not run: $(cat "$dir/firewalld.log" "$dir/log")"
firewall-cmd -q --add-port=80/tcp

serve_ports 0.0.0.0 80 81
remember
control
identical

# The last rule of the default zone's chain rejects what the zone has not accepted.
nft_rules | awk -F'\t' '$1 " " $2 " " $3 == "inet firewalld filter_IN_public" && $6 ~ /^reject/' >"$dir/rejects"
[ "$(wc -l <"$dir/rejects")" -eq 1 ] || fail "not one rule of firewalld's rejects: $(cat "$dir/rejects")"
at_line nft "$(cat "$dir/rejects")"
lost='ICMP 3/13'
blames INPUT 'reject with icmpx (type )?admin-prohibited' "$LAB_SERVER4" 81
expect_rule '{"owner":"firewalld"}'
identical
mend "$LAB_SERVER4" 81
[ -n "$FAULTS_ONLY" ] || [[ $fix == firewall-cmd* ]] || fail "not firewalld's own way: $fix"
