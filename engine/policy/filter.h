/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter (prefix pol_filter_): the conditions of a policy as data: which value of an event is
 * looked at, and what it is compared with. Read from the texts of scopes, rules and exceptions;
 * engine/match compiles them, engine/match/kernel.c tells the kernel what it can of them.
 *
 * A list is a conjunction of filters. Items on the same subject are one filter with all their terms
 * ("uid=0" and "uid=1000" is "uid=0,1000"). A filter with terms holds, in this order of precedence:
 *
 *   1. when one of its positive terms holds: = with an exact text or number, a prefix, a suffix, a
 *      part, a network, a pattern (=~);
 *   2. when it has ranges (< <= > >=): when all of them hold;
 *   3. when it has negative terms (!= with any of these, !~): when none of them holds;
 *   4. otherwise not.
 *
 * A filter whose value is not there (a field that the record does not carry, a task whose context
 * was lost) does not hold, whatever its terms are.
 *
 * Texts are compared with the value as Tracee prints it raw: a number in decimal, `true`, a list of
 * strings as "[a b]", a socket address as "map[sa_family:AF_INET sin_addr:127.0.0.1 sin_port:80]".
 * Beside that a number may be given in hexadecimal, and by its symbolic name where there is one
 * ("O_RDONLY|O_CLOEXEC", "PTRACE_ATTACH"): then it is compared with the whole symbolic text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"

/* Lists of this length and text are as much as anybody can mean. */
#define POL_FILTER_TERMS_MAX 4096   /* of one filter */
#define POL_FILTER_TEXT_MAX 4096    /* bytes of one term */
#define POL_FILTER_PATTERN_MAX 1024 /* bytes of one pattern */

enum pol_subject {
	POL_SUBJECT_DATA,    /* .field, and .path within it */
	POL_SUBJECT_RETVAL,  /* the return value; absent where the event has none */
	POL_SUBJECT_CONTEXT, /* .context */
};

/* What a value is, which decides what terms are possible. */
enum pol_type {
	POL_TYPE_NUMBER, /* signed or unsigned, 64 bits */
	POL_TYPE_TEXT,
	POL_TYPE_FLAG, /* no terms, or "=true" and "=false" */
};

/* The event's context: what its record says, its task, its container. Names: filter_names.c. */
enum pol_context {
	POL_CTX_TIMESTAMP,    /* ns since the epoch */
	POL_CTX_PROCESSOR_ID, /* */
	POL_CTX_PID,          /* in the task's pid namespace; so are tid and ppid */
	POL_CTX_TID,
	POL_CTX_PPID,
	POL_CTX_HOST_PID, /* in the initial pid namespace; so are host tid and host ppid */
	POL_CTX_HOST_TID,
	POL_CTX_HOST_PPID,
	POL_CTX_TASK_ID, /* scope `pid`: holds when the host pid or the host tid does */
	POL_CTX_UID,     /* real uid, initial user namespace */
	POL_CTX_MNTNS,   /* inode number of the namespace */
	POL_CTX_PIDNS,
	POL_CTX_COMM,
	POL_CTX_UTS, /* host name of the task's uts namespace, 15 bytes at most */
	POL_CTX_CGROUP_ID,
	POL_CTX_HOST,      /* flag: in no container */
	POL_CTX_CONTAINER, /* flag: in a container */
	POL_CTX_CONTAINER_ID,
	POL_CTX_CONTAINER_NAME,
	POL_CTX_CONTAINER_IMAGE,
	POL_CTX_CONTAINER_IMAGE_DIGEST,
	POL_CTX_POD_NAME,
	POL_CTX_POD_NAMESPACE,
	POL_CTX_POD_UID,
	POL_CTX_POD_SANDBOX,   /* flag */
	POL_CTX_SYSCALL,       /* name of the system call in which it happened; numbers work too */
	POL_CTX_EXECUTABLE,    /* path; exact terms may carry a mount namespace, see below */
	POL_CTX_TREE,          /* number: a host pid of which the process is, or descends from */
	POL_CTX_NEW,           /* flag: the process began after the engine (pid=new) */
	POL_CTX_CONTAINER_NEW, /* flag: the container was made after the engine began */
	POL_CTX_CONTAINER_STARTED, /* flag: the container's first program has begun */
	POL_CONTEXTS
};

enum pol_op {
	POL_OP_EQUAL, /* = and =~ */
	POL_OP_DIFFERENT,
	POL_OP_LESS,
	POL_OP_LESS_EQUAL,
	POL_OP_GREATER,
	POL_OP_GREATER_EQUAL,
};

enum pol_term_kind {
	POL_TERM_EXACT,    /* .text; a number too when .is_number */
	POL_TERM_PREFIX,   /* x* */
	POL_TERM_SUFFIX,   /* *x */
	POL_TERM_CONTAINS, /* *x* */
	POL_TERM_NUMBER,   /* ranges, and everything on a POL_TYPE_NUMBER context */
	POL_TERM_NETWORK,  /* 10.0.0.0/8 */
	POL_TERM_PATTERN,  /* a PCRE2 pattern, UTF-8, anchored nowhere */
};

struct pol_term {
	uint8_t kind;      /* enum pol_term_kind */
	uint8_t op;        /* enum pol_op; beyond EQUAL and DIFFERENT only with NUMBER */
	bool is_number;    /* .number is what .text says */
	bool is_unsigned;  /* .number is above INT64_MAX */
	uint8_t net_bits;  /* of NETWORK: prefix length */
	uint8_t net_bytes; /* 4 or 16 */
	bool on_host_mnt;  /* EXECUTABLE, "host:/x": only in the mount namespace of process 1 */
	uint32_t mnt_ns;   /* EXECUTABLE, "4026531840:/x"; 0: any */
	uint32_t len;      /* of .text */
	int64_t number;
	uint8_t net[16]; /* address, bits behind the prefix zero */
	char *text; /* owned, NUL-terminated, without the stars; as written for numbers and nets */
};

struct pol_filter {
	uint8_t subject; /* enum pol_subject */
	uint8_t context; /* enum pol_context */
	uint8_t field;   /* DATA: index in the event's fields */
	uint8_t type;    /* enum pol_type */
	bool flag;       /* FLAG: what it must be */
	uint32_t line;   /* of its first item; 0: not from a file */
	uint32_t column;
	char *path; /* owned; DATA: "sin_addr" of "data.addr.sin_addr"; NULL: the field itself */
	char *name; /* owned: the subject as written, for messages: "data.pathname" */
	struct pol_term *terms;
	size_t n_terms;
};

struct pol_filters {
	struct pol_filter *items;
	size_t n;
};

enum pol_filter_place { POL_FILTER_SCOPE, POL_FILTER_RULE };

/* What one text can mean for a policy beyond a filter. */
struct pol_filter_extra {
	bool is_global; /* scope `global` */
	bool follow;    /* scope `follow` */
};

/*
 * Reads one item into `filters`: a scope or a rule's (or an exception's) filter. `event` is the
 * rule's; NULL where it is a set or not available, and then data fields are not possible: -EINVAL.
 * `line` and `column` are kept for messages. `ret_extra` only for scopes, else NULL; what the text
 * means beyond a filter is added to it.
 *
 * -ENOENT: a name in it is not known ("...; did you mean 'x'?"); -EINVAL: not valid, with what was
 * expected; -E2BIG: beyond the limits above; -ENOMEM. One sentence, without its place in a file;
 * `filters` is as it was then. Patterns are compiled once to see that they are valid.
 */
int pol_filter_add(struct pol_filters *filters, const char *text, enum pol_filter_place place,
		   const struct event_def *event, uint32_t line, uint32_t column,
		   struct pol_filter_extra *ret_extra, struct err *err);
/* Is the text a filter as a rule may have it, for an event of which only the name is known? Any
 * field may be right then. The same errors. */
int pol_filter_check(const char *text, struct err *err);
/* Frees what it owns, and leaves an empty list. */
void pol_filters_done(struct pol_filters *filters);

/* "uid", "data.pathname", ...: the context's first name, for explanations. */
const char *pol_context_name(enum pol_context context);
/* What the context needs that nothing feeds in this build ("container names"), or NULL. */
const char *pol_context_unfed(enum pol_context context);
