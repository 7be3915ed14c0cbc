/* SPDX-License-Identifier: Apache-2.0 */
/* Built without libarchive: archives are known, and refused with what to install. */
#include "capture_file.h"

Test(absent, archives_are_refused)
{
	static uint8_t tar[1024];
	struct file f = file_new(false);

	put(&f, "PK\3\4 and so on", 14);
	expect_refused(&f, "libarchive-dev");
	f = file_new(false);
	memcpy(tar + 257, "ustar", 6);
	put(&f, tar, sizeof(tar));
	expect_refused(&f, "libarchive-dev");
}

/* Compressed captures need no libarchive. */
Test(absent, compressed_captures_are_read)
{
	/* gzip -9 of a pcap header and one packet of four octets */
	static const uint8_t gz[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
	    0xbb, 0x72, 0x78, 0xd3, 0x42, 0x26, 0x06, 0x16, 0x06, 0x18, 0xf8, 0xff, 0x9f, 0x81,
	    0x81, 0x91, 0x01, 0x82, 0x99, 0x80, 0x98, 0x05, 0x8a, 0x13, 0x93, 0x92, 0x53, 0x00,
	    0x00, 0x17, 0xe7, 0x85, 0x2c, 0x00, 0x00, 0x00};
	struct file f = file_new(false);
	struct source *source;
	int status;

	put(&f, gz, sizeof(gz));
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_END);
	source_close(source);
	(void)close(f.fd);
}
