/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-generate: write a capture of two-way calls, or of phones that only register, and the
 * truth about it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calls.h"
#include "gen_phones.h"

static const char usage[] =
    "Usage: talkpath-generate [options] CAPTURE [TRUTH.json]\n"
    "\n"
    "Writes a capture of two-way calls, and beside it what is true of every stream.\n"
    "\n"
    "  --calls N           calls (100)\n"
    "  --seconds S         media per call (60)\n"
    "  --spread S          calls begin evenly over S seconds (1)\n"
    "  --loss PCT          packets lost (0)\n"
    "  --duplicate PCT     packets sent twice (0)\n"
    "  --reorder PCT       packets delayed past the next (0)\n"
    "  --jitter MS         delay of each packet, uniform in 0..MS (0)\n"
    "  --seed N            the same seed, the same capture (1)\n"
    "  --format F          pcap, pcap-ns, pcap-swapped, pcap-ns-swapped, pcapng (pcap)\n"
    "  --link L            ethernet, vlan, qinq, sll, sll2, raw (ethernet)\n"
    "  --snaplen N         octets kept of each packet (262144)\n"
    "  --ipv6              IPv6 instead of IPv4\n"
    "  --no-signalling     RTP alone\n"
    "  --tcp               SIP over TCP\n"
    "  --codec C           pcmu, opus, h264 (pcmu)\n"
    "  --tunnel T          none, channel, indication, vlan, qinq, ipv6, mixed (none)\n"
    "  --other PCT         so much of all packets is not voice (0)\n"
    "  --phones N          no calls: N phones that register and answer OPTIONS\n"
    "  --messages N        of the phones, about (1000)\n"
    "\n"
    "Example: talkpath-generate --calls 1000 --loss 0.5 --jitter 15 big.pcap truth.json\n";

enum {
	OPT_CALLS = 256,
	OPT_SECONDS,
	OPT_SPREAD,
	OPT_LOSS,
	OPT_DUPLICATE,
	OPT_REORDER,
	OPT_JITTER,
	OPT_SEED,
	OPT_FORMAT,
	OPT_LINK,
	OPT_SNAPLEN,
	OPT_IPV6,
	OPT_NO_SIGNALLING,
	OPT_TCP,
	OPT_CODEC,
	OPT_TUNNEL,
	OPT_OTHER,
	OPT_PHONES,
	OPT_MESSAGES
};

static const struct option options[] = {
    {"calls", required_argument, NULL, OPT_CALLS},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"spread", required_argument, NULL, OPT_SPREAD},
    {"loss", required_argument, NULL, OPT_LOSS},
    {"duplicate", required_argument, NULL, OPT_DUPLICATE},
    {"reorder", required_argument, NULL, OPT_REORDER},
    {"jitter", required_argument, NULL, OPT_JITTER},
    {"seed", required_argument, NULL, OPT_SEED},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"link", required_argument, NULL, OPT_LINK},
    {"snaplen", required_argument, NULL, OPT_SNAPLEN},
    {"ipv6", no_argument, NULL, OPT_IPV6},
    {"no-signalling", no_argument, NULL, OPT_NO_SIGNALLING},
    {"tcp", no_argument, NULL, OPT_TCP},
    {"codec", required_argument, NULL, OPT_CODEC},
    {"tunnel", required_argument, NULL, OPT_TUNNEL},
    {"other", required_argument, NULL, OPT_OTHER},
    {"phones", required_argument, NULL, OPT_PHONES},
    {"messages", required_argument, NULL, OPT_MESSAGES},
    {"help", no_argument, NULL, 'h'},
    {0},
};

struct arguments {
	struct gen_calls what;
	struct gen_phones phones;
	enum gen_format format;
	enum gen_link link;
	uint32_t snap_length;
};

static int choice(const char *name, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		if (strcmp(name, names[i]) == 0) {
			return i;
		}
	}
	(void)fprintf(stderr, "talkpath-generate: \"%s\" is none of the choices\n", name);
	exit(2);
}

/* What is chosen by name. */
static void take_choice(struct arguments *a, int option, const char *value)
{
	static const char *const formats[] = {
	    "pcap", "pcap-ns", "pcap-swapped", "pcap-ns-swapped", "pcapng", NULL};
	static const char *const links[] = {"ethernet", "vlan", "qinq", "sll", "sll2", "raw", NULL};
	static const char *const codecs[] = {"pcmu", "opus", "h264", NULL};
	static const char *const tunnels[] = {
	    "none", "channel", "indication", "vlan", "qinq", "ipv6", "mixed", NULL};

	switch (option) {
	case OPT_FORMAT:
		a->format = (enum gen_format)choice(value, formats);
		break;
	case OPT_LINK:
		a->link = (enum gen_link)choice(value, links);
		break;
	case OPT_CODEC:
		a->what.codec = (enum gen_codec)choice(value, codecs);
		break;
	case OPT_TUNNEL:
		a->what.tunnel = (enum gen_tunnel)choice(value, tunnels);
		break;
	case OPT_IPV6:
		a->what.ipv6 = true;
		break;
	case OPT_NO_SIGNALLING:
		a->what.no_signalling = true;
		break;
	case OPT_TCP:
		a->what.tcp = a->phones.tcp = true;
		break;
	case 'h':
		(void)fputs(usage, stdout);
		exit(0);
	default:
		exit(2);
	}
}

static void take(struct arguments *a, int option, const char *value)
{
	double number = value ? strtod(value, NULL) : 0;

	switch (option) {
	case OPT_CALLS:
		a->what.calls = (uint32_t)number;
		break;
	case OPT_SECONDS:
		a->what.seconds = number;
		break;
	case OPT_SPREAD:
		a->what.spread_seconds = number;
		break;
	case OPT_LOSS:
		a->what.loss_pct = number;
		break;
	case OPT_DUPLICATE:
		a->what.duplicate_pct = number;
		break;
	case OPT_REORDER:
		a->what.reorder_pct = number;
		break;
	case OPT_JITTER:
		a->what.jitter_ms = number;
		break;
	case OPT_OTHER:
		a->what.other_pct = number;
		break;
	case OPT_PHONES:
		a->phones.phones = (uint32_t)number;
		break;
	case OPT_MESSAGES:
		a->phones.messages = (uint64_t)number;
		break;
	case OPT_SEED:
		a->what.seed = a->phones.seed = strtoull(value, NULL, 10);
		break;
	case OPT_SNAPLEN:
		a->snap_length = (uint32_t)number;
		break;
	default:
		take_choice(a, option, value);
	}
}

static bool phones_truth_write(const char *path, const struct gen_phones_truth *truth)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		return false;
	}
	(void)fprintf(out, "{\"messages\": %llu, \"registrations\": %llu, \"options\": %llu}\n",
	    (unsigned long long)truth->messages, (unsigned long long)truth->registrations,
	    (unsigned long long)truth->options);
	return fclose(out) == 0;
}

/* Write the capture and its truth, if a path is given for it. NULL, or the path that failed. */
static const char *write_all(
    const struct arguments *a, struct gen_file *file, const char *path, const char *truth_path)
{
	struct gen_phones_truth phones_truth;
	struct gen_truth *truths = NULL;
	bool written = a->phones.phones ? gen_phones(file, &a->phones, &phones_truth)
					: gen_calls(file, &a->what, &truths);

	if (!gen_close(file) || !written) {
		return path;
	}
	if (truth_path) {
		written = a->phones.phones ? phones_truth_write(truth_path, &phones_truth)
					   : gen_truth_write(truth_path, &a->what, truths);
	}
	free(truths);
	return written ? NULL : truth_path;
}

int main(int argc, char **argv)
{
	struct arguments a = {
	    .what = {.seed = 1, .calls = 100, .seconds = 60, .spread_seconds = 1},
	    .phones = {.seed = 1, .messages = 1000},
	    .snap_length = 262144,
	};
	struct gen_file file;
	const char *failed;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		take(&a, option, optarg);
	}
	if (argc - optind < 1 || argc - optind > 2 || a.what.calls == 0) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (!gen_open(&file, argv[optind], a.format, a.link, a.snap_length)) {
		perror(argv[optind]);
		return 4;
	}
	failed = write_all(&a, &file, argv[optind], argv[optind + 1]);
	if (failed) {
		(void)fprintf(stderr, "talkpath-generate: %s could not be written\n", failed);
		return 4;
	}
	return 0;
}
