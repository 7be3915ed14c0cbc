/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter that stamps packets, made up: what the kernel would answer about it is answered here.
 */
#include "adapter_clock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct adapter {
	uint32_t stamping, filters; /* what it can */
	int clock;                  /* of /dev/ptp*; -1: none */
	int64_t ahead_ns;           /* of the system's */
	struct hwtstamp_config config;
	bool stubborn; /* it does not do what it is told */
	uint32_t gathers_us;
} adapter;

static int ethtool_answer(void *data)
{
	struct ethtool_ts_info *info = data;
	struct ethtool_coalesce *coalesce = data;

	switch (info->cmd) {
	case ETHTOOL_GET_TS_INFO:
		info->so_timestamping = adapter.stamping;
		info->rx_filters = adapter.filters;
		info->phc_index = adapter.clock;
		return 0;
	case ETHTOOL_GCOALESCE:
		coalesce->rx_coalesce_usecs = adapter.gathers_us;
		return adapter.gathers_us ? 0 : -1;
	default:
		return -1;
	}
}

/* The C library's functions, with names of their own for what they are given. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *ifr;
	va_list arguments;

	va_start(arguments, request);
	ifr = va_arg(arguments, struct ifreq *);
	va_end(arguments);
	switch (request) {
	case SIOCETHTOOL:
		return ethtool_answer(ifr->ifr_data);
	case SIOCGHWTSTAMP:
		memcpy(ifr->ifr_data, &adapter.config, sizeof(adapter.config));
		return 0;
	case SIOCSHWTSTAMP:
		if (!adapter.stubborn) {
			memcpy(&adapter.config, ifr->ifr_data, sizeof(adapter.config));
		}
		memcpy(ifr->ifr_data, &adapter.config, sizeof(adapter.config));
		return 0;
	default:
		return (int)syscall(SYS_ioctl, fd, request, ifr);
	}
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
	va_end(arguments);
	return (int)syscall(
	    SYS_openat, AT_FDCWD, strcmp(path, "/dev/ptp7") == 0 ? "/dev/null" : path, flags, mode);
}

/* A clock below 0 is that of a descriptor. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
	int result = (int)syscall(SYS_clock_gettime, clock < 0 ? CLOCK_REALTIME : clock, out);
	int64_t fraction_ns = out->tv_nsec + (clock < 0 ? adapter.ahead_ns : 0);

	out->tv_sec += fraction_ns / 1000000000;
	out->tv_nsec = fraction_ns % 1000000000;
	return result;
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static struct adapter good(void)
{
	return (struct adapter){
	    .stamping = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE,
	    .filters = 1u << HWTSTAMP_FILTER_NONE | 1u << HWTSTAMP_FILTER_ALL,
	    .clock = 7,
	    .ahead_ns = 1000,
	};
}

static enum adapter_stamps looked(void)
{
	struct adapter_clock clock;

	adapter_clock_look(0, "eth1", &clock);
	return clock.stamps;
}

Test(adapter_clock, is_good_only_where_all_holds)
{
	adapter = good();
	cr_expect(looked() == ADAPTER_STAMPS_GOOD);
	adapter.config.rx_filter = HWTSTAMP_FILTER_ALL;
	cr_expect(looked() == ADAPTER_STAMPS_GOOD);
	adapter.config.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
	cr_expect(looked() == ADAPTER_STAMPS_TAKEN);
	adapter = good();
	adapter.ahead_ns = INT64_C(37000000000); /* it tells TAI */
	cr_expect(looked() == ADAPTER_STAMPS_APART);
	adapter.ahead_ns = 5 * (int64_t)ADAPTER_APART_NS;
	cr_expect(looked() == ADAPTER_STAMPS_APART);
}

Test(adapter_clock, of_which_something_is_missing)
{
	adapter = good();
	adapter.clock = -1;
	cr_expect(looked() == ADAPTER_STAMPS_NONE);
	adapter = good();
	adapter.filters = 1u << HWTSTAMP_FILTER_PTP_V2_EVENT;
	cr_expect(looked() == ADAPTER_STAMPS_NONE);
	adapter = good();
	adapter.stamping = SOF_TIMESTAMPING_RX_SOFTWARE;
	cr_expect(looked() == ADAPTER_STAMPS_NONE);
}

Test(adapter_clock, is_told_once_to_stamp_all)
{
	struct adapter_clock clock;

	adapter = good();
	adapter.config.tx_type = HWTSTAMP_TX_ON;
	adapter_clock_look(0, "eth1", &clock);
	cr_assert(adapter.config.rx_filter == HWTSTAMP_FILTER_NONE); /* looking changes nothing */
	cr_assert(adapter_clock_use(0, "eth1", &clock));
	cr_assert(adapter.config.rx_filter == HWTSTAMP_FILTER_ALL);
	cr_assert(adapter.config.tx_type == HWTSTAMP_TX_ON);
	adapter = good();
	adapter.stubborn = true;
	cr_assert(!adapter_clock_use(0, "eth1", &clock));
}

Test(adapter_clock, delay_is_what_the_adapter_says)
{
	adapter = good();
	cr_expect(adapter_delay_ns(0, "eth1") == 0);
	adapter.gathers_us = 50;
	cr_expect(adapter_delay_ns(0, "eth1") == 50000);
}
