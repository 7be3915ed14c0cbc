/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed files and archives, written by libarchive. */
#ifndef TALKPATH_TEST_PACK_H
#define TALKPATH_TEST_PACK_H

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

struct pack_member {
	const char *name;
	const void *data;
	size_t length;
	size_t zeros; /* behind the data, as often as these */
};

struct pack {
	int format;           /* ARCHIVE_FORMAT_RAW, _ZIP, _TAR */
	int filter;           /* ARCHIVE_FILTER_NONE, _GZIP, ... */
	const char *password; /* of a zip; NULL: not encrypted */
};

/* Every way to compress that talkpath knows, as users name the files. */
static const struct pack_filter {
	int filter;
	const char *ending;
} pack_filters[] = {
    {ARCHIVE_FILTER_GZIP, "gz"},
    {ARCHIVE_FILTER_ZSTD, "zst"},
    {ARCHIVE_FILTER_XZ, "xz"},
    {ARCHIVE_FILTER_LZ4, "lz4"},
    {ARCHIVE_FILTER_BZIP2, "bz2"},
};

enum { PACK_FILTERS = sizeof(pack_filters) / sizeof(pack_filters[0]) };

static inline void pack_zeros(struct archive *out, size_t count)
{
	static const char zeros[1 << 16];

	for (size_t n; count > 0; count -= n) {
		n = count < sizeof(zeros) ? count : sizeof(zeros);
		cr_assert_eq(archive_write_data(out, zeros, n), (la_ssize_t)n);
	}
}

/* Write the members; of ARCHIVE_FORMAT_RAW there is one. */
static inline void pack(
    const char *path, const struct pack *how, const struct pack_member *members, size_t count)
{
	struct archive *out = archive_write_new();

	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* of the names here; readers must not need it */
	cr_assert_eq(archive_write_add_filter(out, how->filter), ARCHIVE_OK);
	cr_assert_eq(archive_write_set_format(out, how->format), ARCHIVE_OK);
	if (how->password) {
		cr_assert_eq(
		    archive_write_set_options(out, "zip:encryption=traditional"), ARCHIVE_OK);
		cr_assert_eq(archive_write_set_passphrase(out, how->password), ARCHIVE_OK);
	}
	cr_assert_eq(archive_write_set_bytes_in_last_block(out, 1), ARCHIVE_OK);
	cr_assert_eq(archive_write_open_filename(out, path), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();

		archive_entry_set_pathname(entry, members[i].name);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_size(entry, (la_int64_t)(members[i].length + members[i].zeros));
		cr_assert_eq(
		    archive_write_header(out, entry), ARCHIVE_OK, "%s", archive_error_string(out));
		cr_assert_eq(archive_write_data(out, members[i].data, members[i].length),
		    (la_ssize_t)members[i].length);
		pack_zeros(out, members[i].zeros);
		archive_entry_free(entry);
	}
	cr_assert_eq(archive_write_close(out), ARCHIVE_OK, "%s", archive_error_string(out));
	(void)archive_write_free(out);
	(void)setlocale(LC_CTYPE, "C");
}

static inline void pack_one(const char *path, int filter, const void *data, size_t length)
{
	const struct pack how = {ARCHIVE_FORMAT_RAW, filter, NULL};
	const struct pack_member member = {"data", data, length, 0};

	pack(path, &how, &member, 1);
}

#endif
