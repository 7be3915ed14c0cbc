/* SPDX-License-Identifier: Apache-2.0 */
/* A desk of one vantage that is given SIP messages, one octet string each. */
#ifndef TALKPATH_TESTS_DESK_SIP_H
#define TALKPATH_TESTS_DESK_SIP_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "model.h"

enum { DESK_SIP_OCTETS = 2048 };

static const int64_t desk_sip_begin_ns = 1700000000 * MEDIA_SECOND_NS;

static inline struct desk *desk_sip_new(void)
{
	const struct desk_config config = {
	    .limits = {.calls = 64,
		.streams = 8,
		.endpoints = 64,
		.findings = 8,
		.text_octets = 16 << 20},
	    .vantage_count = 1,
	    .capture_count = 1,
	    .vantages = {"a"},
	    .captures = {"a.pcap"},
	};
	struct desk *desk = desk_new(&config, 7);

	cr_assert_not_null(desk);
	return desk;
}

/* A message from `src` to `dst`, port 5060 of both. The lines of `format` end with "\n". */
__attribute__((format(printf, 5, 6))) static inline void desk_sip_take(
    struct desk *desk, const char *src, const char *dst, double at_s, const char *format, ...)
{
	static uint64_t room[(sizeof(struct signal) + DESK_SIP_OCTETS) / sizeof(uint64_t)];
	static uint32_t frame;
	struct signal *signal = (struct signal *)(void *)room;
	va_list arguments;
	int length;

	memset(signal, 0, sizeof(*signal));
	va_start(arguments, format);
	length = vsnprintf((char *)signal->octets, DESK_SIP_OCTETS, format, arguments);
	va_end(arguments);
	cr_assert(length > 0 && length < DESK_SIP_OCTETS);
	signal->record.order = signal->frame = ++frame;
	signal->record.kind = RECORD_SIP;
	signal->time_ns = desk_sip_begin_ns + (int64_t)(at_s * 1e9);
	cr_assert(address_parse(&signal->src.address, text_of(src)));
	cr_assert(address_parse(&signal->dst.address, text_of(dst)));
	signal->src.port = signal->dst.port = 5060;
	signal->ttl = 64;
	signal->length = (uint32_t)length;
	desk_record(desk, &signal->record);
}

#endif
