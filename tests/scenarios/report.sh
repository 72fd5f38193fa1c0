#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# --report: the page of a mixed incident, live and from its --json results, as a browser and a printer show it.
# needs: chromium
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
request='GET /<script>alert(1)</script>"\x27 HTTP/1.0\r\n\r\n'

# replay FILE [OPTIONS]: its status is in $status.
replay() {
	status=0
	"$CLBTRACE" replay "$@" >"$dir/again" 2>"$dir/err" || status=$?
}

# browse OPTIONS FILE: without a screen, and without any network; several can run at once.
browse() {
	env -u DBUS_SESSION_BUS_ADDRESS timeout 30 unshare -n chromium --headless --no-sandbox --disable-gpu \
		--hide-scrollbars --no-first-run --user-data-dir="$dir/browser.$BASHPID" "${@:1:$#-1}" "file://${!#}" \
		2>"$dir/err.$BASHPID" || fail "chromium $*: $(tail -n 3 "$dir/err.$BASHPID")"
}

# frame NAME WIDTH: the page in a frame, as in a window of that width.
frame() {
	printf '<iframe id="%s" style="width:%dpx;height:900px;border:0" srcdoc="' "$1" "$2"
	sed 's/&/\&amp;/g; s/"/\&quot;/g' "$dir/live.html"
	echo '"></iframe>'
}

picture() {
	printf '<img id="%s" src="data:image/png;base64,%s">\n' "$1" "$(base64 -w 0 "$dir/$1.png")"
}

# measure [CHROMIUM-OPTIONS] -- COMMANDS that print frames and pictures: what report-check.js sees, in $dir/seen.
measure() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	{
		echo '<!DOCTYPE html><meta charset="utf-8"><body>'
		"${@:2}"
		echo '<script>'
		cat "$tree/tests/scenarios/report-check.js"
		echo '</script>'
	} >"$dir/check.html"
	browse ${options[@]+"${options[@]}"} --dump-dom "$dir/check.html" | sed -n 's/.*<pre id="result">\([^<]*\).*/\1/p' |
		base64 -d >"$dir/seen"
	[ -s "$dir/seen" ] || fail "nothing was measured"
}

# expect_seen FILTER: it holds for what was measured.
expect_seen() {
	jq -e "$1" "$dir/seen" >"$dir/jq" || fail "not $1: $(cat "$dir/seen")"
}

serve 0.0.0.0 80
serve 0.0.0.0 82
serve --mode answer --answer $'HTTP/1.0 503 Service Unavailable\r\n\r\n' 0.0.0.0 83
serve --mode answer --delay 700 0.0.0.0 84
s nft -f - <<'NFT'
table inet guard {
	chain in { type filter hook input priority 0; policy accept; tcp dport 82 drop; }
}
NFT
control

# The incident.
echo "an earlier page" >"$dir/live.html"
trace --report "$dir/live.html" -w "$dir/run.pcapng"
probe --count 4 --source 100.64.1.10 --source 100.64.1.11 "$LAB_SERVER4" 80
probe --source 100.64.1.10 "$LAB_SERVER4" 81
probe --count 2 --source 100.64.1.10 --source 100.64.1.11 --timeout 100 "$LAB_SERVER4" 82
probe --send "$request" "$LAB_SERVER4" 83
probe --send "$request" --timeout 1500 "$LAB_SERVER4" 84
wait_verdicts 1 '.cause == "slow-response"'
[ "$(cat "$dir/live.html")" = "an earlier page" ] || fail "the page is written before the end"
trace_stop TERM
expect_status 1
[ "$(stat -c %a "$dir/live.html")" = 600 ] || fail "its mode is $(stat -c %a "$dir/live.html")"
[ ! -e "$dir/live.html.part" ] || fail "it left a part of the page"

# The results that were saved say the same, in every form.
cp "$dir/out" "$dir/results.json"
replay "$dir/results.json" --json --report "$dir/replay.html"
[ "$status" -eq 1 ] || fail "replayed: exit status $status, expected 1: $(cat "$dir/err")"
cmp "$dir/results.json" "$dir/again" || fail "replayed, --json prints something else"
of_the_run() {
	grep -v '^<p class="about">' "$1" | sed 's/<title>.*<\/title>//'
}
diff <(of_the_run "$dir/live.html") <(of_the_run "$dir/replay.html") || fail "replayed, the page is another"
replay "$dir/run.pcapng" --json --report "$dir/recording.html"
[ "$status" -eq 1 ] || fail "the recording replayed: exit status $status, expected 1: $(cat "$dir/err")"
diff "$dir/live.html" <(sed 's/<span>from [^<]*<\/span> //' "$dir/recording.html") ||
	fail "of the recording, the page is another"
gzip -k "$dir/results.json"
replay "$dir/results.json.gz"
[ "$status" -eq 1 ] || fail "replayed from gzip: exit status $status, expected 1"
grep -q '9 probes: 4 healthy, 5 failed' "$dir/again" || fail "replayed, the text form says: $(cat "$dir/again")"

# No room for the page: one line, the earlier page stays; the status is of the probes unless all is well.
cp "$dir/live.html" "$dir/kept.html"
(ulimit -f 1 && exec "$CLBTRACE" replay "$dir/results.json" --report "$dir/kept.html") >/dev/null 2>"$dir/err" && status=0 ||
	status=$?
[ "$status" -eq 1 ] || fail "without room: exit status $status, expected 1"
[ "$(grep -c . "$dir/err")" -eq "$(($(jq -s 'map(select(.type == "notice")) | length' "$dir/results.json") + 1))" ] ||
	fail "without room, not one line: $(cat "$dir/err")"
cmp -s "$dir/live.html" "$dir/kept.html" || fail "without room, the earlier page is lost"
jq -c 'select(.verdict == "healthy")' "$dir/results.json" >"$dir/healthy.json"
(ulimit -f 1 && exec "$CLBTRACE" replay "$dir/healthy.json" --report "$dir/kept.html") >/dev/null 2>"$dir/err" && status=0 ||
	status=$?
[ "$status" -eq 2 ] || fail "without room, all healthy: exit status $status, expected 2"

# On a wide window, on a phone and on a small one: nothing is cut off, faint or beside its place.
command -v chromium >/dev/null || skip "the page was written and compared, but there is no chromium to look at it"
browse --no-pdf-header-footer --print-to-pdf="$dir/page.pdf" "$dir/live.html" &
printing=$!
browse --window-size=1280,1600 --screenshot="$dir/wide.png" "$dir/live.html" &
drawing=$!
children+=("$printing" "$drawing")
browse --window-size=390,2400 --screenshot="$dir/phone.png" "$dir/live.html"
wait "$drawing" || fail "no picture of it on a wide window"
frames_and_pictures() {
	frame wide 1280
	frame phone 390
	frame small 320
	picture wide
	picture phone
}
measure -- frames_and_pictures
expect_seen '[.frames[] | .width] == [1280, 390, 320]'
expect_seen 'all(.frames[]; .title | startswith("5 of 9 health checks failed on "))'
expect_seen 'all(.frames[]; .scroll == .width and .height > 900)'
expect_seen 'all(.frames[]; .misplaced == [] and .faint == [] and .background > 0.9 and .requests == 0)'
expect_seen 'all(.frames[]; .failed >= 5 and .healthy >= 2)'
expect_seen 'all(.frames[]; [.crosses[] | [.cause, .lane]] | sort ==
	[["firewall-drop", 2], ["http-status", 4], ["no-listener", 3], ["slow-response", 4]])'
expect_seen 'all(.frames[].crosses[]; .off < 0.05)'
expect_seen '[.pictures[] | .width] == [1280, 390]'
expect_seen 'all(.pictures[]; .red > 500 and .green > 100 and .dark > 8000 and .light > .width * .height / 2)'

# By night.
measure --blink-settings=preferredColorScheme=0 -- frame phone 390
expect_seen 'all(.frames[]; .faint == [] and .background < 0.05)'

# On paper: the words, the commands, few sheets.
wait "$printing" || fail "it cannot be printed"
pdftotext -layout "$dir/page.pdf" "$dir/page.txt"
for words in '5 of 9 health checks failed' 'nft insert rule inet guard' 'nothing listens on port 81' \
	'failed: slow-response' '<script>alert(1)</script>'; do
	grep -qF -- "$words" "$dir/page.txt" || fail "not on paper: $words: $(cat "$dir/page.txt")"
done
sheets=$(pdfinfo "$dir/page.pdf" | sed -n 's/^Pages: *//p')
((sheets >= 2 && sheets <= 5)) || fail "$sheets sheets of paper"
