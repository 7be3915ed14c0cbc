/* SPDX-License-Identifier: Apache-2.0 */
#include "live_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "handover.h"
#include "live_kinds.h"
#include "opener.h"

enum {
	RETRY_MS = 1000,  /* after the opener has refused */
	ANSWER_MS = 10000 /* it answers sooner, or the question was lost */
};

/* While packets come, news of the opener are looked for so often. */
static const int64_t news_every_ns = 500000000;

enum live_phase {
	LIVE_AWAY,     /* there is no inner source */
	LIVE_READS,    /* from it */
	LIVE_HANDS_ON, /* `next` is there too, and is to take its place */
	LIVE_TAKES_ON  /* which it has; what was seen already comes first */
};

struct live_source {
	struct source source;
	struct live_spec spec;
	const struct live_kind_ops *kind;
	int channel; /* -1: none */
	bool alone;  /* never had one: opens for itself */
	bool asked;
	bool look;         /* for news, before anything else is read */
	int64_t looked_ns; /* in packet time */
	int64_t due_ms;    /* when to ask again; or, handing on, to wait no longer */
	enum live_phase phase;
	struct source *inner, *next;
	struct live_opened opened; /* what the newer one was made of */
	struct handover handover;
	struct source_drops before; /* of inner sources that were, and how often there was none */
	struct lift_endpoints *endpoints; /* NULL: nobody tells */
	char absence[SOURCE_REASON_MAX];
};

static int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t wall_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- one inner source after the other --- */

static void inner_close(struct live_source *live)
{
	struct source_drops drops;

	if (!live->inner) {
		return;
	}
	if (live->inner->ops->drops && live->inner->ops->drops(live->inner, &drops)) {
		live->before.kernel += drops.kernel;
		live->before.interface += drops.interface;
	}
	source_close(live->inner);
	live->inner = NULL;
}

/* Who takes stamps in the reading process knows best how good they are. */
static void stamps_tell(struct live_source *live)
{
	if (live->inner->stamps) {
		live->source.stamps = live->inner->stamps;
		live->source.stamp_error_ns = live->inner->stamp_error_ns;
	}
}

static void inner_set(struct live_source *live, struct source *inner, enum live_phase phase)
{
	inner_close(live);
	live->inner = inner;
	live->phase = phase;
	live->absence[0] = '\0';
	inner->frame = live->source.frame;
	live->source.wait_fd = inner->wait_fd;
	live->source.scattered = inner->scattered;
	live->source.interface_count = inner->interface_count;
	memcpy(live->source.interfaces, inner->interfaces,
	    sizeof(inner->interfaces[0]) * inner->interface_count);
	stamps_tell(live);
}

/* The other one is there: it has what comes from now on. */
static void next_take(struct live_source *live)
{
	struct source *next = live->next;

	live->next = NULL;
	inner_set(live, next, LIVE_TAKES_ON);
}

static void absence_begin(struct live_source *live, const char *reason, int retry_ms)
{
	/* The reason may be the inner source's own. */
	(void)snprintf(live->absence, sizeof(live->absence), "%s", reason);
	if (live->inner) {
		inner_close(live);
		live->before.absences++;
	}
	live->phase = LIVE_AWAY;
	live->asked = false;
	live->due_ms = clock_ms() + retry_ms;
	live->source.wait_fd = live->channel;
}

/* --- the opener --- */

static void ask(struct live_source *live)
{
	live->asked = true;
	live->due_ms = clock_ms() + ANSWER_MS;
	if (!live->alone) {
		(void)opener_ask(live->channel);
	}
}

static enum opener_news news_take(
    struct live_source *live, int timeout_ms, struct live_opened *opened, int fds[LIVE_FDS_MAX])
{
	if (!live->alone) {
		return live->channel < 0 ? OPENER_GONE
					 : opener_take(live->channel, timeout_ms, opened, fds);
	}
	if (!live->asked) {
		return OPENER_SILENT;
	}
	opened->ok = live->kind->open(&live->spec, opened, fds);
	return OPENER_TOLD;
}

static void endpoints_pass(const struct live_source *live, struct source *inner)
{
	if (live->endpoints && inner->ops->endpoints) {
		inner->ops->endpoints(inner, live->endpoints);
	}
}

static struct source *inner_new(struct live_source *live, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], struct source_error *error)
{
	struct source *inner =
	    live->kind->source_new(&live->spec, opened, fds, live->source.capture, error);

	if (inner) {
		live->opened = *opened;
		live->source.stamps = live_stamp_name((enum live_stamp)opened->stamp);
		live->source.stamp_error_ns = opened->stamp_error_ns;
		endpoints_pass(live, inner);
	}
	return inner;
}

/* What was opened takes the place of what there is, if anything. */
static void opened_take(
    struct live_source *live, const struct live_opened *opened, const int fds[LIVE_FDS_MAX])
{
	struct source_error error = {0};
	struct source *next;

	if (live->next || (live->inner && live->kind->again != LIVE_AGAIN_BESIDE)) {
		opener_drop(opened, fds);
		return;
	}
	next = inner_new(live, opened, fds, &error);
	if (next && live->inner) {
		live->next = next;
		live->phase = LIVE_HANDS_ON;
		live->due_ms = clock_ms() + HANDOVER_SILENT_MS;
		handover_begin(&live->handover, wall_ns());
	} else if (next) {
		inner_set(live, next, LIVE_READS);
	} else if (!live->inner) {
		absence_begin(live, error.reason, RETRY_MS);
	}
}

static void channel_close(struct live_source *live)
{
	if (live->channel >= 0) {
		(void)close(live->channel);
	}
	live->channel = -1;
	if (live->phase == LIVE_AWAY) {
		live->source.wait_fd = -1;
	}
}

/* SOURCE_FAILED where nothing can follow. */
static int news_look(struct live_source *live)
{
	struct live_opened opened;
	int fds[LIVE_FDS_MAX];

	switch (news_take(live, 0, &opened, fds)) {
	case OPENER_TOLD:
		live->asked = false;
		if (opened.ok) {
			opened_take(live, &opened, fds);
		} else if (live->phase == LIVE_AWAY) {
			absence_begin(live, opened.reason, RETRY_MS);
		} else if (live->kind->again == LIVE_AGAIN_AFTER) {
			absence_begin(live, opened.reason, 0);
		}
		break;
	case OPENER_GONE:
		channel_close(live);
		if (live->phase == LIVE_AWAY) {
			return source_fail(&live->source.error,
			    "%s; and the process that opens interfaces has ended", live->absence);
		}
		break;
	case OPENER_SILENT:
		if (live->phase == LIVE_AWAY && clock_ms() >= live->due_ms) {
			ask(live);
		}
		break;
	}
	return SOURCE_IDLE;
}

/* --- reading --- */

/* As `inner` gives them, or fewer. */
static int packets_take(struct live_source *live, struct packet out[PACKET_BURST], int count)
{
	bool done = true;
	int left = count;

	if (live->phase == LIVE_TAKES_ON) {
		left = handover_take(&live->handover, out, count, &done);
		live->inner->frame -= (uint32_t)(count - left);
	}
	if (done && live->phase == LIVE_TAKES_ON) {
		live->phase = LIVE_READS;
	}
	live->source.frame = live->inner->frame;
	if (left > 0) {
		handover_note(&live->handover, out, left);
	}
	return left;
}

static bool news_are_due(struct live_source *live)
{
	int64_t now_ns = live->handover.last.time_ns;

	/* Time may jump. */
	if (now_ns - live->looked_ns < news_every_ns && now_ns >= live->looked_ns) {
		return false;
	}
	live->looked_ns = now_ns;
	return true;
}

/* The old source has nothing that the new one has not. */
static bool is_handed_on(const struct live_source *live)
{
	return live->phase == LIVE_HANDS_ON &&
	       (handover_is_due(&live->handover) || clock_ms() >= live->due_ms);
}

static int live_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct live_source *live = (struct live_source *)source;
	int count;

	/* What was handed over is given back now: the source it came from may go. */
	if (is_handed_on(live)) {
		next_take(live);
	}
	if (live->look && news_look(live) == SOURCE_FAILED) {
		return SOURCE_FAILED;
	}
	live->look = true;
	if (!live->inner) {
		return SOURCE_IDLE;
	}
	count = live->inner->ops->read(live->inner, out);
	source->crowded = live->inner->crowded;
	stamps_tell(live);
	if (count < 0 && live->next) {
		next_take(live);
		return SOURCE_IDLE;
	}
	if (count < 0) {
		absence_begin(live, live->inner->error.reason, 0);
		return SOURCE_IDLE;
	}
	if (count > 0) {
		count = packets_take(live, out, count);
		live->look = news_are_due(live);
	}
	return count;
}

static bool live_drops(struct source *source, struct source_drops *out)
{
	const struct live_source *live = (const struct live_source *)source;
	struct source_drops now = {0};

	if (live->inner && live->inner->ops->drops) {
		(void)live->inner->ops->drops(live->inner, &now);
	}
	*out = live->before;
	out->kernel += now.kernel;
	out->interface += now.interface;
	out->away = !live->inner;
	return true;
}

static void live_endpoints(struct source *source, struct lift_endpoints *endpoints)
{
	struct live_source *live = (struct live_source *)source;

	live->endpoints = endpoints;
	if (live->inner) {
		endpoints_pass(live, live->inner);
	}
}

static void live_close(struct source *source)
{
	struct live_source *live = (struct live_source *)source;

	inner_close(live);
	source_close(live->next);
	channel_close(live);
	free(live);
}

/* --- opening --- */

/* Whatever was asked for before others are: until it is there, or refused. */
static bool first_take(struct live_source *live, struct source_error *error)
{
	struct live_opened opened;
	int fds[LIVE_FDS_MAX];
	struct source *inner;

	ask(live);
	if (news_take(live, -1, &opened, fds) != OPENER_TOLD) {
		source_fail(error, "the process that opens interfaces has ended");
		return false;
	}
	live->asked = false;
	if (!opened.ok) {
		source_fail(error, "%s", opened.reason);
		return false;
	}
	inner = inner_new(live, &opened, fds, error);
	if (!inner) {
		return false;
	}
	inner_set(live, inner, LIVE_READS);
	return true;
}

struct source *live_source_open(
    const struct live_spec *spec, int channel, uint16_t capture, struct source_error *error)
{
	static const struct source_ops ops = {
	    .read = live_read,
	    .drops = live_drops,
	    .endpoints = live_endpoints,
	    .close = live_close,
	};
	struct live_source *live = calloc(1, sizeof(*live));

	if (!live) {
		source_fail(error, "out of memory");
		return NULL;
	}
	live->spec = *spec;
	live->kind = live_kind_of(spec);
	live->channel = channel;
	live->alone = channel < 0;
	live->source.ops = &ops;
	live->source.capture = capture;
	live->source.wait_fd = -1;
	if (!first_take(live, error)) {
		live->channel = -1; /* stays the caller's */
		live_close(&live->source);
		return NULL;
	}
	return &live->source;
}

const char *live_source_absence(const struct source *source)
{
	const struct live_source *live = (const struct live_source *)source;

	return source->ops->read == live_read && live->phase == LIVE_AWAY ? live->absence : NULL;
}

const struct live_opened *live_source_opened(const struct source *source)
{
	const struct live_source *live = (const struct live_source *)source;

	return live->phase == LIVE_AWAY ? NULL : &live->opened;
}
