/* SPDX-License-Identifier: Apache-2.0 */
/* Desks of one vantage that are given SIP messages, one octet string each. */
#ifndef TALKPATH_TESTS_DESK_SIP_H
#define TALKPATH_TESTS_DESK_SIP_H

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"
#include "model.h"

enum { DESK_SIP_OCTETS = 4096, DESK_SIP_CALLS = 64 };

static const int64_t desk_sip_begin_ns = 1700000000 * MEDIA_SECOND_NS;

/* A desk of one vantage; the rest is the caller's. */
static inline struct desk *desk_of_one(struct desk_config config)
{
	struct desk *desk;

	config.vantage_count = config.capture_count = 1;
	config.vantages[0] = "a";
	config.captures[0] = "a.pcap";
	desk = desk_new(&config, 7);
	cr_assert_not_null(desk);
	return desk;
}

/* For a few messages. */
static inline struct desk *desk_sip_new(void)
{
	return desk_of_one((struct desk_config){
	    .limits = {.calls = DESK_SIP_CALLS,
		.streams = 8,
		.endpoints = 64,
		.findings = 8,
		.text_octets = 64 << 20},
	});
}

/* Tests that have such a one each, `desk`. */
#define DESK_SIP_SUITE(name)           \
	static struct desk *desk;      \
	static void begin(void)        \
	{                              \
		desk = desk_sip_new(); \
	}                              \
	static void end(void)          \
	{                              \
		desk_free(desk);       \
	}                              \
	TestSuite(name, .init = begin, .fini = end, .timeout = 60)

/* A message, valid until the next one. From where to where and when it goes is the caller's. */
static inline struct signal *desk_sip_signal(uint32_t frame, const char *format, va_list arguments)
{
	static uint64_t room[(sizeof(struct signal) + DESK_SIP_OCTETS) / sizeof(uint64_t)];
	struct signal *signal = (struct signal *)(void *)room;
	int length;

	memset(signal, 0, sizeof(*signal));
	length = vsnprintf((char *)signal->octets, DESK_SIP_OCTETS, format, arguments);
	cr_assert(length > 0 && length < DESK_SIP_OCTETS);
	signal->record.order = signal->frame = frame;
	signal->record.kind = RECORD_SIP;
	signal->ttl = 57;
	signal->length = (uint32_t)length;
	return signal;
}

/* A message from `src` to `dst`, port 5060 of both. The lines of `format` end with "\n". */
__attribute__((format(printf, 5, 6))) static inline void desk_sip_take(
    struct desk *desk, const char *src, const char *dst, double at_s, const char *format, ...)
{
	static uint32_t frame;
	struct signal *signal;
	va_list arguments;

	va_start(arguments, format);
	signal = desk_sip_signal(++frame, format, arguments);
	va_end(arguments);
	signal->time_ns = desk_sip_begin_ns + (int64_t)(at_s * 1e9);
	cr_assert(address_parse(&signal->src.address, text_of(src)));
	cr_assert(address_parse(&signal->dst.address, text_of(dst)));
	signal->src.port = signal->dst.port = 5060;
	desk_record(desk, &signal->record);
}

#endif
