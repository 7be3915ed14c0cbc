/* SPDX-License-Identifier: Apache-2.0 */
/* What is left to the process that reads packets, and what is not. */
#include "confine.h"
#include "skip.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(confine, .timeout = 20);

/* In a process of its own, confined: what a deed comes to. 128 + its signal where it is killed. */
static int confined(int (*deed)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		char error[CONFINE_ERROR_MAX];

		_exit(confine(NULL, error) ? deed() : 99);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- whose it is --- */

static int belongs_to_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	uid_t real, effective, saved;

	return getresuid(&real, &effective, &saved) == 0 && nobody && real == nobody->pw_uid &&
	       effective == real && saved == real && getgid() == nobody->pw_gid &&
	       getgroups(0, NULL) == 0;
}

static int has_no_way_back(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

Test(confine, belongs_to_nobody)
{
	if (geteuid() != 0) {
		skip_without("another user can only be become by root");
	}
	cr_assert_eq(setgroups(1, &(gid_t){1}), 0);
	cr_expect_eq(confined(belongs_to_nobody), 1);
	cr_expect_eq(confined(has_no_way_back), 1);
}

Test(confine, user_that_is_not_there)
{
	char error[CONFINE_ERROR_MAX];

	if (geteuid() == 0) {
		cr_expect_not(confine("no-such-user", error));
		cr_expect_not_null(strstr(error, "--user"), "%s", error);
		cr_expect_eq(geteuid(), 0, "nothing has happened");
	}
}

/* --- what it may do --- */

static void *thread_main(void *seen)
{
	*(int *)seen = 1;
	return NULL;
}

static int starts_a_thread(void)
{
	pthread_t thread;
	int seen = 0;

	return pthread_create(&thread, NULL, thread_main, &seen) == 0 &&
	       pthread_join(thread, NULL) == 0 && seen;
}

static int reads_a_file(void)
{
	char octets[4];
	int fd = open("/proc/self/status", O_RDONLY);

	return fd >= 0 && read(fd, octets, sizeof(octets)) == sizeof(octets) && close(fd) == 0;
}

static int takes_memory(void)
{
	void *memory =
	    mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED && munmap(memory, 1 << 20) == 0;
}

static int looks_up_a_name(void)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;

	return getaddrinfo("localhost", "6379", &hints, &found) == 0 && found;
}

static int talks_to_a_store(void)
{
	const struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(1)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
	       errno != EPERM;
}

Test(confine, does_its_work)
{
	cr_expect_eq(confined(starts_a_thread), 1);
	cr_expect_eq(confined(reads_a_file), 1);
	cr_expect_eq(confined(takes_memory), 1);
	cr_expect_eq(confined(looks_up_a_name), 1);
	cr_expect_eq(confined(talks_to_a_store), 1);
}

/* --- what it may not --- */

static int starts_a_process(void)
{
	return fork() >= 0;
}

static int watches_an_interface(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static int loads_a_program(void)
{
	union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)) >= 0;
}

static int writes_what_it_runs(void)
{
	return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static int runs_what_it_wrote(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(memory, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
}

static int writes_a_file_of_root(void)
{
	return open("/etc/passwd", O_WRONLY) >= 0;
}

static int kills_its_parent(void)
{
	return kill(getppid(), SIGTERM) == 0;
}

Test(confine, does_nothing_else)
{
	cr_expect_eq(confined(starts_a_process), 0);
	cr_expect_eq(confined(watches_an_interface), 0);
	cr_expect_eq(confined(loads_a_program), 0);
	cr_expect_eq(confined(writes_what_it_runs), 0);
	cr_expect_eq(confined(runs_what_it_wrote), 0);
	cr_expect_eq(confined(writes_a_file_of_root), 0);
	cr_expect_eq(confined(kills_its_parent), 0);
}

static int runs_a_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int becomes_root(void)
{
	return setuid(0);
}

static int has_a_network_of_its_own(void)
{
	return (int)syscall(SYS_unshare, 0x40000000);
}

Test(confine, is_killed_for)
{
	cr_expect_eq(confined(runs_a_program), 128 + SIGSYS);
	cr_expect_eq(confined(becomes_root), 128 + SIGSYS);
	cr_expect_eq(confined(has_a_network_of_its_own), 128 + SIGSYS);
}
