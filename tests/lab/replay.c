/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures put back on the wire: each out of an interface of its own, all by one clock, at the pace
 * at which they were recorded, or as fast as the kernel takes them.
 *
 *     replay [-a] [-n TIMES] INTERFACE=FILE...
 *
 * -a sends at once, -n the same packets again so many times. Files are classic pcap of Ethernet, of
 * this machine's byte order, with nothing cut off. What an interface that is down does not take is
 * gone, as on a wire. At the end it says how many packets were taken, how many were not, and how
 * late they were: "sent 1216 packets, 0 refused, late by 31 us on average, 612 us at most".
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>

enum {
	FILES_MAX = 16,
	BATCH = 64, /* packets given to the kernel at once, if so many are due */
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	LINK_ETHERNET = 1,
	MICROSECOND_NS = 1000,
	TIMES_MAX = 1000000
};

static const int64_t second_ns = 1000000000;
static const uint32_t magic_us = 0xa1b2c3d4, magic_ns = 0xa1b23c4d;

struct frame {
	int64_t time_ns;
	void *data;
	uint32_t length;
};

struct track {
	int socket;
	size_t count, next;
	struct frame *frames;
};

struct replay {
	bool at_once;
	long times;
	size_t track_count;
	struct track tracks[FILES_MAX];
	/* of what was sent */
	uint64_t sent, refused;
	int64_t late_sum_ns, late_most_ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * second_ns + now.tv_nsec;
}

/* --- files --- */

static uint32_t word_at(const uint8_t *octets)
{
	uint32_t word;

	memcpy(&word, octets, sizeof(word));
	return word;
}

static uint8_t *file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	uint8_t *octets = NULL;
	long end;

	if (file && fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= FILE_HEADER) {
		*length = (size_t)end;
		octets = malloc(*length);
		rewind(file);
		if (octets && fread(octets, 1, *length, file) != *length) {
			free(octets);
			octets = NULL;
		}
	}
	if (file) {
		(void)fclose(file);
	}
	return octets;
}

/* The records behind the file's header; NULL with a reason where it is none that can be sent. */
static const char *frames_take(struct track *track, uint8_t *octets, size_t length)
{
	const uint32_t magic = word_at(octets);
	const int64_t fraction_ns = magic == magic_ns ? 1 : MICROSECOND_NS;
	size_t at = FILE_HEADER;

	if ((magic != magic_us && magic != magic_ns) || word_at(octets + 20) != LINK_ETHERNET) {
		return "is no pcap file of Ethernet in this byte order";
	}
	track->frames = calloc(length / RECORD_HEADER, sizeof(*track->frames));
	while (track->frames && length - at >= RECORD_HEADER) {
		const uint8_t *header = octets + at;
		uint32_t captured = word_at(header + 8);

		at += RECORD_HEADER;
		if (captured > length - at || captured != word_at(header + 12)) {
			return "holds packets that were cut";
		}
		track->frames[track->count++] =
		    (struct frame){word_at(header) * second_ns + word_at(header + 4) * fraction_ns,
			octets + at, captured};
		at += captured;
	}
	return track->count > 0 ? NULL : "holds no packets";
}

static int socket_open(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (fd >= 0 && address.sll_ifindex > 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		return fd;
	}
	perror(interface);
	return -1;
}

/* INTERFACE=FILE */
static bool track_open(struct track *track, char *argument)
{
	char *path = strchr(argument, '=');
	const char *wrong = "cannot be read";
	uint8_t *octets;
	size_t length;

	if (!path) {
		(void)fprintf(stderr, "replay: %s is not INTERFACE=FILE\n", argument);
		return false;
	}
	*path++ = '\0';
	octets = file_read(path, &length);
	if (octets) {
		wrong = frames_take(track, octets, length);
	}
	if (wrong) {
		(void)fprintf(stderr, "replay: %s %s\n", path, wrong);
		return false;
	}
	track->socket = socket_open(argument);
	return track->socket >= 0;
}

/* --- sending --- */

/* The track whose next frame is earliest; NULL: all were sent. */
static struct track *track_next(struct replay *r)
{
	struct track *found = NULL;

	for (size_t i = 0; i < r->track_count; i++) {
		struct track *t = &r->tracks[i];

		if (t->next < t->count &&
		    (!found || t->frames[t->next].time_ns < found->frames[found->next].time_ns)) {
			found = t;
		}
	}
	return found;
}

/* The frame is not sent before `other` has been, of which the next one is due then. */
static bool is_behind(const struct replay *r, const struct track *t, const struct frame *frame)
{
	for (size_t i = 0; i < r->track_count; i++) {
		const struct track *other = &r->tracks[i];

		if (other != t && other->next < other->count &&
		    other->frames[other->next].time_ns < frame->time_ns) {
			return true;
		}
	}
	return false;
}

/* Of the track as many as are due, and come before those of other tracks. False: error. */
static bool batch_send(struct replay *r, struct track *t, int64_t begun_ns, int64_t first_ns)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	unsigned count = 0;
	int64_t now = now_ns();
	int sent;

	for (; count < BATCH && t->next + count < t->count; count++) {
		const struct frame *f = &t->frames[t->next + count];
		int64_t late_ns = now - begun_ns - (f->time_ns - first_ns);

		if (count > 0 && ((!r->at_once && late_ns < 0) || is_behind(r, t, f))) {
			break;
		}
		parts[count] = (struct iovec){f->data, f->length};
		messages[count].msg_hdr.msg_iov = &parts[count];
		messages[count].msg_hdr.msg_iovlen = 1;
		r->late_sum_ns += late_ns;
		r->late_most_ns = late_ns > r->late_most_ns ? late_ns : r->late_most_ns;
	}
	for (unsigned done = 0; done < count; done += (unsigned)sent) {
		sent = sendmmsg(t->socket, messages + done, count - done, 0);
		if (sent > 0) {
			r->sent += (unsigned)sent;
		} else if (errno == ENOBUFS || errno == ENETDOWN) {
			r->refused++;
			sent = 1;
		} else {
			perror("replay: sendmmsg");
			return false;
		}
	}
	t->next += count;
	return true;
}

static void wait_until(int64_t due_ns)
{
	const struct timespec due = {due_ns / second_ns, due_ns % second_ns};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
}

static bool play(struct replay *r)
{
	int64_t begun_ns = now_ns(), first_ns;
	struct track *t;

	for (size_t i = 0; i < r->track_count; i++) {
		r->tracks[i].next = 0;
	}
	t = track_next(r);
	first_ns = t->frames[0].time_ns;
	for (; t; t = track_next(r)) {
		if (!r->at_once) {
			wait_until(begun_ns + t->frames[t->next].time_ns - first_ns);
		}
		if (!batch_send(r, t, begun_ns, first_ns)) {
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct replay r = {.times = 1};
	int option;

	while ((option = getopt(argc, argv, "an:")) != -1) {
		r.at_once |= option == 'a';
		r.times = option == 'n' ? strtol(optarg, NULL, 10) : r.times;
		if (option == '?' || r.times < 1 || r.times > TIMES_MAX) {
			optind = argc;
		}
	}
	if (optind >= argc || argc - optind > FILES_MAX) {
		(void)fputs("Usage: replay [-a] [-n TIMES] INTERFACE=FILE...\n", stderr);
		return 2;
	}
	for (; optind < argc; optind++) {
		if (!track_open(&r.tracks[r.track_count++], argv[optind])) {
			return 1;
		}
	}
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	for (long i = 0; i < r.times; i++) {
		if (!play(&r)) {
			return 1;
		}
	}
	(void)printf(
	    "sent %llu packets, %llu refused, late by %lld us on average, %lld us at most\n",
	    (unsigned long long)r.sent, (unsigned long long)r.refused,
	    (long long)(r.late_sum_ns / (int64_t)(r.sent + r.refused) / MICROSECOND_NS),
	    (long long)(r.late_most_ns / MICROSECOND_NS));
	return 0;
}
