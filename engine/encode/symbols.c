/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/symbols.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/symbols_table.h"

void sym_add(struct sym_out *o, const char *text, size_t len)
{
	bool is_first = o->at == o->start;

	if (len + !is_first > (size_t)(o->end - o->at))
		return;
	if (!is_first)
		*o->at++ = '|';
	memcpy(o->at, text, len);
	o->at += len;
}

uint64_t sym_add_flags(struct sym_out *o, const struct sym_name *names, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n && value; i++) {
		if ((value & names[i].value) != names[i].value)
			continue;
		sym_add(o, names[i].text, names[i].len);
		value &= ~names[i].value;
	}
	return value;
}

bool sym_add_one(struct sym_out *o, const struct sym_name *names, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++) {
		if (names[i].value == value) {
			sym_add(o, names[i].text, names[i].len);
			return true;
		}
	}
	return false;
}

void sym_add_decimal(struct sym_out *o, int64_t value)
{
	char text[24];

	sym_add(o, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value));
}

size_t sym_end_flags(struct sym_out *o, uint64_t rest)
{
	char text[24];

	if (rest)
		sym_add(o, text, (size_t)snprintf(text, sizeof(text), "0x%" PRIx64, rest));
	else if (o->at == o->start)
		sym_add(o, "0", 1);
	return (size_t)(o->at - o->start);
}

size_t sym_one_of(char *out, size_t cap, const struct sym_name *names, size_t n, uint64_t value)
{
	struct sym_out o = sym_out(out, cap);

	if (!sym_add_one(&o, names, n, value))
		sym_add_decimal(&o, (int64_t)value);
	return (size_t)(o.at - o.start);
}

size_t sym_flags_of(char *out, size_t cap, const struct sym_name *names, size_t n, uint64_t value)
{
	struct sym_out o = sym_out(out, cap);

	return sym_end_flags(&o, sym_add_flags(&o, names, n, value));
}

/* clang-format off */
static const struct {
	unsigned int event;
	const char *field;
	sym_fn fn;
} decoders[] = {
	{ EV_OPEN,		"flags",	sym_open_flags },
	{ EV_OPENAT,		"flags",	sym_open_flags },
	{ EV_ACCESS,		"mode",		sym_access_mode },
	{ EV_FACCESSAT,		"mode",		sym_access_mode },
	{ EV_FACCESSAT,		"flags",	sym_faccessat_flags },
	{ EV_FACCESSAT2,	"fd",		sym_dirfd },
	{ EV_FACCESSAT2,	"mode",		sym_access_mode },
	{ EV_FACCESSAT2,	"flag",		sym_faccessat_flags },
	{ EV_MKNOD,		"mode",		sym_inode_mode },
	{ EV_MKNODAT,		"mode",		sym_inode_mode },
	{ EV_CHMOD,		"mode",		sym_inode_mode },
	{ EV_FCHMOD,		"mode",		sym_inode_mode },
	{ EV_FCHMODAT,		"mode",		sym_inode_mode },
	{ EV_FCHMODAT,		"flags",	sym_fchmodat_flags },
	{ EV_FCHMODAT2,		"mode",		sym_inode_mode },
	{ EV_FCHMODAT2,		"flags",	sym_fchmodat_flags },
	{ EV_UNLINKAT,		"flags",	sym_unlinkat_flags },
	{ EV_EXECVEAT,		"flags",	sym_execveat_flags },
	{ EV_SCHED_PROCESS_EXEC, "stdin_type",	sym_inode_type },
	{ EV_MMAP,		"prot",		sym_mmap_prot },
	{ EV_MMAP,		"flags",	sym_mmap_flags },
	{ EV_MPROTECT,		"prot",		sym_mmap_prot },
	{ EV_PKEY_MPROTECT,	"prot",		sym_mmap_prot },
	{ EV_PTRACE,		"request",	sym_ptrace_request },
	{ EV_PRCTL,		"option",	sym_prctl_option },
	{ EV_BPF,		"cmd",		sym_bpf_cmd },
	{ EV_CLONE,		"flags",	sym_clone_flags },
	{ EV_SETNS,		"nstype",	sym_setns_type },
	{ EV_SOCKET,		"domain",	sym_address_family },
	{ EV_SOCKET,		"type",		sym_socket_type },
	{ EV_SOCKETPAIR,	"domain",	sym_address_family },
	{ EV_SOCKETPAIR,	"type",		sym_socket_type },
	{ EV_SOCKETCALL,	"call",		sym_socketcall },
	{ EV_GETSOCKOPT,	"level",	sym_sockopt_level },
	{ EV_GETSOCKOPT,	"optname",	sym_getsockopt_name },
	{ EV_SETSOCKOPT,	"level",	sym_sockopt_level },
	{ EV_SETSOCKOPT,	"optname",	sym_setsockopt_name },
};
/* clang-format on */

/* What system calls call a directory descriptor. */
static const char *const dirfd_names[] = { "dirfd", "olddirfd", "newdirfd",
					   "dfd",   "from_dfd", "to_dfd" };

sym_fn sym_find(const struct event_def *def, const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(decoders); i++)
		if (decoders[i].event == def->id && !strcmp(decoders[i].field, field))
			return decoders[i].fn;
	for (size_t i = 0; i < ARRAY_LEN(dirfd_names) && def->is_syscall; i++)
		if (!strcmp(dirfd_names[i], field))
			return sym_dirfd;
	return NULL;
}
