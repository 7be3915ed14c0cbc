/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spool: the packets of the last while, in a file of fixed size that begins anew when it is full.
 *
 * Whoever captures puts packets into a ring in memory and never waits: what finds no room there is
 * refused, and counted. Another thread writes the ring to the file, and finds packets there again:
 * of each bucket of hashes, the last one, and from each the one before.
 *
 * Data in:   borrowed packets, each with a hash and an order. Data out: copies of them.
 * Ownership: spool_new() gives an object that spool_free() frees. The file has no name: what is in
 *            it is gone with the process, however that ends.
 * Threading: one thread puts and commits, one other does everything else; counts are anybody's.
 * Limits:    SPOOL_OCTETS_MIN; positions rise for ever, and tell what was written over.
 */
#ifndef TALKPATH_SPOOL_H
#define TALKPATH_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "source.h"

#define SPOOL_OCTETS_MIN (8ULL << 20)
#define SPOOL_NONE       0ULL /* no position */

struct spool;

/* A packet as it lies in the spool; its octets follow. */
struct spool_record {
	uint32_t octets;   /* of all of it, padded: the next one follows. First, as in a pad */
	uint32_t captured; /* UINT32_MAX: a pad up to the end of the ring */
	uint64_t prev;     /* position of the one before in its bucket, or SPOOL_NONE */
	uint64_t hash, order;
	int64_t time_ns;
	uint32_t length, frame;
	uint16_t capture, link;
};

/*
 * In this folder, of so many octets at most; 1 << bucket_bits buckets. NULL with *error where there
 * is no room for it, on the disk or in memory.
 */
struct spool *spool_new(
    int folder, uint64_t octets, unsigned bucket_bits, struct source_error *error);
void spool_free(struct spool *spool);

/* --- whoever captures --- */

/* False where the ring is full. Seen by the other side after spool_commit(). */
bool spool_put(struct spool *spool, const struct packet *packet, uint64_t hash, uint64_t order);
void spool_commit(struct spool *spool);

/* --- the other side --- */

/* Everything committed goes to the file. False where there was nothing. */
bool spool_settle(struct spool *spool);

/* Packets that the file did not take, and errno of the last time; 0 where it took all. */
uint64_t spool_unwritten(const struct spool *spool, int *error);

/* The last packet of the hash's bucket; of other hashes, too. */
uint64_t spool_last(const struct spool *spool, uint64_t hash);

/* False where it is there no more. */
bool spool_record(struct spool *spool, uint64_t at, struct spool_record *out);

/* And its octets. room: record->captured octets. */
bool spool_data(struct spool *spool, uint64_t at, const struct spool_record *record, uint8_t *room);

/* Since when there is everything that was put; INT64_MIN: from the beginning. */
int64_t spool_since_ns(struct spool *spool);

#endif
