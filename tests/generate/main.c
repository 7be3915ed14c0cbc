/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-generate: write a capture of two-way calls, and the truth about it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calls.h"

static const char usage[] =
    "Usage: talkpath-generate [options] CAPTURE [TRUTH.json]\n"
    "\n"
    "Writes a capture of two-way G.711 calls, and beside it what is true of every stream.\n"
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
	OPT_NO_SIGNALLING
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
    {"help", no_argument, NULL, 'h'},
    {0},
};

struct arguments {
	struct gen_calls what;
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

static void take(struct arguments *a, int option, const char *value)
{
	static const char *const formats[] = {
	    "pcap", "pcap-ns", "pcap-swapped", "pcap-ns-swapped", "pcapng", NULL};
	static const char *const links[] = {"ethernet", "vlan", "qinq", "sll", "sll2", "raw", NULL};
	double number = 0;

	value = value ? value : "";
	number = strtod(value, NULL);

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
	case OPT_SEED:
		a->what.seed = strtoull(value, NULL, 10);
		break;
	case OPT_FORMAT:
		a->format = (enum gen_format)choice(value, formats);
		break;
	case OPT_LINK:
		a->link = (enum gen_link)choice(value, links);
		break;
	case OPT_SNAPLEN:
		a->snap_length = (uint32_t)number;
		break;
	case OPT_IPV6:
		a->what.ipv6 = true;
		break;
	case OPT_NO_SIGNALLING:
		a->what.no_signalling = true;
		break;
	case 'h':
		(void)fputs(usage, stdout);
		exit(0);
	default:
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct arguments a = {
	    .what = {.seed = 1, .calls = 100, .seconds = 60, .spread_seconds = 1},
	    .snap_length = 262144,
	};
	struct gen_file file;
	struct gen_truth *truths = NULL;
	bool written;
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
	written = gen_calls(&file, &a.what, &truths);
	if (!gen_close(&file) || !written) {
		(void)fprintf(stderr, "talkpath-generate: %s could not be written\n", argv[optind]);
		return 4;
	}
	if (argc - optind == 2 && !gen_truth_write(argv[optind + 1], &a.what, truths)) {
		perror(argv[optind + 1]);
		return 4;
	}
	free(truths);
	return 0;
}
