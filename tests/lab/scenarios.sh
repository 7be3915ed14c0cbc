# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios of addresses: NAT, two of them, SIP ALGs, IPv6, and what is healthy.
#
# To add a scenario: say "scenario NAME ABOUT", write scenario_NAME, and in it what is expected of
# each view of its recordings ("expects", see checks.sh).
set -euo pipefail

scenarios=()
# Those whose recordings lie in pcaps/.
shipped=(nat-clean sip-alg one-way-server-to-phone one-way-unroutable hold double-nat dscp-bleach
	no-latch nat-timeout)
declare -A about=()

# scenario NAME ABOUT
scenario() { scenarios+=("$1") about[$1]=$2; }

# scenario_apart NAME ABOUT: it runs only where it is named
apart=()
scenario_apart() { apart+=("$1") about[$1]=$2; }

# The usual course: record, call. placed SERVER_KIND [PHONE'S FILE [OPTION...]]; the network is
# built and the router set up.
placed() {
	local kind=$1
	shift
	servers=() latcher=""
	record_start
	server_start "$kind"
	call "$@"
	record_stop
}

# --- healthy ------------------------------------------------------------------

scenario nat-clean "a NAT that keeps ports, and symmetric RTP: nothing is wrong"
scenario_nat_clean() {
	network_build
	router_setup
	placed latch
	expect_media
	expects all ""
}

scenario nat-random-ports "a NAT that gives random ports: nothing is wrong"
scenario_nat_random_ports() {
	masquerade='meta l4proto udp masquerade to :40000-49999 random'
	# No rport: sipp's server could not know what to answer.
	phone_rport="" via_mark=";received=203.0.113.2"
	network_build
	router_setup
	placed latch
	expect_media
	expect_text "wan.pcap, frame 1" "203.0.113.2.4" "$(frame_text wan.pcap 1)"
	expects all ""
}

# As an ALG's work looks from outside, and none: the phone's Call-ID alone has its private address.
scenario configured-address "a phone that knows its public address: nothing is wrong"
scenario_configured_address() {
	phone_own=203.0.113.2
	network_build
	router_setup
	router_forward_port 16384
	placed play
	expect_media
	expects all ""
	expects wan "sip-alg?"
}

scenario inbound "a call to the phone: nothing is wrong"
scenario_inbound() {
	network_build
	router_setup
	inbound 100@192.168.1.10:5060
	expects all ""
}

# inbound CONTACT: the phone registers, which gives the server this contact, and is called there
inbound() {
	local phone
	record_start
	registered "=5060;received=203.0.113.2"
	stage="the call to the phone"
	latch_start server server 203.0.113.10 20000
	audio phone
	sipp_start phone phone answer-play.xml 192.168.1.10 -m 1 -mp 16384 -key via_mark "" -key user 100
	phone=$started
	until_true 5 is_listening phone 5060
	caller=200@203.0.113.10 callee=$1 phone_rport="" phone_ns=server audio_port=20000 \
		phone_start server 203.0.113.10 6000 call-only.xml -d $((talk_s * 1000 + 300)) 203.0.113.2:5060
	await "$started" 20
	await "$phone" 5
	record_stop
	expect_media
}

scenario hold "the phone puts the server on hold and resumes: nothing is wrong"
scenario_hold() {
	talk_s=8
	network_build
	router_setup
	placed hold call-hold.xml
	expect_rtp lan up 390 400
	expect_rtp lan down 180 220 # two seconds, none for four, two seconds
	expects all ""
}

scenario echo "an echo test, the same SSRC both ways: nothing is wrong"
scenario_echo() {
	network_build
	router_setup
	placed echo
	expect_media
	expects all ""
}

scenario several "three phones, three calls at once, one NAT: nothing is wrong"
scenario_several() {
	network_build
	router_setup
	several_phones 3
	expects_calls all "completed completed completed"
	expects all ""
}

# several_phones N: phones of their own, all on port 5060, so that the NAT has to find other ports
# for all but one of them; they call one server, which has a media peer for each. $several_ports:
# "same", if they have their RTP on the same port too.
several_phones() {
	local n calls=()
	phone_rport="" via_mark=";received=203.0.113.2"
	for ((n = 2; n <= $1; n++)); do
		phone_add "phone$n" "02:00:00:00:01:1$n" "192.168.1.1$n/24"
	done
	servers=()
	record_start
	server_start_many "$1"
	for ((n = 1; n <= $1; n++)); do
		several_phone "$n" register.xml
		await "$started" 10
	done
	stage="the calls"
	for ((n = 1; n <= $1; n++)); do
		several_phone "$n" call.xml -d $((talk_s * 1000 + 300))
		calls+=("$started")
		sleep 0.2
	done
	for n in "${calls[@]}" "${servers[@]}"; do
		await "$n" 30
	done
	record_stop
}

# several_phone N FILE OPTION...
several_phone() {
	local n=$1 address=192.168.1.1$1 port=$((16284 + $1 * 100))
	[ "$n" != 1 ] || address=192.168.1.10
	[ "${several_ports:-}" != same ] || port=16384
	stage="phone $n, $2"
	[ -e "$work/phone$n/audio.pcap" ] || audio "phone$n"
	phone_ns=phone${n/#1/} phone_start "phone$n" "$address" "$port" "${@:2}" 203.0.113.10
}

# --- SIP ALGs -----------------------------------------------------------------

scenario sip-alg "the kernel's SIP ALG rewrites the messages"
scenario_sip_alg() {
	network_build
	router_setup
	router_alg
	placed play
	expect_media
	expects lan "sip-alg"
	expects wan "sip-alg?"
	expects together "sip-alg"
	judged
	expect_alg labelled
}

scenario sip-alg-tcp "the same over TCP"
scenario_sip_alg_tcp() {
	transport=t1 phone_rport="" via_mark=";received=203.0.113.2"
	network_build
	router_setup
	router_alg tcp
	placed play
	expect_media
	expects lan "sip-alg"
	expects wan "sip-alg?"
	expects together "sip-alg"
}

scenario sip-alg-random-ports "the ALG, and ports that the phone cannot know"
scenario_sip_alg_random_ports() {
	via_mark="=40505;received=203.0.113.2"
	network_build
	router_setup
	router_map 5060 40505
	router_alg
	placed play
	expect_media
	expects all "sip-alg"
}

scenario sip-alg-inbound "the ALG, and a call to the phone"
scenario_sip_alg_inbound() {
	network_build
	router_setup
	router_alg
	inbound 100@203.0.113.2:5060
	expects lan "sip-alg"
	expects wan "sip-alg?"
	expects together "sip-alg"
}

scenario sip-alg-same-port "the ALG, and two phones with the same RTP port"
scenario_sip_alg_same_port() {
	network_build
	router_setup
	router_alg
	several_ports=same several_phones 2
	expects_calls all "completed completed"
	expects lan "sip-alg"
	expects wan "sip-alg?"
	expects together "sip-alg"
}

# --- two NATs -----------------------------------------------------------------

# double SERVER_KIND [ROUTER WITH AN ALG]...
double() {
	local kind=$1
	shift
	network_build double
	for router in router router2; do
		router_setup
		[[ " $* " != *" $router "* ]] || router_alg
	done
	router=router
	placed "$kind"
	expect_media
}

scenario double-nat "two routers, each with a NAT"
scenario_double_nat() {
	double latch
	expects all ""
	expects mid "double-nat"
	expects together "double-nat"
}

scenario double-nat-alg-inner "two NATs, the phone's router has an ALG"
scenario_double_nat_alg_inner() {
	double latch router
	expects all ""
	expects mid "sip-alg?"
	expects together "double-nat sip-alg"
}

scenario double-nat-alg-outer "two NATs, the outer router has an ALG, which finds nothing to change"
scenario_double_nat_alg_outer() {
	double latch router2
	expects all ""
	expects mid "double-nat"
	expects together "double-nat"
}

scenario double-nat-alg-both "two NATs, each with an ALG"
scenario_double_nat_alg_both() {
	double play router router2
	expects lan "sip-alg"
	expects mid "sip-alg?" # one or both: which of them, this capture cannot know
	expects wan "sip-alg?"
	expects together "double-nat sip-alg sip-alg"
}

scenario cgnat "the provider's NAT, its shared address space between the routers"
scenario_cgnat() {
	middle=100.64.0
	double latch
	expects all ""
	expects mid "cgnat"
	expects together "cgnat"
}

# --- IPv6 -----------------------------------------------------------------------

v6_placed() {
	phone_address=2001:db8:1::10 server_address=2001:db8:2::10
	callee="200@[$server_address]" via_mark="=5060;received=$phone_address"
	servers=() latcher=""
	record_start
	server_start latch server $server_address
	call
	record_stop
}

scenario ipv6 "IPv6, nothing translated: nothing is wrong"
scenario_ipv6() {
	network_build_v6
	firewall ip6 ""
	v6_placed
	expects all ""
}

scenario ipv6-dscp-bleach "IPv6, and the router clears DSCP"
scenario_ipv6_dscp_bleach() {
	network_build_v6
	firewall ip6 "ip6 dscp set cs0;"
	marked phone ip6
	marked server ip6
	v6_placed
	expects lan "dscp-unmarked"
	expects wan ""
	expects together "dscp-remark/bleach dscp-remark/bleach"
}
