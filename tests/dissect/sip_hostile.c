/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of 60 KiB made to be slow. A parser of quadratic cost would take seconds for each;
 * what is allowed here is some hundred times what they take.
 */
#include <time.h>

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "sdp.h"
#include "sip.h"
#include "within.h"

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

/* Processor time of a message whose header `name` is full of one character or piece. */
static double seconds_of(const char *name, char filler, const char *piece)
{
	static char text[70000];
	struct timespec from, to;
	struct sip_message m;
	struct bytes in;
	enum dissect_result result;

	text[0] = '\0';
	append(text, sizeof(text),
	    "OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCSeq: 1 "
	    "OPTIONS\r\n%s: ",
	    name);
	for (size_t at = strlen(text); at < 60 * 1024; at += piece ? strlen(piece) : 1) {
		if (piece) {
			memcpy(text + at, piece, strlen(piece) + 1);
		} else {
			text[at] = filler;
			text[at + 1] = '\0';
		}
	}
	append(text, sizeof(text), "\r\nCall-ID: 1\r\n\r\n");
	in = guarded(text, strlen(text));
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	result = sip_parse(&m, in);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	cr_expect(result != DISSECT_OK || sip_message_within(in, &m));
	return seconds_between(&from, &to);
}

Test(sip_hostile, headers_made_to_be_slow)
{
	static const char *const names[] = {"Via", "From", "Contact", "Route", "Reason",
	    "Supported", "Authorization", "P-Asserted-Identity", "Warning", "Session-Expires",
	    "Content-Type", "Replaces", "Call-ID", "X-Y", "Subscription-State", "Retry-After"};
	static const char *const pieces[] = {"\",", "<,", ";\"", ",\"\\\"", "a=\"b\";", "a,", "a;",
	    "<a>,", "<a>;\"", "SIP/2.0/UDP a,", "SIP/2.0/UDP a;\"", "\r\n a", "%61", ">;,"};
	static const char fillers[] = ",;\"<>\\ \t[:@?&%(a";

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		for (size_t f = 0; f < sizeof(fillers) - 1; f++) {
			cr_expect_lt(seconds_of(names[n], fillers[f], NULL), 0.1, "%s of '%c'",
			    names[n], fillers[f]);
		}
		for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
			cr_expect_lt(seconds_of(names[n], 0, pieces[p]), 0.1, "%s of %s", names[n],
			    pieces[p]);
		}
	}
}

/* The same of a body: boundaries that nearly are, and lines that never end. */
Test(sip_hostile, bodies_made_to_be_slow)
{
	static const char *const pieces[] = {"--b", "\n--b", "\r\n--b\r\n", "--b\n\n", "\n--",
	    "\n-", "--b\nc: multipart/mixed;boundary=b\n\n", "--b\na:b\n b\n", "\n"};

	for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
		cr_expect_lt(seconds_of("Call-ID: 1\r\nc: multipart/mixed;boundary=b\r\n\r\nx", 0,
				 pieces[p]),
		    0.1, "%s", pieces[p]);
	}
}

Test(sip_hostile, descriptions_made_to_be_slow)
{
	static const char *const pieces[] = {"a=mid:0\n", "a=ssrc:1 cname:a\n", "a=group:BUNDLE 0 ",
	    "m=audio 1 RTP/AVP 0 ", "a=rtpmap:1 a/1\n", "0 ", "a=", "\n", "a=ptime:1.",
	    "a=candidate:1\n"};
	static char text[70000];

	for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
		struct timespec from, to;
		struct sdp sdp;
		size_t at = 0;

		for (size_t n = strlen(pieces[p]); at + n < 60 * 1024; at += n) {
			memcpy(text + at, pieces[p], n);
		}
		(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		(void)sdp_parse(&sdp, guarded(text, at));
		(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		cr_expect_lt(seconds_between(&from, &to), 0.1, "%s", pieces[p]);
	}
}

/* A group of 30,000, asked for each of 500 media identifications. */
Test(sip_hostile, a_bundle_made_to_be_slow)
{
	static char text[70000] = "a=group:BUNDLE";
	struct timespec from, to;
	struct sdp sdp;
	size_t at = strlen(text);

	for (; at < 60 * 1024; at += 2) {
		memcpy(text + at, " 1", 2);
	}
	append(text, sizeof(text), "\nm=audio 1 RTP/AVP 0\n");
	for (int i = 0; i < 500; i++) {
		append(text, sizeof(text), "a=mid:x\n");
	}
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	expect_result(sdp_parse(&sdp, guarded(text, strlen(text))), "ok");
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	cr_expect_lt(seconds_between(&from, &to), 0.02);
	cr_expect_not(sdp.media[0].bundled);
}
