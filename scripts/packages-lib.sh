# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian packages of any architecture and release, from the mirrors that this machine uses, kept outside of the tree.

packages_cache=${CLBTRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/clbtrace}
packages_apt=() # options that make apt read what packages_from chose

# packages_mirrors: what this machine's apt has of Debian's: a line "URI CODENAME" each, such as bookworm-backports.
packages_mirrors() {
	# shellcheck disable=SC2016 # apt-get expands these
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
		awk '$3 == "main" && $4 ~ /^Debian/ && !seen[$0]++ { print $1, $2 }'
}

# packages_release: a line "URI CODENAME" of this machine's own release; fails if its sources are not Debian's.
packages_release() {
	packages_mirrors | awk '$2 !~ /-/ && !seen++ { print } END { exit !seen }'
}

# packages_from ARCH [RELEASE]: of this machine's release, backports included, or of another one. Returns whether
# there is such.
packages_from() {
	local dir=$packages_cache/apt-$1${2:+-$2} key=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$dir"/{lists,archives}/partial
	packages_mirrors | awk -v release="${2:-}" -v key="$key" 'release == "" || $2 !~ /-/ {
		print "deb [signed-by=" key "]", $1, release == "" ? $2 : release, "main" }' >"$dir/new.list"
	[ -s "$dir/new.list" ] || return 1
	packages_apt=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$dir"
		-o APT::Architecture="$1" -o APT::Architectures="$1" -o APT::Sandbox::User=root)
	packages_fresh "$dir" || packages_update "$dir"
}

# packages_fresh DIR: the index is of the same sources, and of the last day.
packages_fresh() {
	cmp -s "$1/new.list" "$1/sources.list" && [ -n "$(find "$1/.complete" -mmin -1440 2>/dev/null)" ]
}

packages_update() {
	rm -f "$1/.complete"
	mv "$1/new.list" "$1/sources.list"
	apt-get -qq "${packages_apt[@]}" update >&2 || return 1
	touch "$1/.complete"
}

# packages_newest PACKAGE: the newest version that there is, backports included.
packages_newest() {
	apt-cache "${packages_apt[@]}" madison "$1" | awk -F' *[|] *' '{ print $2 }' | sort -V | tail -n 1
}

# packages_unpack DIR PACKAGE[=VERSION]...: downloads and unpacks them into the directory.
packages_unpack() {
	local dir=$1 deb get
	shift
	get=$(mktemp -d "$dir/get.XXXXXX")
	(cd "$get" && apt-get -qq "${packages_apt[@]}" download "$@") >&2 || return 1
	for deb in "$get"/*.deb; do dpkg -x "$deb" "$dir" || return 1; done
	rm -r "$get"
}

# packages_unpack_needed DIR PACKAGE...: with all that they depend on.
packages_unpack_needed() {
	local dir=$1 deb get
	shift
	get=$(mktemp -d "$dir/get.XXXXXX")
	mkdir "$get/partial"
	apt-get -qq "${packages_apt[@]}" -o Dir::Cache::archives="$get" -o Debug::NoLocking=1 --no-install-recommends \
		--download-only install "$@" >&2 || return 1
	for deb in "$get"/*.deb; do dpkg -x "$deb" "$dir" || return 1; done
	rm -r "$get"
}
