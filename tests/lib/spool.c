/* SPDX-License-Identifier: Apache-2.0 */
/* The spool: what is put is found by its hash until it is written over; what finds no room is not
 * there. */
#include "spool.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(spool, .timeout = 60);

enum { OCTETS = 1000, HASHES = 3, ROUND = 500 };

struct opened {
	int folder;
	struct spool *spool;
	uint64_t order;
};

static struct opened opened(uint64_t octets)
{
	struct source_error error = {0};
	struct opened o = {.folder = open("/tmp", O_RDONLY | O_DIRECTORY)};

	cr_assert_geq(o.folder, 0);
	o.spool = spool_new(o.folder, octets, 1, &error);
	cr_assert_not_null(o.spool, "%s", error.reason);
	return o;
}

static void closed(struct opened *o)
{
	spool_free(o->spool);
	(void)close(o->folder);
}

/* The n-th packet is n ms late, of hash n % HASHES, and its octets and their number tell it. */
static uint32_t octets_of(uint64_t order)
{
	return (uint32_t)(OCTETS - order % 97);
}

static bool put(struct opened *o)
{
	uint8_t data[OCTETS];
	struct packet packet = {
	    .time_ns = (int64_t)o->order * 1000000,
	    .data = data,
	    .captured = octets_of(o->order),
	    .length = OCTETS,
	    .frame = (uint32_t)o->order,
	    .capture = 1,
	    .link = 113,
	};

	memset(data, (int)(o->order & 0xff), sizeof(data));
	if (!spool_put(o->spool, &packet, o->order % HASHES, o->order)) {
		return false;
	}
	o->order++;
	spool_commit(o->spool);
	return true;
}

static void put_many(struct opened *o, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i % ROUND == ROUND - 1) {
			(void)spool_settle(o->spool);
		}
		cr_assert(put(o));
	}
	(void)spool_settle(o->spool);
}

/* How many of this hash there are, each whole, the newest first and none missing between. */
static uint64_t expect_run(const struct opened *o, uint64_t hash)
{
	uint64_t at = spool_last(o->spool, hash), count = 0, next = 0;
	struct spool_record record;
	uint8_t data[OCTETS];

	for (; spool_record(o->spool, at, &record); at = record.prev) {
		if (record.hash != hash) {
			continue;
		}
		cr_assert(count == 0 || record.order == next - HASHES);
		cr_assert_eq(record.order % HASHES, hash);
		cr_assert_eq(record.captured, octets_of(record.order));
		cr_assert(spool_data(o->spool, at, &record, data));
		for (uint32_t i = 0; i < record.captured; i++) {
			cr_assert_eq(data[i], record.order & 0xff);
		}
		cr_assert_eq(record.frame, record.order);
		cr_assert_eq(record.time_ns, (int64_t)record.order * 1000000);
		cr_assert_eq(record.length, OCTETS);
		cr_assert_eq(record.link, 113);
		next = record.order;
		count++;
	}
	return count;
}

Test(spool, finds_all_of_a_hash)
{
	struct opened o = opened(SPOOL_OCTETS_MIN);

	cr_assert_not(spool_settle(o.spool));
	cr_assert_eq(expect_run(&o, 0), 0);
	put_many(&o, 3000);
	for (unsigned hash = 0; hash < HASHES; hash++) {
		cr_assert_eq(expect_run(&o, hash), 1000);
	}
	cr_assert_eq(spool_since_ns(o.spool), INT64_MIN);
	closed(&o);
}

/* Many times round: what is there is whole, nearly as much as fits, and the last of all. */
Test(spool, writes_over_the_oldest)
{
	struct opened o = opened(SPOOL_OCTETS_MIN);
	uint64_t fits = SPOOL_OCTETS_MIN / (OCTETS + sizeof(struct spool_record)), found = 0;

	put_many(&o, 100000);
	for (unsigned hash = 0; hash < HASHES; hash++) {
		found += expect_run(&o, hash);
	}
	cr_assert_gt(found, fits * 98 / 100, "%llu of %llu", (unsigned long long)found,
	    (unsigned long long)fits);
	cr_assert_gt(spool_since_ns(o.spool), (int64_t)(o.order - found) * 1000000);
	cr_assert_lt(spool_since_ns(o.spool), (int64_t)o.order * 1000000);
	closed(&o);
}

/* Nobody takes from the ring: it refuses, and goes on where it was when there is room again. */
Test(spool, refuses_what_finds_no_room)
{
	struct opened o = opened(SPOOL_OCTETS_MIN);
	uint64_t before;

	while (put(&o)) {}
	cr_assert_gt(o.order, 900);
	before = o.order;
	cr_assert_not(put(&o));
	cr_assert(spool_settle(o.spool));
	cr_assert(put(&o));
	(void)spool_settle(o.spool);
	cr_assert_eq(expect_run(&o, before % HASHES), before / HASHES + 1);
	closed(&o);
}

/* So far and no further, as on a disk that is full. */
static void disk_limit(rlim_t octets)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = octets;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What the disk does not take is counted, and never taken for a packet; then it goes on. */
Test(spool, a_disk_that_fails)
{
	struct opened o = opened(SPOOL_OCTETS_MIN);
	int error;

	(void)signal(SIGXFSZ, SIG_IGN);
	put_many(&o, 500);
	cr_assert_eq(spool_unwritten(o.spool, &error), 0);
	disk_limit(1 << 20);
	put_many(&o, 500);
	cr_assert_eq(spool_unwritten(o.spool, &error), 500);
	cr_assert_eq(error, EFBIG);
	cr_assert_eq(expect_run(&o, 0), 0);
	disk_limit(RLIM_INFINITY);
	put_many(&o, 300);
	cr_assert_eq(spool_unwritten(o.spool, &error), 500);
	cr_assert_eq(expect_run(&o, 0), 100);
	cr_assert_geq(spool_since_ns(o.spool), 1000 * 1000000LL);
	closed(&o);
}
