/* SPDX-License-Identifier: Apache-2.0 */
/* symbols of the calls on files. <linux/fcntl.h> and not <fcntl.h>: there O_LARGEFILE is 0. */
#include "engine/encode/symbols_table.h"

#include <sys/stat.h>

#include <linux/fcntl.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* Linux 6.14 */
#endif
#ifndef FASYNC
#error "FASYNC comes from <asm-generic/fcntl.h>"
#endif

size_t sym_open_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name modes[] = { SYM(O_RDONLY), SYM(O_WRONLY), SYM(O_RDWR),
						 SYM(O_ACCMODE) };
	static const struct sym_name flags[] = {
		SYM(O_CREAT),     SYM(O_EXCL),    SYM(O_NOCTTY),
		SYM(O_TRUNC),     SYM(O_APPEND),  SYM(O_NONBLOCK),
		SYM(O_SYNC),      SYM(O_DSYNC),   SYM_AS(FASYNC, "O_ASYNC"),
		SYM(O_LARGEFILE), SYM(O_TMPFILE), SYM(O_DIRECTORY),
		SYM(O_NOFOLLOW),  SYM(O_CLOEXEC), SYM(O_DIRECT),
		SYM(O_NOATIME),   SYM(O_PATH),
	};
	struct sym_out o = sym_out(out, cap);
	uint32_t bits = (uint32_t)value;

	(void)ev;
	/* All four access modes are in the table. */
	(void)sym_add_one(&o, modes, ARRAY_LEN(modes), bits & O_ACCMODE);
	return sym_end_flags(&o, sym_add_flags(&o, flags, ARRAY_LEN(flags), bits & ~O_ACCMODE));
}

/* access(2)'s own; no uapi header has them. */
size_t sym_access_mode(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name modes[] = { SYM_AS(4, "R_OK"), SYM_AS(2, "W_OK"),
						 SYM_AS(1, "X_OK") };
	static const struct sym_name none[] = { SYM_AS(0, "F_OK") };
	struct sym_out o = sym_out(out, cap);
	uint32_t bits = (uint32_t)value;

	(void)ev;
	if (sym_add_one(&o, none, 1, bits))
		return sym_end_flags(&o, 0);
	return sym_end_flags(&o, sym_add_flags(&o, modes, ARRAY_LEN(modes), bits));
}

size_t sym_faccessat_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = { SYM(AT_SYMLINK_NOFOLLOW), SYM(AT_EACCESS),
						 SYM(AT_EMPTY_PATH) };

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}

size_t sym_fchmodat_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = { SYM(AT_SYMLINK_NOFOLLOW), SYM(AT_EMPTY_PATH) };

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}

size_t sym_unlinkat_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = { SYM(AT_REMOVEDIR) };

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}

size_t sym_execveat_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = { SYM(AT_EMPTY_PATH), SYM(AT_SYMLINK_NOFOLLOW),
						 SYM(AT_EXECVE_CHECK) };

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}

static const struct sym_name inode_types[] = {
	SYM(S_IFSOCK), SYM(S_IFLNK), SYM(S_IFREG), SYM(S_IFBLK),
	SYM(S_IFDIR),  SYM(S_IFCHR), SYM(S_IFIFO),
};

size_t sym_inode_type(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	(void)ev;
	return sym_one_of(out, cap, inode_types, ARRAY_LEN(inode_types), value & S_IFMT);
}

size_t sym_inode_mode(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name bits[] = {
		SYM(S_ISUID), SYM(S_ISGID), SYM(S_ISVTX), SYM(S_IRWXU), SYM(S_IRUSR),
		SYM(S_IWUSR), SYM(S_IXUSR), SYM(S_IRWXG), SYM(S_IRGRP), SYM(S_IWGRP),
		SYM(S_IXGRP), SYM(S_IRWXO), SYM(S_IROTH), SYM(S_IWOTH), SYM(S_IXOTH),
	};
	struct sym_out o = sym_out(out, cap);

	(void)ev;
	if (sym_add_one(&o, inode_types, ARRAY_LEN(inode_types), value & S_IFMT))
		value &= ~(uint64_t)S_IFMT;
	return sym_end_flags(&o, sym_add_flags(&o, bits, ARRAY_LEN(bits), value));
}

size_t sym_dirfd(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	struct sym_out o = sym_out(out, cap);

	(void)ev;
	if ((int32_t)value != AT_FDCWD)
		return 0;
	sym_add(&o, "AT_FDCWD", sizeof("AT_FDCWD") - 1);
	return (size_t)(o.at - o.start);
}
