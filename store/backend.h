/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store's thread needs of the place it writes to.
 */
#ifndef TALKPATH_STORE_BACKEND_H
#define TALKPATH_STORE_BACKEND_H

#include "store.h"

enum { ITEM_FIELDS_MAX = 12 };

struct item_field {
	const char *name;
	char *value;
};

enum item_kind { ITEM_CALL, ITEM_FINDING };

/* One record, ready to be sent; everything is owned by the item. */
struct item {
	struct item *next;
	enum item_kind kind;
	char *id;
	char *json;
	unsigned field_count;
	struct item_field fields[ITEM_FIELDS_MAX]; /* flat, for those who do not read JSON */
};

enum put_result {
	PUT_DONE,
	PUT_REFUSED, /* the place answered no: sending it again would not help */
	PUT_BROKEN   /* no connection: to be sent again */
};

struct backend;

struct backend_ops {
	bool (*connect)(struct backend *backend, char error[STORE_ERROR_MAX]);
	/* results: one per item, filled as far as known; PUT_BROKEN for the rest. */
	void (*put)(struct backend *backend, struct item *const *items, size_t count,
	    enum put_result *results, char error[STORE_ERROR_MAX]);
	void (*disconnect)(struct backend *backend);
	void (*free)(struct backend *backend);
};

struct backend {
	const struct backend_ops *ops;
};

/* redis://[user:password@]host[:port][/db] or redis+unix:///path[?db=N] */
struct backend *redis_backend_new(
    const char *url, const struct store_options *options, char error[STORE_ERROR_MAX]);

#endif
