# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One node of Apache Kafka as a peer (../faults/run says what these are for).
kafka_jars=$cache/kafka/jars
# The ways in which it can say no, and what the engine says to that.
peer_ways=(forbidden silent)
declare -A peer_said=([forbidden]='authorization failed' [silent]='[Tt]imed out')

peer_need() {
	[ -f "$cache/kafka/version" ] || skip "no Kafka here, 'test/peers/setup kafka' fetches it"
	need java openssl jq
	kafka_controller=127.0.0.1:$(free_port)
	kafka_plain=127.0.0.1:$(free_port)	# for those who need no certificate
}

# kafka_java CLASS ARGUMENT...
kafka_java() {
	java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$kafka_jars/*" "$@" 2>>"$work/peer.log"
}

# What it answers: that it listens is not enough.
kafka_is_up() {
	kafka_java org.apache.kafka.tools.TopicCommand --bootstrap-server "$kafka_plain" --list
}

# peer_start PORT CERT: CERT is the name of the server's certificate. Who comes with TLS is sent on to
# the proxy, where there is one. A node that was killed is one again after a second and a half.
peer_start() {
	cat "$work/$2.key" "$work/$2.pem" >"$work/kafka.pem"
	cat >"$work/kafka.properties" <<-CONF
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@$kafka_controller
		controller.listener.names=CONTROLLER
		listeners=SSL://127.0.0.1:$1,PLAINTEXT://$kafka_plain,CONTROLLER://$kafka_controller
		advertised.listeners=SSL://127.0.0.1:${proxy_port:-$1},PLAINTEXT://$kafka_plain
		listener.security.protocol.map=SSL:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
		inter.broker.listener.name=PLAINTEXT
		broker.session.timeout.ms=1500
		broker.heartbeat.interval.ms=300
		ssl.keystore.type=PEM
		ssl.keystore.location=$work/kafka.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$work/ca.pem
		ssl.client.auth=required
		authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
		allow.everyone.if.no.acl.found=true
		super.users=User:ANONYMOUS
		log.dirs=$work/kafka
		num.partitions=3
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=1
		group.initial.rebalance.delay.ms=0
	CONF
	[ -d "$work/kafka" ] || kafka_java kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg \
		-c "$work/kafka.properties" >>"$work/peer.log" || fail "Kafka: $(tail -n 3 "$work/peer.log")"
	java -Xmx512m -cp "$kafka_jars/*" kafka.Kafka "$work/kafka.properties" >>"$work/peer.log" 2>&1 &
	peer=$!
	stop_at_end $peer
	wait_for 60 kafka_is_up || fail "Kafka does not answer: $(tail -n 3 "$work/peer.log")"
}

peer_kill() {
	kill -KILL "$peer"
	wait "$peer" 2>/dev/null || true
}

# peer_says forbidden|silent|yes: from now on.
peer_says() {
	case $1 in
	forbidden) kafka_denies --add ;;
	silent) kill -STOP "$peer" ;;
	yes)
		kill -CONT "$peer"
		kafka_denies --remove --force
		;;
	esac
}

# kafka_denies --add|--remove: the right to write.
kafka_denies() {
	kafka_java org.apache.kafka.tools.AclCommand --bootstrap-server "$kafka_plain" "$@" --topic '*' \
		--deny-principal User:CN=client --operation Write >>"$work/peer.log" ||
		fail "Kafka cannot be told: $(tail -n 3 "$work/peer.log")"
}

# peer_output NAME HOST:PORT KEYS: an --output; NAME is first or second, and a topic.
peer_output() {
	echo "kafka:$2/$1?tls=true&sendTimeout=3s&connectionTimeout=3s&caFile=$work/ca.pem&certFile=$work/client.pem&keyFile=$work/client.key&$3"
}

# kafka_files TOPIC: what is in them, a line for each batch and each message.
kafka_files() {
	kafka_java kafka.tools.DumpLogSegments --print-data-log \
		--files "$(printf '%s\n' "$work/kafka/$1"-*/*.log | paste -sd ,)"
}

# peer_numbers NAME: of the events that came.
peer_numbers() {
	kafka_files "$1" | sed -n 's/^| offset: .* payload: //p' | numbers
}
