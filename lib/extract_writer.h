/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of several captures in one pcapng file: each capture is an interface there, named after
 * its vantage and described by itself. A capture of several link types is several interfaces of
 * one name.
 *
 * Ownership: everything is borrowed. Threading: one thread.
 * Limits:    MERGE_SOURCES_MAX captures of SOURCE_INTERFACES_MAX link types each.
 */
#ifndef TALKPATH_EXTRACT_WRITER_H
#define TALKPATH_EXTRACT_WRITER_H

#include "merge.h"
#include "pcapng_writer.h"

struct extract_writer {
	struct pcapng_writer *file;
	char *const *names;         /* of captures */
	const uint16_t *vantage_of; /* of each capture */
	char *const *vantages;
	struct {
		unsigned count;
		struct {
			uint16_t link;
			unsigned number;
		} at[SOURCE_INTERFACES_MAX];
	} captures[MERGE_SOURCES_MAX];
};

/* The number of the interface, which is there from now on. */
unsigned extract_writer_interface(struct extract_writer *writer, uint16_t capture, uint16_t link);

void extract_writer_packet(struct extract_writer *writer, const struct packet *packet);

#endif
