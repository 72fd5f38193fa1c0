#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Files that are no whole capture: one line on stderr, exit status 2, and the verdicts up to the break.
# needs: tcpdump
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scenarios/lib-capture.sh
. "$(dirname "$0")/lib-capture.sh"

needs_clbtrace

# refused FILE REGEX [VERDICTS]: the file is refused so, after so many verdicts.
refused() {
	local code=0
	timeout 20 "$CLBTRACE" replay "$1" --json >"$dir/out" 2>"$dir/err" || code=$?
	[ "$code" -eq 2 ] || fail "$1: exit status $code, expected 2: $(cat "$dir/out" "$dir/err")"
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "$1: not one line on stderr: $(cat "$dir/err")"
	grep -qE "^clbtrace: replay: '.*': .*$2" "$dir/err" || fail "$1: $(cat "$dir/err"); expected: $2"
	[ "$(verdicts | wc -l)" -eq "${3:-0}" ] || fail "$1: not ${3:-0} verdicts: $(cat "$dir/out")"
}

# bytes HEX...: these bytes.
bytes() {
	printf '%b' "$(printf '\\x%s' "$@")"
}

serve 0.0.0.0 80
capture -i eth0 tcp
probe "$LAB_SERVER4" 80
probe "$LAB_SERVER4" 80
probe --sport 50000 "$LAB_SERVER4" 80
captured 'src port 50000 and tcp[tcpflags] & tcp-rst != 0'
replay
expect_count 3
size=$(stat -c %s "$replay_file")

refused "$dir/missing" 'No such file or directory'
refused "$dir" 'Is a directory'
: >"$dir/empty"
refused "$dir/empty" 'is empty'
echo 'no capture' >"$dir/text"
refused "$dir/text" 'is no capture'
head -c 3 "$replay_file" >"$dir/start"
refused "$dir/start" 'is no capture'
head -c 20 "$replay_file" >"$dir/header"
refused "$dir/header" 'truncated'

# The last packet lacks its last bytes, or has but some of its header.
head -c $((size - 4)) "$replay_file" >"$dir/cut"
refused "$dir/cut" 'truncated' 3
gzip -c "$dir/cut" >"$dir/cut.gz"
refused "$dir/cut.gz" 'truncated' 3
gzip -c "$replay_file" | head -c -12 >"$dir/broken.gz"
refused "$dir/broken.gz" 'compressed data are broken or cut off' 3

# A packet that claims to be 2 GB long behind the others; another link type; a file format that is not known.
{ cat "$replay_file"; bytes 00 00 00 00 00 00 00 00 ff ff ff 7f ff ff ff 7f; } >"$dir/absurd"
refused "$dir/absurd" 'capture length' 3
{ head -c 20 "$replay_file"; bytes 69 00 00 00; tail -c +25 "$replay_file"; } >"$dir/wifi"
refused "$dir/wifi" 'link type IEEE802_11 .* not understood'
{ head -c 4 "$replay_file"; bytes 09 00 09 00; tail -c +9 "$replay_file"; } >"$dir/version"
refused "$dir/version" 'version'

if command -v mergecap >/dev/null; then
	tcpdump -r "$replay_file" -w "$dir/same.pcap" 2>/dev/null
	{ head -c 20 "$dir/same.pcap"; bytes 65 00 00 00; tail -c +25 "$dir/same.pcap"; } >"$dir/raw.pcap"
	mergecap -a -w "$dir/mixed.pcapng" "$replay_file" "$dir/raw.pcap"
	refused "$dir/mixed.pcapng" 'interface' "$(verdicts | wc -l)"
	# The block of a packet that goes on behind the end of the file.
	editcap -F pcapng "$replay_file" "$dir/whole.pcapng"
	head -c -20 "$dir/whole.pcapng" >"$dir/cut.pcapng"
	refused "$dir/cut.pcapng" 'truncated|cut off|end of' 3
fi
