/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a recording the packets that the kernel lifts say as much of its calls as all of them: the
 * same calls with the same figures and findings.
 */
#include <criterion/criterion.h>
#include <glob.h>

#include "data.h"
#include "lift_run.h"
#include "link.h"
#include "open_one.h"
#include "program.h"

TestSuite(same_report, .fini = scratch_remove);

static const struct lift_settings everything = {0};

static void put32(FILE *out, uint32_t value)
{
	cr_assert_eq(fwrite(&value, sizeof(value), 1, out), 1);
}

static void pcap_header_put(FILE *out)
{
	static const uint32_t words[] = {0xa1b23c4d, 4 << 16 | 2, 0, 0, 65535, LINK_ETHERNET};

	cr_assert_eq(fwrite(words, sizeof(words), 1, out), 1);
}

static void pcap_packet_put(FILE *out, const struct packet *packet)
{
	put32(out, (uint32_t)(packet->time_ns / 1000000000));
	put32(out, (uint32_t)(packet->time_ns % 1000000000));
	put32(out, packet->captured);
	put32(out, packet->length);
	cr_assert_eq(fwrite(packet->data, packet->captured, 1, out), 1);
}

struct lifted_file {
	unsigned packets, lifted;
	bool usable; /* it begins well, and is Ethernet, whole packets */
};

/* What is lifted of a recording, as a recording. */
static struct lifted_file lift_file(const struct lifting *l, const char *path, const char *to)
{
	struct lifted_file all = {.usable = true};
	struct source_error error;
	struct source *source = open_one(path, 0, &error);
	struct packet burst[PACKET_BURST];
	FILE *out = fopen(to, "wb");
	int count = 0;

	cr_assert(out);
	pcap_header_put(out);
	while (source && all.usable && (count = source_read(source, burst)) > 0) {
		for (int i = 0; i < count && all.usable; i++) {
			const struct packet *p = &burst[i];

			all.usable = p->link == LINK_ETHERNET && p->captured == p->length &&
				     p->length >= 14 && p->length <= 3520 && p->time_ns > 0;
			if (all.usable &&
			    lifting_run(l, p->data, p->captured).verdict == XDP_REDIRECT) {
				pcap_packet_put(out, p);
				all.lifted++;
			}
			all.packets++;
		}
	}
	all.usable = all.usable && source && count == SOURCE_END;
	if (source) {
		source_close(source);
	}
	(void)fclose(out);
	return all;
}

/* A row for each call: its course, figures and findings. */
static char *rows_of(const char *path)
{
	struct outcome o = run("analyze --format csv --no-progress %s", path);

	free(o.err);
	return o.out;
}

/* False where the kernel cannot be given the recording. */
static bool check(const struct lifting *l, const char *path)
{
	const char *to = scratch("lifted.pcap");
	struct lifted_file all = lift_file(l, path, to);
	char *whole, *lifted;

	if (!all.usable) {
		return false;
	}
	whole = rows_of(path);
	lifted = rows_of(to);
	cr_expect_str_eq(lifted, whole, "%s: %u of %u packets lifted\n%s\n%s", path, all.lifted,
	    all.packets, lifted, whole);
	free(whole);
	free(lifted);
	return true;
}

static unsigned check_all(const char *folder, const char *pattern)
{
	struct lifting l = lifting_begin(&everything);
	char full[4096];
	unsigned files = 0;
	glob_t found;

	(void)snprintf(full, sizeof(full), "%s/%s", folder, pattern);
	cr_assert_eq(glob(full, 0, NULL, &found), 0, "%s", full);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		files += check(&l, found.gl_pathv[i]);
	}
	globfree(&found);
	lifting_end(&l);
	return files;
}

Test(same_report, lab)
{
	cr_expect_geq(check_all(getenv("TALKPATH_SOURCE"), "pcaps/*/*.pcap*"), 10);
}

Test(same_report, captures)
{
	cr_expect_geq(check_all(data_path("captures"), "*/*.pcap*"), 50);
}
