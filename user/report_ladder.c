// SPDX-License-Identifier: GPL-2.0-only
// A ladder as HTML: a row per packet, its time and words beside the lanes that it went through.
#include <string.h>

#include "html.h"
#include "ladder.h"
#include "report_internal.h"

/* Of the drawing, whose width is a fifth for each lane. */
enum { LANE_WIDTH = 52, MIDDLE = 12, HEAD = 7 };

static int x_of(enum lane lane)
{
	return (int)lane * LANE_WIDTH + LANE_WIDTH / 2;
}

static void print_rails(FILE *out)
{
	fprintf(out,
		"<svg class=\"rails\" viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><path d=\"",
		LANES * LANE_WIDTH);
	for (int lane = 0; lane < LANES; lane++)
		fprintf(out, "M%d 0V10", x_of((enum lane)lane));
	fputs("\"/></svg>", out);
}

static void print_cross(int x, FILE *out)
{
	fprintf(out, "<path class=\"l\" d=\"M%d %dl10 10m0-10l-10 10\"/>", x - 5, MIDDLE - 5);
}

static void print_arrow(const struct rung *rung, FILE *out)
{
	int from = x_of(rung->from), to = x_of(rung->to), back = to > from ? -HEAD : HEAD;

	fprintf(out, "<path class=\"l\" d=\"M%d %dH%d\"/>", from, MIDDLE, to);
	if (rung->lost_sight)
		fprintf(out, "<path class=\"l d\" d=\"M%d %dH%d\"/>", to, MIDDLE, x_of(LANE_TCP));
	if (rung->dropped)
		print_cross(to, out);
	else
		fprintf(out, "<path class=\"p\" d=\"M%d %dl%d -4v8z\"/>", to, MIDDLE, back);
}

static void print_drawing(const struct rung *rung, FILE *out)
{
	fprintf(out,
		"<svg class=\"arrow\" viewBox=\"0 0 %d 24\" "
		"preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		LANES * LANE_WIDTH);
	if (rung->kind == RUNG_END)
		print_cross(x_of(rung->to), out);
	else if (rung->from != rung->to)
		print_arrow(rung, out);
	else if (rung->dropped)
		print_cross(x_of(rung->to), out);
	else
		fprintf(out, "<circle class=\"o\" cx=\"%d\" cy=\"%d\" r=\"4\"/>", x_of(rung->to),
			MIDDLE);
	fputs("</svg>", out);
}

/* A packet's name without its numbers, which are in the list of all steps. */
static void print_name(const struct rung *rung, FILE *out)
{
	const char *seq = strstr(rung->what, " seq ");
	size_t len = seq && (size_t)(seq - rung->what) < rung->name_len ? (size_t)(seq - rung->what)
									: rung->name_len;

	fputs("<b>", out);
	html_words(out, rung->what, len);
	fputs("</b>", out);
	if (seq && rung->bytes)
		fprintf(out, ", %lu bytes", rung->bytes);
}

static void print_packet(const struct rung *rung, FILE *out)
{
	char span[REPORT_TIME_LEN];

	print_name(rung, out);
	if (rung->payload) {
		fputs(" <span class=\"mono\">", out);
		html_text(out, rung->payload);
		fputs("</span>", out);
	}
	fputs(" <span class=\"via\">", out);
	for (unsigned int i = 0; i < rung->n_way; i++) {
		fputs(i ? " &rarr; " : "", out);
		html_text(out, rung->way[i]);
	}
	if (rung->dropped_as) {
		fputs("; dropped: ", out);
		html_text(out, rung->dropped_as);
	}
	if (rung->lost_sight)
		fputs(", not followed further", out);
	if (rung->last_us > rung->t_us)
		fprintf(out, ", in %s", report_span(rung->last_us - rung->t_us, span));
	fputs("</span>", out);
}

static void print_words(const struct rung *rung, FILE *out)
{
	if (rung->kind == RUNG_PACKET) {
		print_packet(rung, out);
	} else if (rung->kind == RUNG_END) {
		html_text(out, rung->at);
		if (strcmp(rung->at, rung->what) != 0) {
			fputs(": ", out);
			html_text(out, rung->what);
		}
	} else {
		html_text(out, rung->what);
		fputs(" <span class=\"via\">", out);
		html_text(out, rung->at);
		fputs("</span>", out);
	}
}

static void print_rung(const struct rung *rung, FILE *out)
{
	const char *class = "";
	char span[REPORT_TIME_LEN];

	if (rung->kind == RUNG_END)
		class = !strcmp(rung->at, "failed") ? " class=\"end\"" : " class=\"open\"";
	fprintf(out, "<li%s><span class=\"t\">%s</span><span class=\"lanes\">", class,
		report_span(rung->t_us, span));
	print_rails(out);
	if (rung->kind != RUNG_NOTE)
		print_drawing(rung, out);
	fputs("</span><span class=\"w\">", out);
	print_words(rung, out);
	fputs("</span></li>\n", out);
}

void report_print_ladder(const json_t *verdict, FILE *out)
{
	struct rung rungs[LADDER_MAX];
	size_t n = ladder_of(verdict, rungs);

	fputs("<ol class=\"ladder\"><li class=\"head\"><span class=\"t\">after</span><span "
	      "class=\"heads\"><span>prober</span><span>NIC</span><span>netfilter</span>"
	      "<span>TCP</span><span>service</span></span><span class=\"w\"></span></li>\n",
	      out);
	for (size_t i = 0; i < n; i++)
		print_rung(&rungs[i], out);
	fputs("</ol>\n", out);
}
