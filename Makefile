# SPDX-License-Identifier: GPL-2.0-only
# Builds, tests, demonstrates and installs clbtrace.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(or $(shell command -v bpftool 2>/dev/null),/usr/sbin/bpftool)
PKGS := libbpf libpcap jansson libmnl

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' $(1) $(patsubst $(BUILD)/%,%,$(2))
endif

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wmissing-prototypes -Wshadow -Werror
override CFLAGS += -std=gnu11 $(WARN) -MMD -MP -DVERSION='"$(VERSION)"' -I$(BUILD)
ifeq ($(SAN),1)
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
override LDFLAGS += -fsanitize=address,undefined
endif
LDLIBS := $(shell pkg-config --libs $(PKGS)) -lelf -lz

arch := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
BPF_CFLAGS := -g -O2 --target=bpf -mcpu=v3 -D__TARGET_ARCH_$(arch) -Wall -Werror

user_objs := $(patsubst user/%.c,$(BUILD)/user/%.o,$(wildcard user/*.c))
bpf_objs := $(patsubst bpf/%.bpf.c,$(BUILD)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
skeleton := $(BUILD)/clbtrace.skel.h
unit_tests := $(patsubst tests/test_%.c,$(BUILD)/tests/test_%,$(wildcard tests/test_*.c))
# What unit tests link against: everything that needs neither the kernel nor main().
impure := main live source_bpf% bpf_% cmd_%
pure_objs := $(filter-out $(patsubst %,$(BUILD)/user/%.o,$(impure)),$(user_objs))

.DELETE_ON_ERROR:
.PHONY: all clean unit
all: $(BUILD)/clbtrace

$(BUILD)/clbtrace: $(user_objs)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

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
	$(Q)$(BPFTOOL) gen skeleton $< name clbtrace_bpf > $@

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/tests/*.d)
