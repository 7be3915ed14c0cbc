# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # jq; the parts of run share variables
# SPDX-License-Identifier: Apache-2.0
#
# The scenarios of a NAT that forgets what is idle for two seconds.
set -euo pipefail

# mapping_network: the phone is known to the server at :40505, when its mapping is new
mapping_network() {
	network_build
	router_setup
	router_timeout 2
	router_map 5060 40505
	# Between two of its processes nobody listens at the server's port, which it must not say.
	at server nft -f - <<-END
		table ip quiet {
			chain output {
				type filter hook output priority filter; policy accept;
				icmp type destination-unreachable drop;
			}
		}
	END
	record_start
}

# ask PORT yes|no: the server asks at that port whether the phone is there, and so it should be
ask() {
	local phone server
	stage="the server's OPTIONS"
	sipp_start phone phone answer-options.xml 192.168.1.10 -m 1
	phone=$started
	until_true 5 is_listening phone 5060
	sipp_start server server options.xml 203.0.113.10 -m 1 -key callee "100@192.168.1.10:5060" \
		"203.0.113.2:$1"
	server=$started
	if [ "$2" = yes ]; then
		await "$server" 5
		await "$phone" 5
	else
		sleep 4
		kill -KILL "$server" "$phone"
		until_true 5 not_listening
	fi
}

not_listening() { ! is_listening server 5060 && ! is_listening phone 5060; }

scenario nat-timeout "the NAT forgets the phone, which the server's OPTIONS do not reach"
scenario_nat_timeout() {
	mapping_network
	registered "=40505;received=203.0.113.2"
	ask 40505 yes
	sleep 4
	ask 40505 no
	router_map 5060 40606
	registered "=40606;received=203.0.113.2"
	ask 40606 yes
	record_stop
	expects_calls all ""
	expects all "nat-timeout"
}

scenario nat-keepalive "the phone's keep-alives hold the mapping: nothing is wrong"
scenario_nat_keepalive() {
	local n
	mapping_network
	registered "=40505;received=203.0.113.2"
	ask 40505 yes
	for n in 1 2 3 4 5 6; do
		sleep 1
		keepalive
	done
	ask 40505 yes
	registered "=40505;received=203.0.113.2"
	record_stop
	expects_calls all ""
	expects all ""
}

# CRLF from the phone's SIP port, RFC 5626 3.5.1
keepalive() {
	printf '\r\n\r\n' | at phone socat -u - UDP:203.0.113.10:5060,bind=192.168.1.10:5060
}

scenario nat-timeout-call "the NAT forgets the phone, which a call does not reach"
scenario_nat_timeout_call() {
	local inviter
	mapping_network
	registered "=40505;received=203.0.113.2"
	ask 40505 yes
	sleep 4
	stage="the call to the phone"
	caller=200@203.0.113.10 callee=100@192.168.1.10:5060 phone_rport="" phone_ns=server \
		phone_start server 203.0.113.10 20000 call-only.xml -d 1000 203.0.113.2:40505
	inviter=$started
	sleep 4
	kill -KILL "$inviter"
	until_true 5 not_listening
	router_map 5060 40606
	registered "=40606;received=203.0.113.2"
	ask 40606 yes
	record_stop
	expects_calls all "in-progress"
	expects_calls lan ""
	expects all "nat-timeout"
}
