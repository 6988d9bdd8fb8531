# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The server of npm's @fluent-org/logger as a peer (../faults/run says what these are for).
modules=$cache/forward
# It always says yes.
peer_ways=()
declare -A peer_said=()

peer_need() {
	[ -d "$modules/node_modules/@fluent-org/logger" ] ||
		skip "no forward peer here, 'test/peers/setup forward' fetches it"
	need node openssl jq
}

# peer_start PORT CERT: CERT is the name of the server's certificate.
peer_start() {
	local options

	options=$(jq -nc '$ARGS.named' --arg modules "$modules" --arg numbers "$work" --arg port "$1" \
		--arg cert "$work/$2.pem" --arg certKey "$work/$2.key" --arg ca "$work/ca.pem" \
		--arg key sesame)
	node "$peers/forward/server.js" "$options" >>"$work/peer.log" 2>&1 &
	peer=$!
	stop_at_end $peer
}

peer_kill() {
	kill -TERM "$peer"	# see there
	wait "$peer" 2>/dev/null || true
}

# peer_output NAME HOST:PORT KEYS: an --output; NAME is first or second.
peer_output() {
	echo "forward:tls://$2?tag=$1&requireAck=true&sharedKey=sesame&caFile=$work/ca.pem&certFile=$work/client.pem&keyFile=$work/client.key&$3"
}

# peer_numbers NAME: of the events that came.
peer_numbers() {
	cat "$work/$1.numbers"
}
