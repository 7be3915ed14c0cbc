/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "term.h"

enum { BAR = 30 };

/* Work that is over sooner needs no bar. */
static const double quiet_s = 0.3;
static const double redraw_s = 0.1;

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_init(struct progress *progress, bool wanted, bool live)
{
	*progress = (struct progress){
	    .shown = wanted && isatty(STDERR_FILENO),
	    .live = live,
	    .started_s = now_s(),
	};
}

static void draw_file(const struct tp_progress *state, double elapsed_s)
{
	double done = (double)state->bytes / (double)state->bytes_total;
	char bar[BAR + 1], packets[32];

	for (int i = 0; i < BAR; i++) {
		bar[i] = done * BAR > i ? '#' : '.';
	}
	bar[BAR] = '\0';
	(void)fprintf(stderr, "\r[%s] %3.0f %%  %s packets, %.1f M/s, %.0f s left ", bar,
	    done * 100, term_number(state->packets, packets),
	    (double)state->packets / elapsed_s / 1e6,
	    done > 0 ? elapsed_s / done - elapsed_s : 0.0);
}

static void draw_live(const struct tp_progress *state, double elapsed_s)
{
	char packets[32];

	(void)fprintf(stderr, "\rcapturing: %.0f s, %s packets, %.1f MB (Ctrl-C ends and reports) ",
	    elapsed_s, term_number(state->packets, packets), (double)state->bytes / 1e6);
}

/* A pipe says nothing of how much there is to come. */
static void draw_pipe(const struct tp_progress *state, double elapsed_s)
{
	char packets[32];

	(void)fprintf(stderr, "\rreading: %.0f s, %s packets, %.1f M/s, %.1f MB ", elapsed_s,
	    term_number(state->packets, packets), (double)state->packets / elapsed_s / 1e6,
	    (double)state->bytes / 1e6);
}

void progress_draw(struct progress *progress, const struct tp_progress *state)
{
	double now = now_s();

	if (!progress->shown || now - progress->started_s < quiet_s ||
	    now - progress->drawn_s < redraw_s) {
		return;
	}
	progress->drawn_s = now;
	progress->drawn = true;
	if (progress->live) {
		draw_live(state, now - progress->started_s);
	} else if (state->bytes_total) {
		draw_file(state, now - progress->started_s);
	} else {
		draw_pipe(state, now - progress->started_s);
	}
	(void)fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (progress->drawn) {
		(void)fputs("\r\033[K", stderr);
		progress->drawn = false;
	}
}
