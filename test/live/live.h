/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live: the frame of the test programs that do the real thing on the real kernel.
 *
 * A program starts one collector (its path is the first argument, that of the tiny program the
 * second) for all of its tests; each test runs in a process of its own, connects as the engine
 * would, sends its plan, lets a child do something, and looks at the records. The tests' own
 * processes are "the engine" and therefore not traced; their children are.
 *
 * Nothing here waits for a time to pass: when a child has ended, all of its records are committed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <check.h>

#include "test/live/record_log.h"
#include "test/support/lane_client.h"

/* Whole main(): exits 77 where these tests cannot run. `args` are for the collector,
 * NULL-terminated. */
int live_main(int argc, char **argv, Suite *(*make_suite)(void), const char *const *args);
/* A folder for the program's files; gone at its end. */
const char *live_dir(void);
/* "FOLDER/name"; valid until the eighth call after this one. */
const char *live_path(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Is this machine emulated by QEMU (TCG)? */
bool live_is_emulated(void);
/* `n`, or less where the machine is emulated and everything takes ten times as long. */
uint32_t live_scaled(uint32_t n);
/* A static program that ends at once. */
const char *live_tiny(void);
/* A test that sees that this kernel lacks something says so and ends. */
void live_skip_part(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Another collector, of a test that needs one with options of its own. */
struct live_collector {
	pid_t pid;
	char socket[100];
	char log[120]; /* file with what it says */
};
/* Starts it with these options (NULL-terminated) on a socket of its own, and waits until it is
 * ready. False: it has ended; wait for it with live_collector_wait(). */
bool live_collector_start(struct live_collector *c, const char *const *args);
/* Sends the signal (0: none) and returns how it ended: its exit code, or minus the signal. */
int live_collector_stop(struct live_collector *c, int sig);
/* The path of the program. */
const char *live_collector_program(void);
/* What it said, in a static buffer. */
const char *live_collector_said(const struct live_collector *c);

/* What a test has in hand. */
struct live {
	struct lane_client *client;
	struct record_log log;
	bool keeps_all;         /* records of all processes; else only of those that are followed */
	bool drops_bulk;        /* keeps nothing that came through a bulk lane */
	unsigned int lazy_slot; /* reads nothing until this event was lost once; 0: not lazy */
	uint64_t lazy_lost;     /* what it had lost before */
	int nap_ms;             /* between two looks at the lanes; 0: one */
	void (*peep)(void *arg, const struct rec_hdr *rec); /* sees every record; NULL: none */
	void *peep_arg;
};

/* Connects to the collector (NULL: the program's) as soon as its engine before us is gone. */
struct lane_client *live_connect(const struct live_collector *c);
/* Connects likewise, sends the plan, throws away what is older. */
struct live *live_open(const struct live_collector *c, const char *const *events, uint32_t options);
void live_close(struct live *l);
/* Another plan. */
void live_plan(struct live *l, const char *const *events, uint32_t options);
/* Takes nothing until the event has been lost: a loss does not depend on who is faster then. */
void live_be_lazy(struct live *l, unsigned int slot);
/* Takes what the lanes have. */
void live_pump(struct live *l);
/* Everything up to now, in order. */
void live_drain(struct live *l);
/* Programs that the kernel has left out since the collector started: where they can be preempted
 * (since 6.13) it does not run one that is not finished on that CPU, and counts these. */
uint64_t live_missed(struct live *l);

/* Runs `work` in a child and reads until it has ended and succeeded; its records are in l->log
 * then, in order. Returns its process id. */
pid_t live_run(struct live *l, void (*work)(void *arg), void *arg);
/* The halves of it. */
pid_t live_start(void (*work)(void *arg), void *arg);
void live_join(struct live *l, pid_t pid);

/*
 * For workloads, which must not use Check: fork() whose child is followed too; a condition that
 * must hold, or the workload fails; memory that they share with the test, zeroed at live_open().
 */
pid_t live_fork(void);
void live_follow(pid_t tgid);
#define LIVE_SHARED_BYTES (4U << 20)
extern uint8_t *live_shared;
#define must(what) ((what) ? (void)0 : live_must_failed(#what, __FILE__, __LINE__))
_Noreturn void live_must_failed(const char *what, const char *file, int line);
/* Waits for a child; it must have succeeded. */
void live_wait(pid_t pid);
/* Writes to a file that is there. */
void live_put(const char *path, const char *text);
/* Copies a file; the copy's mode. Or into a descriptor. */
void live_copy(const char *from, const char *to, mode_t mode);
void live_copy_to(const char *from, int fd);
/* A file with this content. */
void live_write_file(const char *path, const char *content, mode_t mode);
