/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_def: the one place where a figure of /metrics is named. From this list come the
 * exposition's HELP and TYPE, how many series a family may have, `warder metrics list`, and what
 * the dashboard and the alerts are checked against (test_metrics_uses.c).
 *
 * Pure tables; any thread.
 */
#pragma once

#include <stddef.h>

#include "common/control.h"
#include "common/event_list.h"
#include "common/lane.h"

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE, METRICS_HISTOGRAM, METRICS_TYPES };

/* Most series of families whose labels come from configuration. What is beyond them is summed up in
 * one series, whose first label is METRICS_OTHERS. */
#define METRICS_POLICIES_MAX 500
#define METRICS_EXCEPTIONS_MAX 1000
#define METRICS_OUTPUTS_MAX 64
#define METRICS_STORES_MAX 32
#define METRICS_OTHERS "_others"

/*
 * enumerator, name, type, labels (comma-separated; "": none), most series, help
 *
 * Names ending in _total are counters and begin at 0 with the engine; times are seconds, sizes
 * bytes. Tracee's names keep Tracee's help, and its two odd forms: a counter without _total and a
 * gauge with it.
 */
#define METRICS_LIST(M)                                                                            \
	M(BUILD_INFO, "warder_build_info", GAUGE, "version", 1, "always 1; which build it is")     \
	M(LOOP_INFO, "warder_loop_info", GAUGE, "loop", 1,                                         \
	  "always 1; how the engine waits: io_uring or epoll")                                     \
	M(UPTIME, "warder_uptime_seconds", GAUGE, "", 1, "since the engine began")                 \
	M(CPU, "warder_cpu_seconds_total", COUNTER, "process", 2,                                  \
	  "processor time used by the engine and the collector")                                   \
	M(RESIDENT, "warder_resident_memory_bytes", GAUGE, "process", 2,                           \
	  "resident memory of the engine, and of the collector without its lanes")                 \
	M(MEMORY_LIMIT, "warder_memory_limit_bytes", GAUGE, "process", 1,                          \
	  "memory that the engine's control group allows; not there without a limit")              \
	M(CPU_LIMIT, "warder_cpu_limit_cores", GAUGE, "process", 1,                                \
	  "processors that the engine's control group allows; likewise")                           \
	M(PROCESS_CPU, "process_cpu_seconds_total", COUNTER, "", 1,                                \
	  "Total user and system CPU time spent in seconds.")                                      \
	M(PROCESS_RESIDENT, "process_resident_memory_bytes", GAUGE, "", 1,                         \
	  "Resident memory size in bytes.")                                                        \
	M(PROCESS_START, "process_start_time_seconds", GAUGE, "", 1,                               \
	  "Start time of the process since unix epoch in seconds.")                                \
                                                                                                   \
	M(TRACEE_EVENTS, "tracee_ebpf_events_total", COUNTER, "", 1,                               \
	  "events collected by tracee-ebpf")                                                       \
	M(TRACEE_FILTERED, "tracee_ebpf_events_filtered", COUNTER, "", 1,                          \
	  "events filtered by tracee-ebpf in userspace")                                           \
	M(TRACEE_NET_EVENTS, "tracee_ebpf_network_capture_events_total", COUNTER, "", 1,           \
	  "network capture events collected by tracee-ebpf")                                       \
	M(TRACEE_BPF_LOGS, "tracee_ebpf_bpf_logs_total", COUNTER, "", 1,                           \
	  "logs collected by tracee-ebpf during ebpf execution")                                   \
	M(TRACEE_ERRORS, "tracee_ebpf_errors_total", COUNTER, "", 1,                               \
	  "errors accumulated by tracee-ebpf")                                                     \
	M(TRACEE_LOST, "tracee_ebpf_lostevents_total", COUNTER, "", 1,                             \
	  "events lost in the submission buffer")                                                  \
	M(TRACEE_WRITE_LOST, "tracee_ebpf_write_lostevents_total", COUNTER, "", 1,                 \
	  "events lost in the write buffer")                                                       \
	M(TRACEE_NET_LOST, "tracee_ebpf_network_capture_lostevents_total", COUNTER, "", 1,         \
	  "network capture lost events in network capture buffer")                                 \
	M(TRACEE_RULES_EVENTS, "tracee_rules_events_total", COUNTER, "", 1,                        \
	  "events ingested by tracee-rules")                                                       \
	M(TRACEE_DETECTIONS, "tracee_rules_detections_total", COUNTER, "", 1,                      \
	  "detections made by tracee-rules")                                                       \
	M(TRACEE_SIGNATURES, "tracee_rules_signatures_total", GAUGE, "", 1,                        \
	  "signatures loaded in tracee-rules")                                                     \
                                                                                                   \
	M(READY, "warder_ready", GAUGE, "", 1, "1: /readyz says OK")                               \
	M(EVENTS, "warder_events_total", COUNTER, "event", EVENT_SLOTS,                            \
	  "events handed to the outputs")                                                          \
	M(LATENCY, "warder_event_latency_seconds", HISTOGRAM, "", 1,                               \
	  "from what happened to its handing over to the outputs")                                 \
	M(RECORDS, "warder_records_total", COUNTER, "", 1, "records taken from the lanes")         \
	M(RECORDS_BAD, "warder_records_bad_total", COUNTER, "", 1, "records that made no sense")   \
	M(RECORDS_UNWANTED, "warder_records_unwanted_total", COUNTER, "", 1,                       \
	  "records of events that no policy has a rule for")                                       \
	M(EVENTS_REFUSED, "warder_events_refused_total", COUNTER, "", 1,                           \
	  "events that a policy has a rule for, and none wants with that content")                 \
	M(LOST, "warder_lost_total", COUNTER, "stage,cause", 6,                                    \
	  "events lost: in the kernel, in a lane, in an output")                                   \
	M(LOST_EVENTS, "warder_lost_events_total", COUNTER, "event", EVENT_SLOTS + 1,              \
	  "events lost on the way to the engine, by event")                                        \
                                                                                                   \
	M(POLICY_MATCHES, "warder_policy_matches_total", COUNTER, "policy", METRICS_POLICIES_MAX,  \
	  "how often rules of the policy held")                                                    \
	M(POLICY_EXCEPTED, "warder_policy_excepted_total", COUNTER, "policy",                      \
	  METRICS_POLICIES_MAX, "how often rules of the policy held and an exception did too")     \
	M(EXCEPTION_HITS, "warder_exception_hits_total", COUNTER, "policy,event,exception",        \
	  METRICS_EXCEPTIONS_MAX, "events that an exception kept from being reported")             \
	M(POLICIES, "warder_policies", GAUGE, "", 1, "policies in force")                          \
	M(POLICY_GENERATION, "warder_policy_generation", GAUGE, "", 1,                             \
	  "generation of the policies in force")                                                   \
	M(POLICY_RELOADS, "warder_policy_reloads_total", COUNTER, "", 1,                           \
	  "times that policies were loaded again")                                                 \
	M(POLICY_RELOAD_ERRORS, "warder_policy_reload_errors_total", COUNTER, "", 1,               \
	  "times that policies could not be loaded again, so the former ones stayed")              \
	M(POLICY_MEMORY, "warder_policy_memory_bytes", GAUGE, "", 1,                               \
	  "memory of the compiled policies")                                                       \
	M(PATTERN_LIMITS, "warder_pattern_limits_total", COUNTER, "", 1,                           \
	  "patterns given up at their limit, taken as not matching")                               \
                                                                                                   \
	M(LANE_FILL, "warder_lane_fill_bytes", GAUGE, "lane,class,group", LANES_MAX,               \
	  "bytes that wait in the lane")                                                           \
	M(LANE_HIGH, "warder_lane_high_bytes", GAUGE, "lane,class,group", LANES_MAX,               \
	  "most bytes that were seen to wait in the lane")                                         \
	M(LANE_CAPACITY, "warder_lane_capacity_bytes", GAUGE, "lane,class,group", LANES_MAX,       \
	  "bytes that the lane holds")                                                             \
	M(LANE_LOST, "warder_lane_lost_total", COUNTER, "lane,class,group", LANES_MAX,             \
	  "records that the lane could not take")                                                  \
	M(LANE_PADDED, "warder_lane_padded_total", COUNTER, "lane,class,group", LANES_MAX,         \
	  "records whose unused room could not be reused")                                         \
	M(LANE_CORRUPT, "warder_lane_corrupt_total", COUNTER, "lane,class,group", LANES_MAX,       \
	  "times that the lane made no sense")                                                     \
	M(LANE_STALLS, "warder_lane_stalls_total", COUNTER, "lane,class,group", LANES_MAX,         \
	  "times that a record was awaited in vain")                                               \
                                                                                                   \
	M(COLLECTOR_CONNECTED, "warder_collector_connected", GAUGE, "", 1,                         \
	  "1: the collector is there")                                                             \
	M(PLAN_GENERATION, "warder_plan_generation", GAUGE, "state", 2,                            \
	  "generation of the plan that was asked for, and of that which the collector confirmed")  \
	M(HOOK_STATE, "warder_hook_state", GAUGE, "event,hook,state,reason", EVENT_SLOTS,          \
	  "1: the event is attached through the hook; 0: it is not, for the reason")               \
                                                                                                   \
	M(HOOK_SEEN, "warder_hook_seen", GAUGE, "event,hook", EVENT_SLOTS,                         \
	  "1: a record of the event has come since the collector is there")                        \
	M(HEARTBEAT_UP, "warder_heartbeat_up", GAUGE, "hook", CONTROL_HOOK_KINDS,                  \
	  "1: what the engine did itself came back through this kind of hook")                     \
	M(HEARTBEAT_SECONDS, "warder_heartbeat_seconds", GAUGE, "hook", CONTROL_HOOK_KINDS,        \
	  "how long the latest that came back took")                                               \
	M(HEARTBEATS, "warder_heartbeats_total", COUNTER, "hook,result", 2 * CONTROL_HOOK_KINDS,   \
	  "heartbeats that came back, and that did not in time")                                   \
                                                                                                   \
	M(BPF_STATS, "warder_bpf_stats_enabled", GAUGE, "", 1,                                     \
	  "1: the kernel counts run times of BPF programs (kernel.bpf_stats_enabled, or the "      \
	  "collector's --bpf-stats); 0: the next two are not there")                               \
	M(BPF_RUN_SECONDS, "warder_bpf_run_seconds_total", COUNTER, "program", CONTROL_PROGS_MAX,  \
	  "time in the BPF program")                                                               \
	M(BPF_RUNS, "warder_bpf_runs_total", COUNTER, "program", CONTROL_PROGS_MAX,                \
	  "runs of the BPF program")                                                               \
	M(BPF_MISSED, "warder_bpf_missed_total", COUNTER, "program", CONTROL_PROGS_MAX,            \
	  "runs that the kernel left out, because the same program was not finished on that CPU")  \
	M(KERNEL_ERRORS, "warder_kernel_errors_total", COUNTER, "kind", KC_COUNTERS,               \
	  "what went wrong in the kernel's part")                                                  \
                                                                                                   \
	M(STORE_ENTRIES, "warder_store_entries", GAUGE, "store", METRICS_STORES_MAX,               \
	  "entries in the store")                                                                  \
	M(STORE_CAPACITY, "warder_store_capacity", GAUGE, "store", METRICS_STORES_MAX,             \
	  "entries that the store holds")                                                          \
	M(STORE_HITS, "warder_store_hits_total", COUNTER, "store", METRICS_STORES_MAX,             \
	  "questions that were answered")                                                          \
	M(STORE_MISSES, "warder_store_misses_total", COUNTER, "store", METRICS_STORES_MAX,         \
	  "questions that were not")                                                               \
	M(STORE_EVICTIONS, "warder_store_evictions_total", COUNTER, "store", METRICS_STORES_MAX,   \
	  "entries given up for new ones")                                                         \
                                                                                                   \
	M(OUTPUT_EVENTS, "warder_output_events_total", COUNTER, "output", METRICS_OUTPUTS_MAX,     \
	  "events handed to the output; figures where its name ends in ' (metrics)'")              \
	M(OUTPUT_BYTES, "warder_output_bytes_total", COUNTER, "output", METRICS_OUTPUTS_MAX,       \
	  "bytes written, or taken by the peer")                                                   \
	M(OUTPUT_SENT, "warder_output_sent_total", COUNTER, "output", METRICS_OUTPUTS_MAX,         \
	  "events that the peer has; 0 where there is no peer")                                    \
	M(OUTPUT_LOST, "warder_output_lost_total", COUNTER, "output", METRICS_OUTPUTS_MAX,         \
	  "events that the output lost, for any cause")                                            \
	M(OUTPUT_REFUSED, "warder_output_refused_total", COUNTER, "output", METRICS_OUTPUTS_MAX,   \
	  "of the lost ones: events that the peer will never take")                                \
	M(OUTPUT_RETRIES, "warder_output_retries_total", COUNTER, "output", METRICS_OUTPUTS_MAX,   \
	  "batches sent again")                                                                    \
	M(OUTPUT_CONNECTED, "warder_output_connected", GAUGE, "output", METRICS_OUTPUTS_MAX,       \
	  "1: the peer is connected")                                                              \
	M(OUTPUT_CONNECTS, "warder_output_connects_total", COUNTER, "output", METRICS_OUTPUTS_MAX, \
	  "connections made")                                                                      \
	M(OUTPUT_FAILURES, "warder_output_failures_total", COUNTER, "output", METRICS_OUTPUTS_MAX, \
	  "connections, or what was asked of them, that failed")                                   \
	M(OUTPUT_QUEUE_EVENTS, "warder_output_queue_events", GAUGE, "output", METRICS_OUTPUTS_MAX, \
	  "events that wait in memory")                                                            \
	M(OUTPUT_QUEUE, "warder_output_queue_bytes", GAUGE, "output", METRICS_OUTPUTS_MAX,         \
	  "bytes that wait in memory")                                                             \
	M(OUTPUT_QUEUE_HIGH, "warder_output_queue_high_bytes", GAUGE, "output",                    \
	  METRICS_OUTPUTS_MAX, "most bytes that ever waited in memory")                            \
	M(OUTPUT_QUEUE_CAPACITY, "warder_output_queue_capacity_bytes", GAUGE, "output",            \
	  METRICS_OUTPUTS_MAX, "bytes that may wait in memory")                                    \
	M(OUTPUT_SPOOL_EVENTS, "warder_output_spool_events", GAUGE, "output", METRICS_OUTPUTS_MAX, \
	  "events that wait on disk")                                                              \
	M(OUTPUT_SPOOL, "warder_output_spool_bytes", GAUGE, "output", METRICS_OUTPUTS_MAX,         \
	  "bytes that wait on disk")                                                               \
	M(OUTPUT_SPOOL_CAPACITY, "warder_output_spool_capacity_bytes", GAUGE, "output",            \
	  METRICS_OUTPUTS_MAX, "bytes that may wait on disk; 0: there is no spool")                \
	M(OUTPUT_SPOOL_DROPPED, "warder_output_spool_dropped_total", COUNTER, "output",            \
	  METRICS_OUTPUTS_MAX, "of the lost ones: events given up because the spool was full")     \
	M(OUTPUT_SPOOL_DAMAGED, "warder_output_spool_damaged_total", COUNTER, "output",            \
	  METRICS_OUTPUTS_MAX, "segments of the spool of which a part was skipped")                \
	M(OUTPUT_PUT_AWAY, "warder_output_files_put_away_total", COUNTER, "output",                \
	  METRICS_OUTPUTS_MAX, "files put away because they were large or old")                    \
	M(OUTPUT_PUT_AWAY_FAILED, "warder_output_files_put_away_failures_total", COUNTER,          \
	  "output", METRICS_OUTPUTS_MAX, "times that a file could not be, or not be compressed")   \
	M(OUTPUT_OLDEST, "warder_output_oldest_seconds", GAUGE, "output", METRICS_OUTPUTS_MAX,     \
	  "age of the oldest event that waits; 0: none does")

#define METRICS_ID(id, ...) METRICS_##id,
enum metrics_id { METRICS_LIST(METRICS_ID) METRICS_N };
#undef METRICS_ID

#define METRICS_LABELS_MAX 4

struct metrics_def {
	const char *name;
	enum metrics_type type;
	const char *labels; /* as in the list */
	unsigned int n_series_max;
	const char *help;
};

const struct metrics_def *metrics_def(enum metrics_id id);
const char *metrics_type_name(enum metrics_type type);
unsigned int metrics_def_n_labels(const struct metrics_def *def);
/* The n-th label's name, *ret_len bytes of def->labels. NULL: it has not so many. */
const char *metrics_def_label(const struct metrics_def *def, unsigned int n, size_t *ret_len);
/* By what is written in the exposition; of a histogram also NAME_bucket, NAME_sum and NAME_count.
 * NULL: there is none. */
const struct metrics_def *metrics_def_find(const char *name, size_t len);
