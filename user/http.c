// SPDX-License-Identifier: GPL-2.0-only
// The first line of HTTP messages (RFC 9112, sections 3 and 4).
#include "http.h"

#include <string.h>

unsigned int http_status(const uint8_t *data, size_t len)
{
	static const char begin[] = "HTTP/";
	unsigned int status = 0;

	/* HTTP/1.1 200: version and code have one place each */
	if (len < 12 || memcmp(data, begin, 5) || data[8] != ' ')
		return 0;
	for (size_t i = 9; i < 12; i++) {
		if (data[i] < '0' || data[i] > '9')
			return 0;
		status = 10 * status + (data[i] - '0');
	}
	if (len > 12 && data[12] != ' ' && data[12] != '\r' && data[12] != '\n')
		return 0;
	return status < 600 ? status : 0;
}

size_t http_first_line(const uint8_t *data, size_t len)
{
	size_t line = 0;

	while (line < len && data[line] != '\r' && data[line] != '\n')
		line++;
	return line;
}
