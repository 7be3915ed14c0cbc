/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parameters of an address and a Via say, however the value was taken apart.
 *
 * Data in:   name and value of a parameter.
 * Data out:  the fields that it is about.
 */
#ifndef TALKPATH_SIP_PARAM_H
#define TALKPATH_SIP_PARAM_H

#include "sip_value.h"

static inline void sip_address_param(struct sip_address *out, struct text name, struct text value)
{
	uint64_t eight = text_eight(name);

	if (text_is_word(name, eight, TEXT("tag"))) {
		out->tag = value;
	} else if (text_is_word(name, eight, TEXT("expires"))) {
		out->expires = sip_number_parse(value);
	} else if (text_is_word(name, eight, TEXT("q"))) {
		out->q = value;
	} else if (text_is_word(name, eight, TEXT("reg-id"))) {
		out->reg_id = sip_number_parse(value);
	} else if (text_equal_nocase(name, TEXT("+sip.instance"))) {
		out->instance = sip_unquote(value);
	}
}

static inline void sip_via_param(struct sip_via *out, struct text name, struct text value)
{
	uint64_t eight = text_eight(name);

	if (text_is_word(name, eight, TEXT("branch"))) {
		out->branch = value;
	} else if (text_is_word(name, eight, TEXT("received"))) {
		out->received = value;
	} else if (text_is_word(name, eight, TEXT("maddr"))) {
		out->maddr = value;
	} else if (text_is_word(name, eight, TEXT("rport"))) {
		out->rport_asked = true;
		if (value.length == 0 || !sip_port_parse(&out->rport, value)) {
			out->rport = 0;
		}
	}
}

#endif
