# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios of media: which way it does not go and why, where servers send it, what networks
# do to it.
set -euo pipefail

# --- one way --------------------------------------------------------------------

scenario one-way-server-to-phone "the router drops audio toward the phone"
scenario_one_way_server_to_phone() {
	network_build
	router_setup 'iifname "wan" udp sport 20000 counter name dropped drop'
	placed latch
	expect_dropped
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp wan down $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down 0
	expects lan "one-way-audio/unknown@caller"
	expects wan ""
	expects together "one-way-audio/filtered@caller"
}

# The phone knows its public address by configuration, and its media port is forwarded to it. Its
# Call-ID alone has its private one: which is what an ALG's work looks like from outside, and none.
# The same in all the scenarios whose phone_own is set.
scenario one-way-phone-to-server \
	"the router drops audio from a phone with a configured public address"
scenario_one_way_phone_to_server() {
	phone_own=203.0.113.2
	network_build
	router_setup 'iifname "lan" udp dport 20000 counter name dropped drop'
	router_forward_port 16384
	placed play
	expect_dropped
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp wan up 0
	expects lan ""
	expects wan "sip-alg? one-way-audio/unknown@callee"
	expects together "one-way-audio/filtered@callee"
}

# The server's way to private addresses passes the router's outer port, which lets nothing in: what
# is sent there is seen, as it is at the server. See never-starts for when it is not.
scenario one-way-unroutable "the server sends its audio to the phone's private address"
scenario_one_way_unroutable() {
	network_build
	ip -n "${network}server" route replace default via 203.0.113.2
	router_setup
	placed play
	expect_rtp lan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down 0
	expect_rtp wan down $((talk_s * 50 - 10)) $((talk_s * 50))
	expects all "one-way-audio/unroutable-sdp@caller symmetric-media/private-target"
	expects lan "one-way-audio/unknown@caller"
	expects merged "" # the addresses are those of packets that have arrived
}

# The server is behind a NAT of its own, and does not know it.
scenario one-way-unroutable-server "the phone sends its audio to the server's private address"
scenario_one_way_unroutable_server() {
	phone_own=203.0.113.2 phone_port=16384 phone_file=call.xml media_address=10.20.30.40
	network_build
	router_setup
	router_forward_port 16384
	call_with_peer none server 203.0.113.10 20000 -t 203.0.113.2:16384
	expects all "one-way-audio/unroutable-sdp@callee symmetric-media/private-target"
	expects lan "" # inside, a private address may well be reached
	expects wan "sip-alg? one-way-audio/unroutable-sdp@callee symmetric-media/private-target"
}

# call_with_peer SERVER_KIND NS ADDRESS PORT [OPTION OF latch]...: the audio of one end comes from a
# process of its own, which begins when the call is there. $audio_port: the port in the phone's SDP,
# if it is another one.
call_with_peer() {
	local kind=$1 peer=("${@:2:3}") talk audio_port=${audio_port:-16384}$more of_server
	of_server=("${latch_options[@]}") latch_options=(-h "${@:5}")
	latch_start peer "${peer[@]}"
	latch_options=("${of_server[@]}") talk="kill -USR2 $started"
	placed "$kind" "$phone_file"
}

scenario one-way-phone-closed "the phone's port is closed, which its ICMP says"
scenario_one_way_phone_closed() {
	phone_own=203.0.113.2 phone_port=6000 phone_file=call-only.xml audio_port=16390
	network_build
	router_setup
	router_forward_port 16390
	call_with_peer play phone 192.168.1.10 16384 -t 203.0.113.10:20000
	expects all "one-way-audio/icmp-unreachable@caller"
	expects wan "sip-alg? one-way-audio/icmp-unreachable@caller"
}

# The server announces a port that nothing listens at, and talks from another one.
scenario one-way-server-closed "the server's port is closed, which its ICMP says"
scenario_one_way_server_closed() {
	phone_own=203.0.113.2 phone_port=16384 phone_file=call.xml
	network_build
	router_setup
	router_forward_port 16384
	call_with_peer none server 203.0.113.10 20010 -t 203.0.113.2:16384
	expects all "one-way-audio/icmp-unreachable@callee"
	expects wan "sip-alg? one-way-audio/icmp-unreachable@callee"
}

scenario one-way-lost-to-server "the server's reports say that it gets nothing any more"
scenario_one_way_lost_to_server() {
	talk_s=8 more=$'\r\na=rtcp-mux'
	latch_options=(-r)
	network_build
	router_setup
	lost_after server 20000
	placed latch
	expects all "one-way-audio/lost-beyond@callee"
}

scenario one-way-lost-to-phone "the phone's reports say that it gets nothing any more"
scenario_one_way_lost_to_phone() {
	talk_s=8 phone_port=6000 phone_file=call-only.xml
	network_build
	router_setup
	lost_after phone 16384
	call_with_peer latch phone 192.168.1.10 16384 -r -t 203.0.113.10:20000
	expects all "one-way-audio/lost-beyond@caller"
}

# lost_after NS PORT: that end loses RTP after about a second
lost_after() {
	at "$1" nft -f - <<-END
		table ip lost {
			chain input {
				type filter hook input priority filter; policy accept;
				udp dport $2 quota over 10 kbytes drop;
			}
		}
	END
}

# --- symmetric RTP ----------------------------------------------------------------

# The NAT has moved the phone's RTP, and its SDP is public.
scenario no-latch "the server sends to the port in SDP, RTP comes from another one"
scenario_no_latch() {
	phone_own=203.0.113.2
	network_build
	router_setup
	router_map 16384 49966
	placed play
	expect_rtp wan up $((talk_s * 50 - 10)) $((talk_s * 50))
	expect_rtp lan down 0
	expects lan "one-way-audio/unknown@caller"
	expects wan "sip-alg? symmetric-media/no-latch?" # the router may forward the port in SDP
	expects together "one-way-audio/no-latch@caller symmetric-media/no-latch"
}

# In the middle of the call the phone's mapping gets another port.
moved_placed() {
	local pid
	talk_s=16
	network_build
	router_setup
	servers=() latcher=""
	record_start
	server_start latch
	moving & pid=$!
	call
	await "$pid" 1
	record_stop
}

moving() {
	until_true 20 seen lan "SIP: ACK"
	sleep 3
	router_map 16384 49966
	router_forget 16384
}

scenario latch-follows "the NAT moves the phone's RTP, the server follows: nothing is wrong"
scenario_latch_follows() {
	latch_options=(-f)
	moved_placed
	expects all ""
}

scenario latch-stays "the NAT moves the phone's RTP, the server stays latched on the old port"
scenario_latch_stays() {
	moved_placed
	expects lan "one-way-audio/unknown@caller?" # a server that has ended its announcement looks so, too
	expects wan "one-way-audio/no-latch@caller symmetric-media/stale-latch"
	expects together "one-way-audio/no-latch@caller symmetric-media/stale-latch"
}

# A stray packet from another port of the phone comes first.
scenario latch-wrong "the server latches on a packet that is not the phone's audio"
scenario_latch_wrong() {
	network_build
	router_setup
	placed latch call-stray.xml -key before "$lab/stray 192.168.1.10:16390 203.0.113.10:20000"
	expects all "one-way-audio/no-latch@caller symmetric-media/wrong-latch"
}

scenario both-wait "phone and server both wait for a first packet"
scenario_both_wait() {
	network_build
	router_setup
	latch_awaited=0
	placed latch call-only.xml
	expects all "no-media/bypass?"
	expects together "no-media/bypass? symmetric-media/both-wait?"
}

scenario late-start "the server waits for the first packet and starts four seconds after it"
scenario_late_start() {
	latch_options=(-l 4)
	network_build
	router_setup
	talk_s=8 latch_s=4
	placed latch
	expects lan "late-media"
	expects wan "late-media symmetric-media/late-start?"
	expects together "late-media symmetric-media/late-start?"
}

# Which nothing at the router tells from audio that the server sends to the private address in SDP.
scenario never-starts "the server gets the phone's audio and never sends any"
scenario_never_starts() {
	latch_options=(-l 30)
	network_build
	router_setup
	latch_awaited=0
	placed latch
	expects all "one-way-audio/unroutable-sdp@caller symmetric-media/never-starts?"
	expects lan "one-way-audio/unknown@caller"
}

# --- marks ------------------------------------------------------------------------

# dscp_placed [RULE OF THE ROUTER]...: both ends mark
dscp_placed() {
	network_build
	router_setup "$@"
	marked phone
	marked server
	placed latch
	expect_media
}

scenario dscp-kept "EF and CS3 both ways, and kept: nothing is wrong"
scenario_dscp_kept() {
	dscp_placed
	expects all ""
}

scenario dscp-bleach "the router clears DSCP"
scenario_dscp_bleach() {
	dscp_placed 'ip dscp set cs0'
	expects lan "dscp-unmarked" # EF goes out, 0 comes in
	expects wan ""
	expects together "dscp-remark/bleach dscp-remark/bleach" # out and in
}

scenario dscp-tos-bleach "the router clears the three upper bits: 46 becomes 6, 24 becomes 0"
scenario_dscp_tos_bleach() {
	dscp_placed 'ip dscp ef ip dscp set 6' 'ip dscp cs3 ip dscp set 0'
	expects all ""
	expects together "dscp-remark/tos-bleach dscp-remark/tos-bleach"
}

scenario dscp-precedence "the router keeps the three upper bits only: 46 becomes 40"
scenario_dscp_precedence() {
	dscp_placed 'ip dscp ef ip dscp set cs5'
	expects all ""
	expects together "dscp-remark/precedence-only dscp-remark/precedence-only"
}

scenario dscp-signalling "the router clears CS3 of SIP and leaves EF alone"
scenario_dscp_signalling() {
	dscp_placed 'ip dscp cs3 ip dscp set cs0'
	expects all ""
	expects together "dscp-remark/unknown dscp-remark/unknown" # which bits, 24 does not tell
}

scenario dscp-unmarked "the phone marks its audio, the server does not"
scenario_dscp_unmarked() {
	network_build
	router_setup
	marked phone
	placed latch
	expects all "dscp-unmarked"
}

# --- loss, delay, jitter ------------------------------------------------------------

scenario loss "the router loses one packet in ten toward the phone"
scenario_loss() {
	network_build
	router_setup 'iifname "wan" udp sport 20000 numgen random mod 10 < 1 counter name dropped drop'
	placed latch
	expects lan "high-loss/before-capture"
	expects wan ""
	expects together "high-loss/between-captures"
}

# cable_build [-o] DELAY_MS JITTER_MS: the network between router and server
cable_build() {
	network_build cable
	stage="starting the cable"
	start cable cable "$root/cable" "${@:1:$#-2}" inner outer "${@: -2}"
	until_true 5 grep -sq passing "$work/cable.log"
}

# cabled [-o] DELAY_MS JITTER_MS: a call over it
cabled() {
	cable_build "$@"
	router_setup
	placed latch
}

scenario delay "120 ms each way, of which nothing tells: nothing is wrong"
scenario_delay() {
	cabled 120 0
	expects all ""
}

scenario latency "200 ms each way, which the reports of both ends tell"
scenario_latency() {
	phone_port=6000 phone_file=call-only.xml more=$'\r\na=rtcp-mux'
	cable_build 200 0
	router_setup
	latch_options=(-r)
	call_with_peer latch phone 192.168.1.10 16384 -r -t 203.0.113.10:20000
	expects all "high-latency/one-side"
}

scenario jitter "the network delays each packet by 40 to 200 ms"
scenario_jitter() {
	cabled -o 40 80
	expects all "high-jitter/before-capture"
}

scenario reordering "packets overtake each other, by up to 30 ms"
scenario_reordering() {
	cabled 40 15
	expects all ""
}
