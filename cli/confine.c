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

/* Whose the process is going to be; NULL: it stays whose it is. */
static const char *user_of(const char *user)
{
	return user || geteuid() != 0 ? user : usual_user;
}

static const struct passwd *entry_of(const char *user, char error[CONFINE_ERROR_MAX])
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		(void)snprintf(error, CONFINE_ERROR_MAX,
		    "there is no user \"%.60s\"; name one that is: --user NAME", user);
	}
	return entry;
}

bool confine_give(const char *path, const char *user, char error[CONFINE_ERROR_MAX])
{
	const struct passwd *entry;

	user = user_of(user);
	if (!user) {
		return true;
	}
	entry = entry_of(user, error);
	return entry &&
	       (lchown(path, entry->pw_uid, entry->pw_gid) == 0 || fail(error, "another owner"));
}

static bool user_become(const char *user, char error[CONFINE_ERROR_MAX])
{
	const struct passwd *entry = entry_of(user, error);

	if (!entry) {
		return false;
	}
	if (setgroups(0, NULL) != 0 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
		return fail(error, "only root may become another user; do without --user");
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
	user = user_of(user);
	limits_lift();
	if (user && !user_become(user, error)) {
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
