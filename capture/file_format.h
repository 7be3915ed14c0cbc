/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capture file formats, for capture/file_source.c alone: each takes over an opened window.
 */
#ifndef TALKPATH_FILE_FORMAT_H
#define TALKPATH_FILE_FORMAT_H

#include "source.h"
#include "window.h"

enum {
	PCAP_MAGIC_MICRO = (int)0xa1b2c3d4,
	PCAP_MAGIC_NANO = (int)0xa1b23c4d,
	PCAP_MAGIC_MODIFIED = (int)0xa1b2cd34, /* Kuznetzov's, with longer record headers */
	PCAPNG_MAGIC = 0x0a0d0d0a
};

/* True if the four octets are one of the format's magic numbers. */
bool pcap_recognise(const uint8_t magic[4]);
bool pcapng_recognise(const uint8_t magic[4]);

/* NULL with *error filled where the header is not usable; the window stays the caller's then. */
struct source *pcap_open(const struct window *window, struct source_error *error);
struct source *pcapng_open(const struct window *window, struct source_error *error);

#endif
