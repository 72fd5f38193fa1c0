# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What a scenario is made of: its own bench, a service, a probe, clbtrace watching it, and the comparison.
#
# A scenario sources this, and the bench is up: namespaces $client and $server (see scripts/lab-lib.sh). It runs its
# healthy control, makes its fault, and compares what the prober got (expect_wire) and what clbtrace says (expect*).
# With FAULTS_ONLY=1 clbtrace is left out, and only what the prober got is compared. Where the processor is emulated:
# CLBTRACE_TEST_SLOWNESS is what every time limit is multiplied by, and with CLBTRACE_TEST_QUICK=1 the probes of a
# scenario share one clbtrace where they can, and nothing is recorded.
set -euo pipefail

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=scripts/lab-lib.sh
. "$tree/scripts/lab-lib.sh"
# shellcheck source=tests/scenarios/lib-expect.sh
. "$tree/tests/scenarios/lib-expect.sh"

CLBTRACE=${CLBTRACE:-$tree/build/clbtrace}
PROBER=${PROBER:-$tree/build/prober}
SERVICE=${SERVICE:-$tree/build/service}
FAULTS_ONLY=${FAULTS_ONLY:-}
slowness=${CLBTRACE_TEST_SLOWNESS:-1}
quick=${CLBTRACE_TEST_QUICK:-}
pause=0.02 # seconds between two looks
[ "$slowness" -eq 1 ] || pause=0.3 # where looking takes longer than that, and from what is waited for
export SCENARIO_ID=${SCENARIO_ID:-clbt-$$}

client=$SCENARIO_ID-c
server=$SCENARIO_ID-s
dir=$(mktemp -d "${TMPDIR:-/tmp}/$SCENARIO_ID.XXXXXX")
children=()       # what was started in the background, by id
probers=()        # those of probe_in_background
undo=()           # commands for the end, last first
service_pid=      # of the latest service
trace_pid=        # of clbtrace, while it runs
trace_limit=20    # seconds that clbtrace may take to start, or to end, where nothing is slow
trace_outside=    # not empty: clbtrace runs where the scenario runs, not in the server's namespace
trace_timeout=600 # ms, clbtrace's -t, where nothing is slow
diagnosing=       # not empty: a probe is one to judge
trace_shared=     # not empty: the clbtrace that runs was started for whichever probes come
trace_unshared=   # why this scenario's probes cannot share one, if they cannot
unrecorded=       # why this scenario's runs are not recorded, if they are not
recording=        # of the latest run
trace_copied=     # not empty: the latest run reads a copy of a host's /proc
trace_backend=    # clbtrace's --backend; empty: the default
status=0          # clbtrace's exit status
wire=             # the prober's lines
verdict=          # the latest verdict

clean_up() {
	local i path code=$?
	set +e
	trap - EXIT
	for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
		eval "${undo[i]}"
	done
	for ((i = ${#children[@]} - 1; i >= 0; i--)); do
		kill -CONT "${children[i]}" 2>/dev/null
		kill -KILL "${children[i]}" 2>/dev/null
	done
	wait 2>/dev/null
	for path in /run/netns/"$SCENARIO_ID"-*; do
		lab_remove "${path##*/}"
	done
	if [ "$code" -ne 0 ] && [ "$code" -ne 77 ] && [ -s "$dir/err" ]; then
		echo "--- clbtrace's stderr:"
		tail -n 20 "$dir/err"
	fi
	rm -rf "$dir"
	exit "$code"
}
trap clean_up EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'echo "line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND: status $?"' ERR
set -E

fail() {
	trap - ERR
	echo "$*"
	exit 1
}

# skip REASON: the runner counts it, with the reason.
skip() {
	trap - ERR
	echo "skip: $*"
	exit 77
}

needs_clbtrace() {
	[ -z "$FAULTS_ONLY" ] || skip "it is about clbtrace itself"
}

# c, s COMMAND...: in the client's, the server's namespace.
c() {
	ip netns exec "$client" "$@"
}

s() {
	ip netns exec "$server" "$@"
}

# at_exit COMMAND: run at the end, last first, however the scenario ends.
at_exit() {
	undo+=("$1")
}

# until_true SECONDS COMMAND...: waits for the command to succeed; fails when it did not in that time (slow: longer).
until_true() {
	local deadline=$((${EPOCHREALTIME/./} + $1 * slowness * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
		sleep "$pause"
	done
}

gone() {
	! kill -0 "$1" 2>/dev/null
}

# serve SERVICE-OPTIONS ADDRESS PORT: starts tests/service.c in the server's namespace ($service_netns: another),
# and waits until it listens.
serve() {
	local out=$dir/service.${#children[@]}
	: >"$out"
	ip netns exec "${service_netns:-$server}" "$SERVICE" "$@" >"$out" 2>&1 &
	service_pid=$!
	children+=("$service_pid")
	until_true 10 has_answer "$out" || fail "the service does not start: service $*"
	grep -qx ready "$out" || fail "service $*: $(cat "$out")"
}

has_answer() {
	[ -s "$1" ]
}

# unserve: ends the latest service.
unserve() {
	end "$service_pid"
}

end() {
	kill -KILL "$1"
	wait "$1" 2>/dev/null || true
}

# probe PROBER-OPTIONS ADDRESS PORT: probes from the client's namespace; its lines are in $wire.
probe() {
	local words
	unshare_trace
	slow_words "$@"
	wire=$(ip netns exec "$client" "$PROBER" "${words[@]}" 2>&1) || [ $? -eq 1 ] || fail "prober $*: $wire"
}

# unshare_trace: what comes now is no probe that the shared clbtrace shall judge.
unshare_trace() {
	[ -z "$trace_shared" ] || [ -n "$diagnosing" ] || trace_stop INT
}

# slow_words PROBER-OPTIONS...: the same in words, with the time that a probe gives up after as long as it must be here.
slow_words() {
	local i
	words=("$@")
	for ((i = 0; i < $#; i++)); do
		[ "${words[i]}" != --timeout ] || words[i + 1]=$((words[i + 1] * slowness))
	done
}

# probe_in_background: the same, without waiting for it; wait_probes: for all of these, their lines sorted in $wire.
probe_in_background() {
	local words
	unshare_trace
	slow_words "$@"
	ip netns exec "$client" "$PROBER" "${words[@]}" >"$dir/wire.${#children[@]}" 2>&1 &
	probers+=("$!")
	children+=("$!")
}

wait_probes() {
	local pid code
	for pid in "${probers[@]}"; do
		code=0
		wait "$pid" || code=$?
		[ "$code" -le 1 ] || fail "a prober ended with status $code: $(cat "$dir"/wire.*)"
	done
	probers=()
	wire=$(sort "$dir"/wire.*)
}

# trace [CLBTRACE-OPTIONS]: starts clbtrace in the server's namespace, and waits until it is ready.
trace() {
	[ -z "$FAULTS_ONLY" ] || return 0
	unshare_trace
	trace_start "$@"
	until_true "$trace_limit" ready_or_gone || fail "clbtrace is not ready after $trace_limit s"
	grep -qx 'clbtrace: ready' "$dir/err" || fail "clbtrace $* ended before it was ready"
}

trace_start() {
	local enter=(ip netns exec "$server")
	[ -z "$trace_outside" ] || enter=()
	: >"$dir/err"
	trace_copied=
	case " $*" in *' --proc'*) trace_copied=1 ;; esac
	record_options "$@"
	env --default-signal=INT ${enter[@]+"${enter[@]}"} "$CLBTRACE" --json -t $((trace_timeout * slowness)) -s "$LAB_SOURCES6" \
		${trace_backend:+--backend "$trace_backend"} ${recording:+-w "$recording"} "$@" >"$dir/out" 2>"$dir/err" &
	trace_pid=$!
	children+=("$trace_pid")
}

# Each run is recorded, unless the scenario says why not or has it write another file.
record_options() {
	local word
	recording=
	[ -z "$unrecorded$quick" ] || return 0
	for word in "$@"; do
		case "$word" in -w | --write | --write=*) return 0 ;; esac
	done
	recording=$dir/recording.pcapng
}

# check_recording: its replay says the same, byte for byte, and ends with the same status; Wireshark's reader (capinfos
# is its fastest user) takes it without a complaint.
check_recording() {
	local code=0
	[ -n "$recording" ] || return 0
	"$CLBTRACE" replay --json "$recording" >"$dir/replayed" 2>"$dir/replay-err" || code=$?
	cmp "$dir/out" "$dir/replayed" || fail "the replay says: $(diff "$dir/out" "$dir/replayed") $(cat "$dir/replay-err")"
	[ ! -s "$dir/replay-err" ] || fail "the replay complains: $(cat "$dir/replay-err")"
	[ "$code" -eq "$status" ] || fail "the replay's exit status is $code, that of the run $status"
	capinfos -c "$recording" >"$dir/capinfos" 2>"$dir/capinfos-err" || fail "capinfos: $(cat "$dir/capinfos-err")"
	[ ! -s "$dir/capinfos-err" ] || fail "capinfos complains: $(cat "$dir/capinfos-err")"
}

# keep_verdicts: for what the runner compares with clbtrace doctor, but of this host only, not of a copy of a /proc.
keep_verdicts() {
	[ -n "${SCENARIO_VERDICTS:-}" ] && [ -z "$trace_copied" ] || return 0
	jq -c --arg run "$(basename "$0" .sh)" 'select(.type == "verdict" and has("confidence")) |
		{cause, confidence, source: (.source // "bpf"), run: $run}' "$dir/out" >>"$SCENARIO_VERDICTS/$SCENARIO_ID"
}

ready_or_gone() {
	grep -qx 'clbtrace: ready' "$dir/err" || gone "$trace_pid"
}

# trace_stop SIGNAL: ends clbtrace with it.
trace_stop() {
	[ -z "$FAULTS_ONLY" ] || return 0
	kill -s "$1" "$trace_pid"
	trace_wait
}

# trace_wait: waits for the end of clbtrace, and checks the form of its output.
trace_wait() {
	[ -z "$FAULTS_ONLY" ] || return 0
	until_true "$trace_limit" gone "$trace_pid" || fail "clbtrace does not end; it said: $(cat "$dir/out")"
	status=0
	wait "$trace_pid" || status=$?
	trace_pid=
	trace_shared=
	check_json
	check_recording
	keep_verdicts
	verdict=$(verdicts | tail -n 1)
}

# split_options ARGUMENT...: what stands before a "--" is in trace_options, the others are in arguments.
split_options() {
	local i
	trace_options=()
	arguments=("$@")
	for ((i = 1; i <= $#; i++)); do
		if [ "${!i}" = -- ]; then
			trace_options=("${@:1:i-1}")
			arguments=("${@:i+1}")
			return
		fi
	done
}

# diagnose_with [CLBTRACE-OPTIONS --] COMMAND...: the command probes once, and clbtrace has one verdict on it; a
# clbtrace for this probe alone, unless one runs already.
diagnose_with() {
	local before diagnosing=
	split_options "$@"
	[ ${#trace_options[@]} -eq 0 ] || unshare_trace
	share_trace
	diagnosing=yes
	if [ -n "$trace_pid" ]; then
		[ ${#trace_options[@]} -eq 0 ] || fail "clbtrace runs already, without: ${trace_options[*]}"
		before=$(verdicts | wc -l)
		"${arguments[@]}"
		wait_verdicts $((before + 1))
		expect_count $((before + 1))
		return
	fi
	trace -n 1 ${trace_options[@]+"${trace_options[@]}"}
	"${arguments[@]}"
	trace_wait
	expect_count 1
}

# share_trace: where starting takes long, and nothing speaks against it, what is diagnosed shares one clbtrace.
share_trace() {
	if [ -n "$quick" ] && [ -z "$trace_unshared$FAULTS_ONLY$trace_pid" ] && [ ${#trace_options[@]} -eq 0 ]; then
		trace
		trace_shared=yes
	fi
}

# diagnose [CLBTRACE-OPTIONS --] PROBER-OPTIONS ADDRESS PORT: the same with the prober.
diagnose() {
	split_options "$@"
	diagnose_with ${trace_options[@]+"${trace_options[@]}"} -- probe "${arguments[@]}"
}

# control [PROBER-OPTIONS ADDRESS PORT]: the same set-up without the fault is healthy.
control() {
	[ $# -gt 0 ] || set -- "$LAB_SERVER4" 80
	diagnose "$@"
	expect_wire '^[^ ]+ > [^ ]+ ok: '
	expect_verdict '{"verdict":"healthy"}'
	expect_status 0
}

# counter NAME: of the server's /proc/net/netstat and snmp.
counter() {
	s nstat -asz "$1" | awk -v name="$1" '$1 == name { print $2 }'
}

# bpf_object PORT: compiles drop_port.bpf.c for that port, and prints the object's path.
bpf_object() {
	local object=$tree/build/drop_port.$1.o # where there is no compiler
	[ -e "$object" ] || object=$dir/drop_port.$1.o
	[ -e "$object" ] || clang -O2 -g --target=bpf -mcpu=v3 -DPORT="$1" -I"/usr/include/$(gcc -print-multiarch)" \
		-c "$tree/tests/scenarios/drop_port.bpf.c" -o "$object"
	echo "$object"
}

[ "$(id -u)" -eq 0 ] || fail "scenarios need root"
lab_make "$client" "$server"
