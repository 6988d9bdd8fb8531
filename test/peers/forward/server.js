// SPDX-License-Identifier: Apache-2.0
// A Forward server that is not ours: server.js OPTIONS. Prints where it listens, waits for as many
// events as the file of what was sent has lines (or the end of its input), and compares both.
// OPTIONS: JSON {modules, expected, tag, path, port, key, user, password, cert, certKey, ca}. With
// `numbers` in place of `expected` it appends the number of each event (../faults/feed.c) to the file
// "TAG.numbers" in that folder instead, until it is killed.
"use strict";
const fs = require("fs");
const util = require("util");
const { createRequire } = require("module");

const opt = JSON.parse(process.argv[2]);
const { FluentServer } = createRequire(opt.modules + "/")("@fluent-org/logger");

const security = opt.key && {
	serverHostname: "peer",
	sharedKey: opt.key,
	authorize: Boolean(opt.user),
	userDict: opt.user ? { [opt.user]: opt.password } : {},
};
const tlsOptions = opt.cert && {
	cert: fs.readFileSync(opt.cert),
	key: fs.readFileSync(opt.certKey),
	ca: opt.ca && fs.readFileSync(opt.ca),
	requestCert: Boolean(opt.ca),
	rejectUnauthorized: Boolean(opt.ca),
};
const server = new FluentServer({
	listenOptions: opt.path ? { path: opt.path } : { port: Number(opt.port || 0), host: "127.0.0.1" },
	security,
	tlsOptions,
});
const got = [];
if (opt.numbers) {
	server.on("entry", (tag, time, record) => {
		const path = record.args.find((arg) => arg.name === "pathname").value;
		fs.appendFileSync(`${opt.numbers}/${tag}.numbers`, `${path.toString().split("/")[2]}\n`);
	});
	// This server acknowledges a message before it hands out its events: it is killed between two.
	process.on("SIGTERM", () => process.kill(process.pid, "SIGKILL"));
	// It would die of a connection that is reset.
	process.on("uncaughtException", (error) => {
		console.error(error);
		if (!["ECONNRESET", "EPIPE"].includes(error.code))
			process.exit(1);
	});
} else {
	server.on("entry", (tag, time, record) => got.push({ tag, time, record }));
}

// Bytes are base64 in JSON. This server takes some texts for bytes as well: those that begin with a
// byte that an array or gzip may begin with.
function isSame(sent, value) {
	if (value instanceof Uint8Array) {
		const bytes = Buffer.from(value);
		return sent === bytes.toString("base64") || sent === bytes.toString();
	}
	if (Array.isArray(sent))
		return Array.isArray(value) && sent.length === value.length &&
			sent.every((item, i) => isSame(item, value[i]));
	if (sent !== null && typeof sent === "object") {
		const keys = Object.keys(sent);
		return value !== null && typeof value === "object" &&
			util.isDeepStrictEqual(keys, Object.keys(value)) &&
			keys.every((key) => isSame(sent[key], value[key]));
	}
	if (typeof sent === "number" && !Number.isInteger(sent))
		return typeof value === "number" &&
			Math.abs(sent - value) <= 4e-16 * Math.abs(sent);
	return sent === value;
}

function compare(line, i) {
	const cut = line.indexOf(" ");
	const time = line.slice(0, cut), event = line.slice(cut + 1), at = got[i];
	const ns = typeof at.time === "number" ? `${at.time}000000000` :
		`${at.time.epoch}${String(at.time.nano).padStart(9, "0")}`;
	if (at.tag !== opt.tag)
		return `tag '${at.tag}'`;
	if (ns !== time)
		return `time ${ns}, sent ${time}`;
	if (opt.form === "tracee" ? at.record.event !== event : !isSame(JSON.parse(event), at.record))
		return `sent ${event}\ngot ${JSON.stringify(at.record)}`;
	return "";
}

function finish() {
	const sent = fs.readFileSync(opt.expected, "utf8").split("\n").slice(0, -1);
	let fault = got.length === sent.length ? "" : `${got.length} of ${sent.length} events`;
	for (let i = 0; i < sent.length && !fault; i++)
		fault = compare(sent[i], i) && `event ${i}: ${compare(sent[i], i)}`;
	console.log(fault || `same ${got.length}`);
	process.exit(fault ? 1 : 0);
}

// Without acks the last ones may be on their way still when the sender is done.
process.stdin.resume();
process.stdin.on("end", () => {
	if (opt.numbers)
		return;
	const until = Date.now() + 5000;
	let n = -1;
	const timer = setInterval(() => {
		if (n === got.length && (n > 0 || Date.now() > until)) {
			clearInterval(timer);
			finish();
		}
		n = got.length;
	}, 200);
});
server.listen().then(() => console.log(`listening ${server.port || ""}`));
