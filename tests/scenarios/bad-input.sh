#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad input: the exit status, and one line on stderr that names what is wrong.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace

# refuses STATUS REGEX COMMAND...
refuses() {
	local code=0 want=$1 regex=$2
	shift 2
	timeout 10 ip netns exec "$server" "$@" >"$dir/out" 2>"$dir/err" </dev/null || code=$?
	[ "$code" -eq "$want" ] || fail "$*: exit status $code, expected $want"
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "$*: not one line on stderr"
	[ ! -s "$dir/out" ] || fail "$*: on stdout: $(cat "$dir/out")"
	grep -qE -- "$regex" "$dir/err" || fail "$*: it does not say $regex: $(cat "$dir/err")"
}

for i in nosuch0 '' "$(printf 'a%.0s' {1..300})"; do
	refuses 2 "interface|-i" "$CLBTRACE" -d 1 -i "$i"
done
for cidr in 100.64.0.1/10 100.64.0.0/33 100.64.0.0/-1 100.64.0.0/ 300.1.2.3/8 10.0.0.0/8x garbage '' \
	fd00::1/64 fd00::/129; do
	refuses 2 "source|-s" "$CLBTRACE" -d 1 -s "$cidr"
	refuses 2 "${cidr//./\\.}" "$CLBTRACE" -d 1 --source "$cidr"
done
for ports in '' ',' '80,' 0 65536 90-80 80- -80 http '80,,81' '80 81' 99999999999999999999; do
	refuses 2 "port|-p" "$CLBTRACE" -d 1 --port="$ports"
done
for number in '' 0 -1 x 1x 99999999999999999999; do
	refuses 2 "count|-n" "$CLBTRACE" --count="$number"
	refuses 2 "duration|-d" "$CLBTRACE" --duration="$number"
	refuses 2 "timeout|-t" "$CLBTRACE" -d 1 --timeout="$number"
	refuses 2 "max-probes" "$CLBTRACE" -d 1 --max-probes="$number"
done
refuses 2 /nonexistent/x.pcap "$CLBTRACE" -d 1 -w /nonexistent/x.pcap
refuses 2 "$dir" "$CLBTRACE" -d 1 -w "$dir"
refuses 2 "color|always" "$CLBTRACE" -d 1 --color sometimes
refuses 2 "nonsense" "$CLBTRACE" -d 1 --nonsense
refuses 2 "port|-p" "$CLBTRACE" -p
refuses 2 "frobnicate" "$CLBTRACE" frobnicate
refuses 2 "extra" "$CLBTRACE" live extra
refuses 2 "nosuchcause" "$CLBTRACE" causes nosuchcause

# Not root. A copy, where anybody may read it.
chmod 711 "$dir"
install -m 755 "$CLBTRACE" "$dir/clbtrace"
refuses 4 root setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/clbtrace" -d 1

for option in --help --version; do
	"$CLBTRACE" "$option" >"$dir/out" 2>"$dir/err" || fail "$option: exit status $?"
	[ -s "$dir/out" ] || fail "$option: nothing on stdout"
	[ ! -s "$dir/err" ] || fail "$option: on stderr: $(cat "$dir/err")"
done
"$CLBTRACE" causes >"$dir/out" || fail "causes: exit status $?"
grep -q no-listener "$dir/out" || fail "causes: no no-listener in it"
"$CLBTRACE" causes no-listener >"$dir/out" || fail "causes no-listener: exit status $?"
