/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress bar on standard error; nothing where that is no terminal.
 */
#ifndef TALKPATH_PROGRESS_H
#define TALKPATH_PROGRESS_H

#include <stdbool.h>

#include "talkpath.h"

struct progress {
	bool shown; /* wanted, and possible */
	bool drawn; /* something stands on the line */
	bool live;
	double started_s, drawn_s;
};

/* live: there is no end to draw near to */
void progress_init(struct progress *progress, bool wanted, bool live);
void progress_draw(struct progress *progress, const struct tp_progress *state);

/* Clear the line. */
void progress_clear(struct progress *progress);

#endif
