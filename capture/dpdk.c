/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "library.h"
#include "live_kinds.h"

enum { LINK_ETHERNET = 1 };

static const char module_name[] = "talkpath-dpdk.so";

/* Exported by the module under the name of DPDK_MODULE_ENTRY. */
live_source_new talkpath_dpdk_source_new;

struct dpdk_module {
	live_source_new *source_new;
};

bool dpdk_open(const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	(void)spec;
	fds[0] = -1; /* none */
	/* The reading process starts the EAL, before it gives its privileges up. */
	*out = (struct live_opened){
	    .ok = 1,
	    .link = LINK_ETHERNET,
	    .stamp = LIVE_STAMP_BURST,
	    .snap_length = DPDK_LONG_MAX,
	};
	return true;
}

/* Beside the program, where it was built; else where it is installed. */
static void module_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *name;

	path[length > 0 ? length : 0] = '\0';
	name = strrchr(path, '/');
	if (name && (size_t)(name + 1 - path) + sizeof(module_name) <= PATH_MAX) {
		memcpy(name + 1, module_name, sizeof(module_name));
		if (access(path, R_OK) == 0) {
			return;
		}
	}
	(void)snprintf(path, PATH_MAX, "%s/%s", TALKPATH_MODULES, module_name);
}

struct source *dpdk_source_new(const struct live_spec *spec, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], uint16_t capture, struct source_error *error)
{
	struct dpdk_module module;
	char path[PATH_MAX];
	const char *reason;

	module_path(path);
	if (!library_load(&module, path, DPDK_MODULE_ENTRY "\0")) {
		reason = dlerror();
		source_fail(error, "DPDK cannot be loaded: %s", reason ? reason : path);
		return NULL;
	}
	return module.source_new(spec, opened, fds, capture, error);
}
