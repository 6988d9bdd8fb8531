/* SPDX-License-Identifier: Apache-2.0 */
/* symbols of the calls on sockets; their options are in symbols_sockopt.c. */
#include "engine/encode/symbols_table.h"

#include <sys/socket.h>

#include <linux/net.h>

#define SOCKET_TYPE_MASK 0xfU /* SOCK_TYPE_MASK in the kernel's net.h; not in a uapi header */

size_t sym_address_family(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name families[] = {
		SYM(AF_UNSPEC),     SYM(AF_UNIX),      SYM(AF_INET),     SYM(AF_AX25),
		SYM(AF_IPX),        SYM(AF_APPLETALK), SYM(AF_NETROM),   SYM(AF_BRIDGE),
		SYM(AF_ATMPVC),     SYM(AF_X25),       SYM(AF_INET6),    SYM(AF_ROSE),
		SYM(AF_DECnet),     SYM(AF_NETBEUI),   SYM(AF_SECURITY), SYM(AF_KEY),
		SYM(AF_NETLINK),    SYM(AF_PACKET),    SYM(AF_ASH),      SYM(AF_ECONET),
		SYM(AF_ATMSVC),     SYM(AF_RDS),       SYM(AF_SNA),      SYM(AF_IRDA),
		SYM(AF_PPPOX),      SYM(AF_WANPIPE),   SYM(AF_LLC),      SYM(AF_IB),
		SYM(AF_MPLS),       SYM(AF_CAN),       SYM(AF_TIPC),     SYM(AF_BLUETOOTH),
		SYM(AF_IUCV),       SYM(AF_RXRPC),     SYM(AF_ISDN),     SYM(AF_PHONET),
		SYM(AF_IEEE802154), SYM(AF_CAIF),      SYM(AF_ALG),      SYM(AF_NFC),
		SYM(AF_VSOCK),      SYM(AF_KCM),       SYM(AF_QIPCRTR),  SYM(AF_SMC),
		SYM(AF_XDP),        SYM(AF_MCTP),
	};

	(void)ev;
	return sym_one_of(out, cap, families, ARRAY_LEN(families), value);
}

size_t sym_socket_type(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name types[] = { SYM(SOCK_STREAM),    SYM(SOCK_DGRAM),
						 SYM(SOCK_RAW),       SYM(SOCK_RDM),
						 SYM(SOCK_SEQPACKET), SYM(SOCK_DCCP),
						 SYM(SOCK_PACKET) };
	static const struct sym_name flags[] = { SYM(SOCK_NONBLOCK), SYM(SOCK_CLOEXEC) };
	struct sym_out o = sym_out(out, cap);
	uint32_t bits = (uint32_t)value;

	(void)ev;
	if (!sym_add_one(&o, types, ARRAY_LEN(types), bits & SOCKET_TYPE_MASK))
		sym_add_decimal(&o, bits & SOCKET_TYPE_MASK);
	bits &= ~SOCKET_TYPE_MASK;
	return sym_end_flags(&o, sym_add_flags(&o, flags, ARRAY_LEN(flags), bits));
}

size_t sym_socketcall(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name calls[] = {
		SYM(SYS_SOCKET),   SYM(SYS_BIND),        SYM(SYS_CONNECT),     SYM(SYS_LISTEN),
		SYM(SYS_ACCEPT),   SYM(SYS_GETSOCKNAME), SYM(SYS_GETPEERNAME), SYM(SYS_SOCKETPAIR),
		SYM(SYS_SEND),     SYM(SYS_RECV),        SYM(SYS_SENDTO),      SYM(SYS_RECVFROM),
		SYM(SYS_SHUTDOWN), SYM(SYS_SETSOCKOPT),  SYM(SYS_GETSOCKOPT),  SYM(SYS_SENDMSG),
		SYM(SYS_RECVMSG),  SYM(SYS_ACCEPT4),     SYM(SYS_RECVMMSG),    SYM(SYS_SENDMMSG),
	};

	(void)ev;
	return sym_one_of(out, cap, calls, ARRAY_LEN(calls), value);
}
