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

_clbtrace() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--source --vip --no-default-source --cloud --udp --port --interface --netns --count --duration
		--timeout --write --rotate --json --verbose --expect-status --xdp --no-rule-trace --max-probes --color --help
		--version'

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
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -X '!*.pcap*' -- "$cur"; compgen -d -- "$cur")
		return
		;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		return
		;;
	-[spndt] | --source | --vip | --port | --count | --duration | --timeout | --expect-status | --max-probes)
		return
		;;
	esac
	if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W 'live causes' -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	fi
}

complete -F _clbtrace clbtrace
