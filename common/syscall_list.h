/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall_list: every system call that is an event, one row each.
 *
 * Numbers are the kernel's (arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl, the generic
 * table for arm64, arch/arm/tools/syscall.tbl, EABI). The i386 and arm32 columns say which number,
 * called by a 32-bit task, is reported as this event: where a call has a 32-bit and a 64-bit form
 * (uid16, time32, ...), the plain event is the wide form and the narrow one is its own event.
 *
 * Names, arguments (type, name, order), sets and the ids below 535 are Tracee v0.22's. Ids:
 *  - the native number, 0-334 and 424-448 (arm64: 0-448);
 *  - 449-534 for calls that only 32-bit tasks have ("32bit_unique"), on both architectures;
 *  - 535 + (number - 449) for numbers from 449 on; 600 and 601 for the x86-64 uprobe calls;
 *  - on arm64, 9000 + the x86-64 id for a call that arm64 does not have.
 *
 * A kind is how the argument travels (enum field_kind in event_list.h); every type that has none of
 * its own is a pointer. Buffers which the kernel fills keep Tracee's type.
 *
 * enumerator, x86-64 id, arm64 id, numbers: x86-64, arm64, i386, arm32 (-1: not there), name, lane
 * class, sets, arguments, meaning
 */
#pragma once

#define SYSCALL_LIST(S)                                                                            \
	S(EV_READ, 0, 63, 0, 63, 3, 3, "read", LANE_BULK, "syscalls,fs,fs_read_write",             \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "count")),   \
	  "read from a file descriptor")                                                           \
	S(EV_WRITE, 1, 64, 1, 64, 4, 4, "write", LANE_BULK, "syscalls,fs,fs_read_write",           \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "count")),   \
	  "write to a file descriptor")                                                            \
	S(EV_OPEN, 2, 9002, 2, -1, 5, 5, "open", LANE_BULK, "syscalls,fs,fs_file_ops",             \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_S32, "int", "flags"),                    \
	       A(FK_U32, "mode_t", "mode")),                                                       \
	  "open or create a file by path")                                                         \
	S(EV_CLOSE, 3, 57, 3, 57, 6, 6, "close", LANE_BULK, "syscalls,fs,fs_file_ops",             \
	  ARGS(A(FK_S32, "int", "fd")), "close a file descriptor")                                 \
	S(EV_STAT, 4, 9004, 4, -1, 106, 106, "stat", LANE_BULK, "syscalls,fs,fs_file_attr",        \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "struct stat*", "statbuf")),        \
	  "get a file's metadata by path")                                                         \
	S(EV_FSTAT, 5, 80, 5, 80, 108, 108, "fstat", LANE_BULK, "syscalls,fs,fs_file_attr",        \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct stat*", "statbuf")),                      \
	  "get an open file's metadata")                                                           \
	S(EV_LSTAT, 6, 9006, 6, -1, 107, 107, "lstat", LANE_BULK, "syscalls,fs,fs_file_attr",      \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "struct stat*", "statbuf")),        \
	  "get metadata by path, of a symlink itself")                                             \
	S(EV_POLL, 7, 9007, 7, -1, 168, 168, "poll", LANE_BULK, "syscalls,fs,fs_mux_io",           \
	  ARGS(A(FK_PTR, "struct pollfd*", "fds"), A(FK_U32, "unsigned int", "nfds"),              \
	       A(FK_S32, "int", "timeout")),                                                       \
	  "wait until one of several descriptors is ready")                                        \
	S(EV_LSEEK, 8, 62, 8, 62, 19, 19, "lseek", LANE_BULK, "syscalls,fs,fs_read_write",         \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "offset"),                               \
	       A(FK_U32, "unsigned int", "whence")),                                               \
	  "move the position of an open file")                                                     \
	S(EV_MMAP, 9, 222, 9, 222, 90, -1, "mmap", LANE_BULK, "syscalls,proc,proc_mem",            \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "length"),                          \
	       A(FK_S32, "int", "prot"), A(FK_S32, "int", "flags"), A(FK_S32, "int", "fd"),        \
	       A(FK_U64, "off_t", "off")),                                                         \
	  "map a file or fresh memory into the address space")                                     \
	S(EV_MPROTECT, 10, 226, 10, 226, 125, 125, "mprotect", LANE_BULK,                          \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "len"), A(FK_S32, "int", "prot")),  \
	  "change the protection of mapped memory")                                                \
	S(EV_MUNMAP, 11, 215, 11, 215, 91, 91, "munmap", LANE_BULK, "syscalls,proc,proc_mem",      \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "length")), "remove a mapping")     \
	S(EV_BRK, 12, 214, 12, 214, 45, 45, "brk", LANE_BULK, "syscalls,proc,proc_mem",            \
	  ARGS(A(FK_PTR, "void*", "addr")), "move the end of the data segment")                    \
	S(EV_RT_SIGACTION, 13, 134, 13, 134, 174, 174, "rt_sigaction", LANE_BULK,                  \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_S32, "int", "signum"), A(FK_PTR, "const struct sigaction*", "act"),            \
	       A(FK_PTR, "struct sigaction*", "oldact"), A(FK_U64, "size_t", "sigsetsize")),       \
	  "install or query a signal handler")                                                     \
	S(EV_RT_SIGPROCMASK, 14, 135, 14, 135, 175, 175, "rt_sigprocmask", LANE_BULK,              \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_S32, "int", "how"), A(FK_PTR, "sigset_t*", "set"),                             \
	       A(FK_PTR, "sigset_t*", "oldset"), A(FK_U64, "size_t", "sigsetsize")),               \
	  "change or query the mask of blocked signals")                                           \
	S(EV_RT_SIGRETURN, 15, 139, 15, 139, 173, 173, "rt_sigreturn", LANE_BULK,                  \
	  "syscalls,signals", ARGS_NONE, "return from a signal handler")                           \
	S(EV_IOCTL, 16, 29, 16, 29, 54, 54, "ioctl", LANE_BULK, "syscalls,fs,fs_fd_ops",           \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "unsigned long", "request"),                      \
	       A(FK_U64, "unsigned long", "arg")),                                                 \
	  "device-specific request on a descriptor")                                               \
	S(EV_PREAD64, 17, 67, 17, 67, 180, 180, "pread64", LANE_BULK, "syscalls,fs,fs_read_write", \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "count"),    \
	       A(FK_U64, "off_t", "offset")),                                                      \
	  "read at a given offset")                                                                \
	S(EV_PWRITE64, 18, 68, 18, 68, 181, 181, "pwrite64", LANE_BULK,                            \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const void*", "buf"),                            \
	       A(FK_U64, "size_t", "count"), A(FK_U64, "off_t", "offset")),                        \
	  "write at a given offset")                                                               \
	S(EV_READV, 19, 65, 19, 65, 145, 145, "readv", LANE_BULK, "syscalls,fs,fs_read_write",     \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_S32, "int", "iovcnt")),                                                        \
	  "read into several buffers")                                                             \
	S(EV_WRITEV, 20, 66, 20, 66, 146, 146, "writev", LANE_BULK, "syscalls,fs,fs_read_write",   \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_S32, "int", "iovcnt")),                                                        \
	  "write from several buffers")                                                            \
	S(EV_ACCESS, 21, 9021, 21, -1, 33, 33, "access", LANE_BULK, "syscalls,fs,fs_file_attr",    \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_S32, "int", "mode")),                    \
	  "check permission on a path with the real ids")                                          \
	S(EV_PIPE, 22, 9022, 22, -1, 42, 42, "pipe", LANE_BULK, "syscalls,ipc,ipc_pipe",           \
	  ARGS(A(FK_INT2, "int[2]", "pipefd")), "make a pipe")                                     \
	S(EV_SELECT, 23, 9023, 23, -1, 142, 142, "select", LANE_BULK, "syscalls,fs,fs_mux_io",     \
	  ARGS(A(FK_S32, "int", "nfds"), A(FK_PTR, "fd_set*", "readfds"),                          \
	       A(FK_PTR, "fd_set*", "writefds"), A(FK_PTR, "fd_set*", "exceptfds"),                \
	       A(FK_PTR, "struct timeval*", "timeout")),                                           \
	  "wait for readiness of a set of descriptors")                                            \
	S(EV_SCHED_YIELD, 24, 124, 24, 124, 158, 158, "sched_yield", LANE_BULK,                    \
	  "syscalls,proc,proc_sched", ARGS_NONE, "give up the CPU")                                \
	S(EV_MREMAP, 25, 216, 25, 216, 163, 163, "mremap", LANE_BULK, "syscalls,proc,proc_mem",    \
	  ARGS(A(FK_PTR, "void*", "old_address"), A(FK_U64, "size_t", "old_size"),                 \
	       A(FK_U64, "size_t", "new_size"), A(FK_S32, "int", "flags"),                         \
	       A(FK_PTR, "void*", "new_address")),                                                 \
	  "grow, shrink or move a mapping")                                                        \
	S(EV_MSYNC, 26, 227, 26, 227, 144, 144, "msync", LANE_BULK, "syscalls,fs,fs_sync",         \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "length"),                          \
	       A(FK_S32, "int", "flags")),                                                         \
	  "flush a mapped file to storage")                                                        \
	S(EV_MINCORE, 27, 232, 27, 232, 218, 219, "mincore", LANE_BULK, "syscalls,proc,proc_mem",  \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "length"),                          \
	       A(FK_PTR, "unsigned char*", "vec")),                                                \
	  "ask which pages of a mapping are resident")                                             \
	S(EV_MADVISE, 28, 233, 28, 233, 219, 220, "madvise", LANE_BULK, "syscalls,proc,proc_mem",  \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "length"),                          \
	       A(FK_S32, "int", "advice")),                                                        \
	  "advise the kernel on the use of memory")                                                \
	S(EV_SHMGET, 29, 194, 29, 194, 395, 307, "shmget", LANE_BULK, "syscalls,ipc,ipc_shm",      \
	  ARGS(A(FK_S32, "key_t", "key"), A(FK_U64, "size_t", "size"),                             \
	       A(FK_S32, "int", "shmflg")),                                                        \
	  "get or make a System V shared memory segment")                                          \
	S(EV_SHMAT, 30, 196, 30, 196, 397, 305, "shmat", LANE_BULK, "syscalls,ipc,ipc_shm",        \
	  ARGS(A(FK_S32, "int", "shmid"), A(FK_PTR, "const void*", "shmaddr"),                     \
	       A(FK_S32, "int", "shmflg")),                                                        \
	  "attach a System V shared memory segment")                                               \
	S(EV_SHMCTL, 31, 195, 31, 195, 396, 308, "shmctl", LANE_BULK, "syscalls,ipc,ipc_shm",      \
	  ARGS(A(FK_S32, "int", "shmid"), A(FK_S32, "int", "cmd"),                                 \
	       A(FK_PTR, "struct shmid_ds*", "buf")),                                              \
	  "control a System V shared memory segment")                                              \
	S(EV_DUP, 32, 23, 32, 23, 41, 41, "dup", LANE_BULK, "syscalls,fs,fs_fd_ops",               \
	  ARGS(A(FK_S32, "int", "oldfd")), "duplicate a descriptor to the lowest free number")     \
	S(EV_DUP2, 33, 9033, 33, -1, 63, 63, "dup2", LANE_BULK, "syscalls,fs,fs_fd_ops",           \
	  ARGS(A(FK_S32, "int", "oldfd"), A(FK_S32, "int", "newfd")),                              \
	  "duplicate a descriptor to a chosen number")                                             \
	S(EV_PAUSE, 34, 9034, 34, -1, 29, 29, "pause", LANE_BULK, "syscalls,signals", ARGS_NONE,   \
	  "sleep until a signal arrives")                                                          \
	S(EV_NANOSLEEP, 35, 101, 35, 101, 162, 162, "nanosleep", LANE_BULK,                        \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_TIMESPEC, "const struct timespec*", "req"),                                    \
	       A(FK_TIMESPEC, "struct timespec*", "rem")),                                         \
	  "sleep for a given time")                                                                \
	S(EV_GETITIMER, 36, 102, 36, 102, 105, 105, "getitimer", LANE_BULK,                        \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "int", "which"), A(FK_PTR, "struct itimerval*", "curr_value")),           \
	  "query an interval timer")                                                               \
	S(EV_ALARM, 37, 9037, 37, -1, 27, -1, "alarm", LANE_BULK, "syscalls,time,time_timer",      \
	  ARGS(A(FK_U32, "unsigned int", "seconds")), "have SIGALRM sent after some seconds")      \
	S(EV_SETITIMER, 38, 103, 38, 103, 104, 104, "setitimer", LANE_BULK,                        \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "int", "which"), A(FK_PTR, "struct itimerval*", "new_value"),             \
	       A(FK_PTR, "struct itimerval*", "old_value")),                                       \
	  "arm or disarm an interval timer")                                                       \
	S(EV_GETPID, 39, 172, 39, 172, 20, 20, "getpid", LANE_BULK, "syscalls,proc,proc_ids",      \
	  ARGS_NONE, "get the process id")                                                         \
	S(EV_SENDFILE, 40, 71, 40, 71, 239, 239, "sendfile", LANE_BULK,                            \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "out_fd"), A(FK_S32, "int", "in_fd"),                              \
	       A(FK_PTR, "off_t*", "offset"), A(FK_U64, "size_t", "count")),                       \
	  "copy between descriptors inside the kernel")                                            \
	S(EV_SOCKET, 41, 198, 41, 198, 359, 281, "socket", LANE_BULK, "syscalls,net,net_sock",     \
	  ARGS(A(FK_S32, "int", "domain"), A(FK_S32, "int", "type"),                               \
	       A(FK_S32, "int", "protocol")),                                                      \
	  "make a socket")                                                                         \
	S(EV_CONNECT, 42, 203, 42, 203, 362, 283, "connect", LANE_BULK, "syscalls,net,net_sock",   \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_S32, "int", "addrlen")),                                                       \
	  "connect a socket to an address")                                                        \
	S(EV_ACCEPT, 43, 202, 43, 202, -1, 285, "accept", LANE_BULK, "syscalls,net,net_sock",      \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_PTR, "int*", "addrlen")),                                                      \
	  "take a connection from a listening socket")                                             \
	S(EV_SENDTO, 44, 206, 44, 206, 369, 290, "sendto", LANE_BULK, "syscalls,net,net_snd_rcv",  \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "len"),  \
	       A(FK_S32, "int", "flags"), A(FK_SOCKADDR, "struct sockaddr*", "dest_addr"),         \
	       A(FK_S32, "int", "addrlen")),                                                       \
	  "send a message, optionally to an address")                                              \
	S(EV_RECVFROM, 45, 207, 45, 207, 371, 292, "recvfrom", LANE_BULK,                          \
	  "syscalls,net,net_snd_rcv",                                                              \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "len"),  \
	       A(FK_S32, "int", "flags"), A(FK_SOCKADDR, "struct sockaddr*", "src_addr"),          \
	       A(FK_PTR, "int*", "addrlen")),                                                      \
	  "receive a message and its sender's address")                                            \
	S(EV_SENDMSG, 46, 211, 46, 211, 370, 296, "sendmsg", LANE_BULK,                            \
	  "syscalls,net,net_snd_rcv",                                                              \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "struct msghdr*", "msg"),                     \
	       A(FK_S32, "int", "flags")),                                                         \
	  "send a message described by a header")                                                  \
	S(EV_RECVMSG, 47, 212, 47, 212, 372, 297, "recvmsg", LANE_BULK,                            \
	  "syscalls,net,net_snd_rcv",                                                              \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "struct msghdr*", "msg"),                     \
	       A(FK_S32, "int", "flags")),                                                         \
	  "receive a message described by a header")                                               \
	S(EV_SHUTDOWN, 48, 210, 48, 210, 373, 293, "shutdown", LANE_BULK, "syscalls,net,net_sock", \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_S32, "int", "how")),                               \
	  "close one or both directions of a connection")                                          \
	S(EV_BIND, 49, 200, 49, 200, 361, 282, "bind", LANE_BULK, "syscalls,net,net_sock",         \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_S32, "int", "addrlen")),                                                       \
	  "give a socket a local address")                                                         \
	S(EV_LISTEN, 50, 201, 50, 201, 363, 284, "listen", LANE_BULK, "syscalls,net,net_sock",     \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_S32, "int", "backlog")),                           \
	  "make a socket accept connections")                                                      \
	S(EV_GETSOCKNAME, 51, 204, 51, 204, 367, 286, "getsockname", LANE_BULK,                    \
	  "syscalls,net,net_sock",                                                                 \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_PTR, "int*", "addrlen")),                                                      \
	  "get a socket's local address")                                                          \
	S(EV_GETPEERNAME, 52, 205, 52, 205, 368, 287, "getpeername", LANE_BULK,                    \
	  "syscalls,net,net_sock",                                                                 \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_PTR, "int*", "addrlen")),                                                      \
	  "get the address of a socket's peer")                                                    \
	S(EV_SOCKETPAIR, 53, 199, 53, 199, 360, 288, "socketpair", LANE_BULK,                      \
	  "syscalls,net,net_sock",                                                                 \
	  ARGS(A(FK_S32, "int", "domain"), A(FK_S32, "int", "type"), A(FK_S32, "int", "protocol"), \
	       A(FK_INT2, "int[2]", "sv")),                                                        \
	  "make two connected sockets")                                                            \
	S(EV_SETSOCKOPT, 54, 208, 54, 208, 366, 294, "setsockopt", LANE_BULK,                      \
	  "syscalls,net,net_sock",                                                                 \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_S32, "int", "level"), A(FK_S32, "int", "optname"), \
	       A(FK_PTR, "const void*", "optval"), A(FK_S32, "int", "optlen")),                    \
	  "set an option of a socket")                                                             \
	S(EV_GETSOCKOPT, 55, 209, 55, 209, 365, 295, "getsockopt", LANE_BULK,                      \
	  "syscalls,net,net_sock",                                                                 \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_S32, "int", "level"), A(FK_S32, "int", "optname"), \
	       A(FK_PTR, "void*", "optval"), A(FK_PTR, "int*", "optlen")),                         \
	  "get an option of a socket")                                                             \
	S(EV_CLONE, 56, 220, 56, 220, 120, 120, "clone", LANE_VITAL, "syscalls,proc,proc_life",    \
	  ARGS(A(FK_U64, "unsigned long", "flags"), A(FK_PTR, "void*", "stack"),                   \
	       A(FK_PTR, "int*", "parent_tid"), A(FK_PTR, "int*", "child_tid"),                    \
	       A(FK_U64, "unsigned long", "tls")),                                                 \
	  "make a child process or a thread")                                                      \
	S(EV_FORK, 57, 9057, 57, -1, 2, 2, "fork", LANE_VITAL, "syscalls,proc,proc_life",          \
	  ARGS_NONE, "make a child process")                                                       \
	S(EV_VFORK, 58, 9058, 58, -1, 190, 190, "vfork", LANE_VITAL, "syscalls,proc,proc_life",    \
	  ARGS_NONE, "make a child that borrows the parent's memory until exec")                   \
	S(EV_EXECVE, 59, 221, 59, 221, 11, 11, "execve", LANE_VITAL, "syscalls,proc,proc_life",    \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_STRV, "const char*const*", "argv"),      \
	       A(FK_STRV, "const char*const*", "envp")),                                           \
	  "execute a program")                                                                     \
	S(EV_EXIT, 60, 93, 60, 93, 1, 1, "exit", LANE_VITAL, "syscalls,proc,proc_life",            \
	  ARGS(A(FK_S32, "int", "status")), "end the calling thread")                              \
	S(EV_WAIT4, 61, 260, 61, 260, 114, 114, "wait4", LANE_BULK, "syscalls,proc,proc_life",     \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "int*", "wstatus"),                            \
	       A(FK_S32, "int", "options"), A(FK_PTR, "struct rusage*", "rusage")),                \
	  "wait for a child and its resource usage")                                               \
	S(EV_KILL, 62, 129, 62, 129, 37, 37, "kill", LANE_BULK, "syscalls,signals",                \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_S32, "int", "sig")),                                \
	  "send a signal to a process or a group")                                                 \
	S(EV_UNAME, 63, 160, 63, 160, 122, 122, "uname", LANE_BULK, "syscalls,system",             \
	  ARGS(A(FK_PTR, "struct utsname*", "buf")), "get the kernel's name and version")          \
	S(EV_SEMGET, 64, 190, 64, 190, 393, 299, "semget", LANE_BULK, "syscalls,ipc,ipc_sem",      \
	  ARGS(A(FK_S32, "key_t", "key"), A(FK_S32, "int", "nsems"), A(FK_S32, "int", "semflg")),  \
	  "get or make a System V semaphore set")                                                  \
	S(EV_SEMOP, 65, 193, 65, 193, -1, 298, "semop", LANE_BULK, "syscalls,ipc,ipc_sem",         \
	  ARGS(A(FK_S32, "int", "semid"), A(FK_PTR, "struct sembuf*", "sops"),                     \
	       A(FK_U64, "size_t", "nsops")),                                                      \
	  "operate on System V semaphores")                                                        \
	S(EV_SEMCTL, 66, 191, 66, 191, 394, 300, "semctl", LANE_BULK, "syscalls,ipc,ipc_sem",      \
	  ARGS(A(FK_S32, "int", "semid"), A(FK_S32, "int", "semnum"), A(FK_S32, "int", "cmd"),     \
	       A(FK_U64, "unsigned long", "arg")),                                                 \
	  "control a System V semaphore set")                                                      \
	S(EV_SHMDT, 67, 197, 67, 197, 398, 306, "shmdt", LANE_BULK, "syscalls,ipc,ipc_shm",        \
	  ARGS(A(FK_PTR, "const void*", "shmaddr")), "detach a System V shared memory segment")    \
	S(EV_MSGGET, 68, 186, 68, 186, 399, 303, "msgget", LANE_BULK, "syscalls,ipc,ipc_msgq",     \
	  ARGS(A(FK_S32, "key_t", "key"), A(FK_S32, "int", "msgflg")),                             \
	  "get or make a System V message queue")                                                  \
	S(EV_MSGSND, 69, 189, 69, 189, 400, 301, "msgsnd", LANE_BULK, "syscalls,ipc,ipc_msgq",     \
	  ARGS(A(FK_S32, "int", "msqid"), A(FK_PTR, "struct msgbuf*", "msgp"),                     \
	       A(FK_U64, "size_t", "msgsz"), A(FK_S32, "int", "msgflg")),                          \
	  "send to a System V message queue")                                                      \
	S(EV_MSGRCV, 70, 188, 70, 188, 401, 302, "msgrcv", LANE_BULK, "syscalls,ipc,ipc_msgq",     \
	  ARGS(A(FK_S32, "int", "msqid"), A(FK_PTR, "struct msgbuf*", "msgp"),                     \
	       A(FK_U64, "size_t", "msgsz"), A(FK_S64, "long", "msgtyp"),                          \
	       A(FK_S32, "int", "msgflg")),                                                        \
	  "receive from a System V message queue")                                                 \
	S(EV_MSGCTL, 71, 187, 71, 187, 402, 304, "msgctl", LANE_BULK, "syscalls,ipc,ipc_msgq",     \
	  ARGS(A(FK_S32, "int", "msqid"), A(FK_S32, "int", "cmd"),                                 \
	       A(FK_PTR, "struct msqid_ds*", "buf")),                                              \
	  "control a System V message queue")                                                      \
	S(EV_FCNTL, 72, 25, 72, 25, 55, 55, "fcntl", LANE_BULK, "syscalls,fs,fs_fd_ops",           \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "cmd"),                                    \
	       A(FK_U64, "unsigned long", "arg")),                                                 \
	  "control a file descriptor")                                                             \
	S(EV_FLOCK, 73, 32, 73, 32, 143, 143, "flock", LANE_BULK, "syscalls,fs,fs_fd_ops",         \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "operation")),                             \
	  "lock or unlock a whole open file")                                                      \
	S(EV_FSYNC, 74, 82, 74, 82, 118, 118, "fsync", LANE_BULK, "syscalls,fs,fs_sync",           \
	  ARGS(A(FK_S32, "int", "fd")), "write a file's data and metadata to storage")             \
	S(EV_FDATASYNC, 75, 83, 75, 83, 148, 148, "fdatasync", LANE_BULK, "syscalls,fs,fs_sync",   \
	  ARGS(A(FK_S32, "int", "fd")), "write a file's data to storage")                          \
	S(EV_TRUNCATE, 76, 45, 76, 45, 92, 92, "truncate", LANE_BULK, "syscalls,fs,fs_file_ops",   \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_U64, "off_t", "length")),                    \
	  "set a file's size by path")                                                             \
	S(EV_FTRUNCATE, 77, 46, 77, 46, 93, 93, "ftruncate", LANE_BULK, "syscalls,fs,fs_file_ops", \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "length")), "set an open file's size")   \
	S(EV_GETDENTS, 78, 9078, 78, -1, 141, 141, "getdents", LANE_BULK,                          \
	  "syscalls,fs,fs_dir_ops",                                                                \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct linux_dirent*", "dirp"),                  \
	       A(FK_U32, "unsigned int", "count")),                                                \
	  "read directory entries, old layout")                                                    \
	S(EV_GETCWD, 79, 17, 79, 17, 183, 183, "getcwd", LANE_BULK, "syscalls,fs,fs_dir_ops",      \
	  ARGS(A(FK_STR, "char*", "buf"), A(FK_U64, "size_t", "size")),                            \
	  "get the working directory")                                                             \
	S(EV_CHDIR, 80, 49, 80, 49, 12, 12, "chdir", LANE_BULK, "syscalls,fs,fs_dir_ops",          \
	  ARGS(A(FK_STR, "const char*", "path")), "change the working directory")                  \
	S(EV_FCHDIR, 81, 50, 81, 50, 133, 133, "fchdir", LANE_BULK, "syscalls,fs,fs_dir_ops",      \
	  ARGS(A(FK_S32, "int", "fd")), "change the working directory to an open one")             \
	S(EV_RENAME, 82, 9082, 82, -1, 38, 38, "rename", LANE_BULK, "syscalls,fs,fs_file_ops",     \
	  ARGS(A(FK_STR, "const char*", "oldpath"), A(FK_STR, "const char*", "newpath")),          \
	  "rename a file")                                                                         \
	S(EV_MKDIR, 83, 9083, 83, -1, 39, 39, "mkdir", LANE_BULK, "syscalls,fs,fs_dir_ops",        \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_U32, "mode_t", "mode")),                 \
	  "make a directory")                                                                      \
	S(EV_RMDIR, 84, 9084, 84, -1, 40, 40, "rmdir", LANE_BULK, "syscalls,fs,fs_dir_ops",        \
	  ARGS(A(FK_STR, "const char*", "pathname")), "remove an empty directory")                 \
	S(EV_CREAT, 85, 9085, 85, -1, 8, 8, "creat", LANE_BULK, "syscalls,default,fs,fs_file_ops", \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_U32, "mode_t", "mode")),                 \
	  "create or truncate a file and open it")                                                 \
	S(EV_LINK, 86, 9086, 86, -1, 9, 9, "link", LANE_BULK, "syscalls,fs,fs_link_ops",           \
	  ARGS(A(FK_STR, "const char*", "oldpath"), A(FK_STR, "const char*", "newpath")),          \
	  "make a hard link")                                                                      \
	S(EV_UNLINK, 87, 9087, 87, -1, 10, 10, "unlink", LANE_BULK, "syscalls,fs,fs_link_ops",     \
	  ARGS(A(FK_STR, "const char*", "pathname")), "remove a name of a file")                   \
	S(EV_SYMLINK, 88, 9088, 88, -1, 83, 83, "symlink", LANE_BULK, "syscalls,fs,fs_link_ops",   \
	  ARGS(A(FK_STR, "const char*", "target"), A(FK_STR, "const char*", "linkpath")),          \
	  "make a symbolic link")                                                                  \
	S(EV_READLINK, 89, 9089, 89, -1, 85, 85, "readlink", LANE_BULK, "syscalls,fs,fs_link_ops", \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_STR, "char*", "buf"),                    \
	       A(FK_U64, "size_t", "bufsiz")),                                                     \
	  "read the target of a symbolic link")                                                    \
	S(EV_CHMOD, 90, 9090, 90, -1, 15, 15, "chmod", LANE_BULK,                                  \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_U32, "mode_t", "mode")),                 \
	  "change a file's mode by path")                                                          \
	S(EV_FCHMOD, 91, 52, 91, 52, 94, 94, "fchmod", LANE_BULK,                                  \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U32, "mode_t", "mode")), "change an open file's mode") \
	S(EV_CHOWN, 92, 9092, 92, -1, 212, 212, "chown", LANE_BULK,                                \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_S32, "uid_t", "owner"),                  \
	       A(FK_S32, "gid_t", "group")),                                                       \
	  "change a file's owner by path")                                                         \
	S(EV_FCHOWN, 93, 55, 93, 55, 207, 207, "fchown", LANE_BULK,                                \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "uid_t", "owner"), A(FK_S32, "gid_t", "group")),  \
	  "change an open file's owner")                                                           \
	S(EV_LCHOWN, 94, 9094, 94, -1, 198, 198, "lchown", LANE_BULK,                              \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_S32, "uid_t", "owner"),                  \
	       A(FK_S32, "gid_t", "group")),                                                       \
	  "change the owner of a path, of a symlink itself")                                       \
	S(EV_UMASK, 95, 166, 95, 166, 60, 60, "umask", LANE_BULK, "syscalls,fs,fs_file_attr",      \
	  ARGS(A(FK_U32, "mode_t", "mask")), "set the mask for modes of new files")                \
	S(EV_GETTIMEOFDAY, 96, 169, 96, 169, 78, 78, "gettimeofday", LANE_BULK,                    \
	  "syscalls,time,time_tod",                                                                \
	  ARGS(A(FK_PTR, "struct timeval*", "tv"), A(FK_PTR, "struct timezone*", "tz")),           \
	  "get the wall clock")                                                                    \
	S(EV_GETRLIMIT, 97, 163, 97, 163, 191, 191, "getrlimit", LANE_BULK, "syscalls,proc",       \
	  ARGS(A(FK_S32, "int", "resource"), A(FK_PTR, "struct rlimit*", "rlim")),                 \
	  "get a resource limit")                                                                  \
	S(EV_GETRUSAGE, 98, 165, 98, 165, 77, 77, "getrusage", LANE_BULK, "syscalls,proc",         \
	  ARGS(A(FK_S32, "int", "who"), A(FK_PTR, "struct rusage*", "usage")),                     \
	  "get resource usage")                                                                    \
	S(EV_SYSINFO, 99, 179, 99, 179, 116, 116, "sysinfo", LANE_BULK, "syscalls,system",         \
	  ARGS(A(FK_PTR, "struct sysinfo*", "info")), "get uptime, load and memory figures")       \
	S(EV_TIMES, 100, 153, 100, 153, 43, 43, "times", LANE_BULK, "syscalls,proc",               \
	  ARGS(A(FK_PTR, "struct tms*", "buf")), "get CPU times of the process and its children")  \
	S(EV_PTRACE, 101, 117, 101, 117, 26, 26, "ptrace", LANE_VITAL, "syscalls,default,proc",    \
	  ARGS(A(FK_S64, "long", "request"), A(FK_S32, "pid_t", "pid"),                            \
	       A(FK_PTR, "void*", "addr"), A(FK_PTR, "void*", "data")),                            \
	  "trace or control another process")                                                      \
	S(EV_GETUID, 102, 174, 102, 174, 199, 199, "getuid", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS_NONE, "get the real user id")                                                       \
	S(EV_SYSLOG, 103, 116, 103, 116, 103, 103, "syslog", LANE_VITAL, "syscalls,system",        \
	  ARGS(A(FK_S32, "int", "type"), A(FK_STR, "char*", "bufp"), A(FK_S32, "int", "len")),     \
	  "read or control the kernel log")                                                        \
	S(EV_GETGID, 104, 176, 104, 176, 200, 200, "getgid", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS_NONE, "get the real group id")                                                      \
	S(EV_SETUID, 105, 146, 105, 146, 213, 213, "setuid", LANE_VITAL,                           \
	  "syscalls,default,proc,proc_ids", ARGS(A(FK_S32, "uid_t", "uid")), "set the user id")    \
	S(EV_SETGID, 106, 144, 106, 144, 214, 214, "setgid", LANE_VITAL,                           \
	  "syscalls,default,proc,proc_ids", ARGS(A(FK_S32, "gid_t", "gid")), "set the group id")   \
	S(EV_GETEUID, 107, 175, 107, 175, 201, 201, "geteuid", LANE_BULK,                          \
	  "syscalls,proc,proc_ids", ARGS_NONE, "get the effective user id")                        \
	S(EV_GETEGID, 108, 177, 108, 177, 202, 202, "getegid", LANE_BULK,                          \
	  "syscalls,proc,proc_ids", ARGS_NONE, "get the effective group id")                       \
	S(EV_SETPGID, 109, 154, 109, 154, 57, 57, "setpgid", LANE_VITAL,                           \
	  "syscalls,default,proc,proc_ids",                                                        \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_S32, "pid_t", "pgid")),                             \
	  "move a process to a process group")                                                     \
	S(EV_GETPPID, 110, 173, 110, 173, 64, 64, "getppid", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS_NONE, "get the parent's process id")                                                \
	S(EV_GETPGRP, 111, 9111, 111, -1, 65, 65, "getpgrp", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS_NONE, "get the own process group")                                                  \
	S(EV_SETSID, 112, 157, 112, 157, 66, 66, "setsid", LANE_VITAL,                             \
	  "syscalls,default,proc,proc_ids", ARGS_NONE, "begin a new session")                      \
	S(EV_SETREUID, 113, 145, 113, 145, 203, 203, "setreuid", LANE_VITAL,                       \
	  "syscalls,default,proc,proc_ids",                                                        \
	  ARGS(A(FK_S32, "uid_t", "ruid"), A(FK_S32, "uid_t", "euid")),                            \
	  "set real and effective user id")                                                        \
	S(EV_SETREGID, 114, 143, 114, 143, 204, 204, "setregid", LANE_VITAL,                       \
	  "syscalls,default,proc,proc_ids",                                                        \
	  ARGS(A(FK_S32, "gid_t", "rgid"), A(FK_S32, "gid_t", "egid")),                            \
	  "set real and effective group id")                                                       \
	S(EV_GETGROUPS, 115, 158, 115, 158, 205, 205, "getgroups", LANE_BULK,                      \
	  "syscalls,proc,proc_ids", ARGS(A(FK_S32, "int", "size"), A(FK_PTR, "gid_t*", "list")),   \
	  "get the supplementary groups")                                                          \
	S(EV_SETGROUPS, 116, 159, 116, 159, 206, 206, "setgroups", LANE_VITAL,                     \
	  "syscalls,proc,proc_ids", ARGS(A(FK_S32, "int", "size"), A(FK_PTR, "gid_t*", "list")),   \
	  "set the supplementary groups")                                                          \
	S(EV_SETRESUID, 117, 147, 117, 147, 208, 208, "setresuid", LANE_VITAL,                     \
	  "syscalls,default,proc,proc_ids",                                                        \
	  ARGS(A(FK_S32, "uid_t", "ruid"), A(FK_S32, "uid_t", "euid"),                             \
	       A(FK_S32, "uid_t", "suid")),                                                        \
	  "set real, effective and saved user id")                                                 \
	S(EV_GETRESUID, 118, 148, 118, 148, 209, 209, "getresuid", LANE_BULK,                      \
	  "syscalls,proc,proc_ids",                                                                \
	  ARGS(A(FK_PTR, "uid_t*", "ruid"), A(FK_PTR, "uid_t*", "euid"),                           \
	       A(FK_PTR, "uid_t*", "suid")),                                                       \
	  "get real, effective and saved user id")                                                 \
	S(EV_SETRESGID, 119, 149, 119, 149, 210, 210, "setresgid", LANE_VITAL,                     \
	  "syscalls,default,proc,proc_ids",                                                        \
	  ARGS(A(FK_S32, "gid_t", "rgid"), A(FK_S32, "gid_t", "egid"),                             \
	       A(FK_S32, "gid_t", "sgid")),                                                        \
	  "set real, effective and saved group id")                                                \
	S(EV_GETRESGID, 120, 150, 120, 150, 211, 211, "getresgid", LANE_BULK,                      \
	  "syscalls,proc,proc_ids",                                                                \
	  ARGS(A(FK_PTR, "gid_t*", "rgid"), A(FK_PTR, "gid_t*", "egid"),                           \
	       A(FK_PTR, "gid_t*", "sgid")),                                                       \
	  "get real, effective and saved group id")                                                \
	S(EV_GETPGID, 121, 155, 121, 155, 132, 132, "getpgid", LANE_BULK,                          \
	  "syscalls,proc,proc_ids", ARGS(A(FK_S32, "pid_t", "pid")), "get a process's group")      \
	S(EV_SETFSUID, 122, 151, 122, 151, 215, 215, "setfsuid", LANE_VITAL,                       \
	  "syscalls,default,proc,proc_ids", ARGS(A(FK_S32, "uid_t", "fsuid")),                     \
	  "set the user id for file access checks")                                                \
	S(EV_SETFSGID, 123, 152, 123, 152, 216, 216, "setfsgid", LANE_VITAL,                       \
	  "syscalls,default,proc,proc_ids", ARGS(A(FK_S32, "gid_t", "fsgid")),                     \
	  "set the group id for file access checks")                                               \
	S(EV_GETSID, 124, 156, 124, 156, 147, 147, "getsid", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS(A(FK_S32, "pid_t", "pid")), "get a process's session")                              \
	S(EV_CAPGET, 125, 90, 125, 90, 184, 184, "capget", LANE_BULK, "syscalls,proc",             \
	  ARGS(A(FK_PTR, "cap_user_header_t", "hdrp"), A(FK_PTR, "cap_user_data_t", "datap")),     \
	  "get capabilities")                                                                      \
	S(EV_CAPSET, 126, 91, 126, 91, 185, 185, "capset", LANE_VITAL, "syscalls,proc",            \
	  ARGS(A(FK_PTR, "cap_user_header_t", "hdrp"),                                             \
	       A(FK_PTR, "const cap_user_data_t", "datap")),                                       \
	  "set capabilities")                                                                      \
	S(EV_RT_SIGPENDING, 127, 136, 127, 136, 176, 176, "rt_sigpending", LANE_BULK,              \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_PTR, "sigset_t*", "set"), A(FK_U64, "size_t", "sigsetsize")),                  \
	  "get the pending signals")                                                               \
	S(EV_RT_SIGTIMEDWAIT, 128, 137, 128, 137, 421, 421, "rt_sigtimedwait", LANE_BULK,          \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_PTR, "const sigset_t*", "set"), A(FK_PTR, "siginfo_t*", "info"),               \
	       A(FK_TIMESPEC, "const struct timespec*", "timeout"),                                \
	       A(FK_U64, "size_t", "sigsetsize")),                                                 \
	  "wait for queued signals, with a time limit")                                            \
	S(EV_RT_SIGQUEUEINFO, 129, 138, 129, 138, 178, 178, "rt_sigqueueinfo", LANE_BULK,          \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_S32, "pid_t", "tgid"), A(FK_S32, "int", "sig"),                                \
	       A(FK_PTR, "siginfo_t*", "info")),                                                   \
	  "queue a signal with data to a process")                                                 \
	S(EV_RT_SIGSUSPEND, 130, 133, 130, 133, 179, 179, "rt_sigsuspend", LANE_BULK,              \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_PTR, "sigset_t*", "mask"), A(FK_U64, "size_t", "sigsetsize")),                 \
	  "replace the signal mask and wait for a signal")                                         \
	S(EV_SIGALTSTACK, 131, 132, 131, 132, 186, 186, "sigaltstack", LANE_BULK,                  \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_PTR, "const stack_t*", "ss"), A(FK_PTR, "stack_t*", "old_ss")),                \
	  "set or get the alternate signal stack")                                                 \
	S(EV_UTIME, 132, 9132, 132, -1, 30, -1, "utime", LANE_BULK, "syscalls,fs,fs_file_attr",    \
	  ARGS(A(FK_STR, "const char*", "filename"), A(FK_PTR, "const struct utimbuf*", "times")), \
	  "set a file's times, in seconds")                                                        \
	S(EV_MKNOD, 133, 9133, 133, -1, 14, 14, "mknod", LANE_BULK, "syscalls,fs,fs_file_ops",     \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_U32, "mode_t", "mode"),                  \
	       A(FK_U32, "dev_t", "dev")),                                                         \
	  "make a device node, FIFO or file")                                                      \
	S(EV_USELIB, 134, 9134, 134, -1, 86, 86, "uselib", LANE_BULK, "syscalls,proc",             \
	  ARGS(A(FK_STR, "const char*", "library")), "load a shared library (obsolete)")           \
	S(EV_PERSONALITY, 135, 92, 135, 92, 136, 136, "personality", LANE_BULK, "syscalls,system", \
	  ARGS(A(FK_U64, "unsigned long", "persona")), "set the execution domain")                 \
	S(EV_USTAT, 136, 9136, 136, -1, 62, 62, "ustat", LANE_BULK, "syscalls,fs,fs_info",         \
	  ARGS(A(FK_U32, "dev_t", "dev"), A(FK_PTR, "struct ustat*", "ubuf")),                     \
	  "get figures of a mounted filesystem (obsolete)")                                        \
	S(EV_STATFS, 137, 43, 137, 43, 99, 99, "statfs", LANE_BULK, "syscalls,fs,fs_info",         \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_PTR, "struct statfs*", "buf")),              \
	  "get figures of the filesystem behind a path")                                           \
	S(EV_FSTATFS, 138, 44, 138, 44, 100, 100, "fstatfs", LANE_BULK, "syscalls,fs,fs_info",     \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct statfs*", "buf")),                        \
	  "get figures of the filesystem of an open file")                                         \
	S(EV_SYSFS, 139, 9139, 139, -1, 135, 135, "sysfs", LANE_BULK, "syscalls,fs,fs_info",       \
	  ARGS(A(FK_S32, "int", "option")), "ask about filesystem types (obsolete)")               \
	S(EV_GETPRIORITY, 140, 141, 140, 141, 96, 96, "getpriority", LANE_BULK,                    \
	  "syscalls,proc,proc_sched", ARGS(A(FK_S32, "int", "which"), A(FK_S32, "int", "who")),    \
	  "get a scheduling priority")                                                             \
	S(EV_SETPRIORITY, 141, 140, 141, 140, 97, 97, "setpriority", LANE_BULK,                    \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "int", "which"), A(FK_S32, "int", "who"), A(FK_S32, "int", "prio")),      \
	  "set a scheduling priority")                                                             \
	S(EV_SCHED_SETPARAM, 142, 118, 142, 118, 154, 154, "sched_setparam", LANE_BULK,            \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "struct sched_param*", "param")),              \
	  "set scheduling parameters")                                                             \
	S(EV_SCHED_GETPARAM, 143, 121, 143, 121, 155, 155, "sched_getparam", LANE_BULK,            \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "struct sched_param*", "param")),              \
	  "get scheduling parameters")                                                             \
	S(EV_SCHED_SETSCHEDULER, 144, 119, 144, 119, 156, 156, "sched_setscheduler", LANE_BULK,    \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_S32, "int", "policy"),                              \
	       A(FK_PTR, "struct sched_param*", "param")),                                         \
	  "set scheduling policy and parameters")                                                  \
	S(EV_SCHED_GETSCHEDULER, 145, 120, 145, 120, 157, 157, "sched_getscheduler", LANE_BULK,    \
	  "syscalls,proc,proc_sched", ARGS(A(FK_S32, "pid_t", "pid")),                             \
	  "get the scheduling policy")                                                             \
	S(EV_SCHED_GET_PRIORITY_MAX, 146, 125, 146, 125, 159, 159, "sched_get_priority_max",       \
	  LANE_BULK, "syscalls,proc,proc_sched", ARGS(A(FK_S32, "int", "policy")),                 \
	  "get a policy's highest priority")                                                       \
	S(EV_SCHED_GET_PRIORITY_MIN, 147, 126, 147, 126, 160, 160, "sched_get_priority_min",       \
	  LANE_BULK, "syscalls,proc,proc_sched", ARGS(A(FK_S32, "int", "policy")),                 \
	  "get a policy's lowest priority")                                                        \
	S(EV_SCHED_RR_GET_INTERVAL, 148, 127, 148, 127, 423, 423, "sched_rr_get_interval",         \
	  LANE_BULK, "syscalls,proc,proc_sched",                                                   \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_TIMESPEC, "struct timespec*", "tp")),               \
	  "get the round-robin time slice")                                                        \
	S(EV_MLOCK, 149, 228, 149, 228, 150, 150, "mlock", LANE_BULK, "syscalls,proc,proc_mem",    \
	  ARGS(A(FK_PTR, "const void*", "addr"), A(FK_U64, "size_t", "len")),                      \
	  "keep pages in memory")                                                                  \
	S(EV_MUNLOCK, 150, 229, 150, 229, 151, 151, "munlock", LANE_BULK,                          \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_PTR, "const void*", "addr"), A(FK_U64, "size_t", "len")),                      \
	  "let pages be swapped again")                                                            \
	S(EV_MLOCKALL, 151, 230, 151, 230, 152, 152, "mlockall", LANE_BULK,                        \
	  "syscalls,proc,proc_mem", ARGS(A(FK_S32, "int", "flags")),                               \
	  "keep the whole address space in memory")                                                \
	S(EV_MUNLOCKALL, 152, 231, 152, 231, 153, 153, "munlockall", LANE_BULK,                    \
	  "syscalls,proc,proc_mem", ARGS_NONE, "let the whole address space be swapped again")     \
	S(EV_VHANGUP, 153, 58, 153, 58, 111, 111, "vhangup", LANE_BULK, "syscalls,system",         \
	  ARGS_NONE, "hang up the controlling terminal")                                           \
	S(EV_MODIFY_LDT, 154, 9154, 154, -1, 123, -1, "modify_ldt", LANE_BULK,                     \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_S32, "int", "func"), A(FK_PTR, "void*", "ptr"),                                \
	       A(FK_U64, "unsigned long", "bytecount")),                                           \
	  "read or change the local descriptor table")                                             \
	S(EV_PIVOT_ROOT, 155, 41, 155, 41, 217, 218, "pivot_root", LANE_VITAL, "syscalls,fs",      \
	  ARGS(A(FK_STR, "const char*", "new_root"), A(FK_STR, "const char*", "put_old")),         \
	  "change the root mount")                                                                 \
	S(EV_SYSCTL, 156, 9156, 156, -1, 149, 149, "sysctl", LANE_BULK, "syscalls,system",         \
	  ARGS(A(FK_PTR, "struct __sysctl_args*", "args")),                                        \
	  "read or write kernel parameters (obsolete)")                                            \
	S(EV_PRCTL, 157, 167, 157, 167, 172, 172, "prctl", LANE_VITAL, "syscalls,proc",            \
	  ARGS(A(FK_S32, "int", "option"), A(FK_U64, "unsigned long", "arg2"),                     \
	       A(FK_U64, "unsigned long", "arg3"), A(FK_U64, "unsigned long", "arg4"),             \
	       A(FK_U64, "unsigned long", "arg5")),                                                \
	  "change or query attributes of the process")                                             \
	S(EV_ARCH_PRCTL, 158, 9158, 158, -1, 384, -1, "arch_prctl", LANE_BULK, "syscalls,proc",    \
	  ARGS(A(FK_S32, "int", "option"), A(FK_U64, "unsigned long", "addr")),                    \
	  "set architecture-specific thread state")                                                \
	S(EV_ADJTIMEX, 159, 171, 159, 171, 124, 124, "adjtimex", LANE_BULK,                        \
	  "syscalls,time,time_clock", ARGS(A(FK_PTR, "struct timex*", "buf")),                     \
	  "tune the system clock")                                                                 \
	S(EV_SETRLIMIT, 160, 164, 160, 164, 75, 75, "setrlimit", LANE_BULK, "syscalls,proc",       \
	  ARGS(A(FK_S32, "int", "resource"), A(FK_PTR, "const struct rlimit*", "rlim")),           \
	  "set a resource limit")                                                                  \
	S(EV_CHROOT, 161, 51, 161, 51, 61, 61, "chroot", LANE_VITAL, "syscalls,fs,fs_dir_ops",     \
	  ARGS(A(FK_STR, "const char*", "path")), "change the root directory")                     \
	S(EV_SYNC, 162, 81, 162, 81, 36, 36, "sync", LANE_BULK, "syscalls,fs,fs_sync", ARGS_NONE,  \
	  "write all dirty data to storage")                                                       \
	S(EV_ACCT, 163, 89, 163, 89, 51, 51, "acct", LANE_VITAL, "syscalls,system",                \
	  ARGS(A(FK_STR, "const char*", "filename")), "switch process accounting on or off")       \
	S(EV_SETTIMEOFDAY, 164, 170, 164, 170, 79, 79, "settimeofday", LANE_BULK,                  \
	  "syscalls,time,time_tod",                                                                \
	  ARGS(A(FK_PTR, "const struct timeval*", "tv"),                                           \
	       A(FK_PTR, "const struct timezone*", "tz")),                                         \
	  "set the wall clock")                                                                    \
	S(EV_MOUNT, 165, 40, 165, 40, 21, 21, "mount", LANE_VITAL, "syscalls,fs",                  \
	  ARGS(A(FK_STR, "const char*", "source"), A(FK_STR, "const char*", "target"),             \
	       A(FK_STR, "const char*", "filesystemtype"),                                         \
	       A(FK_U64, "unsigned long", "mountflags"), A(FK_PTR, "const void*", "data")),        \
	  "mount a filesystem")                                                                    \
	S(EV_UMOUNT2, 166, 39, 166, 39, 52, 52, "umount2", LANE_VITAL, "syscalls,fs",              \
	  ARGS(A(FK_STR, "const char*", "target"), A(FK_S32, "int", "flags")),                     \
	  "unmount a filesystem")                                                                  \
	S(EV_SWAPON, 167, 224, 167, 224, 87, 87, "swapon", LANE_VITAL, "syscalls,fs",              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_S32, "int", "swapflags")),                   \
	  "begin to swap to a file or device")                                                     \
	S(EV_SWAPOFF, 168, 225, 168, 225, 115, 115, "swapoff", LANE_VITAL, "syscalls,fs",          \
	  ARGS(A(FK_STR, "const char*", "path")), "stop swapping to a file or device")             \
	S(EV_REBOOT, 169, 142, 169, 142, 88, 88, "reboot", LANE_VITAL, "syscalls,system",          \
	  ARGS(A(FK_S32, "int", "magic"), A(FK_S32, "int", "magic2"), A(FK_S32, "int", "cmd"),     \
	       A(FK_PTR, "void*", "arg")),                                                         \
	  "reboot, halt, or switch Ctrl-Alt-Del")                                                  \
	S(EV_SETHOSTNAME, 170, 161, 170, 161, 74, 74, "sethostname", LANE_VITAL, "syscalls,net",   \
	  ARGS(A(FK_STR, "const char*", "name"), A(FK_U64, "size_t", "len")), "set the host name") \
	S(EV_SETDOMAINNAME, 171, 162, 171, 162, 121, 121, "setdomainname", LANE_VITAL,             \
	  "syscalls,net", ARGS(A(FK_STR, "const char*", "name"), A(FK_U64, "size_t", "len")),      \
	  "set the NIS domain name")                                                               \
	S(EV_IOPL, 172, 9172, 172, -1, 110, -1, "iopl", LANE_VITAL, "syscalls,system",             \
	  ARGS(A(FK_S32, "int", "level")), "set the I/O privilege level")                          \
	S(EV_IOPERM, 173, 9173, 173, -1, 101, -1, "ioperm", LANE_VITAL, "syscalls,system",         \
	  ARGS(A(FK_U64, "unsigned long", "from"), A(FK_U64, "unsigned long", "num"),              \
	       A(FK_S32, "int", "turn_on")),                                                       \
	  "allow or deny access to I/O ports")                                                     \
	S(EV_CREATE_MODULE, 174, 9174, 174, -1, 127, -1, "create_module", LANE_VITAL,              \
	  "syscalls,system,system_module", ARGS_NONE,                                              \
	  "make a loadable module entry (removed in 2.6)")                                         \
	S(EV_INIT_MODULE, 175, 105, 175, 105, 128, 128, "init_module", LANE_VITAL,                 \
	  "syscalls,default,system,system_module",                                                 \
	  ARGS(A(FK_PTR, "void*", "module_image"), A(FK_U64, "unsigned long", "len"),              \
	       A(FK_STR, "const char*", "param_values")),                                          \
	  "load a kernel module from memory")                                                      \
	S(EV_DELETE_MODULE, 176, 106, 176, 106, 129, 129, "delete_module", LANE_VITAL,             \
	  "syscalls,system,system_module",                                                         \
	  ARGS(A(FK_STR, "const char*", "name"), A(FK_S32, "int", "flags")),                       \
	  "unload a kernel module")                                                                \
	S(EV_GET_KERNEL_SYMS, 177, 9177, 177, -1, 130, -1, "get_kernel_syms", LANE_BULK,           \
	  "syscalls,system,system_module", ARGS_NONE,                                              \
	  "get kernel and module symbols (removed in 2.6)")                                        \
	S(EV_QUERY_MODULE, 178, 9178, 178, -1, 167, -1, "query_module", LANE_BULK,                 \
	  "syscalls,system,system_module", ARGS_NONE, "ask about modules (removed in 2.6)")        \
	S(EV_QUOTACTL, 179, 60, 179, 60, 131, 131, "quotactl", LANE_VITAL, "syscalls,system",      \
	  ARGS(A(FK_S32, "int", "cmd"), A(FK_STR, "const char*", "special"),                       \
	       A(FK_S32, "int", "id"), A(FK_PTR, "void*", "addr")),                                \
	  "manage disk quotas")                                                                    \
	S(EV_NFSSERVCTL, 180, 42, 180, 42, 169, 169, "nfsservctl", LANE_BULK, "syscalls,fs",       \
	  ARGS_NONE, "control the kernel NFS server (removed in 3.1)")                             \
	S(EV_GETPMSG, 181, 9181, 181, -1, 188, -1, "getpmsg", LANE_BULK, "syscalls", ARGS_NONE,    \
	  "STREAMS receive (never implemented)")                                                   \
	S(EV_PUTPMSG, 182, 9182, 182, -1, 189, -1, "putpmsg", LANE_BULK, "syscalls", ARGS_NONE,    \
	  "STREAMS send (never implemented)")                                                      \
	S(EV_AFS, 183, 9183, 183, -1, -1, -1, "afs", LANE_BULK, "syscalls", ARGS_NONE,             \
	  "Andrew filesystem call (never implemented)")                                            \
	S(EV_TUXCALL, 184, 9184, 184, -1, -1, -1, "tuxcall", LANE_BULK, "syscalls", ARGS_NONE,     \
	  "TUX web server call (never implemented)")                                               \
	S(EV_SECURITY, 185, 9185, 185, -1, -1, -1, "security", LANE_BULK, "syscalls", ARGS_NONE,   \
	  "security module call (never implemented)")                                              \
	S(EV_GETTID, 186, 178, 186, 178, 224, 224, "gettid", LANE_BULK, "syscalls,proc,proc_ids",  \
	  ARGS_NONE, "get the thread id")                                                          \
	S(EV_READAHEAD, 187, 213, 187, 213, 225, 225, "readahead", LANE_BULK, "syscalls,fs",       \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "offset"),                               \
	       A(FK_U64, "size_t", "count")),                                                      \
	  "read file data into the page cache")                                                    \
	S(EV_SETXATTR, 188, 5, 188, 5, 226, 226, "setxattr", LANE_BULK,                            \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name"),                 \
	       A(FK_PTR, "const void*", "value"), A(FK_U64, "size_t", "size"),                     \
	       A(FK_S32, "int", "flags")),                                                         \
	  "set an extended attribute by path")                                                     \
	S(EV_LSETXATTR, 189, 6, 189, 6, 227, 227, "lsetxattr", LANE_BULK,                          \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name"),                 \
	       A(FK_PTR, "const void*", "value"), A(FK_U64, "size_t", "size"),                     \
	       A(FK_S32, "int", "flags")),                                                         \
	  "set an extended attribute, of a symlink itself")                                        \
	S(EV_FSETXATTR, 190, 7, 190, 7, 228, 228, "fsetxattr", LANE_BULK,                          \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "name"),                           \
	       A(FK_PTR, "const void*", "value"), A(FK_U64, "size_t", "size"),                     \
	       A(FK_S32, "int", "flags")),                                                         \
	  "set an extended attribute of an open file")                                             \
	S(EV_GETXATTR, 191, 8, 191, 8, 229, 229, "getxattr", LANE_BULK,                            \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name"),                 \
	       A(FK_PTR, "void*", "value"), A(FK_U64, "size_t", "size")),                          \
	  "get an extended attribute by path")                                                     \
	S(EV_LGETXATTR, 192, 9, 192, 9, 230, 230, "lgetxattr", LANE_BULK,                          \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name"),                 \
	       A(FK_PTR, "void*", "value"), A(FK_U64, "size_t", "size")),                          \
	  "get an extended attribute, of a symlink itself")                                        \
	S(EV_FGETXATTR, 193, 10, 193, 10, 231, 231, "fgetxattr", LANE_BULK,                        \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "name"),                           \
	       A(FK_PTR, "void*", "value"), A(FK_U64, "size_t", "size")),                          \
	  "get an extended attribute of an open file")                                             \
	S(EV_LISTXATTR, 194, 11, 194, 11, 232, 232, "listxattr", LANE_BULK,                        \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "char*", "list"),                       \
	       A(FK_U64, "size_t", "size")),                                                       \
	  "list extended attributes by path")                                                      \
	S(EV_LLISTXATTR, 195, 12, 195, 12, 233, 233, "llistxattr", LANE_BULK,                      \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "char*", "list"),                       \
	       A(FK_U64, "size_t", "size")),                                                       \
	  "list extended attributes, of a symlink itself")                                         \
	S(EV_FLISTXATTR, 196, 13, 196, 13, 234, 234, "flistxattr", LANE_BULK,                      \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "char*", "list"), A(FK_U64, "size_t", "size")),   \
	  "list extended attributes of an open file")                                              \
	S(EV_REMOVEXATTR, 197, 14, 197, 14, 235, 235, "removexattr", LANE_BULK,                    \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name")),                \
	  "remove an extended attribute by path")                                                  \
	S(EV_LREMOVEXATTR, 198, 15, 198, 15, 236, 236, "lremovexattr", LANE_BULK,                  \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_STR, "const char*", "name")),                \
	  "remove an extended attribute, of a symlink itself")                                     \
	S(EV_FREMOVEXATTR, 199, 16, 199, 16, 237, 237, "fremovexattr", LANE_BULK,                  \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "name")),                          \
	  "remove an extended attribute of an open file")                                          \
	S(EV_TKILL, 200, 130, 200, 130, 238, 238, "tkill", LANE_BULK, "syscalls,signals",          \
	  ARGS(A(FK_S32, "int", "tid"), A(FK_S32, "int", "sig")),                                  \
	  "send a signal to a thread (obsolete)")                                                  \
	S(EV_TIME, 201, 9201, 201, -1, 13, -1, "time", LANE_BULK, "syscalls,time,time_tod",        \
	  ARGS(A(FK_PTR, "time_t*", "tloc")), "get the wall clock in seconds")                     \
	S(EV_FUTEX, 202, 98, 202, 98, 422, 422, "futex", LANE_BULK, "syscalls,ipc,ipc_futex",      \
	  ARGS(A(FK_PTR, "int*", "uaddr"), A(FK_S32, "int", "futex_op"), A(FK_S32, "int", "val"),  \
	       A(FK_TIMESPEC, "const struct timespec*", "timeout"), A(FK_PTR, "int*", "uaddr2"),   \
	       A(FK_S32, "int", "val3")),                                                          \
	  "wait on or wake up a user-space lock")                                                  \
	S(EV_SCHED_SETAFFINITY, 203, 122, 203, 122, 241, 241, "sched_setaffinity", LANE_BULK,      \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_U64, "size_t", "cpusetsize"),                       \
	       A(FK_PTR, "unsigned long*", "mask")),                                               \
	  "set the CPUs a thread may run on")                                                      \
	S(EV_SCHED_GETAFFINITY, 204, 123, 204, 123, 242, 242, "sched_getaffinity", LANE_BULK,      \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_U64, "size_t", "cpusetsize"),                       \
	       A(FK_PTR, "unsigned long*", "mask")),                                               \
	  "get the CPUs a thread may run on")                                                      \
	S(EV_SET_THREAD_AREA, 205, 9205, 205, -1, 243, -1, "set_thread_area", LANE_BULK,           \
	  "syscalls,proc", ARGS(A(FK_PTR, "struct user_desc*", "u_info")),                         \
	  "set a thread-local storage descriptor")                                                 \
	S(EV_IO_SETUP, 206, 0, 206, 0, 245, 243, "io_setup", LANE_BULK, "syscalls,fs,fs_async_io", \
	  ARGS(A(FK_U32, "unsigned int", "nr_events"), A(FK_PTR, "io_context_t*", "ctx_idp")),     \
	  "make an asynchronous I/O context")                                                      \
	S(EV_IO_DESTROY, 207, 1, 207, 1, 246, 244, "io_destroy", LANE_BULK,                        \
	  "syscalls,fs,fs_async_io", ARGS(A(FK_PTR, "io_context_t", "ctx_id")),                    \
	  "destroy an asynchronous I/O context")                                                   \
	S(EV_IO_GETEVENTS, 208, 4, 208, 4, 247, 245, "io_getevents", LANE_BULK,                    \
	  "syscalls,fs,fs_async_io",                                                               \
	  ARGS(A(FK_PTR, "io_context_t", "ctx_id"), A(FK_S64, "long", "min_nr"),                   \
	       A(FK_S64, "long", "nr"), A(FK_PTR, "struct io_event*", "events"),                   \
	       A(FK_TIMESPEC, "struct timespec*", "timeout")),                                     \
	  "read completions of asynchronous I/O")                                                  \
	S(EV_IO_SUBMIT, 209, 2, 209, 2, 248, 246, "io_submit", LANE_BULK,                          \
	  "syscalls,fs,fs_async_io",                                                               \
	  ARGS(A(FK_PTR, "io_context_t", "ctx_id"), A(FK_S64, "long", "nr"),                       \
	       A(FK_PTR, "struct iocb**", "iocbpp")),                                              \
	  "submit asynchronous I/O")                                                               \
	S(EV_IO_CANCEL, 210, 3, 210, 3, 249, 247, "io_cancel", LANE_BULK,                          \
	  "syscalls,fs,fs_async_io",                                                               \
	  ARGS(A(FK_PTR, "io_context_t", "ctx_id"), A(FK_PTR, "struct iocb*", "iocb"),             \
	       A(FK_PTR, "struct io_event*", "result")),                                           \
	  "cancel asynchronous I/O")                                                               \
	S(EV_GET_THREAD_AREA, 211, 9211, 211, -1, 244, -1, "get_thread_area", LANE_BULK,           \
	  "syscalls,proc", ARGS(A(FK_PTR, "struct user_desc*", "u_info")),                         \
	  "get a thread-local storage descriptor")                                                 \
	S(EV_LOOKUP_DCOOKIE, 212, 18, 212, 18, 253, 249, "lookup_dcookie", LANE_BULK,              \
	  "syscalls,fs,fs_dir_ops",                                                                \
	  ARGS(A(FK_U64, "u64", "cookie"), A(FK_STR, "char*", "buffer"),                           \
	       A(FK_U64, "size_t", "len")),                                                        \
	  "get the path behind a profiler's cookie (removed in 6.7)")                              \
	S(EV_EPOLL_CREATE, 213, 9213, 213, -1, 254, 250, "epoll_create", LANE_BULK,                \
	  "syscalls,fs,fs_mux_io", ARGS(A(FK_S32, "int", "size")), "make an epoll instance")       \
	S(EV_EPOLL_CTL_OLD, 214, 9214, 214, -1, -1, -1, "epoll_ctl_old", LANE_BULK,                \
	  "syscalls,fs,fs_mux_io", ARGS_NONE, "early form of epoll_ctl (never implemented)")       \
	S(EV_EPOLL_WAIT_OLD, 215, 9215, 215, -1, -1, -1, "epoll_wait_old", LANE_BULK,              \
	  "syscalls,fs,fs_mux_io", ARGS_NONE, "early form of epoll_wait (never implemented)")      \
	S(EV_REMAP_FILE_PAGES, 216, 234, 216, 234, 257, 253, "remap_file_pages", LANE_BULK,        \
	  "syscalls",                                                                              \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "size"), A(FK_S32, "int", "prot"),  \
	       A(FK_U64, "size_t", "pgoff"), A(FK_S32, "int", "flags")),                           \
	  "rearrange the pages of a file mapping (obsolete)")                                      \
	S(EV_GETDENTS64, 217, 61, 217, 61, 220, 217, "getdents64", LANE_BULK,                      \
	  "syscalls,fs,fs_dir_ops",                                                                \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_PTR, "struct linux_dirent64*", "dirp"),       \
	       A(FK_U32, "unsigned int", "count")),                                                \
	  "read directory entries")                                                                \
	S(EV_SET_TID_ADDRESS, 218, 96, 218, 96, 258, 256, "set_tid_address", LANE_BULK,            \
	  "syscalls,proc", ARGS(A(FK_PTR, "int*", "tidptr")),                                      \
	  "set the word to clear when the thread exits")                                           \
	S(EV_RESTART_SYSCALL, 219, 128, 219, 128, 0, 0, "restart_syscall", LANE_BULK,              \
	  "syscalls,signals", ARGS_NONE, "resume a call that a signal interrupted")                \
	S(EV_SEMTIMEDOP, 220, 192, 220, 192, 420, 420, "semtimedop", LANE_BULK,                    \
	  "syscalls,ipc,ipc_sem",                                                                  \
	  ARGS(A(FK_S32, "int", "semid"), A(FK_PTR, "struct sembuf*", "sops"),                     \
	       A(FK_U64, "size_t", "nsops"), A(FK_TIMESPEC, "const struct timespec*", "timeout")), \
	  "operate on System V semaphores, with a time limit")                                     \
	S(EV_FADVISE64, 221, 223, 221, 223, 250, -1, "fadvise64", LANE_BULK, "syscalls,fs",        \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "offset"), A(FK_U64, "size_t", "len"),   \
	       A(FK_S32, "int", "advice")),                                                        \
	  "declare how file data will be accessed")                                                \
	S(EV_TIMER_CREATE, 222, 107, 222, 107, 259, 257, "timer_create", LANE_BULK,                \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clockid"), A(FK_PTR, "struct sigevent*", "sevp"),     \
	       A(FK_PTR, "timer_t*", "timer_id")),                                                 \
	  "make a per-process timer")                                                              \
	S(EV_TIMER_SETTIME, 223, 110, 223, 110, 409, 409, "timer_settime", LANE_BULK,              \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "timer_t", "timer_id"), A(FK_S32, "int", "flags"),                        \
	       A(FK_PTR, "const struct itimerspec*", "new_value"),                                 \
	       A(FK_PTR, "struct itimerspec*", "old_value")),                                      \
	  "arm or disarm a per-process timer")                                                     \
	S(EV_TIMER_GETTIME, 224, 108, 224, 108, 408, 408, "timer_gettime", LANE_BULK,              \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "timer_t", "timer_id"), A(FK_PTR, "struct itimerspec*", "curr_value")),   \
	  "query a per-process timer")                                                             \
	S(EV_TIMER_GETOVERRUN, 225, 109, 225, 109, 262, 260, "timer_getoverrun", LANE_BULK,        \
	  "syscalls,time,time_timer", ARGS(A(FK_S32, "timer_t", "timer_id")),                      \
	  "get how often a timer overran")                                                         \
	S(EV_TIMER_DELETE, 226, 111, 226, 111, 263, 261, "timer_delete", LANE_BULK,                \
	  "syscalls,time,time_timer", ARGS(A(FK_S32, "timer_t", "timer_id")),                      \
	  "delete a per-process timer")                                                            \
	S(EV_CLOCK_SETTIME, 227, 112, 227, 112, 404, 404, "clock_settime", LANE_BULK,              \
	  "syscalls,time,time_clock",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clockid"),                                            \
	       A(FK_TIMESPEC, "const struct timespec*", "tp")),                                    \
	  "set a clock")                                                                           \
	S(EV_CLOCK_GETTIME, 228, 113, 228, 113, 403, 403, "clock_gettime", LANE_BULK,              \
	  "syscalls,time,time_clock",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clockid"), A(FK_TIMESPEC, "struct timespec*", "tp")), \
	  "read a clock")                                                                          \
	S(EV_CLOCK_GETRES, 229, 114, 229, 114, 406, 406, "clock_getres", LANE_BULK,                \
	  "syscalls,time,time_clock",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clockid"),                                            \
	       A(FK_TIMESPEC, "struct timespec*", "res")),                                         \
	  "get the resolution of a clock")                                                         \
	S(EV_CLOCK_NANOSLEEP, 230, 115, 230, 115, 407, 407, "clock_nanosleep", LANE_BULK,          \
	  "syscalls,time,time_clock",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clockid"), A(FK_S32, "int", "flags"),                 \
	       A(FK_TIMESPEC, "const struct timespec*", "request"),                                \
	       A(FK_TIMESPEC, "struct timespec*", "remain")),                                      \
	  "sleep on a given clock")                                                                \
	S(EV_EXIT_GROUP, 231, 94, 231, 94, 252, 248, "exit_group", LANE_VITAL,                     \
	  "syscalls,proc,proc_life", ARGS(A(FK_S32, "int", "status")),                             \
	  "end all threads of the process")                                                        \
	S(EV_EPOLL_WAIT, 232, 9232, 232, -1, 256, 252, "epoll_wait", LANE_BULK,                    \
	  "syscalls,fs,fs_mux_io",                                                                 \
	  ARGS(A(FK_S32, "int", "epfd"), A(FK_PTR, "struct epoll_event*", "events"),               \
	       A(FK_S32, "int", "maxevents"), A(FK_S32, "int", "timeout")),                        \
	  "wait for events of an epoll instance")                                                  \
	S(EV_EPOLL_CTL, 233, 21, 233, 21, 255, 251, "epoll_ctl", LANE_BULK,                        \
	  "syscalls,fs,fs_mux_io",                                                                 \
	  ARGS(A(FK_S32, "int", "epfd"), A(FK_S32, "int", "op"), A(FK_S32, "int", "fd"),           \
	       A(FK_PTR, "struct epoll_event*", "event")),                                         \
	  "change what an epoll instance watches")                                                 \
	S(EV_TGKILL, 234, 131, 234, 131, 270, 268, "tgkill", LANE_BULK, "syscalls,signals",        \
	  ARGS(A(FK_S32, "int", "tgid"), A(FK_S32, "int", "tid"), A(FK_S32, "int", "sig")),        \
	  "send a signal to a thread of a process")                                                \
	S(EV_UTIMES, 235, 9235, 235, -1, 271, 269, "utimes", LANE_BULK,                            \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_STR, "char*", "filename"), A(FK_PTR, "struct timeval*", "times")),             \
	  "set a file's times, in microseconds")                                                   \
	S(EV_VSERVER, 236, 9236, 236, -1, 273, 313, "vserver", LANE_BULK, "syscalls", ARGS_NONE,   \
	  "virtual server call (never implemented)")                                               \
	S(EV_MBIND, 237, 235, 237, 235, 274, 319, "mbind", LANE_BULK,                              \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "unsigned long", "len"),                      \
	       A(FK_S32, "int", "mode"), A(FK_PTR, "const unsigned long*", "nodemask"),            \
	       A(FK_U64, "unsigned long", "maxnode"), A(FK_U32, "unsigned int", "flags")),         \
	  "set the NUMA policy of a memory range")                                                 \
	S(EV_SET_MEMPOLICY, 238, 237, 238, 237, 276, 321, "set_mempolicy", LANE_BULK,              \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_S32, "int", "mode"), A(FK_PTR, "const unsigned long*", "nodemask"),            \
	       A(FK_U64, "unsigned long", "maxnode")),                                             \
	  "set the thread's NUMA policy")                                                          \
	S(EV_GET_MEMPOLICY, 239, 236, 239, 236, 275, 320, "get_mempolicy", LANE_BULK,              \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_PTR, "int*", "mode"), A(FK_PTR, "unsigned long*", "nodemask"),                 \
	       A(FK_U64, "unsigned long", "maxnode"), A(FK_PTR, "void*", "addr"),                  \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "get a NUMA policy")                                                                     \
	S(EV_MQ_OPEN, 240, 180, 240, 180, 277, 274, "mq_open", LANE_BULK, "syscalls,ipc,ipc_msgq", \
	  ARGS(A(FK_STR, "const char*", "name"), A(FK_S32, "int", "oflag"),                        \
	       A(FK_U32, "mode_t", "mode"), A(FK_PTR, "struct mq_attr*", "attr")),                 \
	  "open or create a POSIX message queue")                                                  \
	S(EV_MQ_UNLINK, 241, 181, 241, 181, 278, 275, "mq_unlink", LANE_BULK,                      \
	  "syscalls,ipc,ipc_msgq", ARGS(A(FK_STR, "const char*", "name")),                         \
	  "remove a POSIX message queue")                                                          \
	S(EV_MQ_TIMEDSEND, 242, 182, 242, 182, 418, 418, "mq_timedsend", LANE_BULK,                \
	  "syscalls,ipc,ipc_msgq",                                                                 \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_STR, "const char*", "msg_ptr"),                   \
	       A(FK_U64, "size_t", "msg_len"), A(FK_U32, "unsigned int", "msg_prio"),              \
	       A(FK_TIMESPEC, "const struct timespec*", "abs_timeout")),                           \
	  "send to a POSIX message queue")                                                         \
	S(EV_MQ_TIMEDRECEIVE, 243, 183, 243, 183, 419, 419, "mq_timedreceive", LANE_BULK,          \
	  "syscalls,ipc,ipc_msgq",                                                                 \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_STR, "char*", "msg_ptr"),                         \
	       A(FK_U64, "size_t", "msg_len"), A(FK_PTR, "unsigned int*", "msg_prio"),             \
	       A(FK_TIMESPEC, "const struct timespec*", "abs_timeout")),                           \
	  "receive from a POSIX message queue")                                                    \
	S(EV_MQ_NOTIFY, 244, 184, 244, 184, 281, 278, "mq_notify", LANE_BULK,                      \
	  "syscalls,ipc,ipc_msgq",                                                                 \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_PTR, "const struct sigevent*", "sevp")),          \
	  "ask to be told when a message arrives")                                                 \
	S(EV_MQ_GETSETATTR, 245, 185, 245, 185, 282, 279, "mq_getsetattr", LANE_BULK,              \
	  "syscalls,ipc,ipc_msgq",                                                                 \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_PTR, "const struct mq_attr*", "newattr"),         \
	       A(FK_PTR, "struct mq_attr*", "oldattr")),                                           \
	  "get or set attributes of a message queue")                                              \
	S(EV_KEXEC_LOAD, 246, 104, 246, 104, 283, 347, "kexec_load", LANE_VITAL,                   \
	  "syscalls,system",                                                                       \
	  ARGS(A(FK_U64, "unsigned long", "entry"), A(FK_U64, "unsigned long", "nr_segments"),     \
	       A(FK_PTR, "struct kexec_segment*", "segments"),                                     \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "load a kernel to boot into, from memory")                                               \
	S(EV_WAITID, 247, 95, 247, 95, 284, 280, "waitid", LANE_BULK, "syscalls,proc,proc_life",   \
	  ARGS(A(FK_S32, "int", "idtype"), A(FK_S32, "pid_t", "id"),                               \
	       A(FK_PTR, "struct siginfo*", "infop"), A(FK_S32, "int", "options"),                 \
	       A(FK_PTR, "struct rusage*", "rusage")),                                             \
	  "wait for a child to change state")                                                      \
	S(EV_ADD_KEY, 248, 217, 248, 217, 286, 309, "add_key", LANE_VITAL,                         \
	  "syscalls,system,system_keys",                                                           \
	  ARGS(A(FK_STR, "const char*", "type"), A(FK_STR, "const char*", "description"),          \
	       A(FK_PTR, "const void*", "payload"), A(FK_U64, "size_t", "plen"),                   \
	       A(FK_S32, "key_serial_t", "keyring")),                                              \
	  "add a key to a kernel keyring")                                                         \
	S(EV_REQUEST_KEY, 249, 218, 249, 218, 287, 310, "request_key", LANE_VITAL,                 \
	  "syscalls,system,system_keys",                                                           \
	  ARGS(A(FK_STR, "const char*", "type"), A(FK_STR, "const char*", "description"),          \
	       A(FK_STR, "const char*", "callout_info"),                                           \
	       A(FK_S32, "key_serial_t", "dest_keyring")),                                         \
	  "find a key, or have one made")                                                          \
	S(EV_KEYCTL, 250, 219, 250, 219, 288, 311, "keyctl", LANE_VITAL,                           \
	  "syscalls,system,system_keys",                                                           \
	  ARGS(A(FK_S32, "int", "operation"), A(FK_U64, "unsigned long", "arg2"),                  \
	       A(FK_U64, "unsigned long", "arg3"), A(FK_U64, "unsigned long", "arg4"),             \
	       A(FK_U64, "unsigned long", "arg5")),                                                \
	  "operate on kernel keys and keyrings")                                                   \
	S(EV_IOPRIO_SET, 251, 30, 251, 30, 289, 314, "ioprio_set", LANE_BULK,                      \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "int", "which"), A(FK_S32, "int", "who"), A(FK_S32, "int", "ioprio")),    \
	  "set an I/O priority")                                                                   \
	S(EV_IOPRIO_GET, 252, 31, 252, 31, 290, 315, "ioprio_get", LANE_BULK,                      \
	  "syscalls,proc,proc_sched", ARGS(A(FK_S32, "int", "which"), A(FK_S32, "int", "who")),    \
	  "get an I/O priority")                                                                   \
	S(EV_INOTIFY_INIT, 253, 9253, 253, -1, 291, 316, "inotify_init", LANE_BULK,                \
	  "syscalls,fs,fs_monitor", ARGS_NONE, "make an inotify instance")                         \
	S(EV_INOTIFY_ADD_WATCH, 254, 27, 254, 27, 292, 317, "inotify_add_watch", LANE_BULK,        \
	  "syscalls,fs,fs_monitor",                                                                \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "pathname"),                       \
	       A(FK_U32, "u32", "mask")),                                                          \
	  "watch a path with inotify")                                                             \
	S(EV_INOTIFY_RM_WATCH, 255, 28, 255, 28, 293, 318, "inotify_rm_watch", LANE_BULK,          \
	  "syscalls,fs,fs_monitor", ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "wd")),          \
	  "stop watching a path with inotify")                                                     \
	S(EV_MIGRATE_PAGES, 256, 238, 256, 238, 294, 400, "migrate_pages", LANE_BULK,              \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_S32, "int", "pid"), A(FK_U64, "unsigned long", "maxnode"),                     \
	       A(FK_PTR, "const unsigned long*", "old_nodes"),                                     \
	       A(FK_PTR, "const unsigned long*", "new_nodes")),                                    \
	  "move a process's pages to other NUMA nodes")                                            \
	S(EV_OPENAT, 257, 56, 257, 56, 295, 322, "openat", LANE_BULK, "syscalls,fs,fs_file_ops",   \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_S32, "int", "flags"), A(FK_U32, "mode_t", "mode")),                            \
	  "open or create a file relative to a directory")                                         \
	S(EV_MKDIRAT, 258, 34, 258, 34, 296, 323, "mkdirat", LANE_BULK, "syscalls,fs,fs_dir_ops",  \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_U32, "mode_t", "mode")),                                                       \
	  "make a directory relative to a directory")                                              \
	S(EV_MKNODAT, 259, 33, 259, 33, 297, 324, "mknodat", LANE_BULK, "syscalls,fs,fs_file_ops", \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_U32, "mode_t", "mode"), A(FK_U32, "dev_t", "dev")),                            \
	  "make a device node relative to a directory")                                            \
	S(EV_FCHOWNAT, 260, 54, 260, 54, 298, 325, "fchownat", LANE_BULK,                          \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_S32, "uid_t", "owner"), A(FK_S32, "gid_t", "group"),                           \
	       A(FK_S32, "int", "flags")),                                                         \
	  "change an owner relative to a directory")                                               \
	S(EV_FUTIMESAT, 261, 9261, 261, -1, 299, 326, "futimesat", LANE_BULK,                      \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_PTR, "struct timeval*", "times")),                                             \
	  "set times relative to a directory (obsolete)")                                          \
	S(EV_NEWFSTATAT, 262, 79, 262, 79, 300, 327, "newfstatat", LANE_BULK,                      \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_PTR, "struct stat*", "statbuf"), A(FK_S32, "int", "flags")),                   \
	  "get metadata relative to a directory")                                                  \
	S(EV_UNLINKAT, 263, 35, 263, 35, 301, 328, "unlinkat", LANE_BULK,                          \
	  "syscalls,fs,fs_link_ops",                                                               \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_S32, "int", "flags")),                                                         \
	  "remove a name relative to a directory")                                                 \
	S(EV_RENAMEAT, 264, 38, 264, 38, 302, 329, "renameat", LANE_BULK,                          \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "olddirfd"), A(FK_STR, "const char*", "oldpath"),                  \
	       A(FK_S32, "int", "newdirfd"), A(FK_STR, "const char*", "newpath")),                 \
	  "rename a file relative to directories")                                                 \
	S(EV_LINKAT, 265, 37, 265, 37, 303, 330, "linkat", LANE_BULK, "syscalls,fs,fs_link_ops",   \
	  ARGS(A(FK_S32, "int", "olddirfd"), A(FK_STR, "const char*", "oldpath"),                  \
	       A(FK_S32, "int", "newdirfd"), A(FK_STR, "const char*", "newpath"),                  \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "make a hard link relative to directories")                                              \
	S(EV_SYMLINKAT, 266, 36, 266, 36, 304, 331, "symlinkat", LANE_BULK,                        \
	  "syscalls,fs,fs_link_ops",                                                               \
	  ARGS(A(FK_STR, "const char*", "target"), A(FK_S32, "int", "newdirfd"),                   \
	       A(FK_STR, "const char*", "linkpath")),                                              \
	  "make a symbolic link relative to a directory")                                          \
	S(EV_READLINKAT, 267, 78, 267, 78, 305, 332, "readlinkat", LANE_BULK,                      \
	  "syscalls,fs,fs_link_ops",                                                               \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_STR, "char*", "buf"), A(FK_S32, "int", "bufsiz")),                             \
	  "read a link's target relative to a directory")                                          \
	S(EV_FCHMODAT, 268, 53, 268, 53, 306, 333, "fchmodat", LANE_BULK,                          \
	  "syscalls,default,fs,fs_file_attr",                                                      \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_U32, "mode_t", "mode"), A(FK_S32, "int", "flags")),                            \
	  "change a mode relative to a directory")                                                 \
	S(EV_FACCESSAT, 269, 48, 269, 48, 307, 334, "faccessat", LANE_BULK,                        \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_S32, "int", "mode"), A(FK_S32, "int", "flags")),                               \
	  "check permission relative to a directory")                                              \
	S(EV_PSELECT6, 270, 72, 270, 72, 413, 413, "pselect6", LANE_BULK, "syscalls,fs,fs_mux_io", \
	  ARGS(A(FK_S32, "int", "nfds"), A(FK_PTR, "fd_set*", "readfds"),                          \
	       A(FK_PTR, "fd_set*", "writefds"), A(FK_PTR, "fd_set*", "exceptfds"),                \
	       A(FK_TIMESPEC, "struct timespec*", "timeout"), A(FK_PTR, "void*", "sigmask")),      \
	  "wait for descriptors with a temporary signal mask")                                     \
	S(EV_PPOLL, 271, 73, 271, 73, 414, 414, "ppoll", LANE_BULK, "syscalls,fs,fs_mux_io",       \
	  ARGS(A(FK_PTR, "struct pollfd*", "fds"), A(FK_U32, "unsigned int", "nfds"),              \
	       A(FK_TIMESPEC, "struct timespec*", "tmo_p"),                                        \
	       A(FK_PTR, "const sigset_t*", "sigmask"), A(FK_U64, "size_t", "sigsetsize")),        \
	  "poll descriptors with a temporary signal mask")                                         \
	S(EV_UNSHARE, 272, 97, 272, 97, 310, 337, "unshare", LANE_VITAL, "syscalls,proc",          \
	  ARGS(A(FK_S32, "int", "flags")), "leave shared namespaces or other shared state")        \
	S(EV_SET_ROBUST_LIST, 273, 99, 273, 99, 311, 338, "set_robust_list", LANE_BULK,            \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_PTR, "struct robust_list_head*", "head"), A(FK_U64, "size_t", "len")),         \
	  "register the list of robust futexes")                                                   \
	S(EV_GET_ROBUST_LIST, 274, 100, 274, 100, 312, 339, "get_robust_list", LANE_BULK,          \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_S32, "int", "pid"), A(FK_PTR, "struct robust_list_head**", "head_ptr"),        \
	       A(FK_PTR, "size_t*", "len_ptr")),                                                   \
	  "get a thread's list of robust futexes")                                                 \
	S(EV_SPLICE, 275, 76, 275, 76, 313, 340, "splice", LANE_BULK, "syscalls,ipc,ipc_pipe",     \
	  ARGS(A(FK_S32, "int", "fd_in"), A(FK_PTR, "off_t*", "off_in"),                           \
	       A(FK_S32, "int", "fd_out"), A(FK_PTR, "off_t*", "off_out"),                         \
	       A(FK_U64, "size_t", "len"), A(FK_U32, "unsigned int", "flags")),                    \
	  "move data to or from a pipe inside the kernel")                                         \
	S(EV_TEE, 276, 77, 276, 77, 315, 342, "tee", LANE_BULK, "syscalls,ipc,ipc_pipe",           \
	  ARGS(A(FK_S32, "int", "fd_in"), A(FK_S32, "int", "fd_out"), A(FK_U64, "size_t", "len"),  \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "duplicate what is in a pipe")                                                           \
	S(EV_SYNC_FILE_RANGE, 277, 84, 277, 84, 314, 341, "sync_file_range", LANE_BULK,            \
	  "syscalls,fs,fs_sync",                                                                   \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "offset"), A(FK_U64, "off_t", "nbytes"), \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "write a part of a file to storage")                                                     \
	S(EV_VMSPLICE, 278, 75, 278, 75, 316, 343, "vmsplice", LANE_BULK, "syscalls,ipc,ipc_pipe", \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_U64, "unsigned long", "nr_segs"), A(FK_U32, "unsigned int", "flags")),         \
	  "map user pages into a pipe")                                                            \
	S(EV_MOVE_PAGES, 279, 239, 279, 239, 317, 344, "move_pages", LANE_BULK,                    \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_S32, "int", "pid"), A(FK_U64, "unsigned long", "count"),                       \
	       A(FK_PTR, "const void**", "pages"), A(FK_PTR, "const int*", "nodes"),               \
	       A(FK_PTR, "int*", "status"), A(FK_S32, "int", "flags")),                            \
	  "move single pages to other NUMA nodes")                                                 \
	S(EV_UTIMENSAT, 280, 88, 280, 88, 412, 412, "utimensat", LANE_BULK,                        \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_TIMESPEC, "struct timespec*", "times"), A(FK_S32, "int", "flags")),            \
	  "set times in nanoseconds, relative to a directory")                                     \
	S(EV_EPOLL_PWAIT, 281, 22, 281, 22, 319, 346, "epoll_pwait", LANE_BULK,                    \
	  "syscalls,fs,fs_mux_io",                                                                 \
	  ARGS(A(FK_S32, "int", "epfd"), A(FK_PTR, "struct epoll_event*", "events"),               \
	       A(FK_S32, "int", "maxevents"), A(FK_S32, "int", "timeout"),                         \
	       A(FK_PTR, "const sigset_t*", "sigmask"), A(FK_U64, "size_t", "sigsetsize")),        \
	  "wait for epoll events with a temporary signal mask")                                    \
	S(EV_SIGNALFD, 282, 9282, 282, -1, 321, 349, "signalfd", LANE_BULK, "syscalls,signals",    \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "sigset_t*", "mask"), A(FK_S32, "int", "flags")), \
	  "make a descriptor that receives signals")                                               \
	S(EV_TIMERFD_CREATE, 283, 85, 283, 85, 322, 350, "timerfd_create", LANE_BULK,              \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "int", "clockid"), A(FK_S32, "int", "flags")),                            \
	  "make a timer that is a descriptor")                                                     \
	S(EV_EVENTFD, 284, 9284, 284, -1, 323, 351, "eventfd", LANE_BULK, "syscalls,signals",      \
	  ARGS(A(FK_U32, "unsigned int", "initval"), A(FK_S32, "int", "flags")),                   \
	  "make a descriptor that counts events")                                                  \
	S(EV_FALLOCATE, 285, 47, 285, 47, 324, 352, "fallocate", LANE_BULK,                        \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "mode"), A(FK_U64, "off_t", "offset"),     \
	       A(FK_U64, "off_t", "len")),                                                         \
	  "reserve, punch or collapse space of a file")                                            \
	S(EV_TIMERFD_SETTIME, 286, 86, 286, 86, 411, 411, "timerfd_settime", LANE_BULK,            \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "flags"),                                  \
	       A(FK_PTR, "const struct itimerspec*", "new_value"),                                 \
	       A(FK_PTR, "struct itimerspec*", "old_value")),                                      \
	  "arm or disarm a timer descriptor")                                                      \
	S(EV_TIMERFD_GETTIME, 287, 87, 287, 87, 410, 410, "timerfd_gettime", LANE_BULK,            \
	  "syscalls,time,time_timer",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct itimerspec*", "curr_value")),             \
	  "query a timer descriptor")                                                              \
	S(EV_ACCEPT4, 288, 242, 288, 242, 364, 366, "accept4", LANE_BULK, "syscalls,net,net_sock", \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_SOCKADDR, "struct sockaddr*", "addr"),             \
	       A(FK_PTR, "int*", "addrlen"), A(FK_S32, "int", "flags")),                           \
	  "take a connection, with flags for the new socket")                                      \
	S(EV_SIGNALFD4, 289, 74, 289, 74, 327, 355, "signalfd4", LANE_BULK, "syscalls,signals",    \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const sigset_t*", "mask"),                       \
	       A(FK_U64, "size_t", "sizemask"), A(FK_S32, "int", "flags")),                        \
	  "make a descriptor that receives signals, with flags")                                   \
	S(EV_EVENTFD2, 290, 19, 290, 19, 328, 356, "eventfd2", LANE_BULK, "syscalls,signals",      \
	  ARGS(A(FK_U32, "unsigned int", "initval"), A(FK_S32, "int", "flags")),                   \
	  "make a descriptor that counts events, with flags")                                      \
	S(EV_EPOLL_CREATE1, 291, 20, 291, 20, 329, 357, "epoll_create1", LANE_BULK,                \
	  "syscalls,fs,fs_mux_io", ARGS(A(FK_S32, "int", "flags")),                                \
	  "make an epoll instance, with flags")                                                    \
	S(EV_DUP3, 292, 24, 292, 24, 330, 358, "dup3", LANE_BULK, "syscalls,fs,fs_fd_ops",         \
	  ARGS(A(FK_S32, "int", "oldfd"), A(FK_S32, "int", "newfd"), A(FK_S32, "int", "flags")),   \
	  "duplicate a descriptor to a chosen number, with flags")                                 \
	S(EV_PIPE2, 293, 59, 293, 59, 331, 359, "pipe2", LANE_BULK, "syscalls,ipc,ipc_pipe",       \
	  ARGS(A(FK_INT2, "int[2]", "pipefd"), A(FK_S32, "int", "flags")),                         \
	  "make a pipe, with flags")                                                               \
	S(EV_INOTIFY_INIT1, 294, 26, 294, 26, 332, 360, "inotify_init1", LANE_BULK,                \
	  "syscalls,fs,fs_monitor", ARGS(A(FK_S32, "int", "flags")),                               \
	  "make an inotify instance, with flags")                                                  \
	S(EV_PREADV, 295, 69, 295, 69, 333, 361, "preadv", LANE_BULK, "syscalls,fs,fs_read_write", \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_U64, "unsigned long", "iovcnt"), A(FK_U64, "unsigned long", "pos_l"),          \
	       A(FK_U64, "unsigned long", "pos_h")),                                               \
	  "read into several buffers at an offset")                                                \
	S(EV_PWRITEV, 296, 70, 296, 70, 334, 362, "pwritev", LANE_BULK,                            \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_U64, "unsigned long", "iovcnt"), A(FK_U64, "unsigned long", "pos_l"),          \
	       A(FK_U64, "unsigned long", "pos_h")),                                               \
	  "write from several buffers at an offset")                                               \
	S(EV_RT_TGSIGQUEUEINFO, 297, 240, 297, 240, 335, 363, "rt_tgsigqueueinfo", LANE_BULK,      \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_S32, "pid_t", "tgid"), A(FK_S32, "pid_t", "tid"), A(FK_S32, "int", "sig"),     \
	       A(FK_PTR, "siginfo_t*", "info")),                                                   \
	  "queue a signal with data to a thread")                                                  \
	S(EV_PERF_EVENT_OPEN, 298, 241, 298, 241, 336, 364, "perf_event_open", LANE_VITAL,         \
	  "syscalls,system",                                                                       \
	  ARGS(A(FK_PTR, "struct perf_event_attr*", "attr"), A(FK_S32, "pid_t", "pid"),            \
	       A(FK_S32, "int", "cpu"), A(FK_S32, "int", "group_fd"),                              \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "begin performance monitoring")                                                          \
	S(EV_RECVMMSG, 299, 243, 299, 243, 417, 417, "recvmmsg", LANE_BULK,                        \
	  "syscalls,net,net_snd_rcv",                                                              \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "struct mmsghdr*", "msgvec"),                 \
	       A(FK_U32, "unsigned int", "vlen"), A(FK_S32, "int", "flags"),                       \
	       A(FK_TIMESPEC, "struct timespec*", "timeout")),                                     \
	  "receive several messages at once")                                                      \
	S(EV_FANOTIFY_INIT, 300, 262, 300, 262, 338, 367, "fanotify_init", LANE_BULK,              \
	  "syscalls,fs,fs_monitor",                                                                \
	  ARGS(A(FK_U32, "unsigned int", "flags"), A(FK_U32, "unsigned int", "event_f_flags")),    \
	  "make a fanotify group")                                                                 \
	S(EV_FANOTIFY_MARK, 301, 263, 301, 263, 339, 368, "fanotify_mark", LANE_BULK,              \
	  "syscalls,fs,fs_monitor",                                                                \
	  ARGS(A(FK_S32, "int", "fanotify_fd"), A(FK_U32, "unsigned int", "flags"),                \
	       A(FK_U64, "u64", "mask"), A(FK_S32, "int", "dirfd"),                                \
	       A(FK_STR, "const char*", "pathname")),                                              \
	  "change what a fanotify group watches")                                                  \
	S(EV_PRLIMIT64, 302, 261, 302, 261, 340, 369, "prlimit64", LANE_BULK, "syscalls,proc",     \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_S32, "int", "resource"),                            \
	       A(FK_PTR, "const struct rlimit64*", "new_limit"),                                   \
	       A(FK_PTR, "struct rlimit64*", "old_limit")),                                        \
	  "get or set a resource limit of any process")                                            \
	S(EV_NAME_TO_HANDLE_AT, 303, 264, 303, 264, 341, 370, "name_to_handle_at", LANE_BULK,      \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_PTR, "struct file_handle*", "handle"), A(FK_PTR, "int*", "mount_id"),          \
	       A(FK_S32, "int", "flags")),                                                         \
	  "get a persistent handle for a path")                                                    \
	S(EV_OPEN_BY_HANDLE_AT, 304, 265, 304, 265, 342, 371, "open_by_handle_at", LANE_BULK,      \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "mount_fd"), A(FK_PTR, "struct file_handle*", "handle"),           \
	       A(FK_S32, "int", "flags")),                                                         \
	  "open a file by a persistent handle")                                                    \
	S(EV_CLOCK_ADJTIME, 305, 266, 305, 266, 343, 372, "clock_adjtime", LANE_BULK,              \
	  "syscalls,time,time_clock",                                                              \
	  ARGS(A(FK_S32, "const clockid_t", "clk_id"), A(FK_PTR, "struct timex*", "buf")),         \
	  "tune a clock")                                                                          \
	S(EV_SYNCFS, 306, 267, 306, 267, 344, 373, "syncfs", LANE_BULK, "syscalls,fs,fs_sync",     \
	  ARGS(A(FK_S32, "int", "fd")), "write one filesystem's dirty data to storage")            \
	S(EV_SENDMMSG, 307, 269, 307, 269, 345, 374, "sendmmsg", LANE_BULK,                        \
	  "syscalls,net,net_snd_rcv",                                                              \
	  ARGS(A(FK_S32, "int", "sockfd"), A(FK_PTR, "struct mmsghdr*", "msgvec"),                 \
	       A(FK_U32, "unsigned int", "vlen"), A(FK_S32, "int", "flags")),                      \
	  "send several messages at once")                                                         \
	S(EV_SETNS, 308, 268, 308, 268, 346, 375, "setns", LANE_VITAL, "syscalls,default,proc",    \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "nstype")), "join a namespace")            \
	S(EV_GETCPU, 309, 168, 309, 168, 318, 345, "getcpu", LANE_BULK,                            \
	  "syscalls,system,system_numa",                                                           \
	  ARGS(A(FK_PTR, "unsigned int*", "cpu"), A(FK_PTR, "unsigned int*", "node"),              \
	       A(FK_PTR, "struct getcpu_cache*", "tcache")),                                       \
	  "get the current CPU and NUMA node")                                                     \
	S(EV_PROCESS_VM_READV, 310, 270, 310, 270, 347, 376, "process_vm_readv", LANE_VITAL,       \
	  "syscalls,default,proc",                                                                 \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "const struct iovec*", "local_iov"),           \
	       A(FK_U64, "unsigned long", "liovcnt"),                                              \
	       A(FK_PTR, "const struct iovec*", "remote_iov"),                                     \
	       A(FK_U64, "unsigned long", "riovcnt"), A(FK_U64, "unsigned long", "flags")),        \
	  "read another process's memory")                                                         \
	S(EV_PROCESS_VM_WRITEV, 311, 271, 311, 271, 348, 377, "process_vm_writev", LANE_VITAL,     \
	  "syscalls,default,proc",                                                                 \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "const struct iovec*", "local_iov"),           \
	       A(FK_U64, "unsigned long", "liovcnt"),                                              \
	       A(FK_PTR, "const struct iovec*", "remote_iov"),                                     \
	       A(FK_U64, "unsigned long", "riovcnt"), A(FK_U64, "unsigned long", "flags")),        \
	  "write another process's memory")                                                        \
	S(EV_KCMP, 312, 272, 312, 272, 349, 378, "kcmp", LANE_BULK, "syscalls,proc",               \
	  ARGS(A(FK_S32, "pid_t", "pid1"), A(FK_S32, "pid_t", "pid2"), A(FK_S32, "int", "type"),   \
	       A(FK_U64, "unsigned long", "idx1"), A(FK_U64, "unsigned long", "idx2")),            \
	  "ask whether two processes share a kernel object")                                       \
	S(EV_FINIT_MODULE, 313, 273, 313, 273, 350, 379, "finit_module", LANE_VITAL,               \
	  "syscalls,default,system,system_module",                                                 \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "param_values"),                   \
	       A(FK_S32, "int", "flags")),                                                         \
	  "load a kernel module from a descriptor")                                                \
	S(EV_SCHED_SETATTR, 314, 274, 314, 274, 351, 380, "sched_setattr", LANE_BULK,              \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "struct sched_attr*", "attr"),                 \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "set scheduling policy and attributes")                                                  \
	S(EV_SCHED_GETATTR, 315, 275, 315, 275, 352, 381, "sched_getattr", LANE_BULK,              \
	  "syscalls,proc,proc_sched",                                                              \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "struct sched_attr*", "attr"),                 \
	       A(FK_U32, "unsigned int", "size"), A(FK_U32, "unsigned int", "flags")),             \
	  "get scheduling policy and attributes")                                                  \
	S(EV_RENAMEAT2, 316, 276, 316, 276, 353, 382, "renameat2", LANE_BULK,                      \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "olddirfd"), A(FK_STR, "const char*", "oldpath"),                  \
	       A(FK_S32, "int", "newdirfd"), A(FK_STR, "const char*", "newpath"),                  \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "rename relative to directories, with flags")                                            \
	S(EV_SECCOMP, 317, 277, 317, 277, 354, 383, "seccomp", LANE_VITAL, "syscalls,proc",        \
	  ARGS(A(FK_U32, "unsigned int", "operation"), A(FK_U32, "unsigned int", "flags"),         \
	       A(FK_PTR, "const void*", "args")),                                                  \
	  "install a system call filter")                                                          \
	S(EV_GETRANDOM, 318, 278, 318, 278, 355, 384, "getrandom", LANE_BULK, "syscalls,fs",       \
	  ARGS(A(FK_PTR, "void*", "buf"), A(FK_U64, "size_t", "buflen"),                           \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "get random bytes")                                                                      \
	S(EV_MEMFD_CREATE, 319, 279, 319, 279, 356, 385, "memfd_create", LANE_VITAL,               \
	  "syscalls,default,fs,fs_file_ops",                                                       \
	  ARGS(A(FK_STR, "const char*", "name"), A(FK_U32, "unsigned int", "flags")),              \
	  "make an anonymous file in memory")                                                      \
	S(EV_KEXEC_FILE_LOAD, 320, 294, 320, 294, -1, 401, "kexec_file_load", LANE_VITAL,          \
	  "syscalls,system",                                                                       \
	  ARGS(A(FK_S32, "int", "kernel_fd"), A(FK_S32, "int", "initrd_fd"),                       \
	       A(FK_U64, "unsigned long", "cmdline_len"), A(FK_STR, "const char*", "cmdline"),     \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "load a kernel to boot into, from descriptors")                                          \
	S(EV_BPF, 321, 280, 321, 280, 357, 386, "bpf", LANE_VITAL, "syscalls,system",              \
	  ARGS(A(FK_S32, "int", "cmd"), A(FK_PTR, "union bpf_attr*", "attr"),                      \
	       A(FK_U32, "unsigned int", "size")),                                                 \
	  "load or control BPF programs and maps")                                                 \
	S(EV_EXECVEAT, 322, 281, 322, 281, 358, 387, "execveat", LANE_VITAL,                       \
	  "syscalls,proc,proc_life",                                                               \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_STRV, "const char*const*", "argv"), A(FK_STRV, "const char*const*", "envp"),   \
	       A(FK_S32, "int", "flags")),                                                         \
	  "execute a program relative to a directory or descriptor")                               \
	S(EV_USERFAULTFD, 323, 282, 323, 282, 374, 388, "userfaultfd", LANE_VITAL,                 \
	  "syscalls,system", ARGS(A(FK_S32, "int", "flags")),                                      \
	  "make a descriptor that handles page faults")                                            \
	S(EV_MEMBARRIER, 324, 283, 324, 283, 375, 389, "membarrier", LANE_BULK,                    \
	  "syscalls,proc,proc_mem", ARGS(A(FK_S32, "int", "cmd"), A(FK_S32, "int", "flags")),      \
	  "order memory accesses across threads")                                                  \
	S(EV_MLOCK2, 325, 284, 325, 284, 376, 390, "mlock2", LANE_BULK, "syscalls,proc,proc_mem",  \
	  ARGS(A(FK_PTR, "const void*", "addr"), A(FK_U64, "size_t", "len"),                       \
	       A(FK_S32, "int", "flags")),                                                         \
	  "keep pages in memory, with flags")                                                      \
	S(EV_COPY_FILE_RANGE, 326, 285, 326, 285, 377, 391, "copy_file_range", LANE_BULK,          \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "fd_in"), A(FK_PTR, "off_t*", "off_in"),                           \
	       A(FK_S32, "int", "fd_out"), A(FK_PTR, "off_t*", "off_out"),                         \
	       A(FK_U64, "size_t", "len"), A(FK_U32, "unsigned int", "flags")),                    \
	  "copy between files inside the kernel")                                                  \
	S(EV_PREADV2, 327, 286, 327, 286, 378, 392, "preadv2", LANE_BULK,                          \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_U64, "unsigned long", "iovcnt"), A(FK_U64, "unsigned long", "pos_l"),          \
	       A(FK_U64, "unsigned long", "pos_h"), A(FK_S32, "int", "flags")),                    \
	  "read into several buffers at an offset, with flags")                                    \
	S(EV_PWRITEV2, 328, 287, 328, 287, 379, 393, "pwritev2", LANE_BULK,                        \
	  "syscalls,fs,fs_read_write",                                                             \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "const struct iovec*", "iov"),                    \
	       A(FK_U64, "unsigned long", "iovcnt"), A(FK_U64, "unsigned long", "pos_l"),          \
	       A(FK_U64, "unsigned long", "pos_h"), A(FK_S32, "int", "flags")),                    \
	  "write from several buffers at an offset, with flags")                                   \
	S(EV_PKEY_MPROTECT, 329, 288, 329, 288, 380, 394, "pkey_mprotect", LANE_BULK,              \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_PTR, "void*", "addr"), A(FK_U64, "size_t", "len"), A(FK_S32, "int", "prot"),   \
	       A(FK_S32, "int", "pkey")),                                                          \
	  "change the protection of memory and give it a key")                                     \
	S(EV_PKEY_ALLOC, 330, 289, 330, 289, 381, 395, "pkey_alloc", LANE_BULK,                    \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_U32, "unsigned int", "flags"), A(FK_U64, "unsigned long", "access_rights")),   \
	  "allocate a memory protection key")                                                      \
	S(EV_PKEY_FREE, 331, 290, 331, 290, 382, 396, "pkey_free", LANE_BULK,                      \
	  "syscalls,proc,proc_mem", ARGS(A(FK_S32, "int", "pkey")),                                \
	  "free a memory protection key")                                                          \
	S(EV_STATX, 332, 291, 332, 291, 383, 397, "statx", LANE_BULK, "syscalls,fs,fs_file_attr",  \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_S32, "int", "flags"), A(FK_U32, "unsigned int", "mask"),                       \
	       A(FK_PTR, "struct statx*", "statxbuf")),                                            \
	  "get extended metadata of a file")                                                       \
	S(EV_IO_PGETEVENTS, 333, 292, 333, 292, 416, 416, "io_pgetevents", LANE_BULK,              \
	  "syscalls,fs,fs_async_io",                                                               \
	  ARGS(A(FK_PTR, "aio_context_t", "ctx_id"), A(FK_S64, "long", "min_nr"),                  \
	       A(FK_S64, "long", "nr"), A(FK_PTR, "struct io_event*", "events"),                   \
	       A(FK_TIMESPEC, "struct timespec*", "timeout"),                                      \
	       A(FK_PTR, "const struct __aio_sigset*", "usig")),                                   \
	  "read asynchronous I/O completions with a signal mask")                                  \
	S(EV_RSEQ, 334, 293, 334, 293, 386, 398, "rseq", LANE_BULK, "syscalls",                    \
	  ARGS(A(FK_PTR, "struct rseq*", "rseq"), A(FK_U32, "u32", "rseq_len"),                    \
	       A(FK_S32, "int", "flags"), A(FK_U32, "u32", "sig")),                                \
	  "register an area for restartable sequences")                                            \
	S(EV_PIDFD_SEND_SIGNAL, 424, 424, 424, 424, 424, 424, "pidfd_send_signal", LANE_VITAL,     \
	  "syscalls,signals",                                                                      \
	  ARGS(A(FK_S32, "int", "pidfd"), A(FK_S32, "int", "sig"),                                 \
	       A(FK_PTR, "siginfo_t*", "info"), A(FK_U32, "unsigned int", "flags")),               \
	  "send a signal through a process descriptor")                                            \
	S(EV_IO_URING_SETUP, 425, 425, 425, 425, 425, 425, "io_uring_setup", LANE_VITAL,           \
	  "syscalls",                                                                              \
	  ARGS(A(FK_U32, "unsigned int", "entries"), A(FK_PTR, "struct io_uring_params*", "p")),   \
	  "make an io_uring")                                                                      \
	S(EV_IO_URING_ENTER, 426, 426, 426, 426, 426, 426, "io_uring_enter", LANE_BULK,            \
	  "syscalls",                                                                              \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_U32, "unsigned int", "to_submit"),            \
	       A(FK_U32, "unsigned int", "min_complete"), A(FK_U32, "unsigned int", "flags"),      \
	       A(FK_PTR, "sigset_t*", "sig")),                                                     \
	  "submit to an io_uring and wait for completions")                                        \
	S(EV_IO_URING_REGISTER, 427, 427, 427, 427, 427, 427, "io_uring_register", LANE_BULK,      \
	  "syscalls",                                                                              \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_U32, "unsigned int", "opcode"),               \
	       A(FK_PTR, "void*", "arg"), A(FK_U32, "unsigned int", "nr_args")),                   \
	  "register buffers, files or options of an io_uring")                                     \
	S(EV_OPEN_TREE, 428, 428, 428, 428, 428, 428, "open_tree", LANE_VITAL, "syscalls",         \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "filename"),                      \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "get a descriptor for a mount, or a copy of it")                                         \
	S(EV_MOVE_MOUNT, 429, 429, 429, 429, 429, 429, "move_mount", LANE_VITAL,                   \
	  "syscalls,default,fs",                                                                   \
	  ARGS(A(FK_S32, "int", "from_dfd"), A(FK_STR, "const char*", "from_path"),                \
	       A(FK_S32, "int", "to_dfd"), A(FK_STR, "const char*", "to_path"),                    \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "attach or move a mount")                                                                \
	S(EV_FSOPEN, 430, 430, 430, 430, 430, 430, "fsopen", LANE_VITAL, "syscalls,fs",            \
	  ARGS(A(FK_STR, "const char*", "fsname"), A(FK_U32, "unsigned int", "flags")),            \
	  "begin to configure a new filesystem")                                                   \
	S(EV_FSCONFIG, 431, 431, 431, 431, 431, 431, "fsconfig", LANE_VITAL, "syscalls,fs",        \
	  ARGS(A(FK_PTR, "int*", "fs_fd"), A(FK_U32, "unsigned int", "cmd"),                       \
	       A(FK_STR, "const char*", "key"), A(FK_PTR, "const void*", "value"),                 \
	       A(FK_S32, "int", "aux")),                                                           \
	  "set a parameter of a filesystem being configured")                                      \
	S(EV_FSMOUNT, 432, 432, 432, 432, 432, 432, "fsmount", LANE_VITAL, "syscalls,fs",          \
	  ARGS(A(FK_S32, "int", "fsfd"), A(FK_U32, "unsigned int", "flags"),                       \
	       A(FK_U32, "unsigned int", "ms_flags")),                                             \
	  "make a mount of a configured filesystem")                                               \
	S(EV_FSPICK, 433, 433, 433, 433, 433, 433, "fspick", LANE_VITAL, "syscalls,fs",            \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "begin to reconfigure a mounted filesystem")                                             \
	S(EV_PIDFD_OPEN, 434, 434, 434, 434, 434, 434, "pidfd_open", LANE_VITAL, "syscalls",       \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_U32, "unsigned int", "flags")),                     \
	  "get a descriptor for a process")                                                        \
	S(EV_CLONE3, 435, 435, 435, 435, 435, 435, "clone3", LANE_VITAL,                           \
	  "syscalls,proc,proc_life",                                                               \
	  ARGS(A(FK_PTR, "struct clone_args*", "cl_args"), A(FK_U64, "size_t", "size")),           \
	  "make a child process or a thread, by a struct")                                         \
	S(EV_CLOSE_RANGE, 436, 436, 436, 436, 436, 436, "close_range", LANE_BULK,                  \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_U32, "unsigned int", "first"), A(FK_U32, "unsigned int", "last")),             \
	  "close a range of descriptors")                                                          \
	S(EV_OPENAT2, 437, 437, 437, 437, 437, 437, "openat2", LANE_BULK,                          \
	  "syscalls,fs,fs_file_ops",                                                               \
	  ARGS(A(FK_S32, "int", "dirfd"), A(FK_STR, "const char*", "pathname"),                    \
	       A(FK_PTR, "struct open_how*", "how"), A(FK_U64, "size_t", "size")),                 \
	  "open a file with rules for path resolution")                                            \
	S(EV_PIDFD_GETFD, 438, 438, 438, 438, 438, 438, "pidfd_getfd", LANE_VITAL, "syscalls",     \
	  ARGS(A(FK_S32, "int", "pidfd"), A(FK_S32, "int", "targetfd"),                            \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "copy a descriptor out of another process")                                              \
	S(EV_FACCESSAT2, 439, 439, 439, 439, 439, 439, "faccessat2", LANE_BULK,                    \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_STR, "const char*", "path"), A(FK_S32, "int", "mode"), \
	       A(FK_S32, "int", "flag")),                                                          \
	  "check permission relative to a directory, with flags")                                  \
	S(EV_PROCESS_MADVISE, 440, 440, 440, 440, 440, 440, "process_madvise", LANE_BULK,          \
	  "syscalls",                                                                              \
	  ARGS(A(FK_S32, "int", "pidfd"), A(FK_PTR, "void*", "addr"),                              \
	       A(FK_U64, "size_t", "length"), A(FK_S32, "int", "advice"),                          \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "advise on the use of another process's memory")                                         \
	S(EV_EPOLL_PWAIT2, 441, 441, 441, 441, 441, 441, "epoll_pwait2", LANE_BULK,                \
	  "syscalls,fs,fs_mux_io",                                                                 \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct epoll_event*", "events"),                 \
	       A(FK_S32, "int", "maxevents"), A(FK_TIMESPEC, "const struct timespec*", "timeout"), \
	       A(FK_PTR, "const sigset_t*", "sigset")),                                            \
	  "wait for epoll events, timeout in nanoseconds")                                         \
	S(EV_MOUNT_SETATTR, 442, 442, 442, 442, 442, 442, "mount_setattr", LANE_VITAL,             \
	  "syscalls,fs",                                                                           \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "char*", "path"),                                \
	       A(FK_U32, "unsigned int", "flags"), A(FK_PTR, "struct mount_attr*", "uattr"),       \
	       A(FK_U64, "size_t", "usize")),                                                      \
	  "change properties of a mount")                                                          \
	S(EV_QUOTACTL_FD, 443, 443, 443, 443, 443, 443, "quotactl_fd", LANE_VITAL, "syscalls,fs",  \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_U32, "unsigned int", "cmd"),                  \
	       A(FK_PTR, "qid_t", "id"), A(FK_PTR, "void *", "addr")),                             \
	  "manage disk quotas through a descriptor")                                               \
	S(EV_LANDLOCK_CREATE_RULESET, 444, 444, 444, 444, 444, 444, "landlock_create_ruleset",     \
	  LANE_VITAL, "syscalls,proc,fs",                                                          \
	  ARGS(A(FK_PTR, "struct landlock_ruleset_attr*", "attr"), A(FK_U64, "size_t", "size"),    \
	       A(FK_U32, "u32", "flags")),                                                         \
	  "make a Landlock ruleset")                                                               \
	S(EV_LANDLOCK_ADD_RULE, 445, 445, 445, 445, 445, 445, "landlock_add_rule", LANE_VITAL,     \
	  "syscalls,proc,fs",                                                                      \
	  ARGS(A(FK_S32, "int", "ruleset_fd"), A(FK_PTR, "landlock_rule_type", "rule_type"),       \
	       A(FK_PTR, "void*", "rule_attr"), A(FK_U32, "u32", "flags")),                        \
	  "add a rule to a Landlock ruleset")                                                      \
	S(EV_LANDLOCK_RESTRICT_SELF, 446, 446, 446, 446, 446, 446, "landlock_restrict_self",       \
	  LANE_VITAL, "syscalls,proc,fs",                                                          \
	  ARGS(A(FK_S32, "int", "ruleset_fd"), A(FK_U32, "u32", "flags")),                         \
	  "apply a Landlock ruleset to the own thread")                                            \
	S(EV_MEMFD_SECRET, 447, 447, 447, 447, 447, -1, "memfd_secret", LANE_BULK, "syscalls",     \
	  ARGS(A(FK_U32, "unsigned int", "flags")),                                                \
	  "make memory that the kernel cannot see either")                                         \
	S(EV_PROCESS_MRELEASE, 448, 448, 448, 448, 448, 448, "process_mrelease", LANE_BULK,        \
	  "syscalls", ARGS(A(FK_S32, "int", "pidfd"), A(FK_U32, "unsigned int", "flags")),         \
	  "free the memory of a dying process")                                                    \
	S(EV_WAITPID, 449, 449, -1, -1, 7, -1, "waitpid", LANE_BULK, "syscalls,32bit_unique",      \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "int*", "status"),                             \
	       A(FK_S32, "int", "options")),                                                       \
	  "wait for a child")                                                                      \
	S(EV_OLDFSTAT, 450, 450, -1, -1, 28, -1, "oldfstat", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS_NONE, "get an open file's metadata, first layout")                                  \
	S(EV_BREAK, 451, 451, -1, -1, 17, -1, "break", LANE_BULK, "syscalls,32bit_unique",         \
	  ARGS_NONE, "set the break (never implemented)")                                          \
	S(EV_OLDSTAT, 452, 452, -1, -1, 18, -1, "oldstat", LANE_BULK, "syscalls,32bit_unique",     \
	  ARGS(A(FK_STR, "char*", "filename"), A(FK_PTR, "struct __old_kernel_stat*", "statbuf")), \
	  "get a file's metadata by path, first layout")                                           \
	S(EV_UMOUNT, 453, 453, -1, -1, 22, -1, "umount", LANE_VITAL, "syscalls,32bit_unique",      \
	  ARGS(A(FK_STR, "const char*", "target")), "unmount a filesystem, without flags")         \
	S(EV_STIME, 454, 454, -1, -1, 25, -1, "stime", LANE_BULK, "syscalls,32bit_unique",         \
	  ARGS(A(FK_PTR, "const time_t*", "t")), "set the wall clock in seconds")                  \
	S(EV_STTY, 455, 455, -1, -1, 31, -1, "stty", LANE_BULK, "syscalls,32bit_unique",           \
	  ARGS_NONE, "set terminal attributes (never implemented)")                                \
	S(EV_GTTY, 456, 456, -1, -1, 32, -1, "gtty", LANE_BULK, "syscalls,32bit_unique",           \
	  ARGS_NONE, "get terminal attributes (never implemented)")                                \
	S(EV_NICE, 457, 457, -1, -1, 34, 34, "nice", LANE_BULK, "syscalls,32bit_unique",           \
	  ARGS(A(FK_S32, "int", "inc")), "change the own scheduling priority")                     \
	S(EV_FTIME, 458, 458, -1, -1, 35, -1, "ftime", LANE_BULK, "syscalls,32bit_unique",         \
	  ARGS_NONE, "get the wall clock (never implemented)")                                     \
	S(EV_PROF, 459, 459, -1, -1, 44, -1, "prof", LANE_BULK, "syscalls,32bit_unique",           \
	  ARGS_NONE, "profile (never implemented)")                                                \
	S(EV_SIGNAL, 460, 460, -1, -1, 48, -1, "signal", LANE_BULK, "syscalls,32bit_unique",       \
	  ARGS(A(FK_S32, "int", "signum"), A(FK_PTR, "sighandler_t", "handler")),                  \
	  "install a signal handler, first form")                                                  \
	S(EV_LOCK, 461, 461, -1, -1, 53, -1, "lock", LANE_BULK, "syscalls,32bit_unique",           \
	  ARGS_NONE, "lock (never implemented)")                                                   \
	S(EV_MPX, 462, 462, -1, -1, 56, -1, "mpx", LANE_BULK, "syscalls,32bit_unique", ARGS_NONE,  \
	  "multiplex (never implemented)")                                                         \
	S(EV_ULIMIT, 463, 463, -1, -1, 58, -1, "ulimit", LANE_BULK, "syscalls,32bit_unique",       \
	  ARGS_NONE, "get or set limits (never implemented)")                                      \
	S(EV_OLDOLDUNAME, 464, 464, -1, -1, 59, -1, "oldolduname", LANE_BULK,                      \
	  "syscalls,32bit_unique", ARGS(A(FK_PTR, "struct oldold_utsname*", "name")),              \
	  "get the kernel's name, first layout")                                                   \
	S(EV_SIGACTION, 465, 465, -1, -1, 67, 67, "sigaction", LANE_BULK, "syscalls,32bit_unique", \
	  ARGS(A(FK_S32, "int", "sig"), A(FK_PTR, "const struct sigaction*", "act"),               \
	       A(FK_PTR, "struct sigaction*", "oact")),                                            \
	  "install or query a signal handler, old form")                                           \
	S(EV_SGETMASK, 466, 466, -1, -1, 68, -1, "sgetmask", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS_NONE, "get the signal mask as a word")                                              \
	S(EV_SSETMASK, 467, 467, -1, -1, 69, -1, "ssetmask", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_S64, "long", "newmask")), "set the signal mask as a word")                     \
	S(EV_SIGSUSPEND, 468, 468, -1, -1, 72, 72, "sigsuspend", LANE_BULK,                        \
	  "syscalls,32bit_unique", ARGS(A(FK_PTR, "const sigset_t*", "mask")),                     \
	  "replace the signal mask and wait, old form")                                            \
	S(EV_SIGPENDING, 469, 469, -1, -1, 73, 73, "sigpending", LANE_BULK,                        \
	  "syscalls,32bit_unique", ARGS(A(FK_PTR, "sigset_t*", "set")),                            \
	  "get the pending signals, old form")                                                     \
	S(EV_OLDLSTAT, 470, 470, -1, -1, 84, -1, "oldlstat", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "struct stat*", "statbuf")),        \
	  "get a symlink's metadata, first layout")                                                \
	S(EV_READDIR, 471, 471, -1, -1, 89, -1, "readdir", LANE_BULK, "syscalls,32bit_unique",     \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_PTR, "struct old_linux_dirent*", "dirp"),     \
	       A(FK_U32, "unsigned int", "count")),                                                \
	  "read one directory entry")                                                              \
	S(EV_PROFIL, 472, 472, -1, -1, 98, -1, "profil", LANE_BULK, "syscalls,32bit_unique",       \
	  ARGS_NONE, "profile execution time (never implemented)")                                 \
	S(EV_SOCKETCALL, 473, 473, -1, -1, 102, -1, "socketcall", LANE_BULK,                       \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "call"), A(FK_PTR, "unsigned long*", "args")),                     \
	  "any socket call, by number")                                                            \
	S(EV_OLDUNAME, 474, 474, -1, -1, 109, -1, "olduname", LANE_BULK, "syscalls,32bit_unique",  \
	  ARGS(A(FK_PTR, "struct utsname*", "buf")), "get the kernel's name, second layout")       \
	S(EV_IDLE, 475, 475, -1, -1, 112, -1, "idle", LANE_BULK, "syscalls,32bit_unique",          \
	  ARGS_NONE, "run the idle task (removed in 2.3)")                                         \
	S(EV_VM86OLD, 476, 476, -1, -1, 113, -1, "vm86old", LANE_BULK, "syscalls,32bit_unique",    \
	  ARGS(A(FK_PTR, "struct vm86_struct*", "info")), "enter virtual 8086 mode, old form")     \
	S(EV_IPC, 477, 477, -1, -1, 117, -1, "ipc", LANE_BULK, "syscalls,32bit_unique",            \
	  ARGS(A(FK_U32, "unsigned int", "call"), A(FK_S32, "int", "first"),                       \
	       A(FK_U64, "unsigned long", "second"), A(FK_U64, "unsigned long", "third"),          \
	       A(FK_PTR, "void*", "ptr"), A(FK_S64, "long", "fifth")),                             \
	  "any System V IPC call, by number")                                                      \
	S(EV_SIGRETURN, 478, 478, -1, -1, 119, 119, "sigreturn", LANE_BULK,                        \
	  "syscalls,32bit_unique", ARGS_NONE, "return from a signal handler, old form")            \
	S(EV_SIGPROCMASK, 479, 479, -1, -1, 126, 126, "sigprocmask", LANE_BULK,                    \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "how"), A(FK_PTR, "const sigset_t *restrict", "set"),              \
	       A(FK_PTR, "sigset_t *restrict", "oldset")),                                         \
	  "change or query the signal mask, old form")                                             \
	S(EV_BDFLUSH, 480, 480, -1, -1, 134, 134, "bdflush", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS_NONE, "tune the flushing of buffers (obsolete)")                                    \
	S(EV_AFS_SYSCALL, 481, 481, -1, -1, 137, -1, "afs_syscall", LANE_BULK,                     \
	  "syscalls,32bit_unique", ARGS_NONE, "Andrew filesystem call (never implemented)")        \
	S(EV_LLSEEK, 482, 482, -1, -1, 140, 140, "llseek", LANE_BULK, "syscalls,32bit_unique",     \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_U64, "unsigned long", "offset_high"),         \
	       A(FK_U64, "unsigned long", "offset_low"), A(FK_PTR, "loff_t*", "result"),           \
	       A(FK_U32, "unsigned int", "whence")),                                               \
	  "move a file position by a 64-bit offset")                                               \
	S(EV_OLD_SELECT, 483, 483, -1, -1, 82, -1, "old_select", LANE_BULK,                        \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "nfds"), A(FK_PTR, "fd_set*", "readfds"),                          \
	       A(FK_PTR, "fd_set*", "writefds"), A(FK_PTR, "fd_set*", "exceptfds"),                \
	       A(FK_PTR, "struct timeval*", "timeout")),                                           \
	  "wait for descriptors, arguments in one block")                                          \
	S(EV_VM86, 484, 484, -1, -1, 166, -1, "vm86", LANE_BULK, "syscalls,32bit_unique",          \
	  ARGS(A(FK_U64, "unsigned long", "fn"), A(FK_PTR, "struct vm86plus_struct*", "v86")),     \
	  "enter virtual 8086 mode")                                                               \
	S(EV_OLD_GETRLIMIT, 485, 485, -1, -1, 76, -1, "old_getrlimit", LANE_BULK,                  \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "resource"), A(FK_PTR, "struct rlimit*", "rlim")),                 \
	  "get a resource limit, signed")                                                          \
	S(EV_MMAP2, 486, 486, -1, -1, 192, 192, "mmap2", LANE_BULK, "syscalls,32bit_unique",       \
	  ARGS(A(FK_U64, "unsigned long", "addr"), A(FK_U64, "unsigned long", "length"),           \
	       A(FK_U64, "unsigned long", "prot"), A(FK_U64, "unsigned long", "flags"),            \
	       A(FK_U64, "unsigned long", "fd"), A(FK_U64, "unsigned long", "pgoffset")),          \
	  "map memory, the offset counted in pages")                                               \
	S(EV_TRUNCATE64, 487, 487, -1, -1, 193, 193, "truncate64", LANE_BULK,                      \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_U64, "off_t", "length")),                    \
	  "set a file's size by path, 64-bit")                                                     \
	S(EV_FTRUNCATE64, 488, 488, -1, -1, 194, 194, "ftruncate64", LANE_BULK,                    \
	  "syscalls,32bit_unique", ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "off_t", "length")),     \
	  "set an open file's size, 64-bit")                                                       \
	S(EV_STAT64, 489, 489, -1, -1, 195, 195, "stat64", LANE_BULK, "syscalls,32bit_unique",     \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "struct stat64*", "statbuf")),      \
	  "get a file's metadata by path, 64-bit sizes")                                           \
	S(EV_LSTAT64, 490, 490, -1, -1, 196, 196, "lstat64", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "struct stat64*", "statbuf")),      \
	  "get a symlink's metadata, 64-bit sizes")                                                \
	S(EV_FSTAT64, 491, 491, -1, -1, 197, 197, "fstat64", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct stat64*", "statbuf")),                    \
	  "get an open file's metadata, 64-bit sizes")                                             \
	S(EV_LCHOWN16, 492, 492, -1, -1, 16, 16, "lchown16", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "old_uid_t", "owner"),              \
	       A(FK_PTR, "old_gid_t", "group")),                                                   \
	  "change a symlink's owner, 16-bit ids")                                                  \
	S(EV_GETUID16, 493, 493, -1, -1, 24, 24, "getuid16", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS_NONE, "get the real user id, 16-bit")                                               \
	S(EV_GETGID16, 494, 494, -1, -1, 47, 47, "getgid16", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS_NONE, "get the real group id, 16-bit")                                              \
	S(EV_GETEUID16, 495, 495, -1, -1, 49, 49, "geteuid16", LANE_BULK, "syscalls,32bit_unique", \
	  ARGS_NONE, "get the effective user id, 16-bit")                                          \
	S(EV_GETEGID16, 496, 496, -1, -1, 50, 50, "getegid16", LANE_BULK, "syscalls,32bit_unique", \
	  ARGS_NONE, "get the effective group id, 16-bit")                                         \
	S(EV_SETREUID16, 497, 497, -1, -1, 70, 70, "setreuid16", LANE_VITAL,                       \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_uid_t", "ruid"), A(FK_PTR, "old_uid_t", "euid")),                    \
	  "set real and effective user id, 16-bit")                                                \
	S(EV_SETREGID16, 498, 498, -1, -1, 71, 71, "setregid16", LANE_VITAL,                       \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_gid_t", "rgid"), A(FK_PTR, "old_gid_t", "egid")),                    \
	  "set real and effective group id, 16-bit")                                               \
	S(EV_GETGROUPS16, 499, 499, -1, -1, 80, 80, "getgroups16", LANE_BULK,                      \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "size"), A(FK_PTR, "old_gid_t*", "list")),                         \
	  "get the supplementary groups, 16-bit ids")                                              \
	S(EV_SETGROUPS16, 500, 500, -1, -1, 81, 81, "setgroups16", LANE_VITAL,                     \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_U64, "size_t", "size"), A(FK_PTR, "const gid_t*", "list")),                    \
	  "set the supplementary groups, 16-bit ids")                                              \
	S(EV_FCHOWN16, 501, 501, -1, -1, 95, 95, "fchown16", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_U32, "unsigned int", "fd"), A(FK_PTR, "old_uid_t", "user"),                    \
	       A(FK_PTR, "old_gid_t", "group")),                                                   \
	  "change an open file's owner, 16-bit ids")                                               \
	S(EV_SETRESUID16, 502, 502, -1, -1, 164, 164, "setresuid16", LANE_VITAL,                   \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_uid_t", "ruid"), A(FK_PTR, "old_uid_t", "euid"),                     \
	       A(FK_PTR, "old_uid_t", "suid")),                                                    \
	  "set real, effective and saved user id, 16-bit")                                         \
	S(EV_GETRESUID16, 503, 503, -1, -1, 165, 165, "getresuid16", LANE_BULK,                    \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_uid_t*", "ruid"), A(FK_PTR, "old_uid_t*", "euid"),                   \
	       A(FK_PTR, "old_uid_t*", "suid")),                                                   \
	  "get real, effective and saved user id, 16-bit")                                         \
	S(EV_SETRESGID16, 504, 504, -1, -1, 170, 170, "setresgid16", LANE_VITAL,                   \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_uid_t", "rgid"), A(FK_PTR, "old_uid_t", "euid"),                     \
	       A(FK_PTR, "old_uid_t", "suid")),                                                    \
	  "set real, effective and saved group id, 16-bit")                                        \
	S(EV_GETRESGID16, 505, 505, -1, -1, 171, 171, "getresgid16", LANE_BULK,                    \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "old_gid_t*", "rgid"), A(FK_PTR, "old_gid_t*", "egid"),                   \
	       A(FK_PTR, "old_gid_t*", "sgid")),                                                   \
	  "get real, effective and saved group id, 16-bit")                                        \
	S(EV_CHOWN16, 506, 506, -1, -1, 182, 182, "chown16", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_STR, "const char*", "pathname"), A(FK_PTR, "old_uid_t", "owner"),              \
	       A(FK_PTR, "old_gid_t", "group")),                                                   \
	  "change a file's owner by path, 16-bit ids")                                             \
	S(EV_SETUID16, 507, 507, -1, -1, 23, 23, "setuid16", LANE_VITAL, "syscalls,32bit_unique",  \
	  ARGS(A(FK_PTR, "old_old_uid_t", "uid")), "set the user id, 16-bit")                      \
	S(EV_SETGID16, 508, 508, -1, -1, 46, 46, "setgid16", LANE_VITAL, "syscalls,32bit_unique",  \
	  ARGS(A(FK_PTR, "old_gid_t", "gid")), "set the group id, 16-bit")                         \
	S(EV_SETFSUID16, 509, 509, -1, -1, 138, 138, "setfsuid16", LANE_VITAL,                     \
	  "syscalls,32bit_unique", ARGS(A(FK_PTR, "old_uid_t", "fsuid")),                          \
	  "set the user id for file access checks, 16-bit")                                        \
	S(EV_SETFSGID16, 510, 510, -1, -1, 139, 139, "setfsgid16", LANE_VITAL,                     \
	  "syscalls,32bit_unique", ARGS(A(FK_PTR, "old_gid_t", "fsgid")),                          \
	  "set the group id for file access checks, 16-bit")                                       \
	S(EV_FCNTL64, 511, 511, -1, -1, 221, 221, "fcntl64", LANE_BULK, "syscalls,32bit_unique",   \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_S32, "int", "cmd"),                                    \
	       A(FK_U64, "unsigned long", "arg")),                                                 \
	  "control a file descriptor, 64-bit locks")                                               \
	S(EV_SENDFILE32, 512, 512, -1, -1, 187, 187, "sendfile32", LANE_BULK,                      \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "out_fd"), A(FK_S32, "int", "in_fd"),                              \
	       A(FK_PTR, "off_t*", "offset"), A(FK_U64, "size_t", "count")),                       \
	  "copy between descriptors, 32-bit offset")                                               \
	S(EV_STATFS64, 513, 513, -1, -1, 268, 266, "statfs64", LANE_BULK, "syscalls,32bit_unique", \
	  ARGS(A(FK_STR, "const char*", "path"), A(FK_U64, "size_t", "sz"),                        \
	       A(FK_PTR, "struct statfs64*", "buf")),                                              \
	  "get filesystem figures by path, 64-bit")                                                \
	S(EV_FSTATFS64, 514, 514, -1, -1, 269, 267, "fstatfs64", LANE_BULK,                        \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "size_t", "sz"),                                  \
	       A(FK_PTR, "struct statfs64*", "buf")),                                              \
	  "get filesystem figures of an open file, 64-bit")                                        \
	S(EV_FADVISE64_64, 515, 515, -1, -1, 272, 270, "fadvise64_64", LANE_BULK,                  \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_U64, "loff_t", "offset"), A(FK_U64, "loff_t", "len"),  \
	       A(FK_S32, "int", "advice")),                                                        \
	  "declare how file data will be accessed, 64-bit length")                                 \
	S(EV_CLOCK_GETTIME32, 516, 516, -1, -1, 265, 263, "clock_gettime32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "clockid_t", "which_clock"), A(FK_PTR, "struct old_timespec32*", "tp")),  \
	  "read a clock, 32-bit time")                                                             \
	S(EV_CLOCK_SETTIME32, 517, 517, -1, -1, 264, 262, "clock_settime32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "clockid_t", "which_clock"), A(FK_PTR, "struct old_timespec32*", "tp")),  \
	  "set a clock, 32-bit time")                                                              \
	S(EV_CLOCK_ADJTIME64, 518, 518, -1, -1, 405, 405, "clock_adjtime64", LANE_BULK,            \
	  "syscalls,32bit_unique", ARGS_NONE, "tune a clock, 64-bit time")                         \
	S(EV_CLOCK_GETRES_TIME32, 519, 519, -1, -1, 266, 264, "clock_getres_time32", LANE_BULK,    \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "clockid_t", "which_clock"), A(FK_PTR, "struct old_timespec32*", "tp")),  \
	  "get the resolution of a clock, 32-bit time")                                            \
	S(EV_CLOCK_NANOSLEEP_TIME32, 520, 520, -1, -1, 267, 265, "clock_nanosleep_time32",         \
	  LANE_BULK, "syscalls,32bit_unique",                                                      \
	  ARGS(A(FK_S32, "clockid_t", "which_clock"), A(FK_S32, "int", "flags"),                   \
	       A(FK_PTR, "struct old_timespec32*", "rqtp"),                                        \
	       A(FK_PTR, "struct old_timespec32*", "rmtp")),                                       \
	  "sleep on a given clock, 32-bit time")                                                   \
	S(EV_TIMER_GETTIME32, 521, 521, -1, -1, 261, 259, "timer_gettime32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "timer_t", "timer_id"),                                                   \
	       A(FK_PTR, "struct old_itimerspec32*", "setting")),                                  \
	  "query a per-process timer, 32-bit time")                                                \
	S(EV_TIMER_SETTIME32, 522, 522, -1, -1, 260, 258, "timer_settime32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "timer_t", "timer_id"), A(FK_S32, "int", "flags"),                        \
	       A(FK_PTR, "struct old_itimerspec32*", "new"),                                       \
	       A(FK_PTR, "struct old_itimerspec32*", "old")),                                      \
	  "arm or disarm a per-process timer, 32-bit time")                                        \
	S(EV_TIMERFD_GETTIME32, 523, 523, -1, -1, 326, 354, "timerfd_gettime32", LANE_BULK,        \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "ufd"), A(FK_PTR, "struct old_itimerspec32*", "otmr")),            \
	  "query a timer descriptor, 32-bit time")                                                 \
	S(EV_TIMERFD_SETTIME32, 524, 524, -1, -1, 325, 353, "timerfd_settime32", LANE_BULK,        \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "ufd"), A(FK_S32, "int", "flags"),                                 \
	       A(FK_PTR, "struct old_itimerspec32*", "utmr"),                                      \
	       A(FK_PTR, "struct old_itimerspec32*", "otmr")),                                     \
	  "arm or disarm a timer descriptor, 32-bit time")                                         \
	S(EV_UTIMENSAT_TIME32, 525, 525, -1, -1, 320, 348, "utimensat_time32", LANE_BULK,          \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_U32, "unsigned int", "dfd"), A(FK_STR, "char*", "filename"),                   \
	       A(FK_PTR, "struct old_timespec32*", "t"), A(FK_S32, "int", "flags")),               \
	  "set a file's times in nanoseconds, 32-bit time")                                        \
	S(EV_PSELECT6_TIME32, 526, 526, -1, -1, 308, 335, "pselect6_time32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "n"), A(FK_PTR, "fd_set*", "inp"), A(FK_PTR, "fd_set*", "outp"),   \
	       A(FK_PTR, "fd_set*", "exp"), A(FK_PTR, "struct old_timespec32*", "tsp"),            \
	       A(FK_PTR, "void*", "sig")),                                                         \
	  "wait for descriptors with a signal mask, 32-bit time")                                  \
	S(EV_PPOLL_TIME32, 527, 527, -1, -1, 309, 336, "ppoll_time32", LANE_BULK,                  \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "struct pollfd*", "ufds"), A(FK_U32, "unsigned int", "nfds"),             \
	       A(FK_PTR, "struct old_timespec32*", "tsp"), A(FK_PTR, "sigset_t*", "sigmask"),      \
	       A(FK_U64, "size_t", "sigsetsize")),                                                 \
	  "poll descriptors with a signal mask, 32-bit time")                                      \
	S(EV_IO_PGETEVENTS_TIME32, 528, 528, -1, -1, 385, 399, "io_pgetevents_time32", LANE_BULK,  \
	  "syscalls,32bit_unique", ARGS_NONE, "read asynchronous I/O completions, 32-bit time")    \
	S(EV_RECVMMSG_TIME32, 529, 529, -1, -1, 337, 365, "recvmmsg_time32", LANE_BULK,            \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct mmsghdr*", "mmsg"),                       \
	       A(FK_U32, "unsigned int", "vlen"), A(FK_U32, "unsigned int", "flags"),              \
	       A(FK_PTR, "struct old_timespec32*", "timeout")),                                    \
	  "receive several messages at once, 32-bit time")                                         \
	S(EV_MQ_TIMEDSEND_TIME32, 530, 530, -1, -1, 279, 276, "mq_timedsend_time32", LANE_BULK,    \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_STR, "char*", "u_msg_ptr"),                       \
	       A(FK_U32, "unsigned int", "msg_len"), A(FK_U32, "unsigned int", "msg_prio"),        \
	       A(FK_PTR, "struct old_timespec32*", "u_abs_timeout")),                              \
	  "send to a POSIX message queue, 32-bit time")                                            \
	S(EV_MQ_TIMEDRECEIVE_TIME32, 531, 531, -1, -1, 280, 277, "mq_timedreceive_time32",         \
	  LANE_BULK, "syscalls,32bit_unique",                                                      \
	  ARGS(A(FK_S32, "mqd_t", "mqdes"), A(FK_STR, "char*", "u_msg_ptr"),                       \
	       A(FK_U32, "unsigned int", "msg_len"), A(FK_PTR, "unsigned int*", "u_msg_prio"),     \
	       A(FK_PTR, "struct old_timespec32*", "u_abs_timeout")),                              \
	  "receive from a POSIX message queue, 32-bit time")                                       \
	S(EV_RT_SIGTIMEDWAIT_TIME32, 532, 532, -1, -1, 177, 177, "rt_sigtimedwait_time32",         \
	  LANE_BULK, "syscalls,32bit_unique",                                                      \
	  ARGS(A(FK_PTR, "sigset_t*", "uthese"), A(FK_PTR, "siginfo_t*", "uinfo"),                 \
	       A(FK_PTR, "struct old_timespec32*", "uts"), A(FK_U64, "size_t", "sigsetsize")),     \
	  "wait for queued signals, 32-bit time")                                                  \
	S(EV_FUTEX_TIME32, 533, 533, -1, -1, 240, 240, "futex_time32", LANE_BULK,                  \
	  "syscalls,32bit_unique",                                                                 \
	  ARGS(A(FK_PTR, "u32*", "uaddr"), A(FK_S32, "int", "op"), A(FK_U32, "u32", "val"),        \
	       A(FK_PTR, "struct old_timespec32*", "utime"), A(FK_PTR, "u32*", "uaddr2"),          \
	       A(FK_U32, "u32", "val3")),                                                          \
	  "wait on or wake up a user-space lock, 32-bit time")                                     \
	S(EV_SCHED_RR_GET_INTERVAL_TIME32, 534, 534, -1, -1, 161, 161,                             \
	  "sched_rr_get_interval_time32", LANE_BULK, "syscalls,32bit_unique",                      \
	  ARGS(A(FK_S32, "pid_t", "pid"), A(FK_PTR, "struct old_timespec32*", "interval")),        \
	  "get the round-robin time slice, 32-bit time")                                           \
	S(EV_FUTEX_WAITV, 535, 535, 449, 449, 449, 449, "futex_waitv", LANE_BULK,                  \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_PTR, "struct futex_waitv*", "waiters"),                                        \
	       A(FK_U32, "unsigned int", "nr_futexes"), A(FK_U32, "unsigned int", "flags"),        \
	       A(FK_TIMESPEC, "struct timespec*", "timeout"), A(FK_S32, "clockid_t", "clockid")),  \
	  "wait on several user-space locks")                                                      \
	S(EV_SET_MEMPOLICY_HOME_NODE, 536, 536, 450, 450, 450, 450, "set_mempolicy_home_node",     \
	  LANE_BULK, "syscalls,system,system_numa",                                                \
	  ARGS(A(FK_U64, "unsigned long", "start"), A(FK_U64, "unsigned long", "len"),             \
	       A(FK_U64, "unsigned long", "home_node"), A(FK_U64, "unsigned long", "flags")),      \
	  "set the preferred NUMA node of a memory range")                                         \
	S(EV_CACHESTAT, 537, 537, 451, 451, 451, 451, "cachestat", LANE_BULK, "syscalls,fs",       \
	  ARGS(A(FK_S32, "int", "fd"), A(FK_PTR, "struct cachestat_range*", "cstat_range"),        \
	       A(FK_PTR, "struct cachestat*", "cstat"), A(FK_U32, "unsigned int", "flags")),       \
	  "ask how much of a file is in the page cache")                                           \
	S(EV_FCHMODAT2, 538, 538, 452, 452, 452, 452, "fchmodat2", LANE_BULK,                      \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "filename"),                      \
	       A(FK_U32, "mode_t", "mode"), A(FK_U32, "unsigned int", "flags")),                   \
	  "change a mode relative to a directory, with flags")                                     \
	S(EV_MAP_SHADOW_STACK, 539, 539, 453, 453, 453, 453, "map_shadow_stack", LANE_BULK,        \
	  "syscalls,proc,proc_mem",                                                                \
	  ARGS(A(FK_U64, "unsigned long", "addr"), A(FK_U64, "unsigned long", "size"),             \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "map a shadow stack")                                                                    \
	S(EV_FUTEX_WAKE, 540, 540, 454, 454, 454, 454, "futex_wake", LANE_BULK,                    \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_PTR, "void*", "uaddr"), A(FK_U64, "unsigned long", "mask"),                    \
	       A(FK_S32, "int", "nr"), A(FK_U32, "unsigned int", "flags")),                        \
	  "wake up waiters of a user-space lock")                                                  \
	S(EV_FUTEX_WAIT, 541, 541, 455, 455, 455, 455, "futex_wait", LANE_BULK,                    \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_PTR, "void*", "uaddr"), A(FK_U64, "unsigned long", "val"),                     \
	       A(FK_U64, "unsigned long", "mask"), A(FK_U32, "unsigned int", "flags"),             \
	       A(FK_TIMESPEC, "struct timespec*", "timeout"), A(FK_S32, "clockid_t", "clockid")),  \
	  "wait on a user-space lock")                                                             \
	S(EV_FUTEX_REQUEUE, 542, 542, 456, 456, 456, 456, "futex_requeue", LANE_BULK,              \
	  "syscalls,ipc,ipc_futex",                                                                \
	  ARGS(A(FK_PTR, "struct futex_waitv*", "waiters"), A(FK_U32, "unsigned int", "flags"),    \
	       A(FK_S32, "int", "nr_wake"), A(FK_S32, "int", "nr_requeue")),                       \
	  "move waiters to another user-space lock")                                               \
	S(EV_STATMOUNT, 543, 543, 457, 457, 457, 457, "statmount", LANE_BULK,                      \
	  "syscalls,fs,fs_info",                                                                   \
	  ARGS(A(FK_PTR, "const struct mnt_id_req*", "req"),                                       \
	       A(FK_PTR, "struct statmount*", "buf"), A(FK_U64, "size_t", "bufsize"),              \
	       A(FK_U32, "unsigned int", "flags")),                                                \
	  "get the details of a mount")                                                            \
	S(EV_LISTMOUNT, 544, 544, 458, 458, 458, 458, "listmount", LANE_BULK,                      \
	  "syscalls,fs,fs_info",                                                                   \
	  ARGS(A(FK_PTR, "const struct mnt_id_req*", "req"), A(FK_PTR, "u64*", "mnt_ids"),         \
	       A(FK_U64, "size_t", "nr_mnt_ids"), A(FK_U32, "unsigned int", "flags")),             \
	  "list the mounts below a mount")                                                         \
	S(EV_LSM_GET_SELF_ATTR, 545, 545, 459, 459, 459, 459, "lsm_get_self_attr", LANE_BULK,      \
	  "syscalls,proc",                                                                         \
	  ARGS(A(FK_U32, "unsigned int", "attr"), A(FK_PTR, "struct lsm_ctx*", "ctx"),             \
	       A(FK_PTR, "u32*", "size"), A(FK_U32, "u32", "flags")),                              \
	  "get the own security module attributes")                                                \
	S(EV_LSM_SET_SELF_ATTR, 546, 546, 460, 460, 460, 460, "lsm_set_self_attr", LANE_VITAL,     \
	  "syscalls,proc",                                                                         \
	  ARGS(A(FK_U32, "unsigned int", "attr"), A(FK_PTR, "struct lsm_ctx*", "ctx"),             \
	       A(FK_U32, "u32", "size"), A(FK_U32, "u32", "flags")),                               \
	  "set an own security module attribute")                                                  \
	S(EV_LSM_LIST_MODULES, 547, 547, 461, 461, 461, 461, "lsm_list_modules", LANE_BULK,        \
	  "syscalls,system",                                                                       \
	  ARGS(A(FK_PTR, "u64*", "ids"), A(FK_PTR, "u32*", "size"), A(FK_U32, "u32", "flags")),    \
	  "list the active security modules")                                                      \
	S(EV_MSEAL, 548, 548, 462, 462, 462, 462, "mseal", LANE_BULK, "syscalls,proc,proc_mem",    \
	  ARGS(A(FK_U64, "unsigned long", "start"), A(FK_U64, "size_t", "len"),                    \
	       A(FK_U64, "unsigned long", "flags")),                                               \
	  "make a mapping unchangeable")                                                           \
	S(EV_SETXATTRAT, 549, 549, 463, 463, 463, 463, "setxattrat", LANE_BULK,                    \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "pathname"),                      \
	       A(FK_U32, "unsigned int", "at_flags"), A(FK_STR, "const char*", "name"),            \
	       A(FK_PTR, "const struct xattr_args*", "uargs"), A(FK_U64, "size_t", "usize")),      \
	  "set an extended attribute relative to a directory")                                     \
	S(EV_GETXATTRAT, 550, 550, 464, 464, 464, 464, "getxattrat", LANE_BULK,                    \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "pathname"),                      \
	       A(FK_U32, "unsigned int", "at_flags"), A(FK_STR, "const char*", "name"),            \
	       A(FK_PTR, "struct xattr_args*", "uargs"), A(FK_U64, "size_t", "usize")),            \
	  "get an extended attribute relative to a directory")                                     \
	S(EV_LISTXATTRAT, 551, 551, 465, 465, 465, 465, "listxattrat", LANE_BULK,                  \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "pathname"),                      \
	       A(FK_U32, "unsigned int", "at_flags"), A(FK_STR, "char*", "list"),                  \
	       A(FK_U64, "size_t", "size")),                                                       \
	  "list extended attributes relative to a directory")                                      \
	S(EV_REMOVEXATTRAT, 552, 552, 466, 466, 466, 466, "removexattrat", LANE_BULK,              \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "pathname"),                      \
	       A(FK_U32, "unsigned int", "at_flags"), A(FK_STR, "const char*", "name")),           \
	  "remove an extended attribute relative to a directory")                                  \
	S(EV_OPEN_TREE_ATTR, 553, 553, 467, 467, 467, 467, "open_tree_attr", LANE_VITAL,           \
	  "syscalls,fs",                                                                           \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "filename"),                      \
	       A(FK_U32, "unsigned int", "flags"), A(FK_PTR, "struct mount_attr*", "uattr"),       \
	       A(FK_U64, "size_t", "usize")),                                                      \
	  "copy a mount and change its properties")                                                \
	S(EV_FILE_GETATTR, 554, 554, 468, 468, 468, 468, "file_getattr", LANE_BULK,                \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "filename"),                      \
	       A(FK_PTR, "struct file_attr*", "ufattr"), A(FK_U64, "size_t", "usize"),             \
	       A(FK_U32, "unsigned int", "at_flags")),                                             \
	  "get inode flags of a file")                                                             \
	S(EV_FILE_SETATTR, 555, 555, 469, 469, 469, 469, "file_setattr", LANE_BULK,                \
	  "syscalls,fs,fs_file_attr",                                                              \
	  ARGS(A(FK_S32, "int", "dfd"), A(FK_STR, "const char*", "filename"),                      \
	       A(FK_PTR, "struct file_attr*", "ufattr"), A(FK_U64, "size_t", "usize"),             \
	       A(FK_U32, "unsigned int", "at_flags")),                                             \
	  "set inode flags of a file")                                                             \
	S(EV_LISTNS, 556, 556, 470, 470, 470, 470, "listns", LANE_BULK, "syscalls,proc",           \
	  ARGS(A(FK_PTR, "const struct ns_id_req*", "req"), A(FK_PTR, "u64*", "ns_ids"),           \
	       A(FK_U64, "size_t", "nr_ns_ids"), A(FK_U32, "unsigned int", "flags")),              \
	  "list namespaces")                                                                       \
	S(EV_URETPROBE, 600, 9600, 335, -1, -1, -1, "uretprobe", LANE_BULK, "syscalls", ARGS_NONE, \
	  "return trampoline of user return probes")                                               \
	S(EV_UPROBE, 601, 9601, 336, -1, -1, -1, "uprobe", LANE_BULK, "syscalls", ARGS_NONE,       \
	  "entry trampoline of user probes")
