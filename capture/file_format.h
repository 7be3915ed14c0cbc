/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file holds, told by its first octets: for the files of capture/ that open files.
 */
#ifndef TALKPATH_FILE_FORMAT_H
#define TALKPATH_FILE_FORMAT_H

#include "source.h"
#include "window.h"

enum {
	PCAP_MAGIC_MICRO = (int)0xa1b2c3d4,
	PCAP_MAGIC_NANO = (int)0xa1b23c4d,
	PCAP_MAGIC_MODIFIED = (int)0xa1b2cd34, /* Kuznetzov's, with longer record headers */
	PCAP_MAGIC_IXIA_MICRO = 0x1c0001ab,    /* "lcap", with a longer file header */
	PCAP_MAGIC_IXIA_NANO = 0x1c0001ac,
	PCAPNG_MAGIC = 0x0a0d0d0a
};

/* True if the four octets are one of the format's magic numbers. */
bool pcap_recognise(const uint8_t magic[4]);
bool pcapng_recognise(const uint8_t magic[4]);

/* NULL with *error filled where the header is not usable; the window stays the caller's then. */
struct source *pcap_open(const struct window *window, struct source_error *error);
struct source *pcapng_open(const struct window *window, struct source_error *error);

/* Either of the two. */
bool capture_recognise(const struct window *window);
struct source *capture_open(const struct window *window, struct source_error *error);

bool archive_recognise(const struct window *window);

/*
 * Put a window over what the window's input decodes to, as often as it is compressed. False
 * with *error, or without a reason where that is nothing; the window is closed then.
 */
bool window_decode(struct window *window, struct source_error *error);

/* The captures in an archive; the window is taken over. */
void archive_open(const struct window *window, const struct source_opening *opening);

#endif
