/* SPDX-License-Identifier: GPL-2.0-only */
/* What files of /proc look like on old kernels, for tests. */
#ifndef CLBTRACE_TEST_OLD_PROC_H
#define CLBTRACE_TEST_OLD_PROC_H

/* The columns of Linux 2.6.32 (net/ipv4/proc.c, snmp4_net_list); PAWSPassive and ListenOverflows
 * as given. */
#define OLD_NETSTAT(paws, overflows)                                                               \
	"TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed EmbryonicRsts PruneCalled "        \
	"RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled TWKilled "  \
	"PAWSPassive PAWSActive PAWSEstab DelayedACKs DelayedACKLocked DelayedACKLost "            \
	"ListenOverflows ListenDrops TCPPrequeued\n"                                               \
	"TcpExt: 0 0 12 3 0 0 0 0 0 0 88123 17 0 " paws " 0 2 915 1 40 " overflows " " overflows   \
	" 7\n"                                                                                     \
	"IpExt: InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts "     \
	"InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets\n"           \
	"IpExt: 0 0 4 0 310 0 918273645 827364554 128 0 40300 0\n"

#define OLD_SNMP                                                                                   \
	"Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams "             \
	"InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout "  \
	"ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates\n"                           \
	"Ip: 2 64 9182736 0 5 0 0 0 9182731 8273645 0 0 0 0 0 0 0 0 0\n"                           \
	"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails "           \
	"EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts\n"                        \
	"Tcp: 1 200 120000 -1 4711 88123 12 9 4 9100000 8200000 301 0 77\n"                        \
	"Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\n"               \
	"Udp: 512 3 0 515 0 0\n"

#define TCP_COLUMNS                                                                                \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode                                                     \n"

/* 0.0.0.0:80 with three connections waiting, 127.0.0.1:8080; a half-open connection of the first
 * between them, then one in ESTABLISHED and one in TIME_WAIT. Linux 2.6.32 on x86-64. */
#define OLD_TCP                                                                                    \
	TCP_COLUMNS                                                                                \
	"   0: 00000000:0050 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0       " \
	" "                                                                                        \
	"0 11820 1 ffff88003d4a0080 299 0 0 2 -1                           \n"                     \
	"   1: 0F2010AC:0050 0B014064:C001 03 00000000:00000000 01:0000010E 00000000     0       " \
	" "                                                                                        \
	"0 0 1 ffff88003d4a0080                                            \n"                     \
	"   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   500       " \
	" "                                                                                        \
	"0 12001 1 ffff88003d4a0740 299 0 0 2 -1                           \n"                     \
	"   3: 0F2010AC:0050 0A014064:D1EA 01 00000005:00000012 02:FFFFFFFFFFFFFFF0 00000000    "  \
	"48"                                                                                       \
	"        0 12577 2 ffff88003c0b1500 20 4 30 10 -1                  \n"                     \
	"   4: 0F2010AC:0050 0A014064:D1EB 06 00000000:00000000 03:00001234 00000000     0       " \
	" "                                                                                        \
	"0 0 3 ffff88003b9d1b40                                            \n"

/* [::1]:80, [::]:443. */
#define OLD_TCP6                                                                                   \
	TCP_COLUMNS                                                                                \
	"   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "    \
	"00000000:00000000 00:00000000 00000000     0        0 11822 1 ffff88003d4b0080 299 0 0 "  \
	"2 -1\n"                                                                                   \
	"   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A "    \
	"00000000:00000000 00:00000000 00000000     0        0 11830 1 ffff88003d4b0740 299 0 0 "  \
	"2 -1\n"

#endif
