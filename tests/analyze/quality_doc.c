/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of docs/quality.md are what the code computes. After a wanted change
 * TALKPATH_GOLDEN=write writes them anew.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec_quality.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct text_buffer {
	char text[1 << 16];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void put(
    struct text_buffer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	out->length += (size_t)vsnprintf(
	    out->text + out->length, sizeof(out->text) - out->length, format, arguments);
	va_end(arguments);
	cr_assert_lt(out->length, sizeof(out->text));
}

static void put_rule(struct text_buffer *out, size_t columns)
{
	put(out, "|");
	for (size_t i = 0; i < columns; i++) {
		put(out, "---|");
	}
	put(out, "\n");
}

/* --- the tables --- */

static const struct column {
	const char *title, *encoding;
	uint32_t clock_rate_hz;
	enum codec_plc plc;
} columns[] = {
    {"G.711", "PCMU", 8000, CODEC_PLC_G711},
    {"G.711, `--plc none`", "PCMU", 8000, CODEC_PLC_NONE},
    {"G.729A", "G729", 8000, CODEC_PLC_G711},
    {"G.722 (W)", "G722", 8000, CODEC_PLC_G711},
    {"Opus (F)", "opus", 48000, CODEC_PLC_G711},
};

static double mos(const struct column *column, double loss_pct, double burst_ratio, double delay_ms)
{
	struct codec_quality codec;
	struct emodel_input input;

	cr_assert(codec_quality(
	    column->encoding, column->clock_rate_hz, (double)NAN, column->plc, &codec));
	input =
	    (struct emodel_input){codec.band, codec.ie, codec.bpl, loss_pct, burst_ratio, delay_ms};
	return emodel_rate(&input).mos;
}

static const double losses_pct[] = {0, 0.5, 1, 2, 3, 5, 10, 20};

static void table_loss(struct text_buffer *out)
{
	put(out, "| Loss |");
	for (size_t c = 0; c < COUNT(columns); c++) {
		put(out, " %s |", columns[c].title);
	}
	put(out, "\n");
	put_rule(out, COUNT(columns) + 1);
	for (size_t i = 0; i < COUNT(losses_pct); i++) {
		put(out, "| %g %% |", losses_pct[i]);
		for (size_t c = 0; c < COUNT(columns); c++) {
			put(out, " %.2f |", mos(&columns[c], losses_pct[i], 1, (double)NAN));
		}
		put(out, "\n");
	}
}

static void table_bursts(struct text_buffer *out)
{
	static const double ratios[] = {1, 1.5, 2, 4, 8};

	put(out, "| Loss |");
	for (size_t c = 0; c < COUNT(ratios); c++) {
		put(out, " BurstR %g |", ratios[c]);
	}
	put(out, "\n");
	put_rule(out, COUNT(ratios) + 1);
	for (size_t i = 0; i < COUNT(losses_pct); i++) {
		put(out, "| %g %% |", losses_pct[i]);
		for (size_t c = 0; c < COUNT(ratios); c++) {
			put(out, " %.2f |",
			    mos(&columns[0], losses_pct[i], ratios[c], (double)NAN));
		}
		put(out, "\n");
	}
}

static void table_delay(struct text_buffer *out)
{
	static const double delays_ms[] = {50, 100, 150, 200, 250, 300, 400, 600};

	put(out, "| Delay |");
	for (size_t c = 0; c < COUNT(columns); c++) {
		if (columns[c].plc != CODEC_PLC_NONE) {
			put(out, " %s |", columns[c].title);
		}
	}
	put(out, "\n");
	put_rule(out, COUNT(columns));
	for (size_t i = 0; i < COUNT(delays_ms); i++) {
		put(out, "| %g ms |", delays_ms[i]);
		for (size_t c = 0; c < COUNT(columns); c++) {
			if (columns[c].plc != CODEC_PLC_NONE) {
				put(out, " %.2f |", mos(&columns[c], 0, 1, delays_ms[i]));
			}
		}
		put(out, "\n");
	}
}

/* Each codec, then its modes by the rate of payload that tells them. */
static const struct {
	const char *title, *encoding;
	uint32_t clock_rate_hz;
	double rate_kbps;
} rows[] = {
    {"G.711", "PCMU", 8000, (double)NAN},
    {"G.729, G.729A, G.729AB", "G729", 8000, (double)NAN},
    {"G.723.1", "G723", 8000, (double)NAN},
    {"", "G723", 8000, 6.4},
    {"", "G723", 8000, 5.33},
    {"GSM-EFR", "GSM-EFR", 8000, (double)NAN},
    {"GSM", "GSM", 8000, (double)NAN},
    {"G.726 at 40", "G726-40", 8000, (double)NAN},
    {"G.726 at 32", "G726-32", 8000, (double)NAN},
    {"G.726 at 24", "G726-24", 8000, (double)NAN},
    {"G.726 at 16", "G726-16", 8000, (double)NAN},
    {"G.728", "G728", 8000, (double)NAN},
    {"iLBC", "iLBC", 8000, (double)NAN},
    {"AMR", "AMR", 8000, (double)NAN},
    {"", "AMR", 8000, 12.8},
    {"", "AMR", 8000, 8.0},
    {"G.722", "G722", 8000, (double)NAN},
    {"G.722.1", "G7221", 16000, (double)NAN},
    {"", "G7221", 16000, 32},
    {"", "G7221", 16000, 24},
    {"AMR-WB (G.722.2)", "AMR-WB", 16000, (double)NAN},
    {"", "AMR-WB", 16000, 7.2},
    {"", "AMR-WB", 16000, 9.6},
    {"", "AMR-WB", 16000, 13.2},
    {"", "AMR-WB", 16000, 14.8},
    {"", "AMR-WB", 16000, 16.4},
    {"", "AMR-WB", 16000, 18.8},
    {"", "AMR-WB", 16000, 20.4},
    {"", "AMR-WB", 16000, 23.6},
    {"", "AMR-WB", 16000, 24.4},
    {"EVS", "EVS", 16000, (double)NAN},
    {"", "EVS", 16000, 9.6},
    {"", "EVS", 16000, 13.2},
    {"", "EVS", 16000, 16.4},
    {"", "EVS", 16000, 24.4},
    {"", "EVS", 16000, 32},
    {"", "EVS", 16000, 48},
    {"Opus", "opus", 48000, (double)NAN},
    {"", "opus", 48000, 16},
    {"", "opus", 48000, 24},
    {"", "opus", 48000, 32},
    {"", "opus", 48000, 40},
};

static void table_codecs(struct text_buffer *out)
{
	static const char *const bands[] = {"N", "W", "F"};

	put(out, "| Codec | Rate, kbit/s | Band | Ie | Bpl | Ie from | Estimated |\n");
	put_rule(out, 7);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct codec_quality q;

		cr_assert(codec_quality(rows[i].encoding, rows[i].clock_rate_hz, rows[i].rate_kbps,
			      CODEC_PLC_G711, &q),
		    "%s at %g", rows[i].encoding, rows[i].rate_kbps);
		put(out, "| %s |", rows[i].title);
		if (isnan(rows[i].rate_kbps)) {
			put(out, " |");
		} else {
			put(out, " %g |", rows[i].rate_kbps);
		}
		put(out, " %s | %g |", bands[q.band], q.ie);
		if (isnan(q.bpl)) {
			put(out, " none |");
		} else {
			put(out, " %.1f |", q.bpl);
		}
		put(out, " %s | %s |\n", q.source,
		    q.ie_estimated    ? "yes"
		    : q.bpl_estimated ? "Bpl"
				      : "no");
	}
}

/* --- the document --- */

static const char *document_path(void)
{
	static char path[4096];
	const char *source = getenv("TALKPATH_SOURCE");

	(void)snprintf(path, sizeof(path), "%s/docs/quality.md", source ? source : ".");
	return path;
}

static char *document_read(void)
{
	static char text[1 << 17];
	FILE *file = fopen(document_path(), "r");
	size_t length;

	cr_assert_not_null(file, "%s", document_path());
	length = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	cr_assert_lt(length, sizeof(text) - 1);
	text[length] = '\0';
	return text;
}

/* The document with this table in the place of its own. */
static void document_write(const char *text, const char *from, const char *to, const char *table)
{
	FILE *file = fopen(document_path(), "w");

	cr_assert_not_null(file);
	(void)fprintf(file, "%.*s%s%s", (int)(from - text), text, table, to);
	cr_assert_eq(fclose(file), 0);
}

Test(quality_doc, tables)
{
	static const struct {
		const char *name;
		void (*make)(struct text_buffer *out);
	} tables[] = {
	    {"loss", table_loss},
	    {"bursts", table_bursts},
	    {"delay", table_delay},
	    {"codecs", table_codecs},
	};
	const char *golden = getenv("TALKPATH_GOLDEN");
	bool writing = golden && strcmp(golden, "write") == 0;

	for (size_t i = 0; i < COUNT(tables); i++) {
		static struct text_buffer table;
		const char *text = document_read(), *from, *to;
		char mark[64];

		table.length = 0;
		tables[i].make(&table);
		(void)snprintf(mark, sizeof(mark), "<!-- table: %s -->\n", tables[i].name);
		from = strstr(text, mark);
		cr_assert_not_null(from, "no %s", mark);
		from += strlen(mark);
		to = strstr(from, "<!-- end -->");
		cr_assert_not_null(to);
		if (writing) {
			document_write(text, from, to, table.text);
			continue;
		}
		cr_expect((size_t)(to - from) == table.length &&
			      memcmp(from, table.text, table.length) == 0,
		    "docs/quality.md, %s:\n%.*s\nis now\n%s", tables[i].name, (int)(to - from),
		    from, table.text);
	}
}
