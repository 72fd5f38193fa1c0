// SPDX-License-Identifier: GPL-2.0-only
// Answers in place of libpcap's module that captures from D-Bus, for the self-contained program.
#include <stddef.h>

/*
 * Debian's libpcap.a calls its D-Bus module by these two names (pcap.c: capture_source_types[]);
 * what that module needs has no static library. With these the linker leaves it out. Should libpcap
 * rename them, the link fails for want of libdbus.
 */
int dbus_findalldevs(void *devices, char *error);
void *dbus_create(const char *device, char *error, int *is_ours);

int dbus_findalldevs(void *devices, char *error)
{
	(void)devices;
	(void)error;
	return 0; /* none, and no error */
}

void *dbus_create(const char *device, char *error, int *is_ours)
{
	(void)device;
	(void)error;
	*is_ours = 0;
	return NULL;
}
