/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loopback interface of a network of the test's own, and calls that are sent through it.
 */
#ifndef TALKPATH_TEST_LOOPBACK_H
#define TALKPATH_TEST_LOOPBACK_H

#include <netinet/in.h>

#include "namespace.h"
#include "program.h"

static inline void loopback_enter(void)
{
	namespace_enter();
	command("ip link set lo up");
}

static inline struct sockaddr_in loopback_at(uint8_t host, uint16_t port)
{
	return (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(0x7f000000U | host),
	};
}

static inline void loopback_send(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port,
    const void *payload, size_t length)
{
	struct sockaddr_in source = loopback_at(from, from_port), target = loopback_at(to, to_port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;

	cr_assert(fd >= 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	cr_assert_eq(bind(fd, (struct sockaddr *)&source, sizeof(source)), 0);
	(void)sendto(fd, payload, length, 0, (struct sockaddr *)&target, sizeof(target));
	(void)close(fd);
}

/* The phone is 127.0.0.10, the server 127.0.0.20. Lines end with "\n". */
__attribute__((format(printf, 2, 3))) static inline void loopback_sip(
    bool outward, const char *format, ...)
{
	char lines[2048], text[4096];
	size_t length = 0;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(lines, sizeof(lines), format, list);
	va_end(list);
	for (const char *at = lines; *at; at++) {
		if (*at == '\n') {
			text[length++] = '\r';
		}
		text[length++] = *at;
	}
	if (outward) {
		loopback_send(10, 5060, 20, 5060, text, length);
	} else {
		loopback_send(20, 5060, 10, 5060, text, length);
	}
}

/* An answered call; it goes on. */
static inline void loopback_call(const char *call_id)
{
	static const char head[] = "Via: SIP/2.0/UDP 127.0.0.10;branch=z9hG4bK%s\n"
				   "From: <sip:100@x>;tag=1\nTo: <sip:200@x>%s\n"
				   "Call-ID: %s\nCSeq: 1 INVITE\nContent-Length: 0\n\n";
	char request[512], answer[512];

	(void)snprintf(request, sizeof(request), head, call_id, "", call_id);
	(void)snprintf(answer, sizeof(answer), head, call_id, ";tag=2", call_id);
	loopback_sip(true, "INVITE sip:200@127.0.0.20 SIP/2.0\n%s", request);
	loopback_sip(false, "SIP/2.0 200 OK\n%s", answer);
}

#endif
