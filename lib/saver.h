/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad calls kept: a file with the packets of each call that has a critical finding.
 *
 *   reader ──copies──► ring ──► spool of signalling ┐
 *                      ring ──► spool of media      ├─► a call's file
 *   desk ── "this call was bad" ── queue ───────────┘
 *
 * The packets of all calls lie in two spools (spool.h) until it is known which calls were bad; a
 * thread of its own writes them, and finds those of a bad call there. Signalling has a spool for
 * itself, so that no flood of media drives it out.
 *
 * Ownership: saver_new() gives an object that saver_free() frees.
 * Threading: saver_take() in the reader's thread, saver_closing() in the desk's; both never wait
 *            where packets do not. saver_totals() and saver_problem() in any.
 * Limits:    so many octets in all: half for the spools, which are reserved at once, half for the
 *            files; SAVER_QUEUE calls that wait. What is beyond that is counted.
 */
#ifndef TALKPATH_SAVER_H
#define TALKPATH_SAVER_H

#include "intake.h"
#include "source.h"
#include "talkpath.h"

enum { SAVER_QUEUE = 1024, SAVER_PROBLEM_MAX = SOURCE_REASON_MAX };

struct saver;
struct desk;
struct call;

/* The run that it belongs to. Everything is borrowed. */
struct saver_run {
	uint64_t key;
	bool waits; /* packets do: none of them, and no call, is to be lost */
	unsigned capture_count;
	char *const *names;
	const uint16_t *vantage_of;
	char *const *vantages;
};

/* The folder is made, if need be. NULL with *error. */
struct saver *saver_new(const char *folder, uint64_t limit_octets, struct source_error *error);

/* False where there is no thread to be had. */
bool saver_start(struct saver *saver, const struct saver_run *run);

/* The reader's intake: before its first packet. */
void saver_watch(struct saver *saver, struct intake *intake);

/*
 * Packets that the intake took just now, and the media it made of them. hurried: there is no time
 * for media.
 */
void saver_take(struct saver *saver, const struct intake *intake, const struct packet *packets,
    unsigned taken, const struct media_packet *media, unsigned slots, bool hurried);

/* For desk_config.closing; context: the saver. */
void saver_closing(void *context, const struct desk *desk, const struct call *call);

/* Whatever waits is written; the thread ends. */
void saver_finish(struct saver *saver);

/* What went wrong, once; false where nothing new did. */
bool saver_problem(struct saver *saver, char out[SAVER_PROBLEM_MAX]);

void saver_totals(const struct saver *saver, struct tp_saved *out);

void saver_free(struct saver *saver);

#endif
