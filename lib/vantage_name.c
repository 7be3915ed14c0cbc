/* SPDX-License-Identifier: Apache-2.0 */
#include "vantage_name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Leaves out ".gz" and the like, then what follows the last dot. */
static void endings_cut(char *name)
{
	static const char *const compressed[] = {".gz", ".zst", ".xz", ".lz4", ".bz2"};
	char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(compressed) / sizeof(compressed[0]); i++) {
		if (dot != name && strcasecmp(dot, compressed[i]) == 0) {
			*dot = '\0';
			dot = strrchr(name, '.');
		}
	}
	if (dot && dot != name) {
		*dot = '\0';
	}
}

void vantage_name(
    const char *source, char *const *taken, unsigned taken_count, char name[VANTAGE_NAME_OCTETS])
{
	const char *base = strrchr(source, '/');
	unsigned count = 1;

	if (strcmp(source, "-") == 0) {
		source = "stdin";
	}
	(void)snprintf(name, VANTAGE_NAME_OCTETS - 8, "%s", base && base[1] ? base + 1 : source);
	endings_cut(name);
	for (size_t end = strlen(name), i = 0; i < taken_count; i++) {
		if (strcmp(taken[i], name) == 0) {
			(void)snprintf(name + end, 8, "#%u", ++count);
			i = (size_t)-1; /* from the start */
		}
	}
}
