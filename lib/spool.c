/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a position counts octets from the beginning of time. Its place in the ring
 * and in the file is its remainder; since the file is a multiple of the ring, a record that does
 * not wrap in the one does not in the other, and goes from here to there as it lies.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	RING_PARTS = 8,             /* the file has at least that many times the ring's octets */
	RING_OCTETS_MAX = 16 << 20, /* 100 ms of 1.3 Gbit/s */
	ALIGNMENT = 8,
	PAGE_OCTETS = 4096 /* read at once: a record, and perhaps the one before it */
};

static const uint32_t pad_captured = UINT32_MAX;

struct spool {
	/* Of whoever captures. */
	_Alignas(64) uint64_t next; /* where the next record goes */
	uint64_t taken_seen;        /* what `taken` was when there was no room last */
	/* Of both, and never changed. */
	uint64_t ring_octets, file_octets;
	uint8_t *ring;
	uint64_t *buckets; /* what is in them: the other side's */
	int fd;
	unsigned bucket_bits;
	_Alignas(64) atomic_uint_fast64_t put; /* committed up to here */
	/* Of the other side. */
	_Alignas(64) atomic_uint_fast64_t taken; /* free again up to here */
	uint64_t valid_from;                     /* nothing before it can be read */
	uint64_t unwritten;
	uint64_t page_at, page_end; /* positions of what is in `page` */
	int error;                  /* errno of what was unwritten last; 0: nothing was */
	uint8_t page[PAGE_OCTETS];
};

_Static_assert(sizeof(struct spool_record) % ALIGNMENT == 0, "records follow one another");
_Static_assert(SPOOL_OCTETS_MIN / RING_PARTS >= 2 * (sizeof(struct spool_record) + PACKET_MAX),
    "any packet fits into the ring, and into what is left of it or the next turn");

/* --- making --- */

static uint64_t ring_octets_for(uint64_t file_octets)
{
	uint64_t octets = RING_OCTETS_MAX;

	while (octets * RING_PARTS > file_octets) {
		octets /= 2;
	}
	return octets;
}

/* A file without a name; where the file system knows none such, it loses its name at once. */
static int file_open(int folder)
{
	static const char name[] = ".talkpath-spool";
	int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		(void)unlinkat(folder, name, 0);
		fd = openat(folder, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
		(void)unlinkat(folder, name, 0);
	}
	return fd;
}

/* Its room is taken at once: a disk that is full says so now, and not in the night. */
static bool file_make(struct spool *s, int folder)
{
	s->fd = file_open(folder);
	return s->fd >= 0 && (fallocate(s->fd, 0, 0, (off_t)s->file_octets) == 0 ||
				 errno == EOPNOTSUPP || errno == ENOSYS);
}

struct spool *spool_new(
    int folder, uint64_t octets, unsigned bucket_bits, struct source_error *error)
{
	struct spool *s = aligned_alloc(_Alignof(struct spool), sizeof(*s));

	if (!s) {
		source_fail(error, "out of memory");
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->bucket_bits = bucket_bits;
	s->ring_octets = ring_octets_for(octets);
	s->file_octets = octets / s->ring_octets * s->ring_octets;
	s->next = s->taken_seen = s->valid_from = s->ring_octets; /* none is SPOOL_NONE */
	atomic_init(&s->put, s->next);
	atomic_init(&s->taken, s->next);
	s->buckets = calloc((size_t)1 << bucket_bits, sizeof(*s->buckets));
	s->ring = malloc(s->ring_octets);
	if (!s->buckets || !s->ring) {
		source_fail(error, "out of memory");
		spool_free(s);
		return NULL;
	}
	if (!file_make(s, folder)) {
		source_fail(error, "%s (%llu MiB are reserved for packets of running calls)",
		    strerror(errno), (unsigned long long)(s->file_octets >> 20));
		spool_free(s);
		return NULL;
	}
	return s;
}

void spool_free(struct spool *s)
{
	if (!s) {
		return;
	}
	if (s->fd >= 0) {
		(void)close(s->fd);
	}
	free(s->buckets);
	free(s->ring);
	free(s);
}

/* --- whoever captures --- */

static uint8_t *ring_at(const struct spool *s, uint64_t at)
{
	return s->ring + (at & (s->ring_octets - 1));
}

static bool has_room(struct spool *s, uint64_t octets)
{
	if (s->next + octets - s->taken_seen > s->ring_octets) {
		s->taken_seen = atomic_load_explicit(&s->taken, memory_order_acquire);
	}
	return s->next + octets - s->taken_seen <= s->ring_octets;
}

bool spool_put(struct spool *s, const struct packet *packet, uint64_t hash, uint64_t order)
{
	uint64_t octets = (sizeof(struct spool_record) + packet->captured + ALIGNMENT - 1) /
			  ALIGNMENT * ALIGNMENT;
	uint64_t left = s->ring_octets - (s->next & (s->ring_octets - 1));
	uint64_t pad = octets <= left ? 0 : left;
	const struct spool_record record = {
	    .octets = (uint32_t)octets,
	    .captured = packet->captured,
	    .hash = hash,
	    .order = order,
	    .time_ns = packet->time_ns,
	    .length = packet->length,
	    .frame = packet->frame,
	    .capture = packet->capture,
	    .link = packet->link,
	};

	if (octets + pad > s->ring_octets || !has_room(s, octets + pad)) {
		return false;
	}
	if (pad > 0) {
		const uint32_t head[] = {(uint32_t)pad, pad_captured};

		memcpy(ring_at(s, s->next), head, sizeof(head));
		s->next += pad;
	}
	memcpy(ring_at(s, s->next), &record, sizeof(record));
	memcpy(ring_at(s, s->next) + sizeof(record), packet->data, packet->captured);
	s->next += octets;
	return true;
}

void spool_commit(struct spool *s)
{
	atomic_store_explicit(&s->put, s->next, memory_order_release);
}

/* --- the other side --- */

static uint64_t *bucket_of(const struct spool *s, uint64_t hash)
{
	return &s->buckets[hash & (((uint64_t)1 << s->bucket_bits) - 1)];
}

/* Each record learns of the one before it in its bucket. How many there are. */
static uint64_t records_link(struct spool *s, uint64_t from, uint64_t to)
{
	struct spool_record record;
	uint64_t count = 0;

	for (uint64_t at = from; at < to; at += record.octets) {
		memcpy(&record, ring_at(s, at), 2 * sizeof(uint32_t));
		if (record.captured != pad_captured) {
			uint64_t *bucket;

			memcpy(&record, ring_at(s, at), sizeof(record));
			bucket = bucket_of(s, record.hash);
			record.prev = *bucket;
			*bucket = at;
			memcpy(ring_at(s, at), &record, sizeof(record));
			count++;
		}
	}
	return count;
}

static bool write_all(const struct spool *s, uint64_t from, uint64_t to)
{
	while (from < to) {
		ssize_t got = pwrite(
		    s->fd, ring_at(s, from), (size_t)(to - from), (off_t)(from % s->file_octets));

		if (got < 0 && errno != EINTR) {
			return false;
		}
		if (got == 0) {
			errno = ENOSPC;
			return false;
		}
		from += got > 0 ? (uint64_t)got : 0;
	}
	return true;
}

bool spool_settle(struct spool *s)
{
	uint64_t from = atomic_load_explicit(&s->taken, memory_order_relaxed);
	uint64_t to = atomic_load_explicit(&s->put, memory_order_acquire);
	bool some = from < to;

	while (from < to) {
		uint64_t turn = (from | (s->ring_octets - 1)) + 1;
		uint64_t end = to < turn ? to : turn;
		uint64_t count = records_link(s, from, end);

		if (!write_all(s, from, end)) {
			s->error = errno;
			s->unwritten += count;
			s->valid_from = end;
		}
		from = end;
		atomic_store_explicit(&s->taken, from, memory_order_release);
	}
	return some;
}

uint64_t spool_unwritten(const struct spool *s, int *error)
{
	*error = s->error;
	return s->unwritten;
}

uint64_t spool_last(const struct spool *s, uint64_t hash)
{
	return *bucket_of(s, hash);
}

static bool file_read(const struct spool *s, uint64_t at, void *out, size_t octets)
{
	return pread(s->fd, out, octets, (off_t)(at % s->file_octets)) == (ssize_t)octets;
}

/* The page that holds all of it; what was not written when it was read is not in it. */
static bool page_read(struct spool *s, uint64_t at, size_t octets, uint64_t written)
{
	uint64_t begin = at / PAGE_OCTETS * PAGE_OCTETS;
	uint64_t end = begin + PAGE_OCTETS < written ? begin + PAGE_OCTETS : written;

	if (at + octets > end) {
		return false;
	}
	if (at < s->page_at || at + octets > s->page_end) {
		s->page_at = s->page_end = 0;
		if (!file_read(s, begin, s->page, (size_t)(end - begin))) {
			return false;
		}
		s->page_at = begin;
		s->page_end = end;
	}
	return true;
}

static bool read_at(struct spool *s, uint64_t at, void *out, size_t octets)
{
	uint64_t written = atomic_load_explicit(&s->taken, memory_order_relaxed);

	if (at < s->valid_from || at + octets > written || at + s->file_octets < written) {
		return false;
	}
	if (!page_read(s, at, octets, written)) {
		return file_read(s, at, out, octets);
	}
	memcpy(out, s->page + (at - s->page_at), octets);
	return true;
}

bool spool_record(struct spool *s, uint64_t at, struct spool_record *out)
{
	return at != SPOOL_NONE && read_at(s, at, out, sizeof(*out)) && out->captured <= PACKET_MAX;
}

bool spool_data(struct spool *s, uint64_t at, const struct spool_record *record, uint8_t *room)
{
	return read_at(s, at + sizeof(*record), room, record->captured);
}

/* Of the oldest turn of the ring that is whole in the file: each begins with a record. */
int64_t spool_since_ns(struct spool *s)
{
	uint64_t written = atomic_load_explicit(&s->taken, memory_order_relaxed);
	uint64_t oldest = s->ring_octets;
	struct spool_record record;

	if (written > s->file_octets && written - s->file_octets > oldest) {
		oldest = written - s->file_octets;
	}
	oldest = oldest > s->valid_from ? oldest : s->valid_from;
	if (oldest == s->ring_octets) {
		return INT64_MIN;
	}
	oldest = (oldest + s->ring_octets - 1) & ~(s->ring_octets - 1);
	return oldest < written && spool_record(s, oldest, &record) ? record.time_ns : INT64_MAX;
}
