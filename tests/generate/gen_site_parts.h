/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts that a site's call is told with: its messages (gen_site_sip.c) and its media
 * (gen_site_media.c). Nobody but gen_site.c and these two needs them.
 */
#ifndef TALKPATH_GEN_SITE_PARTS_H
#define TALKPATH_GEN_SITE_PARTS_H

#include "gen_site.h"

enum { SITE_LINE_MAX = 256, SITE_SDP_MAX = 1536 };

static const double site_begin_s = 1, site_answer_s = 2, site_end_s = 11;
static const double site_hold_s = 4, site_resume_s = 6;
static const double site_mute_s = 4, site_unmute_s = 7;
static const double site_fax_s = 7;

unsigned site_below(struct gen_site *s, unsigned limit);
bool site_now_and_then(struct gen_site *s, unsigned percent);

/* By STUN, by a setting, or, once it has been answered, by what the answer said. */
bool site_knows_outside(const struct gen_site *s, bool learned);

/* A request, and what its answers repeat of it. */
struct site_request {
	const char *method;
	unsigned cseq;
	bool of_phone;
	bool learned;      /* the phone knows by now how it is seen */
	bool registration; /* not the call */
	bool in_dialog;
	bool same_via;             /* an ACK of what was refused */
	const char *server_tag;    /* NULL: "s" */
	char via[SITE_LINE_MAX];   /* topmost; without received and rport */
	char below[SITE_LINE_MAX]; /* the one under it; empty: none */
};

void site_request(struct gen_site *s, struct gen_script *lan, double at_s, struct site_request *r,
    const char *sdp);
void site_answer(struct gen_site *s, struct gen_script *lan, double at_s,
    const struct site_request *r, const char *status, const char *sdp);

struct site_description {
	bool of_phone;
	const char *direction; /* NULL: sendrecv */
	uint16_t port;         /* 0: the one that the answer names */
	bool fax;
};

const char *site_sdp(
    const struct gen_site *s, const struct site_description *d, char out[SITE_SDP_MAX]);

struct gen_route site_sip_route(const struct gen_site *s, bool from_phone);
/* Of the phone's port and the server's, each with so much added. */
struct gen_route site_media_route(const struct gen_site *s, bool from_phone, unsigned add);

void site_media(struct gen_site *s, struct gen_script *lan);
void site_reports(struct gen_site *s, struct gen_script *lan);

#endif
