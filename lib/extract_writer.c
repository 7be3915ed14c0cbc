/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_writer.h"

unsigned extract_writer_interface(struct extract_writer *w, uint16_t capture, uint16_t link)
{
	unsigned count = w->captures[capture].count, i = 0;

	while (i < count && w->captures[capture].at[i].link != link) {
		i++;
	}
	if (i == count) {
		/* A source has no more interfaces than there is room for here. */
		w->captures[capture].at[i].link = link;
		w->captures[capture].at[i].number = pcapng_writer_interface(
		    w->file, link, w->vantages[w->vantage_of[capture]], w->names[capture]);
		w->captures[capture].count++;
	}
	return w->captures[capture].at[i].number;
}

void extract_writer_packet(struct extract_writer *w, const struct packet *packet)
{
	pcapng_writer_packet(
	    w->file, extract_writer_interface(w, packet->capture, packet->link), packet);
}
