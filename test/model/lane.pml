/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane: the protocol of common/lane.h, for spin. Two writers, one reader, a ring of CAP cells with
 * slack behind it, N0 and N1 records. Every step that another party can see is a step here.
 *
 * One cell stands for a record's shortest length. A record reserves MAX cells (CAP / 2), uses one or
 * both, and gives back the rest. Its first cell holds the commit word and its header; `body` says
 * whose bytes a cell holds. What is written into a cell as body also wipes its word, as payload does:
 * payload cannot be a commit word, thanks to the key. What nobody writes keeps the word of the
 * earlier lap.
 *
 * Spin's memory is sequentially consistent. What each ordering edge (COMMIT, CURSOR, GIVE, SLEEP,
 * LOSS) forbids is therefore a mutant: the same steps in the order that a machine could make of them
 * without the edge. Each must be found, or the model would prove nothing; `run --mutants` sees to it.
 *
 * Checked:
 *  - a record is read only when committed, and all of its bytes are its own (no torn record);
 *  - each at most once, each writer's in order; at the end each was delivered or lost, not both
 *    and not neither: none skipped;
 *  - lost_total and lost[] count exactly, and the total never runs ahead;
 *  - a reader that is asleep for ever has read everything that rings, and what it has not read does
 *    not fill the lane (no lost wake-up). In C it also wakes by itself after a time; not here;
 *  - a cursor is never ahead of `prod`, and `prod` never further ahead than the capacity.
 * A reader may die RESTARTS times, before it releases a batch or with `asleep` set (its other steps
 * leave nothing behind that these do not), and the next one starts at its cursor. What was read and
 * not yet released is then read again: it counts as delivered only when released.
 */
#ifndef N0
#define N0 2 /* records of the first writer */
#endif
#ifndef N1
#define N1 2
#endif
#ifndef RESTARTS
#define RESTARTS 1
#endif
#ifndef TRIES
#define TRIES 2
#endif
#ifndef RINGS
#define RINGS 6 /* bit per record: does it wake a deep sleeper? */
#endif
#define CAP 4
#define MAX 2
#define FILLING 3 /* cells: nothing is refused before */
#define AWAKE 0
#define LIGHT 1
#define DEEP 2
#define CELLS (CAP + MAX - 1) /* with the slack */
#define ENDS ((N0 + N1) * MAX + 1)
#define NOBODY 255

/* The lane. word_pos 0: nothing was ever committed there; else position + 1. */
byte prod;
byte word_pos[CELLS];
byte word_span[CELLS];
byte body[CELLS];   /* record whose bytes these are */
byte rec_len[CELLS]; /* in the header */
byte lost_total;
byte lost[2];

/* The cursor page, and the bell. */
byte cursor;
byte asleep;
bit bell;

/* Ghosts: what is true, and no party can look at. */
#define FRESH 0
#define LOST 1
#define COMMITTED 2
#define DELIVERED 3
byte state[N0 + N1];
byte owner[ENDS]; /* record that was committed at a position */
byte next[2];	  /* of each writer: the least that may be delivered now */
bool at_rest;	  /* the reader is blocked on the bell */

/* One cell after the other, into the slack instead of round to the front. */
#define CELL(p, i) ((p) % CAP + (i))
#define DOES_RING(r) ((RINGS >> (r)) & 1)
#ifdef MUTANT_NO_POSITION
#define IS_COMMITTED(p) (word_pos[CELL(p, 0)] != 0)
#else
#define IS_COMMITTED(p) (word_pos[CELL(p, 0)] == (p) + 1)
#endif
/* In C these are unsigned: a cursor ahead of prod is a difference beyond every capacity. */
#ifdef MUTANT_FULL_OFF_BY_ONE
#define IS_FULL(p, c) (p < c || p - c > CAP || p + MAX - c > CAP + 1)
#else
#define IS_FULL(p, c) (p < c || p - c > CAP || p + MAX - c > CAP)
#endif

/* Each atomic block below is one access that others can see, and what its party makes of it. */
inline reserve()
{
	do
	:: tries < TRIES ->
#ifdef MUTANT_PROD_BEFORE_CURSOR
		p = prod;
		c = cursor;
#else
		c = cursor; /* CURSOR */
		p = prod;
#endif
		atomic { /* compare-and-swap */
			tries++;
			assert(p >= c); /* or a sound cursor would read as full */
			if
			:: IS_FULL(p, c) -> tries = TRIES;
			:: !IS_FULL(p, c) && prod == p ->
				prod = p + MAX;
				tries = TRIES;
				got = true;
				if
				:: used = 1;
				:: used = 2;
				fi;
			:: !IS_FULL(p, c) && prod != p
			fi;
			c = 0;
			if
			:: !got -> p = 0;
			:: else
			fi;
		}
	:: else -> break;
	od;
}

inline count_loss()
{
#ifdef MUTANT_LOSS_ORDER
	d_step { lost_total++; state[r] = LOST; }
	lost[w]++;
#else
	d_step { lost[w]++; state[r] = LOST; } /* atomic add */
	lost_total++;			       /* LOSS; atomic add */
#endif
}

/* All of what is reserved, also what is then not used: scratch, as when a string is read in place.
 * One step is enough, because the reader looks in several. */
inline fill()
{
	body[CELL(p, 0)] = r;
	rec_len[CELL(p, 0)] = used;
	body[CELL(p, 1)] = r;
	word_pos[CELL(p, 1)] = 0; /* payload is no commit word */
	word_span[CELL(p, 1)] = 0;
}

inline give_back()
{
	if /* compare-and-swap */
#ifdef MUTANT_GIVE_BACK_BLIND
	:: used < MAX -> prod = p + used; span = used;
#else
	:: used < MAX && prod == p + MAX -> prod = p + used; span = used;
#endif
	:: else -> span = MAX;
	fi;
}

inline commit()
{
	/* exchange */
#ifdef MUTANT_NO_POSITION
	word_pos[CELL(p, 0)] = 1;
#else
	word_pos[CELL(p, 0)] = p + 1;
#endif
	word_span[CELL(p, 0)] = span;
	owner[p] = r;
	state[r] = COMMITTED;
}

inline ring()
{
#ifdef MUTANT_SILENT_TAKES
	if
	:: saw -> d_step { saw = asleep; asleep = AWAKE; }
	:: else
	fi;
#endif
	if
	:: saw == DEEP && !DOES_RING(r) ->
#ifdef MUTANT_NOT_FILLING
		saw = AWAKE;
#else
		c = cursor;
		d_step { saw = (prod - c >= FILLING -> DEEP : AWAKE); c = 0; }
#endif
	:: else
	fi;
	if
	:: saw ->
		d_step { saw = asleep; asleep = AWAKE; } /* exchange */
		if
		:: saw -> d_step { bell = 1; saw = AWAKE; }
		:: else
		fi;
	:: else
	fi;
}

inline write_record()
{
#ifdef MUTANT_RING_FIRST
	saw = asleep;
#endif
#if defined(MUTANT_COMMIT_FIRST)
	d_step { give_back(); }
	d_step { commit(); }
	d_step { fill(); }
#elif defined(MUTANT_GIVE_FIRST)
	d_step { give_back(); }
	d_step { fill(); } /* and with it what has become somebody else's */
	d_step { commit(); }
#else
	d_step { fill(); give_back(); } /* nobody looks at the one before the other */
	d_step { commit(); p = 0; used = 0; span = 0; }
#endif
#ifndef MUTANT_RING_FIRST
	saw = asleep; /* SLEEP */
#endif
	ring();
}

proctype writer(byte w; byte n)
{
	byte i, r, p, c, used, span, tries;
	bool got;
	byte saw; /* asleep, as it was */

	do
	:: i < n ->
		r = w * N0 + i;
		reserve();
		if
		:: got -> write_record();
		:: else -> count_loss();
		fi;
		d_step { i++; r = 0; p = 0; c = 0; used = 0; span = 0; tries = 0; got = false; }
	:: else -> break;
	od;
}

/* The reader may die here. */
#define MAY_DIE \
	if \
	:: deaths < RESTARTS -> deaths++; goto died; \
	:: true \
	fi

inline load_word()
{
	if
	:: IS_COMMITTED(pos) -> span = word_span[CELL(pos, 0)];
	:: else -> span = 0;
	fi;
}

/* The bytes, in two steps: they change between them if the protocol is wrong. */
inline read_bytes()
{
	d_step {
		r = owner[pos];
		assert(r != NOBODY && body[CELL(pos, 0)] == r);
		used = rec_len[CELL(pos, 0)];
		assert(used >= 1 && used <= span);
	}
	if
	:: used == MAX -> assert(body[CELL(pos, 1)] == r);
	:: else
	fi;
	d_step { pos = pos + span; r = 0; used = 0; }
}

inline publish(to)
{
	d_step {
		do /* everything between the old cursor and the new one is settled now */
		:: settled < to ->
			r = owner[settled];
			if
			:: r != NOBODY ->
				assert(state[r] == COMMITTED); /* not delivered before */
				state[r] = DELIVERED;
				r = (r >= N0 -> r - N0 + 128 : r); /* writer's bit and number */
				assert((r & 127) >= next[r / 128]); /* in its order */
				next[r / 128] = (r & 127) + 1;
			:: else
			fi;
			settled++;
		:: else -> break;
		od;
		r = 0;
		cursor = to; /* CURSOR */
		assert(cursor <= prod && prod - cursor <= CAP);
	}
}

/* The reader's own check: if it failed, it would drop a sound record. */
#define SPAN_IS_SANE (seen >= pos && seen - pos <= CAP && span <= seen - pos)

inline read_record()
{
#ifdef MUTANT_PROD_FIRST
	seen = prod;
	d_step { load_word(); assert(span == 0 || SPAN_IS_SANE); seen = 0; }
#else
	d_step { load_word(); }
	if
	:: span > 0 -> d_step { seen = prod; assert(SPAN_IS_SANE); seen = 0; } /* COMMIT */
	:: else
	fi;
#endif
	if
	:: span > 0 ->
#ifdef MUTANT_RELEASE_EARLY
		publish(pos + span);
#endif
		read_bytes();
	:: else
	fi;
}

inline check_loss()
{
	seen = lost_total; /* LOSS */
	d_step { assert(lost[0] + lost[1] >= seen); seen = 0; }
}

/* Only when nothing is reserved: what is, or what waits behind it, may not ring. */
inline sleep_deeper()
{
#ifdef MUTANT_DEEP_WHILE_BUSY
	seen = pos;
#else
	seen = prod;
#endif
	if
	:: seen == pos -> d_step { asleep = (asleep == LIGHT -> DEEP : asleep); seen = 0; } /* swap */
	:: else -> seen = 0;
	fi;
}

inline recheck()
{
#ifdef MUTANT_NO_RECHECK
	asleep = LIGHT;
	span = 0;
#elif defined(MUTANT_LATE_ASLEEP)
	d_step { load_word(); }
	asleep = LIGHT;
#else
	asleep = LIGHT; /* SLEEP: exchange */
	d_step { load_word(); }
#endif
	if
	:: span == 0 -> sleep_deeper();
	:: else
	fi;
}

proctype reader()
{
	byte pos, span, used, r, settled, seen, deaths;

born:
	asleep = AWAKE;
#ifdef MUTANT_RESTART_AT_PROD
	d_step { pos = prod; cursor = prod; settled = prod; }
#else
	d_step { pos = cursor; settled = cursor; }
#endif
	do
	:: read_record();
		if
		:: span > 0 -> span = 0; /* the batch goes on */
		:: true ->		 /* it ends: where it likes, and when there is no more */
			MAY_DIE;
			publish(pos);
			check_loss();
			if
			:: span > 0 -> span = 0;
			:: else ->
				recheck();
				MAY_DIE;
				if
				:: span > 0 -> span = 0;
				:: else ->
					at_rest = true;
end:
					atomic { bell -> bell = 0; at_rest = false; }
				fi;
				asleep = AWAKE;
			fi;
		fi;
	od;
died:
	span = 0;
	goto born;
}

init
{
	byte i, n;

	d_step {
		for (i : 0 .. ENDS - 1) {
			owner[i] = NOBODY;
		}
		for (i : 0 .. CELLS - 1) {
			body[i] = NOBODY;
		}
		i = 0;
	}
	atomic {
		run reader();
		run writer(0, N0); /* last: a process ends only after those started later */
		run writer(1, N1);
	}
	/* Nobody can take another step: the writers are done, the reader sleeps for ever. */
	timeout;
	d_step {
		assert(at_rest && !bell && _nr_pr == 2);
		for (i : 0 .. N0 + N1 - 1) {
			assert(state[i] == DELIVERED || state[i] == LOST ||
			       (state[i] == COMMITTED && !DOES_RING(i)));
			n = n + (state[i] == LOST -> 1 : 0);
		}
		assert(n == lost_total && n == lost[0] + lost[1]);
		assert(cursor == prod || (asleep == DEEP && prod - cursor < FILLING));
	}
}
