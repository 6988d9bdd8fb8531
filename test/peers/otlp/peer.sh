# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An OpenTelemetry Collector as a peer (../faults/run says what these are for). $kind is otlp-http or
# otlp-grpc.
collector=$cache/otlp/collector
# The ways in which it can say no, and what the engine says to that.
peer_ways=(busy)
declare -A peer_said=([busy]='answered (503|UNAVAILABLE)')

peer_need() {
	[ -f "$cache/otlp/version" ] || skip "no OTLP peer here, 'test/peers/setup otlp' makes it"
	need openssl jq
}

# peer_start PORT CERT: CERT is the name of the server's certificate.
peer_start() {
	cat >"$work/collector.yaml" <<-YAML
		receivers:
		  otlp:
		    protocols:
		      ${kind#*-}:
		        endpoint: "127.0.0.1:$1"
		        tls:
		          cert_file: $work/$2.pem
		          key_file: $work/$2.key
		          client_ca_file: $work/ca.pem
		exporters:
		  lines: { folder: $work, numbers: true }
		service:
		  telemetry: { metrics: { level: none } }
		  pipelines:
		    logs: { receivers: [otlp], exporters: [lines] }
	YAML
	"$collector" --config "file:$work/collector.yaml" >>"$work/peer.log" 2>&1 &
	peer=$!
	stop_at_end $peer
}

peer_kill() {
	kill -KILL "$peer"
	wait "$peer" 2>/dev/null || true
}

# peer_says busy|yes: from now on.
peer_says() {
	rm -f "$work/busy"
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
	grep . "$work/$1.numbers"
}
