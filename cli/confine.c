/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confine_calls.h"

static const char usual_user[] = "nobody";

static bool fail(char error[CONFINE_ERROR_MAX], const char *what)
{
	(void)snprintf(error, CONFINE_ERROR_MAX, "%s: %s", what, strerror(errno));
	return false;
}

static bool user_become(const char *user, char error[CONFINE_ERROR_MAX])
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		(void)snprintf(error, CONFINE_ERROR_MAX,
		    "there is no user \"%.60s\"; name one that is: --user NAME", user);
		return false;
	}
	if (setgroups(0, NULL) != 0 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
		return fail(error, "another user");
	}
	return true;
}

/* Rings that are made later lie in memory that counts as locked. */
static void limits_lift(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)setrlimit(RLIMIT_MEMLOCK, &all);
}

bool confine(const char *user, char error[CONFINE_ERROR_MAX])
{
	bool root = geteuid() == 0;

	limits_lift();
	if ((user || root) && !user_become(user ? user : usual_user, error)) {
		return false;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return fail(error, "capabilities");
	}
	/* With nobody to tell it to, it ends as if it had been told; a new user forgets this. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	return confine_calls(error);
}
