/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose side a finding is on, where its code and cause tell. What is not here is not known: a
 * loss may be anywhere, and its detector says where.
 */
#include "finding.h"

static const struct {
	const char *code, *cause; /* cause NULL: any that has no row above */
	enum finding_side side;
} usual[] = {
    {"sip-alg", NULL, SIDE_CUSTOMER_NETWORK},
    {"double-nat", NULL, SIDE_CUSTOMER_NETWORK},
    {"cgnat", NULL, SIDE_PATH},
    {"nat-symmetric", NULL, SIDE_CUSTOMER_NETWORK},
    {"nat-timeout", NULL, SIDE_CUSTOMER_NETWORK},
    {"multi-wan", NULL, SIDE_CUSTOMER_NETWORK},
    {"udp-blocked", NULL, SIDE_CUSTOMER_NETWORK},
    {"inbound-unreachable", NULL, SIDE_CUSTOMER_NETWORK},
    {"sip-scan", NULL, SIDE_CUSTOMER_NETWORK},
    {"link-saturated", NULL, SIDE_CUSTOMER_NETWORK},
    {"one-way-audio", "sip-alg", SIDE_CUSTOMER_NETWORK},
    {"dscp-remark", NULL, SIDE_PATH},
    {"silent-audio", NULL, SIDE_PHONE},
    {"capture-loss", NULL, SIDE_CAPTURE},
};

enum finding_side finding_side_usual(const char *code, const char *cause)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (text_equal(text_of(usual[i].code), text_of(code)) &&
		    (!usual[i].cause ||
			(cause && text_equal(text_of(usual[i].cause), text_of(cause))))) {
			return usual[i].side;
		}
	}
	return SIDE_UNKNOWN;
}

const char *finding_side_name(enum finding_side side)
{
	static const char *const names[] = {
	    [SIDE_UNKNOWN] = "unknown",
	    [SIDE_CUSTOMER_NETWORK] = "customer-network",
	    [SIDE_PHONE] = "phone",
	    [SIDE_PROVIDER] = "provider",
	    [SIDE_PATH] = "path",
	    [SIDE_CAPTURE] = "capture",
	};

	return names[side];
}
