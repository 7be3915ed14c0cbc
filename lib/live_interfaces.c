/* SPDX-License-Identifier: Apache-2.0 */
/* What the facts about interfaces mean for somebody who wants to capture there. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interfaces.h"
#include "talkpath.h"

enum { NAME_MAX_SOURCE = LIVE_INTERFACE_MAX + 64, TEXT_MAX = SOURCE_REASON_MAX + 100 };

/* One interface in words. */
struct words {
	struct tp_live_choice choices[TP_LIVE_CHOICES];
	char names[TP_LIVE_CHOICES][NAME_MAX_SOURCE];
	char texts[TP_LIVE_CHOICES][TEXT_MAX];
	char stamps[TEXT_MAX];
	size_t count;
};

/* The source that the next choice is about. */
__attribute__((format(printf, 2, 3))) static void source_name(
    struct words *words, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words->names[words->count], NAME_MAX_SOURCE, format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static void choose(
    struct words *words, bool possible, const char *format, ...)
{
	size_t i = words->count++;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(words->texts[i], TEXT_MAX, format, arguments);
	va_end(arguments);
	words->choices[i] = (struct tp_live_choice){words->names[i], possible, words->texts[i]};
}

/* --- each kind --- */

static void packet_judge(
    struct words *words, const char *name, bool up, const struct interface_means *means)
{
	source_name(words, "pcap:%s", name);
	if (!means->may_packet) {
		choose(words, false,
		    "run as root, or give the program CAP_NET_RAW: "
		    "setcap cap_net_raw+ep talkpath");
	} else if (!up) {
		choose(words, false, "the interface is down; bring it up: ip link set %s up", name);
	} else {
		choose(words, true, "takes nothing away: sees what comes in and what goes out");
	}
}

static const char *xdp_mode(const struct xdp_features *xdp)
{
	if (!xdp->known) {
		return "native where the driver has it, else generic; the kernel does not tell "
		       "before Linux 6.3";
	}
	if (!xdp->native) {
		return "generic: the driver has no XDP; not faster than pcap:";
	}
	return xdp->zero_copy ? "native, without a copy" : "native, with a copy";
}

static void xdp_judge(
    struct words *words, const struct interface_facts *facts, const struct interface_means *means)
{
	char reason[SOURCE_REASON_MAX];

	source_name(words, "xdp:%s", facts->name);
	if (!means->has_xdp) {
		choose(words, false,
		    "this talkpath was built without it (-DTALKPATH_XDP=ON builds it)");
	} else if (!facts->ethernet) {
		choose(words, false, "it is no Ethernet interface; use pcap:%s", facts->name);
	} else if (!means->may_xdp) {
		choose(words, false, "run as root, or with CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF");
	} else if (!facts->use.up) {
		choose(words, false, "the interface is down; bring it up: ip link set %s up",
		    facts->name);
	} else if (interface_use_refusal(facts->name, &facts->use, reason)) {
		choose(words, false, "%s", reason);
	} else if (facts->use.program) {
		choose(words, false,
		    "another XDP program is attached to it; take it off: ip link set %s xdp off",
		    facts->name);
	} else {
		choose(words, true, "%s", xdp_mode(&facts->xdp));
	}
}

/* "0000:03:00.0" */
static bool is_pci(const char *bus)
{
	return strlen(bus) >= 12 && bus[4] == ':' && bus[7] == ':' && bus[10] == '.';
}

static void dpdk_judge(
    struct words *words, const struct interface_facts *facts, const struct interface_means *means)
{
	if (!facts->ethernet) {
		return;
	}
	if (is_pci(facts->bus)) {
		source_name(words, "dpdk:-a %s", facts->bus);
	} else {
		source_name(words, "dpdk:--no-pci --vdev=net_af_packet0,iface=%s", facts->name);
	}
	if (!means->has_dpdk) {
		choose(words, false,
		    "this talkpath was built without it (-DTALKPATH_DPDK=ON builds it)");
	} else if (!means->huge_pages) {
		choose(words, false,
		    "there are no huge pages: sysctl vm.nr_hugepages=512; or slower without: "
		    "add --no-huge -m 512");
	} else if (is_pci(facts->bus)) {
		choose(words, true,
		    "once it is bound: dpdk-devbind.py -b vfio-pci %s; the kernel "
		    "then has no %s",
		    facts->bus, facts->name);
	} else {
		choose(words, true, "not faster than pcap:");
	}
}

static void stamps_tell(struct words *words, const struct adapter_clock *clock)
{
	static const char *const texts[] = {
	    [ADAPTER_STAMPS_NONE] = "kernel",
	    [ADAPTER_STAMPS_TAKEN] = "kernel; the adapter stamps other packets for somebody else",
	    [ADAPTER_STAMPS_APART] =
		"kernel; the adapter's clock is not kept to the system's (phc2sys)",
	    [ADAPTER_STAMPS_GOOD] = "adapter",
	};

	(void)snprintf(words->stamps, sizeof(words->stamps), "%s", texts[clock->stamps]);
}

/* --- interfaces --- */

static void interface_tell(const struct interface_facts *facts, const struct interface_means *means,
    tp_live_interface_visitor *visit, void *context)
{
	struct words words = {0};

	packet_judge(&words, facts->name, facts->use.up, means);
	xdp_judge(&words, facts, means);
	dpdk_judge(&words, facts, means);
	stamps_tell(&words, &facts->clock);
	visit(context, &(struct tp_live_interface){
			   .name = facts->name,
			   .up = facts->use.up,
			   .carrier = facts->carrier,
			   .addressed = facts->use.addressed || facts->use.routed,
			   .speed_bps = (uint64_t)facts->speed_mbps * 1000000,
			   .queues = facts->use.queues,
			   .driver = facts->driver[0] ? facts->driver : NULL,
			   .bus = facts->bus[0] ? facts->bus : NULL,
			   .time_stamps = words.stamps,
			   .choices = words.choices,
			   .choice_count = words.count,
		       });
}

static void any_tell(
    const struct interface_means *means, tp_live_interface_visitor *visit, void *context)
{
	struct words words = {0};

	packet_judge(&words, "any", true, means);
	visit(context, &(struct tp_live_interface){
			   .name = "any",
			   .up = true,
			   .carrier = true,
			   .time_stamps = "kernel",
			   .choices = words.choices,
			   .choice_count = words.count,
		       });
}

enum tp_status tp_each_live_interface(tp_live_interface_visitor *visit, void *context)
{
	struct interface_facts *all = calloc(INTERFACES_MAX, sizeof(*all));
	struct interface_means means = interface_means_read();
	unsigned count;

	if (!all) {
		return TP_NO_MEMORY;
	}
	count = interfaces_read(all);
	for (unsigned i = 0; i < count; i++) {
		interface_tell(&all[i], &means, visit, context);
	}
	any_tell(&means, visit, context);
	free(all);
	return TP_OK;
}
