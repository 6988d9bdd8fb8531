# SPDX-License-Identifier: Apache-2.0
"""An OTLP receiver that is not ours: protobuf and JSON by Google's library and OpenTelemetry's own
definitions, gRPC by grpcio; HTTP by Python. server.py OPTIONS: JSON {http or grpc: the port, folder,
numbers, and for TLS cert, key, ca}. Before a request is answered it is appended to the file "lines"
in the folder, as one line of OTLP JSON; or, with `numbers`, the number of each event
(../faults/feed.c) to the file "SINK.numbers", SINK from the resource. A file in the folder asks for
another answer: busy, too-many (both with when to come back), refused, or partial, which takes all but
the first record of a request."""
import gzip
import http.server
import json
import os
import ssl
import sys
from concurrent import futures

import grpc
from google.protobuf import duration_pb2, json_format
from google.protobuf.any_pb2 import Any
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc

opt = json.loads(sys.argv[1])


def says(what):
    return os.path.exists(os.path.join(opt["folder"], what))


def append(name, text):
    """In one piece: this process may be killed at any time."""
    file = os.open(os.path.join(opt["folder"], name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, text.encode())
    os.close(file)


def number_of(record):
    path = next(pair.value for pair in record.body.kvlist_value.values if pair.key == "pathname")
    return (path.string_value or path.bytes_value.decode("latin-1")).split("/")[2]


def keep(request):
    if not opt.get("numbers"):
        text = json_format.MessageToJson(request, indent=None, use_integers_for_enums=True)
        append("lines", text + "\n")
        return
    for part in request.resource_logs:
        sink = next(a.value.string_value for a in part.resource.attributes if a.key == "sink")
        records = [record for scope in part.scope_logs for record in scope.log_records]
        append(sink + ".numbers", "".join(number_of(record) + "\n" for record in records))


def take(request):
    """What is answered to a request that is taken."""
    answer = logs.ExportLogsServiceResponse()
    if says("partial"):
        del request.resource_logs[0].scope_logs[0].log_records[0]
        answer.partial_success.rejected_log_records = 1
        answer.partial_success.error_message = "the first is not wanted"
    keep(request)
    return answer


# --- HTTP. ---

STATUS = {"busy": 503, "too-many": 429, "refused": 400}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        for what, status in STATUS.items():
            if says(what):
                return self.answer(status, "text/plain", b"no")
        if self.path != "/v1/logs":
            return self.answer(404, "text/plain", b"")
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        content_type = self.headers["Content-Type"]
        if content_type == "application/json":
            answer = take(json_format.Parse(body, logs.ExportLogsServiceRequest()))
            return self.answer(200, content_type, json_format.MessageToJson(answer).encode())
        answer = take(logs.ExportLogsServiceRequest.FromString(body))
        return self.answer(200, content_type, answer.SerializeToString())

    def answer(self, status, content_type, body):
        self.send_response(status)
        if status in (503, 429):
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, address):
        """In the connection's own thread: a handshake that takes its time holds up nobody."""
        if not opt.get("cert"):
            self.RequestHandlerClass(request, address, self)
            return
        with tls().wrap_socket(request, server_side=True) as stream:
            self.RequestHandlerClass(stream, address, self)


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(opt["cert"], opt["key"])
    context.load_verify_locations(opt["ca"])
    context.verify_mode = ssl.CERT_REQUIRED
    return context


# --- gRPC. ---

CODE = {
    "busy": grpc.StatusCode.UNAVAILABLE,
    "too-many": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "refused": grpc.StatusCode.INVALID_ARGUMENT,
}


def retry_info():
    """google.rpc.Status with a RetryInfo of one second; both are so small that their bytes are
    written here."""
    delay = duration_pb2.Duration(seconds=1).SerializeToString()
    detail = Any(type_url="type.googleapis.com/google.rpc.RetryInfo",
                 value=b"\x0a" + bytes([len(delay)]) + delay).SerializeToString()
    return b"\x08\x08\x1a" + bytes([len(detail)]) + detail


class Service(logs_grpc.LogsServiceServicer):
    def Export(self, request, context):
        for what, code in CODE.items():
            if says(what):
                if what != "refused":
                    context.set_trailing_metadata((("grpc-status-details-bin", retry_info()),))
                context.abort(code, "no")
        return take(request)


def server_port(server, address):
    if not opt.get("cert"):
        return server.add_insecure_port(address)
    with open(opt["key"], "rb") as key, open(opt["cert"], "rb") as cert, open(opt["ca"], "rb") as ca:
        credentials = grpc.ssl_server_credentials([(key.read(), cert.read())], ca.read(), True)
    return server.add_secure_port(address, credentials)


def serve_grpc(port):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    logs_grpc.add_LogsServiceServicer_to_server(Service(), server)
    if server_port(server, f"127.0.0.1:{port}") != int(port):
        sys.exit("server.py: cannot listen")
    server.start()
    server.wait_for_termination()


if opt.get("grpc"):
    serve_grpc(opt["grpc"])
else:
    Server(("127.0.0.1", int(opt["http"])), Handler).serve_forever()
