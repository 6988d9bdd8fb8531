/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_worker: a file, pipe or terminal (file.h) as a transport (prefix fworker_), so that it has a
 * queue and a thread of its own: its reader can be as slow as it likes, and nobody else waits. What
 * the sink below cannot write is refused: counted, and not tried again. A pipe whose reader is gone
 * loses everything from then on (transport.is_gone). Thread: a transport's.
 */
#pragma once

#include "engine/sink/sink.h"
#include "engine/sink/transport.h"

/* Takes the sink, by a failure too. NULL with err: -ENOMEM. */
struct transport *fworker_new(struct sink *file, struct err *err);
