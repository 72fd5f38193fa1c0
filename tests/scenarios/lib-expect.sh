# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2015 # wire, dir, status, trace_pid, trace_limit: lib.sh has them
# Compares what the prober got and what clbtrace said with what a scenario expects; a part of lib.sh.

lesser= # the latest verdict of which no more is expected, for the kernel cannot tell

# expect_wire REGEX: what the prober got, in the whole of its lines.
expect_wire() {
	[[ $wire =~ $1 ]] || fail "the prober got: $wire; expected: $1"
}

# The form of clbtrace's output: every line is an object of the contract, the summary comes last.
check_json() {
	local bad
	bad=$(jq -nrR 'first(inputs | select((try (fromjson | type == "object" and keys_unsorted[0] == "type" and
		(.type | IN("verdict", "summary", "notice"))) catch false) | not))' "$dir/out")
	[ -z "$bad" ] || fail "not a line of the contract: $bad"
	[ "$(tail -n 1 "$dir/out" | jq -r .type)" = summary ] || fail "the last line is no summary: $(tail -n 1 "$dir/out")"
}

# verdicts [FILTER]: the verdict lines for which the jq filter holds.
verdicts() {
	if [ "${1:-true}" = true ]; then # the type is first (check_json): jq starts slowly
		grep '^{"type":"verdict"' "$dir/out" || true
		return
	fi
	jq -c "select(.type == \"verdict\") | select(${1:-true})" "$dir/out"
}

# saw N [FILTER]: at least so many verdicts have been printed so far.
saw() {
	[ "$(verdicts "${2:-true}" 2>/dev/null | wc -l)" -ge "$1" ]
}

# wait_verdicts N [FILTER]: while clbtrace runs, until so many are there.
wait_verdicts() {
	[ -z "$FAULTS_ONLY" ] || return 0
	until_true "$trace_limit" saw "$@" || fail "not $1 verdicts ${2:-}: $(cat "$dir/out")"
}

expect_count() {
	[ -n "$FAULTS_ONLY" ] || [ "$(verdicts | wc -l)" -eq "$1" ] || fail "not $1 verdicts: $(cat "$dir/out")"
}

# What is the subset of what: objects by their keys, arrays by their elements, anything else by equality.
# shellcheck disable=SC2016
subset_filter='def subset($want): . as $have |
	if ($want | type) == "object" then
		($have | type) == "object" and
		all($want | keys[]; . as $k | ($have | has($k)) and ($have[$k] | subset($want[$k])))
	elif ($want | type) == "array" then
		($have | type) == "array" and all($want[]; . as $w | any($have[]; subset($w)))
	else $have == $want end;'

is_subset() {
	jq -e --argjson want "$1" "$subset_filter subset(\$want)" <<<"$2" >"$dir/jq"
}

# expect_verdict SUBSET [FILTER]: the latest verdict (for which the jq filter holds) contains the subset.
expect_verdict() {
	[ -z "$FAULTS_ONLY" ] || return 0
	verdict=$(verdicts "${2:-true}" | tail -n 1)
	[ -n "$verdict" ] || fail "no verdict ${2:-}: $(cat "$dir/out")"
	is_subset "$1" "$verdict" || is_lesser || fail "the verdict is: $verdict; expected: $1"
}

# before VERSION: the running kernel is older.
before() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" != "$1" ]
}

# is_lesser: an older kernel cannot tell what the scenario expects, and the verdict says just what the scenario has for
# that, in a line "# before VERSION: SUBSET: REASON". Nothing more is expected of that verdict then.
is_lesser() {
	local version subset reason
	while IFS=$'\t' read -r version subset reason; do
		before "$version" && is_subset "$subset" "$verdict" || continue
		lesser=$verdict
		echo "lesser: $reason: $(jq -r '"\(.cause), \(.confidence // "no confidence"): \(.summary)"' <<<"$verdict")"
		return 0
	done < <(sed -n 's/^# before \([0-9.]*\): \({.*}\): \(.*\)$/\1\t\2\t\3/p' "$0")
	return 1
}

# expect_failed CAUSE [STAGE]: the usual case: one failed verdict, exit status 1.
expect_failed() {
	expect_verdict "{\"verdict\":\"failed\",\"cause\":\"$1\"${2:+,\"stage\":\"$2\"},\"revised\":false}"
	expect_status 1
}

# expect_says REGEX...: each is in the verdict's summary, evidence or fix.
expect_says() {
	local text regex
	[ -z "$FAULTS_ONLY" ] && [ "$verdict" != "$lesser" ] || return 0
	text=$(jq -r '.summary, (.evidence[]? | .what), (.fix[]?)' <<<"$verdict")
	for regex in "$@"; do
		grep -qE -- "$regex" <<<"$text" || fail "the verdict does not say $regex: $verdict"
	done
}

# expect_summary SUBSET: the summary line contains it.
expect_summary() {
	local summary
	[ -z "$FAULTS_ONLY" ] || return 0
	summary=$(jq -c 'select(.type == "summary")' "$dir/out")
	is_subset "$1" "$summary" || fail "the summary is: $summary; expected: $1"
}

# expect_total FILTER: the jq filter holds for the summary line.
expect_total() {
	[ -n "$FAULTS_ONLY" ] || jq -e "select(.type == \"summary\") | $1" "$dir/out" >"$dir/jq" ||
		fail "not $1: $(tail -n 1 "$dir/out")"
}

# expect_status N: of clbtrace, if it has ended.
expect_status() {
	[ -n "$FAULTS_ONLY" ] || [ -n "$trace_pid" ] || [ "$status" -eq "$1" ] ||
		fail "clbtrace's exit status is $status, expected $1: $(cat "$dir/out")"
}
