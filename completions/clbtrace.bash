# SPDX-License-Identifier: GPL-2.0-only
# Bash completion of clbtrace.

# _clbtrace_names DIRECTORY WORD: the names in there that begin with the word.
_clbtrace_names() {
	local cur=$2 name
	for name in "$1"/*; do
		[[ -e $name ]] || continue
		name=${name##*/}
		[[ $name == "$cur"* ]] && COMPREPLY+=("$name")
	done
}

# _clbtrace_files PATTERN WORD: files and directories that begin with the word, but those that match.
_clbtrace_files() {
	local extglob
	extglob=$(shopt -p extglob)
	shopt -s extglob
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -X "$1" -- "$2"; compgen -d -- "$2")
	$extglob
}

_clbtrace() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--source --vip --no-default-source --cloud --udp --port --interface --netns --count --duration
		--timeout --write --rotate --report --json --verbose --expect-status --xdp --no-rule-trace --backend --btf
		--proc --max-probes --color --help --version'
	# Of replay: those that say what to attach to, or where to write packets, are for live mode.
	local replay_options='--source --vip --no-default-source --cloud --udp --port --count --timeout --report --json
		--verbose --expect-status --proc --max-probes --color --help --version'
	local doctor_options='--json --interface --netns --xdp --btf --backend --color --help --version'

	COMPREPLY=()
	if [[ ${COMP_WORDS[1]} == causes ]]; then
		if ((COMP_CWORD == 2)); then
			local ids
			ids=$("${COMP_WORDS[0]}" causes 2>/dev/null | awk 'NR > 1 { if (!NF) exit; print $2 }')
			mapfile -t COMPREPLY < <(compgen -W "$ids --help" -- "$cur")
		fi
		return
	fi
	case $prev in
	-i | --interface)
		_clbtrace_names /sys/class/net "$cur"
		return
		;;
	--netns)
		_clbtrace_names /run/netns "$cur"
		return
		;;
	--cloud)
		mapfile -t COMPREPLY < <(compgen -W 'tencent tencent-classic alibaba huawei azure gcp' -- "$cur")
		return
		;;
	-w | --write)
		_clbtrace_files '!*.@(pcap|pcapng)' "$cur"
		return
		;;
	--report)
		_clbtrace_files '!*.html' "$cur"
		return
		;;
	--proc | --btf)
		_clbtrace_files '*' "$cur"
		return
		;;
	--backend)
		mapfile -t COMPREPLY < <(compgen -W 'auto bpf pcap' -- "$cur")
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	-[spndt] | --source | --vip | --port | --count | --duration | --timeout | --expect-status | --max-probes | --rotate)
		return
		;;
	esac
	if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'live replay doctor causes' -- "$cur")
	elif [[ ${COMP_WORDS[1]} == replay && $cur != -* ]]; then
		_clbtrace_files '!*.@(pcap|pcapng|json|gz)' "$cur"
	elif [[ ${COMP_WORDS[1]} == replay ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$replay_options" -- "$cur")
	elif [[ ${COMP_WORDS[1]} == doctor ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$doctor_options" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	fi
}

complete -F _clbtrace clbtrace
