# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2034 # lib.sh has them, or uses them
# Compares the rule that clbtrace names with what nft and iptables themselves say; sourced after lib.sh.
#
# The rules of a scenario have a mark, in a comment of their own: "mark-81". Several can stand in the ruleset at once,
# each for another port, so that one clbtrace serves them all: place finds the one that has the mark, blames compares,
# mend applies the printed fix, and unchanged looks whether anything else is another than before.

prober_source=100.64.1.10 # the prober's own default
lost=nothing              # what the prober gets
lost_cause=firewall-drop  # the cause of that
fix_port=                 # the port that a fix is for, if it is not the probed one
fix=                      # the command that mend ran
fix_environment=()        # what it needs: env VARIABLE=VALUE, or a program that makes a place to run it in
place=()                  # the rule: backend, family, table, chain, handle, number; "-": it has none
place_hits=-              # what its counter said when it was found, if it has one
confidence=certain        # what expect_confidence has to find; a regular expression

# serve_ports ADDRESS PORT...
serve_ports() {
	local address=$1 port
	shift
	for port in "$@"; do
		serve "$address" "$port"
	done
}

# The rules of nft's listing, one a line: family, table, chain, handle, number in the chain, text; tabs between.
nft_rules() {
	s nft -a list ruleset 2>"$dir/nft.err" | awk -v OFS='\t' '
		$1 == "table" { family = $2; table = $3 }
		$1 == "chain" { chain = $2; number = 0; next }
		/^\t}/ { chain = "" }
		chain != "" && / # handle [0-9]+$/ {
			handle = $NF
			sub(/^[ \t]+/, "")
			sub(/ # handle [0-9]+$/, "")
			print family, table, chain, handle, ++number, $0
		}'
}

# save_rules SAVE-COMMAND [-c]: the rules of an iptables-save listing: table, chain, number in the chain, text.
save_rules() {
	s "$@" 2>"$dir/save.err" | awk -v OFS='\t' '
		/^\*/ { table = substr($0, 2); split("", number) }
		$1 == "-A" { print table, $2, ++number[$2], $0 }
		$2 == "-A" { print table, $3, ++number[$3], $0 }'
}

# marked MARK: of the lines with a text, the one with the mark; there has to be exactly one.
marked() {
	local lines
	lines=$(grep -E -- "$1([^0-9]|\$)" || true)
	[ "$(grep -c . <<<"$lines")" -eq 1 ] || fail "not one rule has the mark $1: $lines" >&2
	echo "$lines"
}

# at_line BACKEND LINE: a line of nft_rules is the place.
at_line() {
	local family table chain handle number text
	IFS=$'\t' read -r family table chain handle number text <<<"$2"
	place=("$1" "$family" "$table" "$chain" "$handle" "$number")
	place_hits=-
	[[ ! $text =~ counter\ packets\ ([0-9]+) ]] || place_hits=${BASH_REMATCH[1]}
}

# place_nft MARK: the rule of nft with that comment.
place_nft() {
	local line
	line=$(nft_rules | marked "$1")
	at_line nft "$line"
}

# place_iptables MARK [ip|ip6]: of iptables-nft. iptables-save has the comment and counts; nft, which does not print
# such comments, has the handle of the rule with that number.
place_iptables() {
	local family=${2:-ip} save=iptables-nft-save line table chain number
	[ "$family" = ip ] || save=ip6tables-nft-save
	line=$(save_rules "$save" | marked "$1")
	IFS=$'\t' read -r table chain number _ <<<"$line"
	line=$(nft_rules | awk -F'\t' -v place="$family $table $chain $number" '$1 " " $2 " " $3 " " $5 == place')
	[ -n "$line" ] || fail "nft has no rule $number in $family $table $chain"
	at_line nft "$line"
}

# place_legacy MARK [ip|ip6]: of iptables-legacy.
place_legacy() {
	local family=${2:-ip} line table chain number text
	line=$(save_rules "$(legacy_save "$family")" -c | marked "$1")
	IFS=$'\t' read -r table chain number text <<<"$line"
	place=(iptables-legacy "$family" "$table" "$chain" - "$number")
	place_hits=${text%%:*}
	place_hits=${place_hits#[}
}

legacy_save() {
	if [ "$1" = ip ]; then echo iptables-legacy-save; else echo ip6tables-legacy-save; fi
}

# place_policy BACKEND FAMILY TABLE CHAIN: no rule, but the base chain's policy.
place_policy() {
	place=("$@" - -)
	place_hits=-
}

# place_json: the place as the verdict has it.
place_json() {
	local number=
	[ "${place[4]}" = - ] || number=",\"handle\":${place[4]}"
	[ "${place[5]}" = - ] || number+=",\"number\":${place[5]}"
	printf '{"backend":"%s","family":"%s","table":"%s","chain":"%s"%s}' "${place[@]:0:4}" "$number"
}

# stopped_by_it MARK: the rule's own counter has moved since, so it is the one that stopped the probe.
stopped_by_it() {
	local before=$place_hits was=("${place[@]}")
	[ -n "$FAULTS_ONLY" ] && [ "$before" != - ] || return 0
	if [ "${place[0]}" = iptables-legacy ]; then
		place_legacy "$1" "${place[1]}"
	else
		at_line nft "$(nft_rules | awk -F'\t' -v place="${place[*]:1:4}" '$1 " " $2 " " $3 " " $4 == place')"
	fi
	if [ "${was[*]}" != "${place[*]}" ] || [ "$place_hits" -le "$before" ]; then
		fail "it is not $1 that made the fault: ${was[*]}"
	fi
}

# blames HOOK MARK [PROBER-OPTIONS] ADDRESS PORT: a probe is lost ($lost: what the prober got instead), and the verdict
# names the rule in $place, found before; its text has the mark.
blames() {
	local hook=$1 mark=$2
	shift 2
	diagnose --timeout 150 "$@"
	expect_wire " failed: $lost\$"
	stopped_by_it "$mark"
	expect_verdict "{\"verdict\":\"failed\",\"cause\":\"$(cause_at "$hook")\",\"revised\":false}"
	expect_status 1
	expect_place "$hook"
	expect_text "$mark"
	expect_confidence "$confidence"
}

cause_at() {
	case "$1" in
	OUTPUT | POSTROUTING) echo reply-dropped ;;
	*) if [ "$lost" = nothing ]; then echo "$lost_cause"; else echo firewall-reject; fi ;;
	esac
}

# expect_place HOOK: the verdict names the rule in $place; for a policy, no rule.
expect_place() {
	local rule
	[ -z "$FAULTS_ONLY" ] || return 0
	rule=$(place_json)
	expect_rule "${rule%\}},\"hook\":\"$1\"}"
	[ "${place[5]}" != - ] || jq -e '.rule | has("number") or has("handle") | not' <<<"$verdict" >"$dir/jq" ||
		fail "it is the policy, not a rule: $verdict"
}

# expect_rule SUBSET: more of what the verdict says about the rule.
expect_rule() {
	expect_verdict "{\"rule\":$1}"
}

# expect_text REGEX: the text of the rule matches it; of a policy, what is said.
expect_text() {
	[ "${place[5]}" != - ] || expect_says "$1"
	[ -n "$FAULTS_ONLY" ] || [ "${place[5]}" = - ] ||
		jq -e --arg re "$1" '.rule.text // "" | test($re)' <<<"$verdict" >"$dir/jq" ||
		fail "the text of the rule has no $1: $verdict"
}

# expect_confidence REGEX
expect_confidence() {
	[ -n "$FAULTS_ONLY" ] || jq -e --arg re "^($1)\$" '.confidence | test($re)' <<<"$verdict" >"$dir/jq" ||
		fail "the confidence is not $1: $verdict"
}

# The first printed command that changes the packet filter, or makes the tool that owns it do so.
first_fix() {
	jq -r '.fix[]?' <<<"$verdict" | sed 's/  *# .*//' | grep -E -m 1 \
		-e '^(nsenter [^;]* )?(ip6?tables)(-legacy|-nft)? (.* )?-[IADR] ' \
		-e '^(nsenter [^;]* )?nft (insert|add|delete|replace) ' \
		-e '^(nsenter [^;]* )?firewall-cmd .*--(add|remove|set|new)-' \
		-e '^(nsenter [^;]* )?ufw ([a-z-]+ )*(allow|delete)' \
		-e '^(nsenter [^;]* )?ipset (del|add) ' || true
}

# mend [PROBER-OPTIONS] ADDRESS PORT: runs the printed fix, and the next probe is healthy.
mend() {
	[ -z "$FAULTS_ONLY" ] || return 0
	fix=$(first_fix)
	[ -n "$fix" ] || fail "no command for the packet filter among the fixes: $verdict"
	narrow "${fix_port:-${*: -1}}"
	s ${fix_environment[@]+"${fix_environment[@]}"} bash -c "$fix" >"$dir/fix.out" 2>&1 ||
		fail "the fix does not run: $fix: $(cat "$dir/fix.out")"
	diagnose --timeout 400 "$@"
	expect_wire '^[^ ]+ > [^ ]+ ok: '
	expect_verdict '{"verdict":"healthy"}'
}

# narrow PORT: the fix lets in nothing but the probe: its source and its port are in it.
narrow() {
	local part
	for part in "(^|[^0-9a-f.:])${prober_source//./\\.}(/(32|128))?([^0-9a-f.:/]|\$)" "(^|[^0-9])$1([^0-9]|\$)"; do
		grep -qE -- "$part" <<<"$fix" || fail "the fix is not for $prober_source and port $1: $fix"
	done
}

# ruleset: every rule of the server's, with handles, without counters.
ruleset() {
	{
		s nft -a list ruleset
		s iptables-nft-save
		s ip6tables-nft-save
		s iptables-legacy-save
		s ip6tables-legacy-save
	} 2>"$dir/ruleset.err" | sed -E '/^#/d; s/packets [0-9]+ bytes [0-9]+//g; s/\[[0-9]+:[0-9]+\]//g'
}

# remember: what unchanged compares with.
remember() {
	ruleset >"$dir/before"
}

# unchanged: the ruleset is as it was, to the byte; but for rules that accept the prober, which are our fixes.
unchanged() {
	local other
	ruleset >"$dir/after"
	other=$(diff "$dir/before" "$dir/after" | grep '^[<>]' |
		grep -vE "^> .*(${prober_source//./\\.}|fd00:64::10).* (accept|ACCEPT)( |\$)" || true)
	[ -z "$other" ] || fail "the ruleset is not as before: $other"
}

# identical: it is as it was, to the byte.
identical() {
	ruleset >"$dir/after"
	cmp -s "$dir/before" "$dir/after" || fail "the ruleset is not as before: $(diff "$dir/before" "$dir/after")"
}

# all_told: ends clbtrace, which had something to blame; nothing of it is left in the ruleset.
all_told() {
	trace_stop INT
	expect_status 1
	unchanged
}
