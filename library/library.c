/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(void *members, const char *soname, const char *names)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	unsigned char *member = members;

	for (const char *name = names; library && *name; name += strlen(name) + 1) {
		void *function = dlsym(library, name);

		if (!function) {
			return false;
		}
		memcpy(member, &function, sizeof(function));
		member += sizeof(function);
	}
	return library != NULL;
}
