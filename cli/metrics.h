/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics and health over HTTP, by libmicrohttpd, which is loaded when it is asked for.
 *
 *     GET /metrics    the text format of Prometheus
 *     GET /health     200 "ok" or "degraded: why"; 503 "stalled: why"
 *
 * Threading: one thread, which is woken by metrics_fd(). Ownership: metrics_open() gives an object
 * that metrics_close() frees. Limits: METRICS_CONNECTIONS at once, METRICS_PATIENCE_S each.
 */
#ifndef TALKPATH_METRICS_H
#define TALKPATH_METRICS_H

#include "service.h"

enum {
	METRICS_CONNECTIONS = 16,
	METRICS_PATIENCE_S = 5,
	METRICS_HOST_MAX = 256,
	METRICS_PORT_MAX = 8,
	METRICS_ERROR_MAX = 256
};

struct metrics_address {
	char host[METRICS_HOST_MAX], port[METRICS_PORT_MAX];
};

/* "9460", "10.0.0.1:9460", "[::]:9460"; without a host it is the loopback's. */
bool metrics_address(const char *text, struct metrics_address *out);

struct metrics;

/* Listens; NULL with *error. */
struct metrics *metrics_open(const struct metrics_address *address, char error[METRICS_ERROR_MAX]);

/* Becomes readable when there is something to do. */
int metrics_fd(const struct metrics *metrics);

/* Do it; now and then without need, since connections time out. */
void metrics_work(struct metrics *metrics, const struct service_figures *figures);

void metrics_close(struct metrics *metrics);

#endif
