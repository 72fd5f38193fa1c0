# SPDX-License-Identifier: GPL-2.0-only
# Builds, tests, demonstrates and installs clbtrace.

VERSION := 0.1.0
include $(if $(ARCH),cross.mk)
BUILD ?= build
program ?= $(BUILD)/clbtrace
PREFIX ?= /usr/local
CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(Q),@printf '  %-8s %s\n' $(1) $(patsubst $(BUILD)/%,%,$(2)),@:)

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wmissing-prototypes -Wshadow -Werror
override CFLAGS += -std=gnu11 $(WARN) -MMD -MP -DVERSION='"$(VERSION)"' -I$(BUILD)
ifeq ($(SAN),1)
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
override LDFLAGS += -fsanitize=address,undefined
endif
LDLIBS := $(shell pkg-config --libs libbpf libpcap jansson libmnl) -lelf -lz

arch := $(or $(ARCH),$(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/'))
BPF_CFLAGS := -g -O2 --target=bpf -mcpu=v3 -D__TARGET_ARCH_$(arch) -Wall -Werror

user_objs := $(patsubst user/%.c,$(BUILD)/user/%.o,$(wildcard user/*.c))
bpf_objs := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
skeleton := $(BUILD)/clbtrace.skel.h
unit_tests := $(patsubst tests/test_%.c,$(BUILD)/tests/test_%,$(wildcard tests/test_*.c))
fixtures := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/fixture*.c))
# What needs the kernel: not in the library that unit tests link against, which so need no libbpf.
impure := main link_list live% source_bpf% source_pcap source_pcap_iface bpf_% cmd_% facts% replay_capture
facts_objs := $(filter-out %/facts_doctor.o,$(filter $(BUILD)/user/facts%,$(user_objs))) $(BUILD)/user/link_list.o
pure_objs := $(filter-out $(patsubst %,$(BUILD)/user/%.o,$(impure)),$(user_objs))
shell_files := scripts/* tests/run-scenarios tests/scenarios/*.sh completions/*.bash .ci/run
c_files := $(wildcard bpf/*.h bpf/*.c user/*.h user/*.c user/static/*.c tests/*.h tests/*.c tests/*/*.c)

.DELETE_ON_ERROR:
.PHONY: all static deb unit fuzz bench scenarios vmtest check lint docs format install uninstall clean
all: $(program) $(BUILD)/prober $(BUILD)/service

$(BUILD)/clbtrace: $(user_objs)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

static: $(BUILD)/static/clbtrace
$(BUILD)/static/clbtrace: $(user_objs) $(BUILD)/user/static/pcap_without_dbus.o
	$(call say,STATIC,$@)
	$(Q)CC=$(CC) scripts/static $@ $^

$(BUILD)/user/%.o: user/%.c | $(skeleton)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h)
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BUILD)/clbtrace.bpf.o: $(bpf_objs)
	$(call say,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(skeleton): $(BUILD)/clbtrace.bpf.o
	$(call say,SKEL,$@)
	$(Q){ echo '// NOLINTBEGIN' && $(BPFTOOL) gen skeleton $< name clbtrace_bpf && echo '// NOLINTEND'; } > $@

# The tests' prober and service; -Itests so that they need nothing of clbtrace.
$(BUILD)/prober: $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/prober*.c))
$(BUILD)/service: $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/service*.c))
$(BUILD)/prober $(BUILD)/service:
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(BUILD)/tests/%.o: tests/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -Iuser -c -o $@ $<

$(BUILD)/libpure.a: $(pure_objs)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(fixtures) $(BUILD)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -lcmocka -ljansson -lpcap -lz

$(BUILD)/tests/test_facts_%: $(BUILD)/tests/test_facts_%.o $(facts_objs) $(BUILD)/libpure.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) -lcmocka $(LDLIBS)

unit: $(unit_tests)
	@for test in $^; do echo "$${test##*/}"; $$test || exit 1; done

# What reads bytes from others, under libFuzzer; its corpus stays in $(BUILD)/fuzz.
FUZZ_SECONDS ?= 600
FUZZ_CFLAGS := -std=gnu11 -g -O1 $(WARN) -DVERSION='"fuzz"' -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
fuzzers := $(patsubst tests/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz_*.c))
pure_sources := $(patsubst $(BUILD)/%.o,%.c,$(pure_objs))
$(BUILD)/fuzz/fuzz_%: tests/fuzz_%.c $(pure_sources) $(wildcard user/*.h tests/*.h)
	$(call say,FUZZER,$@)
	@mkdir -p $(BUILD)/fuzz/corpus-$*
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -o $@ $(filter %.c,$^) -ljansson -lpcap -lz

fuzz: $(fuzzers)
	scripts/fuzz $(FUZZ_SECONDS) $^

bench: $(BUILD)/clbtrace # prints how fast captures are replayed; no test
	CC="$(CC)" scripts/bench-replay $<

scenarios: all
	tests/run-scenarios

vmtest: all # the scenarios on older and newer kernels; SCENARIOS=all: not just the core of them
	scripts/vmtest

check: unit scenarios

lint: $(BUILD)/clbtrace
	$(Q)scripts/docs --check
	$(Q)clang-format --dry-run -Werror $(c_files)
	$(Q)shellcheck -x $(shell_files)
	$(Q)mandoc -Tlint -Wwarning docs/clbtrace.8
	$(Q)printf '%s\n' $(wildcard user/*.c) | xargs -P $(shell nproc) -n 12 sh -c 'clang-tidy --quiet \
		--warnings-as-errors="*" "$$@" -- -std=gnu11 -DVERSION=\"x\" -I$(BUILD) 2>/dev/null' tidy

docs: $(BUILD)/clbtrace # the cause catalogue in README, man page and docs/causes.md
	scripts/docs

format:
	clang-format -i $(c_files)

install: $(program)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/sbin/clbtrace
	install -D -m 644 docs/clbtrace.8 $(DESTDIR)$(PREFIX)/share/man/man8/clbtrace.8
	install -D -m 644 completions/clbtrace.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/clbtrace

uninstall:
	cd $(DESTDIR)$(PREFIX) && rm -f sbin/clbtrace share/man/man8/clbtrace.8 share/bash-completion/completions/clbtrace

deb: $(BUILD)/static/clbtrace
	+$(Q)BUILD=$(BUILD) scripts/deb $(VERSION)

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/tests/*.d)
