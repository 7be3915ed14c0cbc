/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call records in Redis (prefix talkpath:):
 *
 *   stream calls       one entry per ended call: id, json, flat fields
 *   stream findings    one entry per finding of such a call, and per other finding
 *   hash   call:<id>   the same record by its id, for CALL_TTL_S; it is the truth, and
 *                      consumers of the stream skip ids that they have seen
 *   hash   site        counters and when it was last written to
 *   set    sites       all sites seen
 *
 * A batch is sent as one pipeline; its replies are read afterwards.
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"

enum {
	CONNECT_TIMEOUT_S = 3,
	DEFAULT_PORT = 6379,
	CALL_TTL_S = 7 * 24 * 3600,
	STREAM_LENGTH_MAX = 1000000, /* entries kept, roughly */
	ARGUMENTS_MAX = 8 + 2 * (ITEM_FIELDS_MAX + 2),
	URL_PART_MAX = 256
};

struct redis_address {
	char user[URL_PART_MAX], password[URL_PART_MAX], host[URL_PART_MAX];
	char path[URL_PART_MAX]; /* of a unix socket; empty: host and port */
	int port, database;
};

struct redis_backend {
	struct backend backend;
	struct redis_address address;
	char *site;
	redisContext *context;
	unsigned pending; /* replies to read */
};

/* --- the URL --- */

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Copy, undoing percent-encoding (RFC 3986 2.1). */
static bool part_copy(char out[URL_PART_MAX], const char *at, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		char c = at[i];

		if (c == '%') {
			int high = length - i > 2 ? hex_digit(at[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(at[i + 2]) : -1;

			if (low < 0) {
				return false;
			}
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (n + 1 >= URL_PART_MAX) {
			return false;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool number_parse(const char *text, size_t length, int max, int *out)
{
	int value = 0;

	if (length == 0 || length > 6) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		value = value * 10 + (text[i] - '0');
	}
	*out = value;
	return value <= max;
}

static bool credentials_parse(struct redis_address *out, const char *at, size_t length)
{
	const char *colon = memchr(at, ':', length);
	size_t user = colon ? (size_t)(colon - at) : 0;

	if (!colon) {
		return part_copy(out->password, at, length);
	}
	return part_copy(out->user, at, user) &&
	       part_copy(out->password, colon + 1, length - user - 1);
}

static bool host_parse(struct redis_address *out, const char *at, size_t length)
{
	const char *close = *at == '[' ? memchr(at, ']', length) : NULL;
	const char *from = close ? at + 1 : at;
	const char *host_end = close ? close : memchr(at, ':', length);
	const char *port = close ? close + 1 : host_end;

	if (!host_end) {
		host_end = port = at + length;
	}
	if (!part_copy(out->host, from, (size_t)(host_end - from))) {
		return false;
	}
	if (port == at + length) {
		return true;
	}
	return *port == ':' &&
	       number_parse(port + 1, (size_t)(at + length - port - 1), 65535, &out->port);
}

static bool tcp_parse(struct redis_address *out, const char *rest)
{
	size_t authority = strcspn(rest, "/?");
	const char *at = memrchr(rest, '@', authority);
	const char *database = rest + authority;

	if (at && !credentials_parse(out, rest, (size_t)(at - rest))) {
		return false;
	}
	if (at) {
		authority -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	if (authority == 0 || !host_parse(out, rest, authority)) {
		return false;
	}
	return *database == '\0' || strcmp(database, "/") == 0 ||
	       (*database == '/' &&
		   number_parse(database + 1, strlen(database + 1), 65535, &out->database));
}

static bool unix_parse(struct redis_address *out, const char *rest)
{
	const char *query = strchr(rest, '?');

	if (*rest != '/' ||
	    !part_copy(out->path, rest, query ? (size_t)(query - rest) : strlen(rest))) {
		return false;
	}
	return !query || (strncmp(query, "?db=", 4) == 0 &&
			     number_parse(query + 4, strlen(query + 4), 65535, &out->database));
}

static bool url_parse(struct redis_address *out, const char *url)
{
	static const char tcp[] = "redis://", local[] = "redis+unix://";

	*out = (struct redis_address){.port = DEFAULT_PORT};
	if (strncmp(url, local, sizeof(local) - 1) == 0) {
		return unix_parse(out, url + sizeof(local) - 1);
	}
	return tcp_parse(out, url + sizeof(tcp) - 1);
}

/* --- the connection --- */

static void redis_disconnect(struct backend *backend)
{
	struct redis_backend *redis = (struct redis_backend *)backend;

	if (redis->context) {
		redisFree(redis->context);
		redis->context = NULL;
	}
	redis->pending = 0;
}

/* One command and its reply; false with *error when refused or broken. */
static bool command_done(redisContext *context, redisReply *reply, char error[STORE_ERROR_MAX])
{
	bool done = reply && reply->type != REDIS_REPLY_ERROR;

	if (!done) {
		(void)snprintf(error, STORE_ERROR_MAX, "%s", reply ? reply->str : context->errstr);
	}
	if (reply) {
		freeReplyObject(reply);
	}
	return done;
}

static bool session_begin(struct redis_backend *redis, char error[STORE_ERROR_MAX])
{
	const struct redis_address *a = &redis->address;
	redisContext *c = redis->context;

	if (a->password[0] && a->user[0] &&
	    !command_done(c, redisCommand(c, "AUTH %s %s", a->user, a->password), error)) {
		return false;
	}
	if (a->password[0] && !a->user[0] &&
	    !command_done(c, redisCommand(c, "AUTH %s", a->password), error)) {
		return false;
	}
	if (a->database && !command_done(c, redisCommand(c, "SELECT %d", a->database), error)) {
		return false;
	}
	return command_done(c, redisCommand(c, "PING"), error);
}

static bool redis_connect(struct backend *backend, char error[STORE_ERROR_MAX])
{
	struct redis_backend *redis = (struct redis_backend *)backend;
	const struct redis_address *a = &redis->address;
	const struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};

	redis->context = a->path[0] ? redisConnectUnixWithTimeout(a->path, timeout)
				    : redisConnectWithTimeout(a->host, a->port, timeout);
	if (!redis->context || redis->context->err) {
		(void)snprintf(error, STORE_ERROR_MAX, "%s",
		    redis->context ? redis->context->errstr : "out of memory");
		redis_disconnect(backend);
		return false;
	}
	(void)redisSetTimeout(redis->context, timeout);
	if (!session_begin(redis, error)) {
		redis_disconnect(backend);
		return false;
	}
	return true;
}

/* --- records --- */

struct command {
	int count;
	const char *arguments[ARGUMENTS_MAX];
};

static void argument(struct command *command, const char *text)
{
	command->arguments[command->count++] = text;
}

static void append(struct redis_backend *redis, const struct command *command)
{
	(void)redisAppendCommandArgv(
	    redis->context, command->count, (const char **)(size_t)command->arguments, NULL);
	redis->pending++;
}

static void fields(struct command *command, const struct item *item)
{
	argument(command, "id");
	argument(command, item->id);
	argument(command, "json");
	argument(command, item->json);
	for (unsigned i = 0; i < item->field_count; i++) {
		argument(command, item->fields[i].name);
		argument(command, item->fields[i].value);
	}
}

static void append_entry(struct redis_backend *redis, const char *key, const struct item *item)
{
	struct command command = {0};
	char length[16];

	(void)snprintf(length, sizeof(length), "%d", STREAM_LENGTH_MAX);
	argument(&command, "XADD");
	argument(&command, key);
	argument(&command, "MAXLEN");
	argument(&command, "~");
	argument(&command, length);
	argument(&command, "*");
	fields(&command, item);
	append(redis, &command);
}

static void append_record(struct redis_backend *redis, const struct item *item)
{
	struct command hash = {0}, expire = {0};
	char key[128], ttl[16];

	(void)snprintf(key, sizeof(key), "talkpath:call:%s", item->id);
	(void)snprintf(ttl, sizeof(ttl), "%d", CALL_TTL_S);
	argument(&hash, "HSET");
	argument(&hash, key);
	fields(&hash, item);
	append(redis, &hash);
	argument(&expire, "EXPIRE");
	argument(&expire, key);
	argument(&expire, ttl);
	append(redis, &expire);
}

static void append_counter(struct redis_backend *redis, const char *counter)
{
	const struct command count = {4, {"HINCRBY", "talkpath:site", counter, "1"}};

	append(redis, &count);
}

static void append_seen(struct redis_backend *redis)
{
	char now[24];
	const struct command seen = {4, {"HSET", "talkpath:site", "last_seen", now}};
	const struct command sites = {3, {"SADD", "talkpath:sites", redis->site}};

	(void)snprintf(now, sizeof(now), "%lld", (long long)time(NULL));
	append(redis, &seen);
	if (redis->site) {
		append(redis, &sites);
	}
}

static void append_item(struct redis_backend *redis, const struct item *item)
{
	switch (item->kind) {
	case ITEM_CALL:
		append_entry(redis, "talkpath:calls", item);
		append_record(redis, item);
		append_counter(redis, "calls");
		break;
	case ITEM_FINDING:
		append_entry(redis, "talkpath:findings", item);
		append_counter(redis, "findings");
		break;
	}
	append_seen(redis);
}

/* Read `count` replies: done if none of them is an error. */
static enum put_result replies_read(
    struct redis_backend *redis, unsigned count, char error[STORE_ERROR_MAX])
{
	enum put_result result = PUT_DONE;

	for (unsigned i = 0; i < count; i++) {
		redisReply *reply = NULL;

		if (redisGetReply(redis->context, (void **)&reply) != REDIS_OK) {
			(void)snprintf(error, STORE_ERROR_MAX, "%s", redis->context->errstr);
			return PUT_BROKEN;
		}
		if (!command_done(redis->context, reply, error)) {
			result = PUT_REFUSED;
		}
	}
	return result;
}

static void redis_put(struct backend *backend, struct item *const *items, size_t count,
    enum put_result *results, char error[STORE_ERROR_MAX])
{
	struct redis_backend *redis = (struct redis_backend *)backend;
	unsigned replies[STORE_BATCH];

	for (size_t i = 0; i < count; i++) {
		redis->pending = 0;
		append_item(redis, items[i]);
		replies[i] = redis->pending;
		results[i] = PUT_BROKEN;
	}
	for (size_t i = 0; i < count; i++) {
		results[i] = replies_read(redis, replies[i], error);
		if (results[i] == PUT_BROKEN) {
			return;
		}
	}
}

static void redis_free(struct backend *backend)
{
	struct redis_backend *redis = (struct redis_backend *)backend;

	redis_disconnect(backend);
	free(redis->site);
	free(redis);
}

struct backend *redis_backend_new(
    const char *url, const struct store_options *options, char error[STORE_ERROR_MAX])
{
	static const struct backend_ops ops = {
	    redis_connect, redis_put, redis_disconnect, redis_free};
	struct redis_backend *redis = calloc(1, sizeof(*redis));

	if (!redis) {
		(void)snprintf(error, STORE_ERROR_MAX, "out of memory");
		return NULL;
	}
	redis->backend.ops = &ops;
	redis->site = options->site ? strdup(options->site) : NULL;
	if (!url_parse(&redis->address, url)) {
		(void)snprintf(error, STORE_ERROR_MAX,
		    "is no Redis URL; write redis://[user:password@]host[:port][/db] or "
		    "redis+unix:///path.sock[?db=N]");
		redis_free(&redis->backend);
		return NULL;
	}
	return &redis->backend;
}
