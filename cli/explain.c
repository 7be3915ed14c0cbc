/* SPDX-License-Identifier: Apache-2.0 */
#include "explain.h"

#include <stddef.h>
#include <string.h>

#include "term.h"

extern const unsigned char detection_text[];
extern const size_t detection_text_length;

enum { PARAGRAPH_MAX = 4096, CODE_MAX = 64, LIST_INDENT = 2, CODE_COLUMNS = 22, CELLS_MAX = 8 };

/* A part of the document. */
struct part {
	const char *at;
	size_t length;
};

static struct part document(void)
{
	return (struct part){(const char *)detection_text, detection_text_length};
}

static bool part_starts(struct part p, const char *prefix)
{
	size_t length = strlen(prefix);

	return p.length >= length && memcmp(p.at, prefix, length) == 0;
}

/* Cuts off the first line, without its end. False where nothing is left. */
static bool line_take(struct part *rest, struct part *line)
{
	const char *end;

	if (rest->length == 0) {
		return false;
	}
	end = memchr(rest->at, '\n', rest->length);
	*line = (struct part){rest->at, end ? (size_t)(end - rest->at) : rest->length};
	rest->at += line->length + (end ? 1 : 0);
	rest->length -= line->length + (end ? 1 : 0);
	return true;
}

/* --- sections --- */

/* The codes of a heading: "## double-nat, cgnat" is about both. */
static bool heading_code_take(struct part *heading, char code[CODE_MAX])
{
	size_t length = 0;

	while (heading->length > 0 && (*heading->at == ' ' || *heading->at == ',')) {
		heading->at++;
		heading->length--;
	}
	while (length < heading->length && length < CODE_MAX - 1 &&
	       ((heading->at[length] >= 'a' && heading->at[length] <= 'z') ||
		   heading->at[length] == '-')) {
		code[length] = heading->at[length];
		length++;
	}
	code[length] = '\0';
	heading->at += length;
	heading->length -= length;
	return length > 0 && (heading->length == 0 || *heading->at == ',');
}

/* Cuts off the next section: its heading without "## ", and its body. */
static bool section_take(struct part *rest, struct part *heading, struct part *body)
{
	struct part line;

	while (line_take(rest, &line)) {
		if (part_starts(line, "## ")) {
			*heading = (struct part){line.at + 3, line.length - 3};
			*body = (struct part){rest->at, 0};
			while (rest->length > 0 && !part_starts(*rest, "## ")) {
				(void)line_take(rest, &line);
			}
			body->length = (size_t)(rest->at - body->at);
			return true;
		}
	}
	return false;
}

/* --- setting --- */

struct page {
	struct term term;
	unsigned indent, column;
	bool bold, code, fresh; /* fresh: nothing stands on the line yet */
};

/* One word of Markdown: its length on the page. */
static unsigned word_columns(struct part word)
{
	unsigned columns = 0;

	for (size_t i = 0; i < word.length; i++) {
		bool marks = word.at[i] == '`' || word.at[i] == '*';
		bool continues = ((unsigned char)word.at[i] & 0xc0) == 0x80; /* of UTF-8 */

		columns += !marks && !continues;
	}
	return columns;
}

static void word_put(struct page *page, struct part word)
{
	char piece[256];
	size_t length = 0;

	for (size_t i = 0; i <= word.length; i++) {
		bool end = i == word.length;
		bool code = !end && word.at[i] == '`';
		bool mark = !end && !page->code && word.at[i] == '*'; /* one: emphasis, left out */
		bool bold = mark && i + 1 < word.length && word.at[i + 1] == '*';

		if (!end && !code && !mark && length < sizeof(piece) - 1) {
			piece[length++] = word.at[i];
			continue;
		}
		piece[length] = '\0';
		term_put(&page->term, page->bold ? STYLE_BOLD : STYLE_PLAIN, piece);
		length = 0;
		page->code ^= code;
		page->bold ^= bold;
		i += bold;
	}
}

static void paragraph_put(struct page *page, const char *text)
{
	while (*text) {
		struct part word = {text, strcspn(text, " ")};
		unsigned columns = word_columns(word);

		if (!page->fresh && page->column + 1 + columns > page->term.width) {
			(void)fprintf(page->term.out, "\n%*s", (int)page->indent, "");
			page->column = page->indent;
		} else if (!page->fresh) {
			(void)fputc(' ', page->term.out);
			page->column++;
		}
		word_put(page, word);
		page->column += columns;
		page->fresh = false;
		text += word.length;
		text += strspn(text, " ");
	}
	(void)fputc('\n', page->term.out);
}

static void begin(struct page *page, unsigned indent, const char *lead)
{
	(void)fputs(lead, page->term.out);
	page->indent = indent;
	page->column = indent;
	page->fresh = true;
	page->bold = page->code = false;
}

/* A line onto a paragraph's end, links without where they lead. */
static void paragraph_add(char text[PARAGRAPH_MAX], struct part line)
{
	size_t length = strlen(text);

	if (length > 0 && length < PARAGRAPH_MAX - 1) {
		text[length++] = ' ';
	}
	for (size_t i = 0; i < line.length && length < PARAGRAPH_MAX - 1; i++) {
		const char *close;

		if (line.at[i] == ']' && i + 1 < line.length && line.at[i + 1] == '(' &&
		    (close = memchr(line.at + i, ')', line.length - i)) != NULL) {
			i = (size_t)(close - line.at);
		} else if (line.at[i] != '[') {
			text[length++] = line.at[i];
		}
	}
	text[length] = '\0';
}

/* --- tables: the first cell, and the others behind it --- */

static unsigned cells_of(struct part line, struct part cells[CELLS_MAX])
{
	unsigned count = 0;
	size_t from = 1;

	for (size_t i = 1; i < line.length && count < CELLS_MAX; i++) {
		if (line.at[i] == '|' && line.at[i - 1] != '\\') {
			size_t to = i;

			while (from < to && line.at[from] == ' ') {
				from++;
			}
			while (to > from && line.at[to - 1] == ' ') {
				to--;
			}
			cells[count++] = (struct part){line.at + from, to - from};
			from = i + 1;
		}
	}
	return count;
}

static void cell_add(char text[PARAGRAPH_MAX], const char *between, struct part cell)
{
	size_t length = strlen(text);

	if (length > 0 && cell.length > 0) {
		(void)snprintf(text + length, PARAGRAPH_MAX - length, "%s", between);
	}
	paragraph_add(text, cell);
}

/* head: the table's first line. Of more than two columns the later ones need their names. */
static void row_put(struct page *page, struct part head, struct part line)
{
	struct part cells[CELLS_MAX], names[CELLS_MAX] = {{NULL, 0}};
	unsigned count = cells_of(line, cells), named = cells_of(head, names);
	char text[PARAGRAPH_MAX] = "";

	for (unsigned i = 0; i < count; i++) {
		char cell[PARAGRAPH_MAX] = "";

		if (i > 0 && i < named && named > 2) {
			paragraph_add(cell, names[i]);
			cell_add(cell, ":", cells[i]);
		} else {
			paragraph_add(cell, cells[i]);
		}
		cell_add(text, named > 2 ? ";" : ":", (struct part){cell, strlen(cell)});
	}
	begin(page, 2 * LIST_INDENT, "  - ");
	paragraph_put(page, text);
}

/* --- a section --- */

static bool is_rule(struct part line)
{
	return part_starts(line, "|--") || part_starts(line, "|:-");
}

static void paragraph_end(struct page *page, char text[PARAGRAPH_MAX], bool item)
{
	if (text[0]) {
		begin(page, item ? 2 * LIST_INDENT : 0, item ? "  - " : "");
		paragraph_put(page, text);
		text[0] = '\0';
	}
}

static void body_put(struct page *page, struct part body)
{
	char text[PARAGRAPH_MAX] = "";
	bool item = false, blank = true;
	struct part line, head = {NULL, 0};

	while (line_take(&body, &line)) {
		bool new_item = part_starts(line, "- ");
		bool table = part_starts(line, "|");

		if (line.length == 0 || new_item || table || part_starts(line, "<!--")) {
			paragraph_end(page, text, item);
			item = false;
		}
		if (line.length == 0 && !blank) {
			(void)fputc('\n', page->term.out);
		}
		blank = line.length == 0;
		if (table && is_rule(body)) {
			head = line;
		} else if (table && !is_rule(line)) {
			row_put(page, head, line);
		} else if (new_item) {
			item = true;
			paragraph_add(text, (struct part){line.at + 2, line.length - 2});
		} else if (!table && !part_starts(line, "<!--")) {
			while (line.length > 0 && *line.at == ' ') {
				line.at++;
				line.length--;
			}
			paragraph_add(text, line);
		}
	}
	paragraph_end(page, text, item);
}

bool explain(const char *code, FILE *out)
{
	struct part rest = document(), heading, body;
	struct page page = {0};

	term_init(&page.term, out);
	while (section_take(&rest, &heading, &body)) {
		char each[CODE_MAX];

		while (heading_code_take(&heading, each)) {
			if (strcmp(each, code) == 0) {
				term_put(&page.term, STYLE_BOLD, code);
				(void)fputs("\n\n", out);
				body_put(&page, body);
				return true;
			}
		}
	}
	return false;
}

/* --- all of them --- */

/* The first sentence of "What it means." */
static void meaning_of(struct part body, char text[PARAGRAPH_MAX])
{
	static const char mark[] = "**What it means.** ";
	struct part line;
	char *begin_at, *end;

	text[0] = '\0';
	while (line_take(&body, &line) && (line.length > 0 || text[0] == '\0')) {
		if (line.length > 0) {
			paragraph_add(text, line);
		}
	}
	begin_at = strstr(text, mark);
	begin_at = begin_at ? begin_at + sizeof(mark) - 1 : text;
	end = strstr(begin_at, ". ");
	if (end) {
		end[1] = '\0';
	}
	memmove(text, begin_at, strlen(begin_at) + 1);
}

void explain_list(FILE *out)
{
	struct part rest = document(), heading, body;
	struct page page = {0};

	term_init(&page.term, out);
	while (section_take(&rest, &heading, &body)) {
		char code[CODE_MAX], meaning[PARAGRAPH_MAX];

		meaning_of(body, meaning);
		while (heading_code_take(&heading, code)) {
			char lead[CODE_COLUMNS + CODE_MAX];

			(void)snprintf(lead, sizeof(lead), "%-*s ", CODE_COLUMNS - 1, code);
			begin(&page, CODE_COLUMNS, lead);
			paragraph_put(&page, meaning);
		}
	}
}
