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
	/* printf of a pcap header | gzip -n9 */
	static const uint8_t gz[] = {0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 2, 3};
	struct file f = file_new(false);

	put(&f, gz, sizeof(gz));
	expect_refused(&f, "cut short before its first octet of content");
}
