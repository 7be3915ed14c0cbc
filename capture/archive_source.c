/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The captures in an archive, each a source of its own.
 *
 * Captures are merged by time, so each needs a reader of its own: the one that found it. The
 * search for the next goes on with another reader, which passes over what was seen.
 */
#include <string.h>

#include "file_format.h"
#include "unpack.h"

enum { MEMBERS_MAX = 100000 };

struct search {
	const struct source_opening *opening;
	unsigned seen;       /* members looked at, over all readers */
	unsigned reported;   /* captures found, and members refused */
	struct source *last; /* the capture found last; not owned, NULL where none is wanted */
	unsigned last_at;    /* its number among the members */
	bool lost;           /* a member that is not taken is cut: what it was cannot be known */
	char nested[UNPACK_NAME_MAX + 1]; /* an archive in the archive */
};

static void refuse(struct search *search, const char *member, const struct source_error *error)
{
	search->reported++;
	search->opening->refused(search->opening->context, member, error);
}

/* --- one member --- */

/* The member as a source, which then owns the reader; NULL where it is none. */
static struct source *member_open(
    struct search *search, struct unpack *reader, const struct unpack_member *member)
{
	struct feed *feed = unpack_feed(reader);
	struct source_error error = {0};
	struct source *source = NULL;
	struct window window;

	feed->held = true;
	if (!window_open_feed(&window, feed, &error)) {
		if (error.reason[0] && !feed->cut) {
			refuse(search, member->name, &error);
		}
		return NULL;
	}
	if (!window_decode(&window, &error)) {
		return NULL; /* it begins as if it were compressed: no capture */
	}
	if (capture_recognise(&window)) {
		source = capture_open(&window, &error);
		if (!source) {
			refuse(search, member->name, &error);
		}
	} else if (archive_recognise(&window)) {
		memcpy(search->nested, member->name, sizeof(search->nested));
	}
	if (!source) {
		window_close(&window);
		return NULL;
	}
	feed->held = false;
	return source;
}

/* True if the member was a capture: the reader is its source's then. */
static bool member_take(
    struct search *search, struct unpack *reader, const struct unpack_member *member, bool *wanted)
{
	struct source_error error;
	struct source *source;

	if (!member->is_file) {
		return false;
	}
	if (member->encrypted) {
		source_fail(&error, "is encrypted; unpack the archive with its password first");
		refuse(search, member->name, &error);
		return false;
	}
	source = member_open(search, reader, member);
	if (!source) {
		return false;
	}
	search->reported++;
	search->last_at = search->seen;
	*wanted = search->opening->found(search->opening->context, source, member->name);
	search->last = *wanted ? source : NULL;
	return true;
}

/* --- the archive --- */

/* No more members for this reader, as `step` says. */
static void archive_ended(
    struct search *search, enum unpack_step step, unsigned at, struct source_error *error)
{
	if (step == UNPACK_CUT && search->last && at == search->last_at) {
		search->last->truncated = true; /* the cut is in it, or right behind it */
	} else if (step == UNPACK_CUT || (step == UNPACK_END && search->lost)) {
		source_fail(error, "is cut short; captures behind the cut are lost");
		refuse(search, NULL, error);
	} else if (step == UNPACK_DAMAGED) {
		refuse(search, NULL, error);
	} else if (search->seen >= MEMBERS_MAX) {
		source_fail(error, "holds more than %d files; unpack it first", MEMBERS_MAX);
		refuse(search, NULL, error);
	} else if (search->reported == 0 && search->nested[0]) {
		source_fail(error,
		    "holds no capture, but an archive in the archive, %.80s; unpack it first",
		    search->nested);
		refuse(search, NULL, error);
	} else if (search->reported == 0) {
		source_fail(error, "holds no capture");
		refuse(search, NULL, error);
	}
}

/* Search with one reader. True where it found a capture and there may be more. */
static bool reader_search(struct search *search, struct unpack *reader)
{
	struct source_error error = {0};
	struct unpack_member member;
	enum unpack_step step = UNPACK_END;
	bool wanted = true;
	unsigned at = 0;

	while (at < MEMBERS_MAX && (step = unpack_next(reader, &member, &error)) == UNPACK_MEMBER) {
		if (++at <= search->seen) {
			continue;
		}
		search->seen = at;
		if (member_take(search, reader, &member, &wanted)) {
			return wanted;
		}
		search->lost |= unpack_feed(reader)->cut;
	}
	archive_ended(search, step, at, &error);
	unpack_close(reader);
	return false;
}

void archive_open(const struct window *window, const struct source_opening *opening)
{
	struct search search = {.opening = opening};
	struct source_error error = {0};
	struct window archive = *window, again;
	bool more = true;

	while (more && window_again(&archive, &again, &error)) {
		struct unpack *reader = unpack_open(&again, &error);

		more = reader && reader_search(&search, reader);
	}
	if (more && error.reason[0] == '\0') {
		source_fail(&error,
		    "is an archive, which cannot be read through a pipe; save it to "
		    "a file first");
	}
	if (error.reason[0]) {
		refuse(&search, NULL, &error);
	}
	window_close(&archive);
}
