/* SPDX-License-Identifier: Apache-2.0 */
/* The yardstick: libpcap reading a file and doing nothing with it. */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char message[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	unsigned long packets = 0;
	pcap_t *pcap;

	if (argc != 2) {
		(void)fprintf(stderr, "Usage: talkpath-pcap-loop CAPTURE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], message);
	if (!pcap) {
		(void)fprintf(stderr, "%s\n", message);
		return EXIT_FAILURE;
	}
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		packets++;
	}
	pcap_close(pcap);
	(void)printf("%lu packets\n", packets);
	return EXIT_SUCCESS;
}
