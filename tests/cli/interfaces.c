/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture --list: interfaces, what can be done there, and why not.
 */
#include "namespace.h"
#include "program.h"

TestSuite(interfaces, .fini = scratch_remove, .timeout = 60);

static json_t *listed(void)
{
	struct outcome outcome = run("capture --list --format json");
	json_t *list;

	cr_assert(outcome.code == 0, "%s", outcome.err);
	list = json_loads(outcome.out, 0, NULL);
	cr_assert_not_null(list, "%s", outcome.out);
	cr_assert_str_eq(json_string_value(json_object_get(list, "schema")), "talkpath/1");
	return list;
}

static const json_t *member_named(const json_t *array, const char *key, const char *name)
{
	const json_t *member;
	size_t i;

	json_array_foreach(array, i, member)
	{
		if (strcmp(json_string_value(json_object_get(member, key)), name) == 0) {
			return member;
		}
	}
	return NULL;
}

static const json_t *interface_of(const json_t *list, const char *name)
{
	return member_named(json_object_get(list, "interfaces"), "name", name);
}

/* Whether it can be done, and the words hold those. */
static void choice_is(const json_t *list, const char *source, bool possible, const char *words)
{
	const char *name = strchr(source, ':') + 1;
	const json_t *interface = interface_of(list, name), *choice;
	const char *text;

	cr_assert_not_null(interface, "%s", name);
	choice = member_named(json_object_get(interface, "sources"), "source", source);
	cr_assert_not_null(choice, "%s", source);
	text = json_string_value(json_object_get(choice, "text"));
	cr_assert(
	    json_is_true(json_object_get(choice, "possible")) == possible, "%s: %s", source, text);
	cr_assert(strstr(text, words), "%s: %s", source, text);
}

static bool is_true(const json_t *list, const char *name, const char *key)
{
	return json_is_true(json_object_get(interface_of(list, name), key));
}

Test(interfaces, states_are_told)
{
	json_t *list;

	namespace_enter();
	namespace_cable("one", "other");
	command("ip link set other down");
	command("ip address add 192.0.2.1/24 dev one");
	list = listed();
	cr_assert(is_true(list, "one", "up") && !is_true(list, "one", "carrier"));
	cr_assert(is_true(list, "one", "addressed"));
	cr_assert(!is_true(list, "other", "up") && !is_true(list, "other", "addressed"));
	cr_assert(!is_true(list, "lo", "up"));
	cr_assert_str_eq(
	    json_string_value(json_object_get(interface_of(list, "one"), "driver")), "veth");
	cr_assert_str_eq(
	    json_string_value(json_object_get(interface_of(list, "one"), "time_stamps")), "kernel");
	json_decref(list);
}

Test(interfaces, packet_sockets_need_an_interface_that_is_up)
{
	json_t *list;

	namespace_enter();
	namespace_cable("one", "other");
	command("ip link set other down");
	list = listed();
	choice_is(list, "pcap:one", true, "takes nothing away");
	choice_is(list, "pcap:other", false, "ip link set other up");
	choice_is(list, "pcap:any", true, "");
	json_decref(list);
}

Test(interfaces, xdp_needs_one_that_nobody_uses)
{
	const json_t *free_one;
	json_t *list;

	namespace_enter();
	namespace_cable("one", "other");
	command("ip link set lo up");
	command("ip address add 192.0.2.1/24 dev one");
	list = listed();
	free_one = member_named(
	    json_object_get(interface_of(list, "other"), "sources"), "source", "xdp:other");
	if (!json_is_true(json_object_get(free_one, "possible"))) {
		choice_is(list, "xdp:other", false, "built without");
	} else {
		choice_is(list, "xdp:other", true, "native");
		choice_is(list, "xdp:one", false, "has an address");
		choice_is(list, "xdp:lo", false, "no Ethernet");
	}
	json_decref(list);
}

Test(interfaces, without_privileges_each_says_what_it_needs)
{
	char program[4096];
	json_t *list;

	namespace_enter();
	namespace_cable("one", "other");
	(void)snprintf(program, sizeof(program), "setpriv --inh-caps=-all --bounding-set=-all %s",
	    getenv("TALKPATH_PROGRAM"));
	cr_assert(setenv("TALKPATH_PROGRAM", program, 1) == 0);
	list = listed();
	choice_is(list, "pcap:one", false, "CAP_NET_RAW");
	choice_is(list, "pcap:any", false, "CAP_NET_RAW");
	json_decref(list);
}

Test(interfaces, the_text_names_each_source)
{
	struct outcome outcome;

	namespace_enter();
	namespace_cable("one", "other");
	outcome = run("capture --list");
	cr_assert(outcome.code == 0);
	cr_assert(strstr(outcome.out, "other  up, "), "%s", outcome.out);
	cr_assert(strstr(outcome.out, "  yes  pcap:other "), "%s", outcome.out);
	cr_assert(strstr(outcome.out, "  yes  pcap:any "), "%s", outcome.out);
}
