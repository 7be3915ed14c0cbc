/* SPDX-License-Identifier: Apache-2.0 */
/* What User-Agent says that its sender is. */
#include <criterion/criterion.h>
#include <string.h>

#include "user_agent.h"

Test(user_agent, kinds)
{
	static const struct {
		const char *text;
		enum user_agent_kind kind;
	} cases[] = {
	    {"Yealink SIP-T46G 66.84.0.15", USER_AGENT_PHONE},
	    {"YEALINK", USER_AGENT_PHONE},
	    {"snom", USER_AGENT_PHONE},
	    {"Asterisk PBX 18.4.0", USER_AGENT_PLATFORM},
	    {"FRITZ!OS", USER_AGENT_PLATFORM},
	    {"baresip v1.0.0 (x86_64/Linux)", USER_AGENT_PROGRAM},
	    {"Zoiper for Asterisk", USER_AGENT_PLATFORM}, /* what holds more back goes first */
	    {"friendly-scanner", USER_AGENT_SCANNER},
	    {"sipcli/v1.8", USER_AGENT_DIALLER},
	    {"sip-sca", USER_AGENT_OTHER},
	    {"a phone", USER_AGENT_OTHER},
	    {"", USER_AGENT_OTHER},
	};

	cr_expect_eq(user_agent_kind(TEXT_NONE), USER_AGENT_OTHER);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(
		    user_agent_kind(text_of(cases[i].text)), cases[i].kind, "%s", cases[i].text);
	}
}

/* A name may be as long as a message: what stands far behind is not looked at. */
Test(user_agent, long_ones)
{
	char text[60000];

	memset(text, 'x', sizeof(text));
	memcpy(text + 100, "snom", 4);
	cr_expect_eq(user_agent_kind((struct text){text, sizeof(text)}), USER_AGENT_PHONE);
	memset(text + 100, 'x', 4);
	memcpy(text + 50000, "snom", 4);
	cr_expect_eq(user_agent_kind((struct text){text, sizeof(text)}), USER_AGENT_OTHER);
}
