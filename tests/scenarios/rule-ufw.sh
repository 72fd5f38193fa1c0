#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# ufw, the real one, with its default of denying: which chain's policy, and ufw lets the prober in.
# needs: ufw
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-rules.sh
. "$(dirname "$0")/lib-rules.sh"

command -v ufw >"$dir/found" || skip "no ufw here"

# Configuration and state of its own: the machine's are hidden from it behind copies.
mkdir "$dir/etc" "$dir/run"
cp -r /etc/ufw/. "$dir/etc"
cat >"$dir/ufw" <<'SH'
#!/bin/sh
# usage: ufw DIRECTORY COMMAND...
mount --bind "$1/etc" /etc/ufw && mount --bind "$1/run" /run && shift && exec "$@"
SH
fix_environment=(unshare -m sh "$dir/ufw" "$dir")

# u COMMAND...: in the server's namespace, where ufw has its own files.
u() {
	s "${fix_environment[@]}" "$@" >"$dir/ufw.out" 2>&1 || fail "$*: $(cat "$dir/ufw.out")"
}

u ufw default deny incoming
u ufw allow proto tcp from any to any port 80
u ufw --force enable
serve_ports 0.0.0.0 80 81
remember
control
identical

place_policy nft ip filter INPUT
[ "$(iptables --version | grep -c legacy)" -eq 0 ] || place_policy iptables-legacy ip filter INPUT
blames INPUT 'policy drop' "$LAB_SERVER4" 81
expect_rule '{"owner":"ufw"}'
identical
mend "$LAB_SERVER4" 81
[ -n "$FAULTS_ONLY" ] || [[ $fix == ufw* ]] || fail "not ufw's own way: $fix"

# A port that is denied by a rule of ufw's user.
u ufw insert 1 deny proto tcp from 100.64.0.0/10 to any port 82
serve 0.0.0.0 82
nft_rules | awk -F'\t' '$3 == "ufw-user-input" && /dport 82 / && /drop/' >"$dir/denies"
[ "$(wc -l <"$dir/denies")" -eq 1 ] || fail "not one rule of ufw's denies: $(nft_rules)"
at_line nft "$(cat "$dir/denies")"
remember
blames INPUT 'dport 82' "$LAB_SERVER4" 82
expect_rule '{"owner":"ufw"}'
identical
mend "$LAB_SERVER4" 82
