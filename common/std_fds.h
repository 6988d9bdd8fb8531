/* SPDX-License-Identifier: Apache-2.0 */
/*
 * std_fds: standard input, output and error are there, whoever started the program (`warder run
 * >&-`). Otherwise the first descriptors that are opened, lanes and sockets, would be them, and
 * what is written to standard output would go there.
 */
#pragma once

/*
 * Puts /dev/null in the place of those that are closed; for reading only, so that writing fails
 * (EBADF) and is noticed. First thing in main(). Children inherit them.
 */
void std_fds_hold(void);
