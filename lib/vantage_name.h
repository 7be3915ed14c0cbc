/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vantage is called that the user has not named: after its capture.
 */
#ifndef TALKPATH_VANTAGE_NAME_H
#define TALKPATH_VANTAGE_NAME_H

enum { VANTAGE_NAME_OCTETS = 256 };

/* "captures/lan.pcap" gives "lan"; the same name again, one of those taken, gives "lan#2". */
void vantage_name(
    const char *source, char *const *taken, unsigned taken_count, char name[VANTAGE_NAME_OCTETS]);

#endif
