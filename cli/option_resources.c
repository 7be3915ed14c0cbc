/* SPDX-License-Identifier: Apache-2.0 */
#include "option_resources.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool size_parse(const char *text, uint64_t *octets)
{
	static const char units[] = "kKmMgG";
	const char *unit;
	unsigned shift = 0;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno) {
		return false;
	}
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)((unit - units) / 2 + 1);
		end++;
	}
	*octets = (uint64_t)value << shift;
	return *end == '\0' && value > 0 && *octets >> shift == value;
}

/* One number or two, and what is behind them. */
static const char *range_parse(const char *text, unsigned *from, unsigned *to)
{
	char *end;

	if (!isdigit((unsigned char)*text)) {
		return NULL;
	}
	*from = *to = (unsigned)strtoul(text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1])) {
			return NULL;
		}
		*to = (unsigned)strtoul(end + 1, &end, 10);
	}
	return *from <= *to && *to < CPU_SETSIZE ? end : NULL;
}

static bool core_add(struct option_cores *cores, unsigned core)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && !CPU_ISSET(core, &allowed)) {
		(void)fprintf(stderr,
		    "talkpath: --pin: there is no core %u for this process; taskset -p $$ lists "
		    "those that there are\n",
		    core);
		return false;
	}
	if (cores->count == TP_CORES_MAX) {
		(void)fprintf(stderr, "talkpath: --pin: at most %d cores\n", TP_CORES_MAX);
		return false;
	}
	cores->list[cores->count++] = core;
	return true;
}

bool cores_parse(const char *text, struct option_cores *cores)
{
	const char *at = text;
	unsigned from, to;

	*cores = (struct option_cores){0};
	do {
		at = range_parse(at, &from, &to);
		if (!at || (*at != ',' && *at != '\0')) {
			(void)fprintf(stderr,
			    "talkpath: --pin: \"%s\" is no list of cores such as 2,4-6\n", text);
			return false;
		}
		for (; from <= to; from++) {
			if (!core_add(cores, from)) {
				return false;
			}
		}
	} while (*at++ == ',');
	return true;
}
