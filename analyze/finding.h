/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings: what is wrong, how sure that is, and by which packets.
 *
 * Calls that suffer from one cause share one finding; it lists the first of each kind of thing
 * and counts the rest. A finding is opened by detectors. When there is no room for another one it
 * is refused, and counted; in a live capture, which may go on for weeks, the one that no detector
 * has opened for longest gives way instead, and is counted. So a finding is kept by its id, and no
 * pointer to one is good for longer than until the next detector is called.
 */
#ifndef TALKPATH_FINDING_H
#define TALKPATH_FINDING_H

#include "model.h"

enum {
	FINDING_LIST_MAX = 64, /* calls, streams */
	FINDING_ENDPOINTS_MAX = 16,
	FINDING_EVIDENCE_MAX = 24,
	FINDING_CHANGES_MAX = 48,
	FINDING_AGAINST_MAX = 8
};

#define FINDING_HINT 0.5 /* confidence below which nothing is claimed */

/* Whose part of the way it is that is at fault. */
enum finding_side {
	SIDE_UNKNOWN,
	SIDE_CUSTOMER_NETWORK, /* router, firewall, LAN, access line */
	SIDE_PHONE,
	SIDE_PROVIDER,
	SIDE_PATH,   /* somewhere between the phone and the provider */
	SIDE_CAPTURE /* nothing is wrong with the calls */
};

enum finding_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };

struct finding_evidence {
	struct mark mark;
	const char *text;
};

/* One field of one message, before and after a hop. */
struct finding_change {
	const char *message, *field;
	const char *before, *after; /* NULL: not there */
	struct mark mark_before, mark_after;
};

struct finding {
	struct arena text;
	uint32_t id;              /* from 1; never given again */
	uint32_t older, newer;    /* in the order of ids */
	uint64_t key;             /* what makes two findings one */
	const char *code, *cause; /* static; cause NULL where there is one only */
	enum finding_severity severity;
	enum finding_side side; /* by code and cause, unless its detector knows better */
	double confidence;
	double worst;    /* the detector's own: of what it measures, the worst so far */
	int64_t told[3]; /* the detector's own: figures that its words name */
	uint64_t calls_total;
	uint32_t calls[FINDING_LIST_MAX];   /* ids */
	uint32_t streams[FINDING_LIST_MAX]; /* ids */
	struct address endpoints[FINDING_ENDPOINTS_MAX];
	unsigned call_count, stream_count, endpoint_count;
	unsigned evidence_count, change_count, against_count;
	struct finding_evidence evidence[FINDING_EVIDENCE_MAX];
	struct finding_change changes[FINDING_CHANGES_MAX];
	const char *against[FINDING_AGAINST_MAX];
	const char *vantage;
	int64_t first_ns, last_ns;
	char *room; /* for a summary that changes, of the text; NULL: it has not changed yet */
	const char *summary, *why, *remedy, *would_settle;
};

/*
 * The finding of this code, cause and key; a new one has no summary yet, and the detector
 * fills it in. NULL where there is no room (counted). It is now the one used last.
 */
struct finding *finding_open(struct desk *desk, const char *code, const char *cause, uint64_t key);

/* Words that do not depend on the case; all static. would_settle: NULL where nothing is left. */
struct finding_words {
	const char *why, *remedy, *would_settle;
};

/* Of capture-loss, which several prove. */
extern const struct finding_words capture_loss_words;

/* No detector has described it yet. */
static inline bool finding_is_new(const struct finding *f)
{
	return f->summary == NULL;
}

/*
 * vantage: of the model. The summary is one sentence in plain words: what is wrong, and where. Said
 * anew, however often, it takes the place of the former one.
 */
__attribute__((format(printf, 5, 6))) void finding_describe(struct finding *f,
    const struct desk *desk, uint16_t vantage, const struct finding_words *words,
    const char *summary, ...);

/* As sure as the surest of its calls, and as severe; below FINDING_HINT it is a hint: info. */
void finding_rate(struct finding *f, double confidence, enum finding_severity severity);

/* It is there, whatever code and cause usually mean. */
static inline void finding_blame(struct finding *f, enum finding_side side)
{
	f->side = side;
}

/* finding_side.c: where what has this code and cause (may be NULL) usually is at fault. */
enum finding_side finding_side_usual(const char *code, const char *cause);

/* "customer-network", "phone", "provider", "path", "capture", "unknown" */
const char *finding_side_name(enum finding_side side);

/* The call suffers from it; an exchange (no call) only extends the time. */
void finding_call(struct finding *f, struct call *call);
void finding_stream(struct finding *f, const struct desk_stream *stream);
void finding_endpoint(struct finding *f, const struct address *address);
/* It was there at both moments; which of them is the earlier one, a capture may get wrong. */
void finding_time(struct finding *f, int64_t one_ns, int64_t other_ns);

__attribute__((format(printf, 3, 4))) void finding_evidence(
    struct finding *f, const struct mark *mark, const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_against(
    struct finding *f, const char *format, ...);
void finding_change(struct finding *f, const struct finding_change *change);

/* What the call was found to suffer from, of this code; NULL where it was not. */
const struct finding *finding_of_call(
    const struct desk *desk, const struct call *call, const char *code);

/* The one with this id, or NULL: there never was one, or it gave way. */
struct finding *finding_of_id(const struct desk *desk, uint32_t id);

/* All of them in the order of their ids. NULL behind the last. */
struct finding *finding_first(const struct desk *desk);
struct finding *finding_next(const struct desk *desk, const struct finding *f);

/* Its words are of yesterday: no summary, evidence, changes, nor anything against it any more. */
void finding_renew(struct finding *f);

#endif
