/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/later.h"

#include <string.h>

#include "common/cleanup.h"

/* clang-format off */
static const char *const names[] = {
	/* processes, credentials, scheduling */
	"sys_enter", "sys_exit", "sched_switch", "cap_capable", "commit_creds",
	"switch_task_ns", "do_sigaction", "process_execute_failed", "load_elf_phdrs",
	"call_usermodehelper", "security_bprm_check", "security_task_setrlimit",
	"security_task_prctl", "security_settime64",
	"suspicious_syscall_source", "stack_pivot",
	/* files */
	"vfs_write", "vfs_writev", "vfs_read", "vfs_readv", "__kernel_write", "magic_write",
	"security_file_open", "security_inode_unlink", "security_inode_rename",
	"security_inode_mknod", "security_inode_symlink", "security_sb_mount",
	"security_sb_umount", "security_path_notify", "inotify_watch", "file_modification",
	"vfs_utimes", "do_truncate", "chmod_common", "set_fs_pwd", "dirty_pipe_splice",
	"zeroed_inodes", "hidden_inodes", "security_kernel_read_file",
	"security_kernel_post_read_file",
	/* memory and libraries */
	"security_mmap_file", "do_mmap", "security_file_mprotect", "mem_prot_alert",
	"shared_object_loaded", "symbols_loaded", "symbols_collision",
	/* sockets */
	"security_socket_create", "security_socket_listen", "security_socket_connect",
	"security_socket_accept", "security_socket_bind", "security_socket_setsockopt",
	"socket_accept", "socket_dup", "net_tcp_connect",
	/* packets and flows */
	"net_packet_raw", "net_packet_ipv4", "net_packet_ipv6", "net_packet_tcp",
	"net_packet_udp", "net_packet_icmp", "net_packet_icmpv6", "net_packet_dns",
	"net_packet_dns_request", "net_packet_dns_response", "net_packet_http",
	"net_packet_http_request", "net_packet_http_response", "net_flow_tcp_begin",
	"net_flow_tcp_end",
	/* bpf, modules, integrity of the kernel */
	"security_bpf", "security_bpf_map", "security_bpf_prog", "bpf_attach", "kprobe_attach",
	"kallsyms_lookup_name", "proc_create", "debugfs_create_file", "debugfs_create_dir",
	"device_add", "register_chrdev", "do_init_module", "module_load", "module_free",
	"hidden_kernel_module", "hooked_syscall", "hooked_seq_ops", "hooked_proc_fops",
	"ftrace_hook", "print_mem_dump",
	/* containers, start-up */
	"container_create", "container_remove",
	"existing_container", "init_namespaces", "tracee_info",
	/* signatures */
	"stdio_over_socket", "anti_debugging", "ptrace_code_injection", "dynamic_code_loading",
	"fileless_execution", "cgroup_notify_on_release", "ld_preload",
	"k8s_service_account_token", "aslr_inspection", "cgroup_release_agent",
	"core_pattern_modification", "default_loader_mod", "k8s_api_connection", "disk_mount",
	"hidden_file_created", "illegitimate_shell", "kernel_module_loading", "k8s_cert_theft",
	"docker_abuse", "proc_fops_hooking", "proc_kcore_read", "dropped_executable",
	"proc_mem_access", "proc_mem_code_injection", "process_vm_write_inject",
	"rcd_modification", "scheduled_task_mod", "sudoers_modification", "sched_debug_recon",
	"syscall_hooking", "system_request_key_mod", "hooked_syscall_detector",
	"hooked_seq_ops_detector", "code_injection",
};

static const char *const sets[] = {
	"containers", "derived", "detectors", "flows", "lsm", "lsm_hooks", "network_events",
	"packets", "security_alert", "signatures",
};
/* clang-format on */

static const char *find(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return list[i];
	return NULL;
}

const char *pol_later_find(const char *name)
{
	const char *later = find(names, ARRAY_LEN(names), name);

	return later ? later : pol_later_find_set(name);
}

const char *pol_later_find_set(const char *name)
{
	return find(sets, ARRAY_LEN(sets), name);
}

const char *pol_later_at(size_t index)
{
	if (index < ARRAY_LEN(names))
		return names[index];
	index -= ARRAY_LEN(names);
	return index < ARRAY_LEN(sets) ? sets[index] : NULL;
}
