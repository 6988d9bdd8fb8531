# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# OpenTelemetry's and gRPC's own Python as a peer (../faults/run says what these are for). $kind is
# otlp_python-http or otlp_python-grpc.
python=$cache/otlp_python/venv/bin/python
# The ways in which it can say no, and what the engine says to that.
peer_ways=(busy too-many)
declare -A peer_said=([busy]='answered (503|UNAVAILABLE)' [too-many]='')

peer_need() {
	[ -x "$python" ] || skip "no OTLP peer here, 'test/peers/setup otlp_python' fetches it"
	"$python" -c 'import grpc, opentelemetry.proto' 2>/dev/null || skip "the OTLP peer does not start"
	need openssl jq
}

# peer_start PORT CERT: CERT is the name of the server's certificate.
peer_start() {
	local options

	options=$(jq -nc '$ARGS.named' --arg "${kind#*-}" "$1" --arg cert "$work/$2.pem" \
		--arg key "$work/$2.key" --arg ca "$work/ca.pem" --arg folder "$work" \
		--arg numbers true)
	"$python" "$peers/otlp_python/server.py" "$options" >>"$work/peer.log" 2>&1 &
	peer=$!
	stop_at_end $peer
}

peer_kill() {
	kill -KILL "$peer"
	wait "$peer" 2>/dev/null || true
}

# peer_says busy|too-many|yes: from now on.
peer_says() {
	rm -f "$work"/{busy,too-many}
	[ "$1" = yes ] || : >"$work/$1"
}

# peer_output NAME HOST:PORT KEYS: an --output; NAME is first or second.
peer_output() {
	local protocol=grpc

	[ "${kind#*-}" = grpc ] || protocol=http/protobuf
	echo "otlp:https://$2?protocol=$protocol&resource=sink=$1&caFile=$work/ca.pem&certFile=$work/client.pem&keyFile=$work/client.key&$3"
}

# peer_numbers NAME: of the events that came.
peer_numbers() {
	cat "$work/$1.numbers"
}
