// SPDX-License-Identifier: GPL-2.0-only
// Where a recording was made, as its section header says for every reader of such files.
#include "record_about.h"

#include <stdio.h>
#include <string.h>

#include "pcapng.h"

/* What is in front of the options: the block's type and length, the byte order, two versions, the
 * section's length (draft-ietf-opsawg-pcapng section 4.1). */
enum { OPTIONS_AT = 24 };

/* The word of text that follows before, up to one of end. */
static void copy_word(char *out, size_t out_len, const char *text, const char *before,
		      const char *end)
{
	const char *word = strstr(text, before);

	if (!word)
		return;
	word += strlen(before);
	snprintf(out, out_len, "%.*s", (int)strcspn(word, end), word);
}

/* As record_section.c writes them. */
static void take_option(uint16_t code, const char *text, struct record_about *about)
{
	if (code == PCAPNG_SECTION_OS)
		copy_word(about->kernel, sizeof(about->kernel), text, "Linux ", " ");
	else if (code == PCAPNG_SECTION_APPLICATION)
		copy_word(about->version, sizeof(about->version), text, "clbtrace ", " ");
	else if (code == PCAPNG_COMMENT)
		copy_word(about->host, sizeof(about->host), text, "; host ", ";");
}

void record_about(const uint8_t *start, size_t len, struct record_about *about)
{
	uint32_t block[3];
	size_t at = OPTIONS_AT;

	memset(about, 0, sizeof(*about));
	if (len < OPTIONS_AT)
		return;
	memcpy(block, start, sizeof(block));
	if (block[0] != PCAPNG_SECTION || block[2] != PCAPNG_BYTE_ORDER)
		return;
	if (len > block[1])
		len = block[1];
	while (at + 4 <= len) {
		char text[2048];
		uint16_t option[2]; /* its code, its length */

		memcpy(option, start + at, sizeof(option));
		at += sizeof(option);
		if (!option[0] || option[1] > len - at || option[1] >= sizeof(text))
			return;
		memcpy(text, start + at, option[1]);
		text[option[1]] = 0;
		take_option(option[0], text, about);
		at += (option[1] + 3U) & ~3U;
	}
}
