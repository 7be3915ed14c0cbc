/* SPDX-License-Identifier: Apache-2.0 */
#include "adapter_clock.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;

static bool ask(int fd, const char *interface, unsigned long request, void *data)
{
	struct ifreq ifr = {.ifr_data = data};

	(void)strncpy(ifr.ifr_name, interface, sizeof(ifr.ifr_name) - 1);
	return ioctl(fd, request, &ifr) == 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return now.tv_sec * second_ns + now.tv_nsec;
}

/* The clock of an open descriptor, as linux/posix-timers.h has it. */
static clockid_t clock_of(int fd)
{
	return (clockid_t)(~(unsigned)fd << 3 | 3);
}

/* Of clock /dev/ptpN against the system's, read before and after. */
static bool offset_measure(int number, int64_t *offset_ns)
{
	char path[32];
	int64_t before_ns, adapter_ns, after_ns;
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/ptp%d", number);
	fd = number >= 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		return false;
	}
	before_ns = clock_ns(CLOCK_REALTIME);
	adapter_ns = clock_ns(clock_of(fd));
	after_ns = clock_ns(CLOCK_REALTIME);
	(void)close(fd);
	*offset_ns = adapter_ns - before_ns - (after_ns - before_ns) / 2;
	return adapter_ns > 0;
}

void adapter_clock_look(int fd, const char *interface, struct adapter_clock *out)
{
	const uint32_t hardware = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
	struct ethtool_ts_info info = {.cmd = ETHTOOL_GET_TS_INFO};
	struct hwtstamp_config config = {0};

	*out = (struct adapter_clock){.stamps = ADAPTER_STAMPS_NONE};
	if (!ask(fd, interface, SIOCETHTOOL, &info) ||
	    (info.so_timestamping & hardware) != hardware ||
	    !(info.rx_filters & 1u << HWTSTAMP_FILTER_ALL) ||
	    !offset_measure(info.phc_index, &out->offset_ns)) {
		return;
	}
	(void)ask(fd, interface, SIOCGHWTSTAMP, &config);
	out->on = config.rx_filter == HWTSTAMP_FILTER_ALL;
	if (!out->on && config.rx_filter != HWTSTAMP_FILTER_NONE) {
		out->stamps = ADAPTER_STAMPS_TAKEN;
	} else if (llabs(out->offset_ns) > ADAPTER_APART_NS) {
		out->stamps = ADAPTER_STAMPS_APART;
	} else {
		out->stamps = ADAPTER_STAMPS_GOOD;
	}
}

bool adapter_clock_use(int fd, const char *interface, const struct adapter_clock *clock)
{
	struct hwtstamp_config config = {0};

	if (clock->on) {
		return true;
	}
	/* What it stamps of the packets it sends stays as it is. */
	(void)ask(fd, interface, SIOCGHWTSTAMP, &config);
	config.rx_filter = HWTSTAMP_FILTER_ALL;
	return ask(fd, interface, SIOCSHWTSTAMP, &config) &&
	       config.rx_filter == HWTSTAMP_FILTER_ALL;
}

uint32_t adapter_delay_ns(int fd, const char *interface)
{
	struct ethtool_coalesce coalesce = {.cmd = ETHTOOL_GCOALESCE};

	return ask(fd, interface, SIOCETHTOOL, &coalesce) ? coalesce.rx_coalesce_usecs * 1000 : 0;
}
