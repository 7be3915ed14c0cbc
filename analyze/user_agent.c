/* SPDX-License-Identifier: Apache-2.0 */
#include "user_agent.h"

#include <stddef.h>
#include <string.h>

#include "text.h"

/* Anywhere in it, in any case; the first that fits decides. */
static const struct {
	const char *part;
	enum user_agent_kind kind;
} parts[] = {
    {"friendly-scanner", USER_AGENT_SCANNER},
    {"sipvicious", USER_AGENT_SCANNER},
    {"sipcli", USER_AGENT_SCANNER},
    {"sip-scan", USER_AGENT_SCANNER},
    {"sipscan", USER_AGENT_SCANNER},
    {"sundayddr", USER_AGENT_SCANNER},
    {"iWar", USER_AGENT_SCANNER},
    {"VaxSIPUserAgent", USER_AGENT_SCANNER},
    {"pplsip", USER_AGENT_SCANNER},
    {"smap", USER_AGENT_SCANNER},
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

static bool contains(struct text where, struct text part)
{
	while (where.length >= part.length) {
		if (text_starts_nocase(where, part)) {
			return true;
		}
		where = text_from(where, 1);
	}
	return false;
}

enum user_agent_kind user_agent_kind(const char *user_agent)
{
	for (size_t i = 0; user_agent && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (contains(text_of(user_agent), text_of(parts[i].part))) {
			return parts[i].kind;
		}
	}
	return USER_AGENT_OTHER;
}
