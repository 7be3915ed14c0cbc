/* SPDX-License-Identifier: Apache-2.0 */
#include "lift_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "library.h"

/* Of the skeleton only its octets are used: what else it has must not ask for the library. */
#define bpf_object__destroy_skeleton(skeleton) ((void)(skeleton))
#include "lift.skel.h"

/* clang-format off */
#define BPF_FUNCTIONS(F) \
	F(libbpf_set_print) F(bpf_object__open_mem) F(bpf_object__load) F(bpf_object__close) \
	F(bpf_object__find_map_by_name) F(bpf_object__find_map_fd_by_name) \
	F(bpf_object__find_program_by_name) F(bpf_program__fd) F(bpf_map__initial_value) \
	F(bpf_link_create) F(libbpf_num_possible_cpus)
/* clang-format on */

static const struct lift_object none = {-1, -1, -1, -1, -1, 0};

struct bpf_library {
	BPF_FUNCTIONS(LIBRARY_MEMBER)
};

static bool library_get(struct bpf_library *lib, struct source_error *error)
{
	if (!library_load(lib, TALKPATH_BPF_SONAME, BPF_FUNCTIONS(LIBRARY_NAME) "")) {
		source_fail(error, "there is no " TALKPATH_BPF_SONAME ": apt-get install libbpf1");
		return false;
	}
	/* It would write to standard error; what is to be said is said here. */
	(void)lib->libbpf_set_print(NULL);
	return true;
}

static void refused(struct source_error *error, int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
		source_fail(error, "not permitted; run as root, or give the program what it needs: "
				   "setcap " LIFT_CAPABILITIES "+ep talkpath");
		break;
	case ENOSYS:
	case EINVAL:
		source_fail(error,
		    "this kernel does not load the XDP program (%s); it needs Linux 5.10 or later "
		    "with CONFIG_BPF_SYSCALL and CONFIG_XDP_SOCKETS; or capture with pcap:",
		    strerror(number));
		break;
	default:
		source_fail(error, "the XDP program cannot be loaded: %s; or capture with pcap:",
		    strerror(number));
		break;
	}
}

/* What the program reads before anything else: not to be changed any more once it is loaded. */
static bool settings_put(
    const struct bpf_library *lib, struct bpf_object *object, const struct lift_settings *settings)
{
	struct bpf_map *map = lib->bpf_object__find_map_by_name(object, ".rodata");
	size_t octets = 0;
	const void *value = map ? lib->bpf_map__initial_value(map, &octets) : NULL;
	struct lift__rodata *data = (struct lift__rodata *)(uintptr_t)value;

	if (!data || octets < sizeof(*data)) {
		return false;
	}
	_Static_assert(sizeof(data->lift_settings) == sizeof(*settings), "both are of lift.h");
	memcpy(&data->lift_settings, settings, sizeof(*settings));
	return true;
}

/* A descriptor that outlives the object. */
static int keep(int fd)
{
	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
}

static bool descriptors_take(
    const struct bpf_library *lib, struct bpf_object *object, struct lift_object *out)
{
	const struct bpf_program *program = lib->bpf_object__find_program_by_name(object, "lift");
	int processors = lib->libbpf_num_possible_cpus();

	*out = (struct lift_object){
	    .processors = processors > 0 ? (uint32_t)processors : 0,
	    .program = program ? keep(lib->bpf_program__fd(program)) : -1,
	    .sockets = keep(lib->bpf_object__find_map_fd_by_name(object, "sockets")),
	    .ports = keep(lib->bpf_object__find_map_fd_by_name(object, "ports")),
	    .endpoints = keep(lib->bpf_object__find_map_fd_by_name(object, "endpoints")),
	    .counters = keep(lib->bpf_object__find_map_fd_by_name(object, "counters")),
	};
	return processors > 0 && out->program >= 0 && out->sockets >= 0 && out->ports >= 0 &&
	       out->endpoints >= 0 && out->counters >= 0;
}

bool lift_object_load(
    struct lift_object *out, const struct lift_settings *settings, struct source_error *error)
{
	struct bpf_library lib;
	struct bpf_object *object;
	const void *octets;
	size_t length;
	int failure;

	*out = none;
	if (!library_get(&lib, error)) {
		return false;
	}
	octets = lift__elf_bytes(&length);
	object = lib.bpf_object__open_mem(octets, length, NULL);
	if (!object || !settings_put(&lib, object, settings)) {
		refused(error, errno);
		lib.bpf_object__close(object);
		return false;
	}
	failure = lib.bpf_object__load(object);
	if (failure == 0 && !descriptors_take(&lib, object, out)) {
		failure = -EMFILE;
	}
	if (failure != 0) {
		refused(error, -failure);
		lift_object_close(out);
	}
	lib.bpf_object__close(object);
	return failure == 0;
}

void lift_object_close(struct lift_object *object)
{
	const int fds[] = {
	    object->program, object->sockets, object->ports, object->endpoints, object->counters};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0) {
			(void)close(fds[i]);
		}
	}
	*object = none;
}

int lift_object_attach(const struct lift_object *object, uint32_t ifindex, enum lift_mode *mode,
    bool *occupied, struct source_error *error)
{
	static const uint32_t flags[] = {
	    [LIFT_NATIVE] = XDP_FLAGS_DRV_MODE, [LIFT_GENERIC] = XDP_FLAGS_SKB_MODE};
	struct bpf_library lib;
	int fd;

	*occupied = false;
	if (!library_get(&lib, error)) {
		return -1;
	}
	for (*mode = LIFT_NATIVE;; *mode = LIFT_GENERIC) {
		const struct bpf_link_create_opts options = {
		    .sz = sizeof(options), .flags = flags[*mode]};

		fd = lib.bpf_link_create(object->program, (int)ifindex, BPF_XDP, &options);
		*occupied = fd == -EBUSY || fd == -EEXIST;
		if (fd >= 0 || *occupied || *mode == LIFT_GENERIC) {
			break;
		}
	}
	if (fd < 0) {
		source_fail(error, "the XDP program cannot be attached: %s", strerror(-fd));
		return -1;
	}
	return fd;
}
