#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The self-contained program does all of its work in a root that holds nothing else: no library, shell or /etc.
# shellcheck source=tests/scenarios/lib.sh
. "$(dirname "$0")/lib.sh"

needs_clbtrace
static=${STATIC:-$tree/build/static/clbtrace}
[ -x "$static" ] || skip "no $static: make static"
file_headers=$(readelf -lW "$static")
[[ $file_headers != *INTERP* ]] || fail "it wants an interpreter: $file_headers"

# The root: the program, /proc and /sys, and this scenario's own directory for what is recorded. Both file systems are
# mounted in a mount namespace that the program alone is in, after the network namespace was entered: /sys is of that.
root=$dir/root
mkdir -p "$root"/{proc,sys} "$root$dir"
cp "$static" "$root/clbtrace"
cat >"$dir/in-empty-root" <<END
#!/bin/sh
exec unshare --mount --propagation private sh -c '
	mount -t proc -o ro proc $root/proc && mount -t sysfs -o ro sys $root/sys && mount --bind $dir $root$dir &&
	exec chroot $root /clbtrace "\$@"' clbtrace "\$@"
END
chmod 755 "$dir/in-empty-root"
CLBTRACE=$dir/in-empty-root

[ "$("$CLBTRACE" --version)" = "$("$tree/build/clbtrace" --version)" ] || fail "not the same version"
cmp <("$CLBTRACE" causes) <("$tree/build/clbtrace" causes) || fail "not the same causes"

# lib.sh records each run, and compares with its replay: the program in the empty root does both.
serve 0.0.0.0 80
serve :: 81
control
control "$LAB_SERVER6" 81
unserve
diagnose "$LAB_SERVER6" 81
expect_failed no-listener listener
diagnose "$LAB_SERVER4" 82
expect_failed no-listener listener
expect_verdict '{"confidence":"certain"}'

# The other source of events: libpcap reads the filter, with addresses and networks of both families in it.
trace_backend=pcap
control
diagnose "$LAB_SERVER6" 82
expect_failed no-listener
