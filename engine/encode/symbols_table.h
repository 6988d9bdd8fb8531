/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols_table: what the families of symbols share, and the decoders that they provide to
 * symbols.c. Private to the folder's symbols*.c. Pure; any thread.
 */
#pragma once

#include "common/cleanup.h"
#include "engine/encode/symbols.h"

struct sym_name {
	uint64_t value;
	const char *text;
	size_t len;
};

#define SYM(name_) SYM_AS(name_, #name_)
#define SYM_AS(value_, text_)                                                                      \
	{                                                                                          \
		.value = (value_), .text = (text_), .len = sizeof(text_) - 1                       \
	}

/* A text that grows by names with '|' between them. */
struct sym_out {
	char *start;
	char *at;
	char *end;
};

static inline struct sym_out sym_out(char *out, size_t cap)
{
	return (struct sym_out){ .start = out, .at = out, .end = out + cap };
}

/* Adds a name; nothing when it does not fit. */
void sym_add(struct sym_out *o, const char *text, size_t len);
/* Adds the name of each entry whose bits are all set in `value`, in the table's order, and returns
 * the bits that are left. An entry of several bits goes before the entries it is made of. */
uint64_t sym_add_flags(struct sym_out *o, const struct sym_name *names, size_t n, uint64_t value);
/* Adds the name of exactly this value. */
bool sym_add_one(struct sym_out *o, const struct sym_name *names, size_t n, uint64_t value);
void sym_add_decimal(struct sym_out *o, int64_t value);
/* Ends a list of flags: with the bits that nobody named, or "0" when there is nothing at all. */
size_t sym_end_flags(struct sym_out *o, uint64_t rest);

/* One value, one name; else the number. */
size_t sym_one_of(char *out, size_t cap, const struct sym_name *names, size_t n, uint64_t value);
/* All of them are flags. */
size_t sym_flags_of(char *out, size_t cap, const struct sym_name *names, size_t n, uint64_t value);

#define SYM_DECODER(name_)                                                                         \
	size_t name_(char *out, size_t cap, uint64_t value, const struct event *ev)

/* symbols_file.c */
SYM_DECODER(sym_open_flags);
SYM_DECODER(sym_access_mode);
SYM_DECODER(sym_faccessat_flags);
SYM_DECODER(sym_fchmodat_flags);
SYM_DECODER(sym_unlinkat_flags);
SYM_DECODER(sym_execveat_flags);
SYM_DECODER(sym_inode_mode);
SYM_DECODER(sym_inode_type);
SYM_DECODER(sym_dirfd);

/* symbols_process.c */
SYM_DECODER(sym_mmap_prot);
SYM_DECODER(sym_mmap_flags);
SYM_DECODER(sym_ptrace_request);
SYM_DECODER(sym_prctl_option);
SYM_DECODER(sym_bpf_cmd);
SYM_DECODER(sym_clone_flags);
SYM_DECODER(sym_setns_type);

/* symbols_net.c */
SYM_DECODER(sym_socket_type);
SYM_DECODER(sym_socketcall);

/* symbols_sockopt.c */
SYM_DECODER(sym_sockopt_level);
SYM_DECODER(sym_getsockopt_name);
SYM_DECODER(sym_setsockopt_name);
