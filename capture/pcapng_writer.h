/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets written as pcapng (draft-ietf-opsawg-pcapng): one section, interfaces as they come,
 * enhanced packet blocks with times in ns.
 *
 * Data in:   borrowed packets, and the name of the interface that each was seen at; texts are cut
 *            after what a path in an archive can need.
 * Ownership: the writer owns the file from pcapng_writer_open() to pcapng_writer_close().
 * Threading: one thread.
 * Errors:    kept; pcapng_writer_close() tells whether everything was written.
 */
#ifndef TALKPATH_PCAPNG_WRITER_H
#define TALKPATH_PCAPNG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "packet.h"

struct pcapng_writer;

/* NULL where the file cannot be made; errno says why. */
struct pcapng_writer *pcapng_writer_open(const char *path);

/* Over a file that is open for writing, which is taken over. comment: for people, or NULL. */
struct pcapng_writer *pcapng_writer_on(FILE *file, const char *comment);

/*
 * An interface of this link type. Returns its number for pcapng_writer_packet(). name and
 * description: where the packets come from, for people.
 */
unsigned pcapng_writer_interface(
    struct pcapng_writer *writer, uint16_t link, const char *name, const char *description);

void pcapng_writer_packet(
    struct pcapng_writer *writer, unsigned interface, const struct packet *packet);

/* False if anything failed to be written; errno says why. */
bool pcapng_writer_close(struct pcapng_writer *writer);

#endif
