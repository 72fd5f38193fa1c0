# SPDX-License-Identifier: GPL-2.0-only
# make ARCH=arm64: everything is static, by Debian's cross compiler and its packages for that processor.

ifneq ($(ARCH),arm64)
$(error ARCH=$(ARCH): arm64 is the one that clbtrace is cross-compiled for)
endif
BUILD ?= build-arm64
CC := aarch64-linux-gnu-gcc
CFLAGS ?= -O2 -g
cross_libs := $(shell scripts/static-libs arm64)
$(if $(cross_libs),,$(error no libraries for arm64))
override CFLAGS += -isystem $(cross_libs)/usr/include
override LDFLAGS += -static
program := $(BUILD)/static/clbtrace
