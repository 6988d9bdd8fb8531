/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_def.h"
#include "engine/encode/profile_parts.h"

/* Names and numbers of OCSF 1.3's classes and activities; categories and types of ECS 8. */
/* clang-format off */
#define PROCESS(id, name) 1007, 1, id, "Process Activity", "System Activity", name
#define MEMORY(id, name) 1004, 1, id, "Memory Activity", "System Activity", name
#define KERNEL(id, name) 1003, 1, id, "Kernel Activity", "System Activity", name
#define EXTENSION(id, name) 1002, 1, id, "Kernel Extension Activity", "System Activity", name
#define FILE_SYSTEM(id, name) 1001, 1, id, "File System Activity", "System Activity", name
#define NETWORK(id, name) 4001, 4, id, "Network Activity", "Network Activity", name

const struct prof_meaning prof_meanings[PA_ACTIONS] = {
	[PA_OTHER] = { "host", "info", 0, 0, 99, "Base Event", "Uncategorized", "Other" },
	[PA_INVOKE] = { "host", "info", KERNEL(4, "Invoke") },
	[PA_PROCESS_LAUNCH] = { "process", "start", PROCESS(1, "Launch") },
	[PA_PROCESS_FORK] = { "process", "start", PROCESS(1, "Launch") },
	[PA_PROCESS_END] = { "process", "end", PROCESS(2, "Terminate") },
	[PA_PROCESS_SIGNAL] = { "process", "access", PROCESS(99, "Signal") },
	[PA_PROCESS_INJECT] = { "process", "change", PROCESS(4, "Inject") },
	[PA_PROCESS_SET_USER] = { "process", "change", PROCESS(5, "Set User ID") },
	[PA_PROCESS_CHANGE] = { "process", "change", PROCESS(99, "Change") },
	[PA_MEMORY_MAP] = { "process", "info", MEMORY(1, "Allocate Page") },
	[PA_MEMORY_PROTECT] = { "process", "change", MEMORY(2, "Modify Page") },
	[PA_MEMORY_UNMAP] = { "process", "info", MEMORY(3, "Delete Page") },
	[PA_MODULE_UNLOAD] = { "driver", "end", EXTENSION(2, "Unload") },
	/* Which file it is is not known: there is no extension to be named. */
	[PA_MODULE_LOAD] = { "driver", "start", KERNEL(1, "Create") },
	[PA_FILE_OPEN] = { "file", "access", FILE_SYSTEM(14, "Open") },
	[PA_FILE_CREATE] = { "file", "creation", FILE_SYSTEM(1, "Create") },
	[PA_FILE_DELETE] = { "file", "deletion", FILE_SYSTEM(4, "Delete") },
	[PA_FILE_RENAME] = { "file", "change", FILE_SYSTEM(5, "Rename") },
	[PA_FILE_UPDATE] = { "file", "change", FILE_SYSTEM(3, "Update") },
	[PA_FILE_SET] = { "file", "change", FILE_SYSTEM(6, "Set Attributes") },
	[PA_FILE_SET_SECURITY] = { "file", "change", FILE_SYSTEM(7, "Set Security") },
	[PA_FILE_GET] = { "file", "info", FILE_SYSTEM(8, "Get Attributes") },
	[PA_FILE_MOUNT] = { "file", "change", FILE_SYSTEM(12, "Mount") },
	[PA_FILE_UNMOUNT] = { "file", "change", FILE_SYSTEM(13, "Unmount") },
	[PA_NET_CONNECT] = { "network", "start", NETWORK(1, "Open") },
	[PA_NET_ACCEPT] = { "network", "start", NETWORK(1, "Open") },
	[PA_NET_BIND] = { "network", "info", NETWORK(99, "Bind") },
	[PA_NET_SEND] = { "network", "connection", NETWORK(6, "Traffic") },
	[PA_NET_RECEIVE] = { "network", "connection", NETWORK(6, "Traffic") },
	[PA_FINDING] = { "intrusion_detection", "info", 2004, 2, 1, "Detection Finding", "Findings",
			 "Create" },
};

#define DO(what) { .action = what }
#define ON(what, name) { .action = what, .path = name }
#define ON2(what, name, name2) { .action = what, .path = name, .path2 = name2 }
#define TO(what, pid) { .action = what, .target = pid }
#define WITH(what, address) { .action = what, .addr = address }

/* By event slot; PA_OTHER is 0. */
static const struct prof_row rows[EVENT_SLOTS] = {
	[EV_SCHED_PROCESS_EXEC_slot] = ON(PA_PROCESS_LAUNCH, "pathname"),
	[EV_EXECVE_slot] = ON(PA_PROCESS_LAUNCH, "pathname"),
	[EV_EXECVEAT_slot] = ON(PA_PROCESS_LAUNCH, "pathname"),
	[EV_SCHED_PROCESS_FORK_slot] = TO(PA_PROCESS_FORK, "child_pid"),
	[EV_FORK_slot] = DO(PA_PROCESS_FORK),
	[EV_VFORK_slot] = DO(PA_PROCESS_FORK),
	[EV_CLONE_slot] = DO(PA_PROCESS_FORK),
	[EV_CLONE3_slot] = DO(PA_PROCESS_FORK),
	[EV_SCHED_PROCESS_EXIT_slot] = DO(PA_PROCESS_END),
	[EV_DO_EXIT_slot] = DO(PA_PROCESS_END),
	[EV_EXIT_slot] = DO(PA_PROCESS_END),
	[EV_EXIT_GROUP_slot] = DO(PA_PROCESS_END),
	[EV_KILL_slot] = TO(PA_PROCESS_SIGNAL, "pid"),
	[EV_TGKILL_slot] = TO(PA_PROCESS_SIGNAL, "tgid"),
	[EV_RT_SIGQUEUEINFO_slot] = TO(PA_PROCESS_SIGNAL, "tgid"),
	[EV_RT_TGSIGQUEUEINFO_slot] = TO(PA_PROCESS_SIGNAL, "tgid"),
	[EV_PTRACE_slot] = TO(PA_PROCESS_INJECT, "pid"),
	[EV_PROCESS_VM_WRITEV_slot] = TO(PA_PROCESS_INJECT, "pid"),
	[EV_SETUID_slot] = DO(PA_PROCESS_SET_USER),
	[EV_SETREUID_slot] = DO(PA_PROCESS_SET_USER),
	[EV_SETRESUID_slot] = DO(PA_PROCESS_SET_USER),
	[EV_SETFSUID_slot] = DO(PA_PROCESS_SET_USER),
	[EV_TASK_RENAME_slot] = DO(PA_PROCESS_CHANGE),
	[EV_MMAP_slot] = DO(PA_MEMORY_MAP),
	[EV_MPROTECT_slot] = DO(PA_MEMORY_PROTECT),
	[EV_PKEY_MPROTECT_slot] = DO(PA_MEMORY_PROTECT),
	[EV_MUNMAP_slot] = DO(PA_MEMORY_UNMAP),
	[EV_INIT_MODULE_slot] = DO(PA_MODULE_LOAD),
	[EV_FINIT_MODULE_slot] = DO(PA_MODULE_LOAD),
	[EV_DELETE_MODULE_slot] = ON(PA_MODULE_UNLOAD, "name"),
	[EV_OPEN_slot] = ON(PA_FILE_OPEN, "pathname"),
	[EV_OPENAT_slot] = ON(PA_FILE_OPEN, "pathname"),
	[EV_OPENAT2_slot] = ON(PA_FILE_OPEN, "pathname"),
	[EV_CREAT_slot] = ON(PA_FILE_CREATE, "pathname"),
	[EV_MKDIR_slot] = ON(PA_FILE_CREATE, "pathname"),
	[EV_MKDIRAT_slot] = ON(PA_FILE_CREATE, "pathname"),
	[EV_MKNOD_slot] = ON(PA_FILE_CREATE, "pathname"),
	[EV_MKNODAT_slot] = ON(PA_FILE_CREATE, "pathname"),
	[EV_LINK_slot] = ON2(PA_FILE_CREATE, "newpath", "oldpath"),
	[EV_LINKAT_slot] = ON2(PA_FILE_CREATE, "newpath", "oldpath"),
	[EV_SYMLINK_slot] = ON2(PA_FILE_CREATE, "linkpath", "target"),
	[EV_SYMLINKAT_slot] = ON2(PA_FILE_CREATE, "linkpath", "target"),
	[EV_UNLINK_slot] = ON(PA_FILE_DELETE, "pathname"),
	[EV_UNLINKAT_slot] = ON(PA_FILE_DELETE, "pathname"),
	[EV_RMDIR_slot] = ON(PA_FILE_DELETE, "pathname"),
	[EV_RENAME_slot] = ON2(PA_FILE_RENAME, "oldpath", "newpath"),
	[EV_RENAMEAT_slot] = ON2(PA_FILE_RENAME, "oldpath", "newpath"),
	[EV_RENAMEAT2_slot] = ON2(PA_FILE_RENAME, "oldpath", "newpath"),
	[EV_TRUNCATE_slot] = ON(PA_FILE_UPDATE, "path"),
	[EV_UTIME_slot] = ON(PA_FILE_SET, "filename"),
	[EV_UTIMES_slot] = ON(PA_FILE_SET, "filename"),
	[EV_FUTIMESAT_slot] = ON(PA_FILE_SET, "pathname"),
	[EV_UTIMENSAT_slot] = ON(PA_FILE_SET, "pathname"),
	[EV_SETXATTR_slot] = ON(PA_FILE_SET, "path"),
	[EV_LSETXATTR_slot] = ON(PA_FILE_SET, "path"),
	[EV_REMOVEXATTR_slot] = ON(PA_FILE_SET, "path"),
	[EV_LREMOVEXATTR_slot] = ON(PA_FILE_SET, "path"),
	[EV_CHMOD_slot] = ON(PA_FILE_SET_SECURITY, "pathname"),
	[EV_FCHMODAT_slot] = ON(PA_FILE_SET_SECURITY, "pathname"),
	[EV_FCHMODAT2_slot] = ON(PA_FILE_SET_SECURITY, "filename"),
	[EV_CHOWN_slot] = ON(PA_FILE_SET_SECURITY, "pathname"),
	[EV_LCHOWN_slot] = ON(PA_FILE_SET_SECURITY, "pathname"),
	[EV_FCHOWNAT_slot] = ON(PA_FILE_SET_SECURITY, "pathname"),
	[EV_STAT_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_LSTAT_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_NEWFSTATAT_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_STATX_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_ACCESS_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_FACCESSAT_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_FACCESSAT2_slot] = ON(PA_FILE_GET, "path"),
	[EV_READLINK_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_READLINKAT_slot] = ON(PA_FILE_GET, "pathname"),
	[EV_GETXATTR_slot] = ON(PA_FILE_GET, "path"),
	[EV_LGETXATTR_slot] = ON(PA_FILE_GET, "path"),
	[EV_MOUNT_slot] = ON2(PA_FILE_MOUNT, "target", "source"),
	[EV_UMOUNT2_slot] = ON(PA_FILE_UNMOUNT, "target"),
	[EV_CONNECT_slot] = WITH(PA_NET_CONNECT, "addr"),
	[EV_ACCEPT_slot] = WITH(PA_NET_ACCEPT, "addr"),
	[EV_ACCEPT4_slot] = WITH(PA_NET_ACCEPT, "addr"),
	[EV_BIND_slot] = WITH(PA_NET_BIND, "addr"),
	[EV_SENDTO_slot] = WITH(PA_NET_SEND, "dest_addr"),
	[EV_RECVFROM_slot] = WITH(PA_NET_RECEIVE, "src_addr"),
};
/* clang-format on */

struct prof_row prof_row_of(unsigned int slot)
{
	return rows[slot];
}

/* The argument's value when it is of that kind and has something to say. */
static struct doc_value find(const struct doc *doc, const char *name, enum doc_kind kind)
{
	struct doc_value v = { .kind = DOC_NONE };

	if (!name || !doc_arg(doc, name, &v) || v.kind != kind || v.len == 2 * (kind == DOC_STRING))
		return (struct doc_value){ .kind = DOC_NONE };
	return v;
}

static void find_address(struct prof *p)
{
	struct doc_value addr = find(p->doc, p->row.addr, DOC_OBJECT), family;

	if (!doc_member(&addr, "sa_family", 9, &family))
		return;
	p->is_ipv6 = doc_is_text(&family, "AF_INET6");
	if (p->is_ipv6) {
		(void)doc_member(&addr, "sin6_addr", 9, &p->ip);
		(void)doc_member(&addr, "sin6_port", 9, &p->port);
	} else if (doc_is_text(&family, "AF_INET")) {
		(void)doc_member(&addr, "sin_addr", 8, &p->ip);
		(void)doc_member(&addr, "sin_port", 8, &p->port);
	}
}

/* The target is one process, and its number means the same to the host as to who gave it. */
static bool is_host_pid(const struct prof *p)
{
	const struct doc_value *keys = p->doc->keys;
	int64_t target, ours, host;

	return doc_s64(&p->target, &target) && target > 0 &&
	       doc_s64(&keys[DOC_PROCESS_ID], &ours) &&
	       doc_s64(&keys[DOC_HOST_PROCESS_ID], &host) && ours == host;
}

/* What is said to be done to something that is not known is only a call. */
static enum prof_action action_of(const struct prof *p)
{
	const struct prof_row *row = &p->row;

	if (p->doc->keys[DOC_METADATA].kind == DOC_OBJECT)
		return PA_FINDING;
	if (row->action >= PA_NET_CONNECT && row->action <= PA_NET_RECEIVE && !p->ip.at)
		return PA_INVOKE;
	if (row->path && row->action != PA_PROCESS_LAUNCH && !p->path.at)
		return PA_INVOKE;
	if (row->target && row->action != PA_PROCESS_FORK && !is_host_pid(p))
		return PA_INVOKE;
	if (row->action == PA_OTHER && p->is_syscall)
		return PA_INVOKE;
	return row->action;
}

void prof_recognise(struct prof *p, const struct doc *doc)
{
	const struct event_def *def = NULL;
	uint64_t id;

	p->doc = doc;
	if (doc_u64(&doc->keys[DOC_EVENT_ID], &id) && id <= EVENT_ID_MAX)
		def = event_def_find((unsigned int)id);
	if (def) {
		p->row = rows[def->slot];
		p->is_syscall = def->is_syscall;
	}
	(void)doc_s64(&doc->keys[DOC_TIMESTAMP], &p->time_ns); /* else 0 */
	(void)doc_s64(&doc->keys[DOC_RETURN_VALUE], &p->ret);
	p->path = find(doc, p->row.path, DOC_STRING);
	p->path2 = find(doc, p->row.path2, DOC_STRING);
	p->target = find(doc, p->row.target, DOC_NUMBER);
	find_address(p);
	p->row.action = (uint8_t)action_of(p);
	p->is = &prof_meanings[p->row.action];
}
