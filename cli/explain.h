/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath explain: the section of a finding's code in docs/detection.md, which is part of the
 * program, set for the terminal.
 *
 * The document is Markdown of a simple kind: sections "## CODE", paragraphs, lists with "- ",
 * tables, **bold**, `code`, [links](to). Headings in other than small letters are no codes.
 */
#ifndef TALKPATH_EXPLAIN_H
#define TALKPATH_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* False where no section has this code. */
bool explain(const char *code, FILE *out);

/* All codes, a line each. */
void explain_list(FILE *out);

#endif
