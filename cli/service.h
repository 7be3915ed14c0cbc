/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outside of a live capture: who asks how it goes is answered, and systemd hears that it does.
 *
 * Data in:   the live figures of the analysis, and what the stores tell of themselves.
 * Data out:  a status socket (status_socket.h), Prometheus metrics over HTTP (metrics.h), and
 *            notices for systemd (notify.h).
 * Threading: one thread of its own, from service_start() to service_close(); it touches nothing
 *            that capture waits for. service_open() does what may need privileges.
 * Ownership: service_open() gives an object that service_close() frees.
 */
#ifndef TALKPATH_SERVICE_H
#define TALKPATH_SERVICE_H

#include "options.h"
#include "store.h"
#include "talkpath.h"

enum { SERVICE_STORE_NAME_MAX = 128 };

/* Everything that is told. */
struct service_figures {
	bool live_known; /* false: the capture is about to begin */
	bool stopping;
	int64_t time_ns; /* UTC */
	struct tp_live_figures live;
	bool saving; /* bad calls */
	struct tp_saved saved;
	const char *site, *probe; /* NULL: none */
	size_t store_count;
	struct service_store {
		char name[SERVICE_STORE_NAME_MAX]; /* its URL, without a password */
		struct store_state state;
	} stores[OPTIONS_STORES_MAX];
};

/* How well: "ok"; "degraded", which `why` explains; "stalled": it does not work any more. */
enum service_health { HEALTH_OK, HEALTH_DEGRADED, HEALTH_STALLED };

enum { SERVICE_WHY_MAX = 400 };

enum service_health service_health(
    const struct service_figures *figures, char why[SERVICE_WHY_MAX]);
const char *service_health_name(enum service_health health);

struct service;

/*
 * Sockets and listeners. NULL where something that was asked for by an option cannot be had, and
 * why has been said on standard error; the usual status socket may be missing, which is said too.
 */
struct service *service_open(const struct options *options);

/* The capture is about to run; stores: `options->store_count` of them. */
bool service_start(
    struct service *service, struct tp_analysis *analysis, struct store *const *stores);

/* It has run; the report is being written. The stores are about to be closed. */
void service_stopping(struct service *service);

void service_close(struct service *service);

#endif
