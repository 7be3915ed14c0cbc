/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real redis-server of the test's own, on a unix socket and a loopback port.
 */
#ifndef TALKPATH_TEST_REDIS_H
#define TALKPATH_TEST_REDIS_H

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>

#include "program.h"

struct redis {
	pid_t pid;
	int port;
	char socket[128];
	redisContext *client;
};

/* Start it; more: further arguments, parted by blanks, or NULL. */
static inline struct redis redis_start(int port, const char *more)
{
	struct redis r = {.port = port};
	char command[512];

	(void)snprintf(r.socket, sizeof(r.socket), "%s", scratch("redis.sock"));
	(void)unlink(r.socket);
	(void)snprintf(command, sizeof(command),
	    "exec redis-server --port %d --bind 127.0.0.1 --unixsocket %s --save '' --appendonly "
	    "no "
	    "--dir /tmp %s >/dev/null 2>&1",
	    port, r.socket, more ? more : "");
	r.pid = fork();
	if (r.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 100; i++) {
		r.client = redisConnectUnix(r.socket);
		if (r.client && !r.client->err) {
			return r;
		}
		redisFree(r.client);
		r.client = NULL;
		(void)usleep(50000);
	}
	cr_assert_fail("redis-server did not start: ./dev setup test installs it");
	return r;
}

static inline void redis_stop(struct redis *r)
{
	redisFree(r->client);
	(void)kill(r->pid, SIGTERM);
	(void)waitpid(r->pid, NULL, 0);
}

/* A command's reply; the caller frees it. */
__attribute__((format(printf, 2, 3))) static inline redisReply *redis_ask(
    const struct redis *r, const char *format, ...)
{
	va_list list;
	redisReply *reply;

	va_start(list, format);
	reply = redisvCommand(r->client, format, list);
	va_end(list);
	cr_assert_not_null(reply, "%s", r->client->errstr);
	cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s", reply->str);
	return reply;
}

static inline long long redis_integer(const struct redis *r, const char *command)
{
	redisReply *reply = redis_ask(r, command, NULL);
	long long value = reply->integer;

	freeReplyObject(reply);
	return value;
}

/* Field of the n-th entry of a stream; a static copy, "" if there is none. */
static inline const char *redis_field(
    const struct redis *r, const char *stream, size_t n, const char *field)
{
	static char copies[4][1 << 16];
	static int turn;
	redisReply *reply = redis_ask(r, "XRANGE %s - +", stream);
	char *copy = copies[turn = (turn + 1) % 4];

	copy[0] = '\0';
	if (n < reply->elements) {
		const redisReply *fields = reply->element[n]->element[1];

		for (size_t i = 0; i + 1 < fields->elements; i += 2) {
			if (strcmp(fields->element[i]->str, field) == 0) {
				(void)snprintf(
				    copy, sizeof(copies[0]), "%s", fields->element[i + 1]->str);
			}
		}
	}
	freeReplyObject(reply);
	return copy;
}

#endif
