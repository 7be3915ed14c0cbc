/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parameters of an address, a Via and credentials say, however the value was taken apart.
 *
 * Data in:   name and value of a parameter.
 * Data out:  the fields that it is about.
 */
#ifndef TALKPATH_SIP_PARAM_H
#define TALKPATH_SIP_PARAM_H

#include "sip_value.h"

static inline void sip_address_param(struct sip_address *out, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("tag"))) {
		out->tag = value;
	} else if (text_equal_nocase(name, TEXT("expires"))) {
		out->expires = sip_number_parse(value);
	} else if (text_equal_nocase(name, TEXT("q"))) {
		out->q = value;
	} else if (text_equal_nocase(name, TEXT("reg-id"))) {
		out->reg_id = sip_number_parse(value);
	} else if (text_equal_nocase(name, TEXT("+sip.instance"))) {
		out->instance = sip_unquote(value);
	}
}

static inline void sip_via_param(struct sip_via *out, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("branch"))) {
		out->branch = value;
	} else if (text_equal_nocase(name, TEXT("received"))) {
		out->received = value;
	} else if (text_equal_nocase(name, TEXT("maddr"))) {
		out->maddr = value;
	} else if (text_equal_nocase(name, TEXT("rport"))) {
		out->rport_asked = true;
		if (!sip_port_parse(&out->rport, value)) {
			out->rport = 0;
		}
	}
}

static inline void sip_auth_param(struct sip_auth *out, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("realm"))) {
		out->realm = value;
	} else if (text_equal_nocase(name, TEXT("username"))) {
		out->username = value;
	} else if (text_equal_nocase(name, TEXT("stale"))) {
		out->stale = value;
	}
}

#endif
