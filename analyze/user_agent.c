/* SPDX-License-Identifier: Apache-2.0 */
#include "user_agent.h"

enum { USER_AGENT_LOOKED_AT = 128 /* octets; the rest is ignored */ };

/* Anywhere in it, in any case; the first that fits decides. Three characters at least. */
static const struct {
	const char *part;
	enum user_agent_kind kind;
} parts[] = {
    {"friendly-scanner", USER_AGENT_SCANNER},
    {"friendly-request", USER_AGENT_SCANNER},
    {"sipvicious", USER_AGENT_SCANNER},
    {"sundayddr", USER_AGENT_SCANNER},
    {"sip-scan", USER_AGENT_SCANNER},
    {"sipscan", USER_AGENT_SCANNER},
    {"siparmyknife", USER_AGENT_SCANNER},
    {"sivus", USER_AGENT_SCANNER},
    {"iWar", USER_AGENT_SCANNER},
    {"svmap", USER_AGENT_SCANNER},
    {"svwar", USER_AGENT_SCANNER},
    {"svcrack", USER_AGENT_SCANNER},
    {"sipcli", USER_AGENT_DIALLER},
    {"pplsip", USER_AGENT_DIALLER},
    {"VaxSIPUserAgent", USER_AGENT_DIALLER},
    {"VaxIPUserAgent", USER_AGENT_DIALLER},
    {"conaito", USER_AGENT_DIALLER},
    {"smap", USER_AGENT_DIALLER},
    {"Asterisk", USER_AGENT_PLATFORM},
    {"FPBX", USER_AGENT_PLATFORM},
    {"FreePBX", USER_AGENT_PLATFORM},
    {"FreeSWITCH", USER_AGENT_PLATFORM},
    {"3CX", USER_AGENT_PLATFORM},
    {"PBX", USER_AGENT_PLATFORM},
    {"Kamailio", USER_AGENT_PLATFORM},
    {"OpenSER", USER_AGENT_PLATFORM},
    {"OpenSIPS", USER_AGENT_PLATFORM},
    {"SBC", USER_AGENT_PLATFORM},
    {"Mediant", USER_AGENT_PLATFORM},
    {"Sipwise", USER_AGENT_PLATFORM},
    {"Cisco-SIPGateway", USER_AGENT_PLATFORM},
    {"Cisco-CUCM", USER_AGENT_PLATFORM},
    {"CUBE", USER_AGENT_PLATFORM},
    {"Oracle", USER_AGENT_PLATFORM},
    {"Patton", USER_AGENT_PLATFORM},
    {"SmartNode", USER_AGENT_PLATFORM},
    {"Lancom", USER_AGENT_PLATFORM},
    {"bintec", USER_AGENT_PLATFORM},
    {"FRITZ!", USER_AGENT_PLATFORM},
    {"Speedport", USER_AGENT_PLATFORM},
    {"innovaphone", USER_AGENT_PLATFORM},
    {"gateway", USER_AGENT_PLATFORM},
    {"server", USER_AGENT_PLATFORM},
    {"Zoiper", USER_AGENT_PROGRAM},
    {"Bria", USER_AGENT_PROGRAM},
    {"X-Lite", USER_AGENT_PROGRAM},
    {"eyeBeam", USER_AGENT_PROGRAM},
    {"CounterPath", USER_AGENT_PROGRAM},
    {"Linphone", USER_AGENT_PROGRAM},
    {"MicroSIP", USER_AGENT_PROGRAM},
    {"PJSUA", USER_AGENT_PROGRAM},
    {"pjsip", USER_AGENT_PROGRAM},
    {"pjmedia", USER_AGENT_PROGRAM},
    {"Blink", USER_AGENT_PROGRAM},
    {"Jitsi", USER_AGENT_PROGRAM},
    {"Twinkle", USER_AGENT_PROGRAM},
    {"baresip", USER_AGENT_PROGRAM},
    {"Telephone", USER_AGENT_PROGRAM},
    {"CSipSimple", USER_AGENT_PROGRAM},
    {"Acrobits", USER_AGENT_PROGRAM},
    {"Groundwire", USER_AGENT_PROGRAM},
    {"Ekiga", USER_AGENT_PROGRAM},
    {"SJphone", USER_AGENT_PROGRAM},
    {"Jami", USER_AGENT_PROGRAM},
    {"SIP.js", USER_AGENT_PROGRAM},
    {"JsSIP", USER_AGENT_PROGRAM},
    {"sipML", USER_AGENT_PROGRAM},
    {"PhonerLite", USER_AGENT_PROGRAM},
    {"Phoner", USER_AGENT_PROGRAM},
    {"Softphone", USER_AGENT_PROGRAM},
    {"GS Wave", USER_AGENT_PROGRAM},
    {"Android", USER_AGENT_PROGRAM},
    {"iOS", USER_AGENT_PROGRAM},
    {"Windows", USER_AGENT_PROGRAM},
    {"Yealink", USER_AGENT_PHONE},
    {"snom", USER_AGENT_PHONE},
    {"Grandstream", USER_AGENT_PHONE},
    {"Polycom", USER_AGENT_PHONE},
    {"PolyEdge", USER_AGENT_PHONE},
    {"Linksys", USER_AGENT_PHONE},
    {"Cisco/SPA", USER_AGENT_PHONE},
    {"Cisco-CP", USER_AGENT_PHONE},
    {"Panasonic", USER_AGENT_PHONE},
    {"Gigaset", USER_AGENT_PHONE},
    {"Aastra", USER_AGENT_PHONE},
    {"Mitel", USER_AGENT_PHONE},
    {"Fanvil", USER_AGENT_PHONE},
    {"Htek", USER_AGENT_PHONE},
    {"Obihai", USER_AGENT_PHONE},
    {"OpenStage", USER_AGENT_PHONE},
    {"Avaya", USER_AGENT_PHONE},
    {"VTech", USER_AGENT_PHONE},
    {"Spectralink", USER_AGENT_PHONE},
};

/* Without regard to case; part: not empty. */
static bool contains(struct text where, const char *part)
{
	size_t length = strlen(part);
	char first = text_lower(*part);

	for (size_t i = 0; i + length <= where.length; i++) {
		if (text_lower(where.at[i]) == first &&
		    text_starts_nocase(text_from(where, i), (struct text){part, length})) {
			return true;
		}
	}
	return false;
}

/* One bit for each letter, and one for all else. */
static uint32_t letter_of(char c)
{
	c = text_lower(c);
	return c >= 'a' && c <= 'z' ? (uint32_t)1 << (c - 'a') : (uint32_t)1 << 26;
}

static uint32_t letters_of(struct text text)
{
	uint32_t letters = 0;

	for (size_t i = 0; i < text.length; i++) {
		letters |= letter_of(text.at[i]);
	}
	return letters;
}

enum user_agent_kind user_agent_kind(struct text user_agent)
{
	uint32_t letters;

	if (user_agent.length > USER_AGENT_LOOKED_AT) {
		user_agent.length = USER_AGENT_LOOKED_AT;
	}
	letters = letters_of(user_agent);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *part = parts[i].part;
		uint32_t needed = letter_of(part[0]) | letter_of(part[1]) | letter_of(part[2]);

		if ((letters & needed) == needed && contains(user_agent, part)) {
			return parts[i].kind;
		}
	}
	return USER_AGENT_OTHER;
}
