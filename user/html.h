/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in HTML: what came from outside cannot be anything but text there. */
#ifndef CLBTRACE_HTML_H
#define CLBTRACE_HTML_H

#include <stdio.h>

/*
 * Prints text for the inside of an element, or of an attribute in double or single quotes. Control
 * characters, those that turn the direction of writing or are not seen, and bytes that are no UTF-8
 * are printed as \xHH or \u{HEX}.
 */
void html_text(FILE *out, const char *text);

/* The same for the first n bytes of text, which end between two characters. */
void html_words(FILE *out, const char *text, size_t n);

#endif
