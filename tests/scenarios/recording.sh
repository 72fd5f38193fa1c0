#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording: what other tools make of it, killed in the middle, on a full disk, in several files, by a pipe, compressed.
# needs: tshark capinfos
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
request='GET / HTTP/1.0\r\n\r\n'

# replays STATUS LINES FILE [OPTIONS]: what replay says is in $dir/replayed, on stderr are so many lines.
replays() {
	local code=0 want=$1 lines=$2 file=$3
	shift 3
	"$CLBTRACE" replay --json "$file" "$@" >"$dir/replayed" 2>"$dir/replay-err" || code=$?
	[ "$code" -eq "$want" ] || fail "replay $file $*: exit status $code, expected $want: $(cat "$dir/replay-err")"
	[ "$(wc -l <"$dir/replay-err")" -eq "$lines" ] || fail "replay $file $*: not $lines lines: $(cat "$dir/replay-err")"
}

replayed_verdicts() {
	jq -c 'select(.type == "verdict")' "$dir/replayed"
}

# shark ARGUMENT...: tshark of $recording, which complains about nothing.
shark() {
	tshark -r "$recording" "$@" >"$dir/shark" 2>"$dir/shark-err" || fail "tshark: $(cat "$dir/shark-err")"
	sed -i '/^Running as user/d' "$dir/shark-err"
	[ ! -s "$dir/shark-err" ] || fail "tshark complains: $(cat "$dir/shark-err")"
}

# comment_of N REGEX: of the packet with this number.
comment_of() {
	sed -n "$1p" "$dir/shark" | grep -qE -- "$2" || fail "packet $1 does not say $2: $(cat "$dir/shark")"
}

serve --mode hold 0.0.0.0 80
s iptables -A INPUT -p tcp --dport 82 -j DROP

# What other tools make of it. Another clbtrace keeps off it.
trace
code=0
s "$CLBTRACE" -w "$recording" -d 1 >/dev/null 2>"$dir/second" || code=$?
if [ "$code" -ne 2 ] || ! grep -q 'is being written by another clbtrace$' "$dir/second"; then
	fail "a second one on the same file: status $code, $(cat "$dir/second")"
fi
probe --tsval 7 "$LAB_SERVER4" 80
wait_verdicts 1
probe "$LAB_SERVER4" 81
wait_verdicts 2
probe --timeout 50 "$LAB_SERVER4" 82
wait_verdicts 3
probe --send "$request" --timeout 800 "$LAB_SERVER4" 80
wait_verdicts 4
trace_stop INT
[ "$(stat -c %a "$recording")" = 600 ] || fail "its mode is $(stat -c %a "$recording")"
shark -T fields -E occurrence=a -e frame.interface_name -e frame.packet_flags_direction -e frame.comment
[ "$(wc -l <"$dir/shark")" -eq "$(tcpdump -nr "$recording" 2>"$dir/tcpdump-err" | wc -l)" ] ||
	fail "tcpdump sees other packets: $(cat "$dir/tcpdump-err")"
comment_of 1 '^eth0	0x00000001	0 us tc-ingress: SYN seq [0-9]+ tsval 7 on eth0; .* us INPUT: passed the hook'
comment_of 2 '^eth0	0x00000002	0 us OUTPUT: SYN-ACK seq .* us tc-egress: .*on eth0'
comment_of 3 'verdict: healthy: '
comment_of 5 'tc-egress.*verdict: failed, no-listener \(certain\): '
comment_of 6 'kfree_skb: dropped: NETFILTER_DROP.*verdict: failed, firewall-drop '
# This one came when its packets were written long ago.
[ "$(grep -c 'verdict: failed, app-no-response (certain): \|verdict: failed, app-no-response (likely): ' "$dir/shark")" -eq 1 ] ||
	fail "not one packet without an answer: $(cat "$dir/shark")"
[ "$(grep -c 'verdict: ' "$dir/shark")" -eq 4 ] || fail "not four verdicts: $(cat "$dir/shark")"
capinfos "$recording" >"$dir/capinfos" 2>"$dir/shark-err"
for regex in 'Capture application: clbtrace ' "Capture oper-sys: *Linux $(uname -r)" "Capture comment: .*host $(uname -n)" \
	'Capture comment: .*--json -t 600' 'Name = eth0' 'Time precision = nanoseconds' 'Number of stat entries = 1'; do
	grep -q -- "$regex" "$dir/capinfos" || fail "capinfos does not say $regex: $(cat "$dir/capinfos")"
done

# On any machine, without root; by a pipe; compressed.
chmod 711 "$dir"
install -m 755 "$CLBTRACE" "$dir/clbtrace"
code=0
setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/clbtrace" replay --json - <"$recording" >"$dir/replayed" || code=$?
[ "$code" -eq 1 ] || fail "by a pipe, without root: exit status $code, expected 1"
cmp "$dir/out" "$dir/replayed"
gzip -c "$recording" >"$dir/recording.gz"
replays 1 0 "$dir/recording.gz"
cmp "$dir/out" "$dir/replayed"

# With other options than when it was made.
replays 1 0 "$recording" -p 82
[ "$(jq -r .cause < <(replayed_verdicts))" = firewall-drop ] || fail "of port 82: $(cat "$dir/replayed")"
replays 3 0 "$recording" --no-default-source -s 10.0.0.0/8
replays 0 0 "$recording" -n 1
[ "$(replayed_verdicts)" = "$(verdicts | head -n 1)" ] || fail "the first alone: $(cat "$dir/replayed")"

# Broken: one line, status 2, and what came before.
head -c -10000 "$recording" >"$dir/cut.pcapng"
replays 2 1 "$dir/cut.pcapng"
saw 1 || fail "nothing of what came before: $(cat "$dir/replayed")"

# Killed: all up to the last second is there.
replays_two() {
	"$CLBTRACE" replay --json "$recording" >"$dir/replayed" 2>"$dir/replay-err" || true
	[ "$(replayed_verdicts | wc -l)" -ge 2 ]
}
has_rows() {
	[ "$(tcpdump -nr "$recording" 2>"$dir/tcpdump-err" | wc -l)" -ge "$1" ]
}
trace
probe "$LAB_SERVER4" 80
probe "$LAB_SERVER4" 81
wait_verdicts 2
until_true 1 replays_two || fail "after a second: $(cat "$dir/replayed" "$dir/replay-err")"
until_true 1 has_rows 5 || fail "after a second not all packets are there"
end "$trace_pid"
trace_pid=
replays 2 1 "$recording"
[ "$(head -n -1 "$dir/replayed")" = "$(cat "$dir/out")" ] || fail "killed: $(diff "$dir/out" "$dir/replayed")"
shark

# A full disk ends the recording, not the tracing.
cat >"$dir/on-small-disk" <<EOF
#!/bin/sh
mount -t tmpfs -o size=64k small "$dir/small" && exec "$CLBTRACE" "\$@"
EOF
chmod +x "$dir/on-small-disk"
mkdir "$dir/small"
said_so() {
	grep -q '"type":"notice".*No space left on device' "$dir/out"
}
probe_until_full() {
	probe --count 10 "$LAB_SERVER4" 80
	said_so
}
CLBTRACE=$dir/on-small-disk trace -w "$dir/small/full.pcapng"
until_true 20 probe_until_full || fail "the disk does not get full: $(tail -n 1 "$dir/out")"
probed=$(verdicts | wc -l)
probe --count 3 "$LAB_SERVER4" 80
wait_verdicts $((probed + 3))
recording=$dir/full.pcapng
cp "/proc/$trace_pid/root$dir/small/full.pcapng" "$recording"
trace_pid_was=$trace_pid
recording='' trace_stop INT
gone "$trace_pid_was" || fail "it has not ended"
expect_status 0
recording=$dir/full.pcapng
replays 2 1 "$recording"
[ "$(replayed_verdicts | wc -l)" -ge 3 ] || fail "of a full disk there is nothing: $(cat "$dir/replay-err")"
shark
has_rows 9 || fail "a full disk: not even the packets of three probes"

# Several files: each is a recording, and one after the other they are the whole.
trace -w "$dir/part.pcapng" --rotate 64K
probe --count 100 --rate 100 "$LAB_SERVER4" 80
probe --count 1 "$LAB_SERVER4" 81
wait_verdicts 101
trace_stop INT
parts=("$dir"/part-*.pcapng)
[ ${#parts[@]} -ge 3 ] || fail "not several files: ${parts[*]}"
cat "${parts[@]}" >"$dir/whole.pcapng"
replays 1 0 "$dir/whole.pcapng"
cmp "$dir/out" "$dir/replayed"
n=0
for part in "${parts[@]}"; do
	[ "$(stat -c %s "$part")" -lt 100000 ] || fail "$part is too large: $(stat -c %s "$part")"
	"$CLBTRACE" replay --json "$part" >"$dir/replayed" 2>"$dir/replay-err" || [ $? -ne 2 ] || fail "$part: $(cat "$dir/replay-err")"
	n=$((n + $(replayed_verdicts | wc -l)))
done
recording=${parts[1]}
shark
[ "$n" -eq 101 ] || fail "in the files together are $n verdicts, expected 101"
recording=
trace -w "$dir/few.pcapng" --rotate 64K,2
probe --count 100 --rate 100 "$LAB_SERVER4" 80
wait_verdicts 100
trace_stop INT
parts=("$dir"/few-*.pcapng)
[ ${#parts[@]} -eq 2 ] || fail "not two files: ${parts[*]}"
[ ! -e "$dir/few-00001.pcapng" ] || fail "the first file is still there"
