// SPDX-License-Identifier: GPL-2.0-only
// How the parts of the BPF source tell what went wrong: one error line, or notices.
#include "bpf_report.h"

#include <stdarg.h>
#include <stdio.h>

enum { NOTICE_LEN = 256 };

void bpf_notice(const struct bpf_report *report, const char *format, ...)
{
	char text[NOTICE_LEN];
	va_list args;

	if (!report->notice)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	report->notice(report->ctx, text);
}

int bpf_fail(const struct bpf_report *report, int error, const char *format, ...)
{
	char text[NOTICE_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (report->err)
		snprintf(report->err, report->err_len, "%s", text);
	else
		bpf_notice(report, "%s", text);
	return error;
}
