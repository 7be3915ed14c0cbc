/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/socket.h>

#include "library.h"

enum { FILTER_SNAP_LENGTH = 262144 };

/* clang-format off */
#define PCAP_FUNCTIONS(F) \
	F(pcap_create) F(pcap_activate) F(pcap_open_dead) F(pcap_close) F(pcap_geterr) \
	F(pcap_set_snaplen) F(pcap_compile) F(pcap_freecode)
/* clang-format on */

struct pcap_library {
	PCAP_FUNCTIONS(LIBRARY_MEMBER)
};

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "libpcap's are the kernel's");

/*
 * Of an interface that is open libpcap knows that its VLAN tags lie beside the packet, and not in
 * it; without that "vlan 7" would match nothing.
 */
static pcap_t *compiler_open(
    const struct pcap_library *lib, const char *interface, struct source_error *error)
{
	char message[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap;

	if (!interface) {
		pcap = lib->pcap_open_dead(DLT_RAW, FILTER_SNAP_LENGTH);
	} else {
		pcap = lib->pcap_create(interface, message);
	}
	if (!pcap) {
		source_fail(error, "filter: %s", message[0] ? message : "out of memory");
		return NULL;
	}
	if (interface) {
		(void)lib->pcap_set_snaplen(pcap, FILTER_SNAP_LENGTH);
		if (lib->pcap_activate(pcap) < 0) {
			source_fail(error, "filter: %s", lib->pcap_geterr(pcap));
			lib->pcap_close(pcap);
			return NULL;
		}
	}
	return pcap;
}

static bool program_attach(int fd, const struct bpf_program *program, struct source_error *error)
{
	const struct sock_fprog filter = {
	    .len = (unsigned short)program->bf_len,
	    .filter = (struct sock_filter *)(void *)program->bf_insns,
	};
	const int lock = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &lock, sizeof(lock)) != 0) {
		source_fail(error, "the kernel does not take the filter: %s", strerror(errno));
		return false;
	}
	return true;
}

bool packet_filter_attach(
    int fd, const char *expression, const char *interface, struct source_error *error)
{
	struct bpf_program program;
	struct pcap_library lib;
	bool attached = false;
	pcap_t *pcap;

	if (!library_load(&lib, TALKPATH_PCAP_SONAME, PCAP_FUNCTIONS(LIBRARY_NAME) "")) {
		source_fail(
		    error, "filters need " TALKPATH_PCAP_SONAME ": apt-get install libpcap0.8");
		return false;
	}
	pcap = compiler_open(&lib, interface, error);
	if (!pcap) {
		return false;
	}
	if (lib.pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		source_fail(error, "filter \"%s\": %s", expression, lib.pcap_geterr(pcap));
	} else {
		attached = program_attach(fd, &program, error);
		lib.pcap_freecode(&program);
	}
	lib.pcap_close(pcap);
	return attached;
}
