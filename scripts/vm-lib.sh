# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC2034 # cache, build, top, kernel: scripts/vmtest has them
# What booting a kernel needs: packages, unpacked but not installed, and the initramfs made of them and of this machine.

releases=(bullseye bookworm trixie sid) # whose kernels are 5.10, 6.1, 6.12 and the newest one
apt=()                                  # options that make apt read another release's index

# use_release NAME: of the mirrors that this machine already uses, whatever they are. Returns whether there is such.
use_release() {
	local dir=$cache/release-$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$dir"/{lists,archives}/partial
	# shellcheck disable=SC2016 # apt-get expands these
	apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(LABEL) $(CODENAME)' 'Created-By: Packages' |
		awk -v release="$1" -v keyring="$keyring" '$2 == "main" && ($3 == "Debian" ||
			$3 == "Debian-Security" && release != "sid") && !seen[$3]++ {
			suite = $3 == "Debian" ? release : release "-security"
			print "deb [signed-by=" keyring "]", $1, suite, "main" }' >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || return 1
	apt=(-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir")
	[ -e "$dir/.complete" ] || apt-get -qq "${apt[@]}" update >&2 || return 1
	touch "$dir/.complete"
}

# newest_image [VERSION]: the package of the newest one in the sources that apt reads now.
newest_image() {
	local version=${1:-[0-9]+.[0-9]+}
	apt-cache "${apt[@]}" search --names-only "^linux-image-${version//./\\.}\\.[0-9].*cloud-amd64\$" |
		awk '{ print $1 }' | grep -v -- -unsigned | sort -V | tail -n 1
}

# unpacked PACKAGE [VERSION]: downloads and unpacks a package, once; prints where it is.
unpacked() {
	local dir=$cache/$1 deb
	if [ ! -e "$dir/.complete" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		(cd "$dir" && apt-get -qq "${apt[@]}" download "$1${2:+=$2}") >&2 || return 1
		for deb in "$dir"/*.deb; do dpkg -x "$deb" "$dir" && rm "$deb"; done
		touch "$dir/.complete"
	fi
	echo "$dir"
}

# kernel_of KERNEL: downloads it: a package, a version as 5.10, or "newest". Sets kernel to its package's name; there
# is $cache/kernel-PACKAGE with vmlinuz, modules and release.
kernel_of() {
	local release package=$1
	apt=()
	case $1 in
	newest) use_release sid && package=$(newest_image) || return 1 ;;
	[0-9]*)
		package=$(newest_image "$1")
		for release in "${releases[@]}"; do
			[ -z "$package" ] || break
			use_release "$release" || continue
			package=$(newest_image "$1")
		done
		;;
	esac
	[ -n "$package" ] || return 1
	kernel=$package
	[ -e "$cache/kernel-$package/.complete" ] || assemble "$package" "$cache/kernel-$package"
}

# assemble PACKAGE DIR: from it, or, as newer kernels have it, from packages that it depends on.
assemble() {
	local dir=$2 part from
	rm -rf "$dir"
	mkdir -p "$dir/modules"
	for part in "$1" $(parts_of "$1"); do
		part=$(unpacked "$part") || return 1
		for from in "$part"/lib/modules/* "$part"/usr/lib/modules/*; do
			[ -d "$from" ] && cp -al "$from/." "$dir/modules/" && basename "$from" >"$dir/release"
		done
		for from in "$part"/boot/vmlinuz-* "$dir/modules/vmlinuz"; do
			[ ! -e "$from" ] || ln -f "$from" "$dir/vmlinuz"
		done
	done
	[ -e "$dir/vmlinuz" ] && [ -e "$dir/release" ] && touch "$dir/.complete"
}

# parts_of PACKAGE: those for the same kernel that it depends on.
parts_of() {
	apt-cache "${apt[@]}" depends --important "$1" 2>/dev/null | sed -n 's/^ *Depends: //p' |
		grep -x "linux-[a-z]*-${1#linux-image-}" || true
}

# newest_qemu: the newest version that the package sources have: 7.2 crashes with 6.12 and the processor "max".
newest_qemu() {
	local version part dir paths=()
	apt=()
	version=$(apt-cache madison qemu-system-x86 | awk '{ print $3 }' | sort -V | tail -n 1)
	[ -n "$version" ] || return 1
	for part in qemu-system-x86 qemu-system-data qemu-system-common; do
		dir=$(unpacked "$part" "$version") || return 1
		paths+=("$dir")
	done
	dir=$(unpacked seabios) || return 1
	qemu=("${paths[0]}/usr/bin/qemu-system-x86_64" -L "${paths[1]}/usr/share/qemu" -L "$dir/usr/share/seabios")
	"${qemu[0]}" --version >/dev/null
}

# program ROOT FILE...: copies programs, to the same path, and the libraries that they need.
program() {
	local root=$1 file library
	shift
	for file; do
		install -D "$(readlink -f "$file")" "$root$file"
		while read -r library; do
			[ -e "$root$library" ] || install -D "$(readlink -f "$library")" "$root$library"
		done < <(ldd "$file" 2>/dev/null | grep -o '/[^ ]*')
	done
}

# Programs of this machine that the guest has; what is not here is not there.
guest_programs=(bash busybox kmod jq ip ss nstat tc nft xtables-nft-multi xtables-legacy-multi ethtool sysctl nsenter
	unshare setpriv prlimit flock pgrep grep sed mawk find xargs diff cmp ps openssl ping
	basename cat chmod cp cut date dirname env head id ln mkdir mkfifo mktemp mv nproc od printf readlink rm seq sleep
	sort stat tail tee timeout touch tr truncate uname wc)

# guest_tools ROOT: the programs, and what they load by themselves.
guest_tools() {
	local root=$1 name path plugins
	mkdir -p "$root"/{proc,sys,dev,run,tmp,etc,var,usr/sbin,usr/bin,usr/lib/modules,usr/lib64}
	for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
	ln -s /run "$root/var/run"
	for name in "${guest_programs[@]}"; do
		! path=$(type -P "$name") || program "$root" "$path"
	done
	for name in iptables ip6tables iptables-save iptables-restore ip6tables-save ip6tables-restore; do
		ln -sf xtables-nft-multi "$root/usr/sbin/$name"
		ln -sf xtables-nft-multi "$root/usr/sbin/${name/tables/tables-nft}"
		ln -sf xtables-legacy-multi "$root/usr/sbin/${name/tables/tables-legacy}"
	done
	ln -sf mawk "$root/usr/bin/awk"
	ln -sf "$(command -v kmod)" "$root/sbin/modprobe"
	plugins=$(dirname "$(find /usr/lib -name libxt_standard.so | head -n 1)")
	mkdir -p "$root$plugins"
	cp "$plugins"/lib*.so "$root$plugins/"
	for path in /usr/lib/tc /etc/protocols /etc/services /etc/iproute2; do
		[ ! -e "$path" ] || { mkdir -p "$root$(dirname "$path")" && cp -r "$path" "$root$path"; }
	done
	echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
}

# guest_tree ROOT: the scenarios and what they run, laid out as here. A BPF object takes a compiler, so it comes along.
guest_tree() {
	local root=$1/tree name port
	mkdir -p "$root"/{build,tests,scripts}
	cp -r "$top"/tests/{scenarios,run-scenarios} "$root/tests/"
	cp "$top"/scripts/{lab-lib.sh,vm-guest-*} "$root/scripts/"
	install -m 755 "$top/scripts/vm-guest" "$1/init"
	for name in clbtrace prober service; do
		program "$1" "$build/$name"
		mv "$1$build/$name" "$root/build/"
	done
	for port in 80 87; do # those of bpf_object
		clang -O2 -g --target=bpf -mcpu=v3 -DPORT="$port" -I"/usr/include/$(gcc -print-multiarch)" \
			-c "$top/tests/scenarios/drop_port.bpf.c" -o "$root/build/drop_port.$port.o"
	done
}

# guest_modules ROOT KERNEL-DIR: those of networking, uncompressed: the emulated processor is slow at that.
guest_modules() {
	local root=$1 modules=$2/modules release part file
	release=$(cat "$2/release")
	for part in net lib crypto arch drivers/net/veth drivers/net/dummy drivers/net/vrf; do
		for file in "$modules/kernel/$part"{,.ko,.ko.xz,.ko.zst}; do
			[ -e "$file" ] || continue
			mkdir -p "$(dirname "$root/lib/modules/$release/${file#"$modules/"}")"
			cp -r "$file" "$root/lib/modules/$release/${file#"$modules/"}"
		done
	done
	find "$root/lib/modules" -name '*.ko.xz' -print0 | xargs -0r xz -d
	find "$root/lib/modules" -name '*.ko.zst' -print0 | xargs -0r zstd -q -d --rm
	cp "$modules"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$release/"
	depmod -b "$root" "$release"
}

# pack ROOT OUT: not compressed: copying is faster there than decompressing.
pack() {
	(cd "$1" && find . | cpio -o -H newc --quiet -R 0:0) >"$2"
}
