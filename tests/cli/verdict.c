/* SPDX-License-Identifier: Apache-2.0 */
/* What the text report says first. */
#include "story.h"

TestSuite(verdict, .fini = scratch_remove, .timeout = 60);

/* Does the text report of the captures hold the text? */
static void says(const char *captures, const char *text, bool expected)
{
	struct outcome o = run("analyze %s", captures);

	cr_assert_eq(o.code, 0, "%s", o.err);
	cr_expect_eq(strstr(o.out, text) != NULL, expected, "%s \"%s\" in:\n%s",
	    expected ? "missing is" : "there is", text, o.out);
	outcome_free(&o);
}

/* A direction's packets from the answer on, one of them in ten missing where it was captured. */
static void lossy_media(struct story *s, bool outward, double seconds)
{
	for (unsigned i = 0; i < seconds * 50; i++) {
		if (i % 10 != 3) {
			gen_media(&s->lan, 1.1 + i * 0.02, story_rtp(s, outward),
			    &(struct gen_media){.payload_type = 0,
				.sequence = (uint16_t)i,
				.timestamp = i * 160,
				.ssrc = outward ? 0x1111 : 0x2222,
				.length = 160});
		}
	}
}

/* A call whose phone hears `seconds` of such audio; `both`: and is heard so. */
static const char *lossy_call(double seconds, bool both)
{
	struct story a = story();
	const char *path;

	story_begin(&a);
	lossy_media(&a, false, seconds);
	if (both) {
		lossy_media(&a, true, seconds);
	}
	story_end(&a);
	path = story_write(&a.lan, "lossy.pcap");
	gen_script_free(&a.lan);
	return path;
}

Test(verdict, a_call_that_sounds_poor_is_named)
{
	says(lossy_call(10, true), "call c1 sounds poor at ", true);
}

Test(verdict, few_packets_are_not_judged)
{
	const char *path = lossy_call(4, true);

	says(path, "sounds poor", false);
	says(path, "too few packets to judge how it sounds (180; 250 of a direction needed)", true);
}

Test(verdict, no_calls_and_a_registration)
{
	struct story a = story();
	const char *path;

	story_request(&a, 0, "REGISTER", 1, false, NULL);
	story_response(&a, 0.1, "200 OK\nExpires: 300", "REGISTER", 1, NULL);
	path = story_write(&a.lan, "register.pcap");
	gen_script_free(&a.lan);
	says(path, "No calls; 1 registration (registered).", true);
	says(path, "No voice traffic", false);
}

Test(verdict, an_empty_capture)
{
	struct gen_script nothing = {0};
	char both[1024];

	says(story_write(&nothing, "nothing.pcap"), "The capture is empty", true);
	(void)snprintf(both, sizeof(both), "%s", lossy_call(10, true));
	(void)snprintf(both + strlen(both), sizeof(both) - strlen(both), " --vantage wan=%s",
	    story_write(&nothing, "nothing.pcap"));
	says(both, "1 of the captures holds no packet", true);
}

/* Signalling of an answered call, and nothing else: one line says so. */
Test(verdict, no_media_is_said_once)
{
	struct story a = story();
	const char *path;

	story_begin(&a);
	story_end(&a);
	path = story_write(&a.lan, "silent.pcap");
	gen_script_free(&a.lan);
	says(path, "no media is in the capture (what would settle it is below)", true);
	says(path, "1 hint, not proven", false);
	says(path, "HINTS (not proven)", true);
}

/* A hint claims nothing: neither what, nor where. */
Test(verdict, hints_are_no_claims)
{
	const char *path = lossy_call(10, false);

	says(path, "Perhaps packet loss: ", true);
	says(path, "Where       if so, on the way", true);
	says(path, "\n  If so       Packets that never come", true);
}

Test(verdict, names_that_were_numbered)
{
	says("$TALKPATH_SOURCE/pcaps/sip-alg/lan.pcap", "CAPTURES says", false);
	says("$TALKPATH_SOURCE/pcaps/sip-alg/lan.pcap $TALKPATH_SOURCE/pcaps/double-nat/lan.pcap",
	    "Which capture a name such as lan#2 is, CAPTURES says.", true);
}

/* Three calls of a scanner; of those that were not chosen no share is told. */
Test(verdict, how_many_calls_are_concerned)
{
	static const char *const ids[] = {"one", "two", "three"};
	struct story a = story();
	char chosen[600];

	for (unsigned i = 0; i < 3; i++) {
		a.call_id = ids[i];
		story_request(&a, i, "INVITE", 1, false, NULL);
		story_response(&a, i + 0.1, "404 Not Found", "INVITE", 1, NULL);
		story_request(&a, i + 0.12, "ACK", 1, true, NULL);
	}
	story_rewrite(&a.lan, "StoryPhone/1.0", "friendly-scanner");
	(void)snprintf(chosen, sizeof(chosen), "--call-id c2 %s", story_write(&a.lan, "scan.pcap"));
	gen_script_free(&a.lan);
	says(chosen + strlen("--call-id c2 "), "; 3 of 3 calls concerned", true);
	says(chosen, "; 3 calls concerned", true);
}
