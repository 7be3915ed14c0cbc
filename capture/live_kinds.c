/* SPDX-License-Identifier: Apache-2.0 */
#include "live_kinds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "packet_socket.h"

static const struct live_kind_ops kinds[LIVE_KINDS] = {
    [LIVE_PACKET] = {"pcap", packet_open, packet_source_new, LIVE_AGAIN_BESIDE},
    [LIVE_XDP] = {"xdp", xdp_open, xdp_source_new, LIVE_AGAIN_AFTER},
    [LIVE_DPDK] = {"dpdk", dpdk_open, dpdk_source_new, LIVE_AGAIN_NEVER},
};

const struct live_kind_ops *live_kind_of(const struct live_spec *spec)
{
	return &kinds[spec->kind];
}

const char *live_stamp_name(enum live_stamp stamp)
{
	static const char *const names[] = {
	    [LIVE_STAMP_ADAPTER] = "adapter",
	    [LIVE_STAMP_KERNEL] = "kernel",
	    [LIVE_STAMP_PROGRAM] = "program",
	    [LIVE_STAMP_BURST] = "burst",
	};

	return names[stamp];
}

/* What stands behind the colon; false where it is longer than there is room for. */
static bool operand_take(struct live_spec *spec, const char *operand)
{
	char *room = spec->kind == LIVE_DPDK ? spec->text : spec->interface;
	size_t size = spec->kind == LIVE_DPDK ? sizeof(spec->text) : sizeof(spec->interface);
	size_t length = strlen(operand);

	if (length >= size) {
		return false;
	}
	memcpy(room, operand, length + 1);
	return true;
}

bool live_name_parse(struct live_spec *spec, const char *name, struct source_error *error)
{
	for (unsigned i = 0; i < LIVE_KINDS; i++) {
		size_t length = strlen(kinds[i].name);

		if (strncmp(name, kinds[i].name, length) != 0 || name[length] != ':' ||
		    !name[length + 1]) {
			continue;
		}
		spec->kind = (enum live_kind)i;
		if (!operand_take(spec, name + length + 1)) {
			source_fail(error, "is longer than any interface's name, or EAL arguments");
			return false;
		}
		return true;
	}
	source_fail(
	    error, "is no source; there are pcap:INTERFACE, xdp:INTERFACE and dpdk:EAL-ARGUMENTS");
	return false;
}

static void reason_write(struct live_opened *out, const char *format, va_list arguments)
{
	*out = (struct live_opened){0};
	(void)vsnprintf(out->reason, sizeof(out->reason), format, arguments);
}

bool live_refuse(struct live_opened *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reason_write(out, format, arguments);
	va_end(arguments);
	return false;
}

bool live_refuse_now(struct live_opened *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reason_write(out, format, arguments);
	va_end(arguments);
	out->retry = true;
	return false;
}
