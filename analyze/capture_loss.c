/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_loss.h"

#include <stdlib.h>

#include "finding.h"
#include "flow.h"

struct span {
	int64_t from_ns, to_ns;
};

struct span_list {
	uint32_t count; /* ever noted; the last CAPTURE_LOSS_SPANS are there */
	struct span spans[CAPTURE_LOSS_SPANS];
};

struct capture_losses {
	struct span_list captures[DESK_CAPTURES_MAX];
};

struct capture_losses *capture_losses_new(void)
{
	return calloc(1, sizeof(struct capture_losses));
}

void capture_losses_free(struct capture_losses *all)
{
	free(all);
}

static unsigned held(const struct span_list *list)
{
	return list->count < CAPTURE_LOSS_SPANS ? list->count : (unsigned)CAPTURE_LOSS_SPANS;
}

void capture_loss_note(struct desk *desk, uint16_t capture, int64_t from_ns, int64_t to_ns)
{
	struct span_list *list = &desk->capture_losses->captures[capture];

	for (unsigned i = 0; i < held(list); i++) {
		struct span *s = &list->spans[i];

		if (from_ns <= s->to_ns + MEDIA_SECOND_NS &&
		    to_ns >= s->from_ns - MEDIA_SECOND_NS) {
			s->from_ns = from_ns < s->from_ns ? from_ns : s->from_ns;
			s->to_ns = to_ns > s->to_ns ? to_ns : s->to_ns;
			return;
		}
	}
	list->spans[list->count++ % CAPTURE_LOSS_SPANS] = (struct span){from_ns, to_ns};
}

bool capture_lost(const struct desk *desk, uint16_t capture, int64_t from_ns, int64_t to_ns)
{
	const struct span_list *list = &desk->capture_losses->captures[capture];

	for (unsigned i = 0; i < held(list); i++) {
		if (from_ns <= list->spans[i].to_ns && to_ns >= list->spans[i].from_ns) {
			return true;
		}
	}
	return false;
}

static struct finding *capture_open(struct desk *desk, const char *cause, uint16_t capture)
{
	const struct endpoint key = {.port = capture};

	return finding_open(desk, "capture-loss", cause, hash_endpoint(desk->key, &key));
}

static void dropped_prove(struct finding *f, const struct mark *last, uint64_t packets)
{
	finding_evidence(
	    f, last, "until this frame %llu packets were dropped", (unsigned long long)packets);
}

static const struct finding_words away_words = {
    .why =
	"Of these seconds nothing is known here; what looks like loss in them is none, and a call "
	"may have begun or ended unseen.",
    .remedy = "See why the interface went down: its cable, the switch's port, or who changed its "
	      "settings (journalctl -k, ip monitor link).",
};

/* Nobody counted what passed meanwhile. */
static void interface_away(struct desk *desk, const struct media_dropped *d)
{
	const struct mark last = {true, d->capture, d->frame, d->from_ns};
	struct finding *f = capture_open(desk, "interface-away", d->capture);

	capture_loss_note(desk, d->capture, d->from_ns, d->to_ns);
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, d->vantage, &away_words,
		    "The capture %s saw nothing for a while: its interface was down or gone",
		    desk->config.captures[d->capture]);
		finding_rate(f, 0.95, SEVERITY_WARNING);
		finding_evidence(f, &last, "the last frame before");
	}
	finding_time(f, d->from_ns, d->to_ns);
}

void capture_loss_dropped(struct desk *desk, const struct media_dropped *d)
{
	const struct mark last = {true, d->capture, d->frame, d->to_ns};
	struct finding *f;

	if (d->away) {
		interface_away(desk, d);
		return;
	}
	f = capture_open(desk, "dropped", d->capture);
	capture_loss_note(desk, d->capture, d->from_ns, d->to_ns);
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, d->vantage, &capture_loss_words,
		    "The capture %s lost packets: more came than could be taken",
		    desk->config.captures[d->capture]);
		finding_rate(f, 0.95, SEVERITY_WARNING);
		dropped_prove(f, &last, d->packets);
	}
	finding_time(f, d->from_ns, d->to_ns);
}

void capture_loss_end(struct desk *desk, const struct media_dropped *d)
{
	const struct mark last = {true, d->capture, d->frame, d->to_ns};
	struct finding *f;

	capture_loss_dropped(desk, d);
	f = capture_open(desk, "dropped", d->capture);
	if (f) {
		dropped_prove(f, &last, d->packets);
	}
}

void capture_loss_tcp(struct desk *desk, const struct tcp_missed *m)
{
	const struct endpoint key = {.port = m->capture};
	const struct mark mark = {true, m->capture, m->frame, m->time_ns};
	struct finding *f =
	    finding_open(desk, "capture-loss", "tcp", hash_endpoint(desk->key, &key));
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	capture_loss_note(desk, m->capture, m->time_ns - MEDIA_SECOND_NS, m->time_ns);
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, m->vantage, &capture_loss_words,
		    "The capture %s misses packets: TCP data was acknowledged that is not in it",
		    desk->config.captures[m->capture]);
	}
	finding_rate(f, 0.9, SEVERITY_WARNING);
	finding_time(f, m->time_ns, m->time_ns);
	finding_evidence(f, &mark,
	    "%u octets from %s to %s are missing before this frame, and the receiver acknowledged "
	    "them",
	    m->octets, endpoint_format(&m->src, src), endpoint_format(&m->dst, dst));
}
