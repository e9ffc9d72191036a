/* SPDX-License-Identifier: Apache-2.0
 *
 * partitions/runtime/port/queuing.hpp: queue_open_sender, queue_send, queue_open_receiver and queue_receive, one statement a
 * load or store of theirs. Either end may stop at any point and start anew. HOSTILE_SENDER and HOSTILE_RECEIVER write
 * any value to any word of theirs. A position's message is the position itself, twice, and the generation.
 *
 * Seeded faults, each of which must be found: NO_BARRIER_1 (sender: words before the position), NO_BARRIER_2 (receiver: position
 * before the words), NO_BARRIER_3 (receiver: words before the slot is given back), NO_BARRIER_4 (sender's start: positions before
 * the new generation), NO_BARRIER_5 (receiver: generation before the positions), NO_BARRIER_6 (receiver: words before the generation
 * is looked at again), NO_BARRIER_7 (receiver's start: position before its generation), NO_BARRIER_8 (sender: the receiver's
 * generation before its position), NO_FIRST (a start keeps what waits), NO_ZERO (the generation is not 0 while the sender starts),
 * and with two starts of the receiver NO_FORWARD (its position may go back to `first`). The sender's barrier between position and
 * words has no fault of its own: a store never comes before the load that its execution depends on.
 */
#define DEPTH 2
#define GENERATION 0
#define START 1
#define TAIL 2
#define ONE(n) (3 + ((n) % DEPTH) * 3)
#define TWO(n) (4 + ((n) % DEPTH) * 3)
#define OWNER(n) (5 + ((n) % DEPTH) * 3)
#define FORWARD 9
#define HEAD 9
#define BACK 10
#define WORDS 11
#ifndef MESSAGES
#define MESSAGES 3
#endif
#ifndef STARTS
#define STARTS 2
#endif
#ifndef RECEIVER_STARTS
#define RECEIVER_STARTS 1
#endif

#include "memory.pml"

byte started;     /* the newest generation of the sender that every end can see */
byte received;    /* the receiver's position at its newest start */
bit is_done;

#ifdef NO_BARRIER_1
#define BARRIER_1 skip
#else
#define BARRIER_1 before_stores(0)
#endif

#ifdef NO_BARRIER_4
#define BARRIER_4 skip
#else
#define BARRIER_4 before_stores(0)
#endif
#ifdef NO_BARRIER_7
#define BARRIER_7 skip
#else
#define BARRIER_7 before_stores(1)
#endif

proctype sender() {
    byte tail, head, starts, generation, written;
    do
    :: generation < STARTS ->
        before_stores(0);
        tail = memory[TAIL];
        head = memory[HEAD];
        /* Positions are 64 bits wide in the code; here a difference below 0 shows that they disagree. */
        if
        :: generation > 0 && (tail < head || tail - head > DEPTH) -> tail = head
        :: else -> skip
        fi;
        generation++;
#ifndef NO_ZERO
        store(0, GENERATION, 0);
#endif
#ifndef NO_FIRST
        store(0, START, tail);
#endif
        store(0, TAIL, tail);
        BARRIER_4;
        store(0, GENERATION, generation);
        started = generation;
        written = 0;
        do
        :: written < MESSAGES ->
#ifdef NO_BARRIER_8
            head = memory[HEAD];
            starts = memory[BACK];
#else
            starts = memory[BACK];
            head = memory[HEAD];
#endif
#ifndef HOSTILE_RECEIVER
            assert(starts < RECEIVER_STARTS || head >= received);
            assert(tail >= head && tail - head <= DEPTH);
#endif
            if
            :: tail < head || tail - head >= DEPTH -> break  /* full, or corrupt */
            :: else -> skip
            fi;
            assert(OWNER(tail) < FORWARD);
            if :: store(0, ONE(tail), tail) :: goto stopped fi;
            if :: store(0, OWNER(tail), generation) :: goto stopped fi;
            if :: store(0, TWO(tail), tail) :: goto stopped fi;
            BARRIER_1;
            tail++;
            store(0, TAIL, tail);
            written++
        :: break
        od;
stopped:
        skip
    :: break
    od;
    is_done = 1
}

proctype hostile_sender() {
    byte word, value;
    do
    :: atomic { select(word : 0 .. FORWARD - 1); select(value : 0 .. 1); memory[word] = value; word = 0; value = 0 }
    :: break
    od;
    is_done = 1
}

proctype hostile_receiver() {
    byte word, value;
    do
    :: atomic { select(word : HEAD .. BACK); select(value : 0 .. 6); memory[word] = value; word = 0; value = 0 }
    :: is_done -> break
    od
}

inline read_slot() {
    do                                                       /* in any order */
    :: !has_one -> one = memory[ONE(head)]; has_one = 1
    :: !has_two -> two = memory[TWO(head)]; has_two = 1
    :: !has_owner -> owner = memory[OWNER(head)]; has_owner = 1
    :: has_one && has_two && has_owner -> break
    od
}

proctype receiver() {
    byte starts, head, known, generation, first, tail, one, two, owner, before, floor;
    byte next = 255;       /* the position that has to come, 255: any */
    bit has_one, has_two, has_owner, is_early, has_tail, has_start;
    do
    :: starts < RECEIVER_STARTS ->
        before_stores(1);
        known = memory[GENERATION];
        if
        :: memory[BACK] == 0 ->
            head = memory[HEAD];
            first = memory[START];
            if
            :: first >= head && first - head <= DEPTH -> head = first
            :: else -> skip
            fi
        :: else -> head = memory[TAIL]
        fi;
        starts++;
        store(1, HEAD, head);
        BARRIER_7;
        received = head;
        store(1, BACK, starts);
        next = 255;
        do
        :: is_done -> break
        :: starts < RECEIVER_STARTS -> break                 /* stopped */
        :: true ->
            before = started;
#ifdef NO_BARRIER_5
            /* Positions may be read before the generation. */
            if :: tail = memory[TAIL]; has_tail = 1 :: skip fi;
            if :: first = memory[START]; has_start = 1 :: skip fi;
#endif
            generation = memory[GENERATION];
            if
            :: generation == 0 -> skip                       /* empty */
            :: else ->
                if
                :: generation != known ->
                    if
                    :: has_start -> skip
                    :: else -> first = memory[START]
                    fi;
                    known = generation;
                    if
#ifdef NO_FORWARD
                    :: true ->
#else
                    :: first >= head && first - head <= DEPTH ->
#endif
                        head = first;
                        before_stores(1);
                        store(1, HEAD, head);
                        next = 255
                    :: else -> skip
                    fi
                :: else -> skip
                fi;
#ifdef NO_BARRIER_2
                if :: read_slot() :: skip fi;
#endif
                if
                :: has_tail -> skip
                :: else -> tail = memory[TAIL]
                fi;
                if
                :: tail == head -> skip                      /* empty */
                :: tail < head || tail - head > DEPTH ->     /* corrupt */
#if !defined(HOSTILE_SENDER)
                    /* Only between two starts of the sender: the next look sees the new generation. */
                    assert(memory[GENERATION] != generation || starts > 1);
#endif
                    head = tail;
                    before_stores(1);
                    store(1, HEAD, head);
                    next = 255
                :: else ->
                    assert(OWNER(head) < FORWARD);
#ifdef NO_BARRIER_3
                    /* The slot may be given back before it has been read. */
                    if :: store(1, HEAD, head + 1); is_early = 1 :: skip fi;
#endif
#ifdef NO_BARRIER_6
                    /* The generation may be looked at again before the slot is read. */
                    if
                    :: memory[GENERATION] != generation -> goto again
                    :: else -> read_slot()
                    fi;
                    floor = started;
#else
                    read_slot();
                    floor = started;
                    if
                    :: memory[GENERATION] != generation -> goto again
                    :: else -> skip
                    fi;
#endif
#if !defined(HOSTILE_SENDER)
                    assert(one == head && two == head);      /* whole, in its place, once */
                    assert(next == 255 || head == next);     /* in order, none left out */
                    assert(owner >= before && owner >= floor); /* nothing from before a start, seen at the last look */
#endif
                    head++;
                    next = head;
                    if
                    :: is_early -> skip
                    :: else -> before_stores(1); store(1, HEAD, head)
                    fi
                fi
            fi;
again:
            generation = 0; first = 0; tail = 0; one = 0; two = 0; owner = 0; before = 0; floor = 0;
            has_one = 0; has_two = 0; has_owner = 0; is_early = 0; has_tail = 0; has_start = 0
        od
    :: else -> break
    od
}

init {
    atomic {
#ifdef HOSTILE_SENDER
        run hostile_sender();
#else
        run sender();
        run drain(0);
#endif
#ifdef HOSTILE_RECEIVER
        run hostile_receiver()
#else
        run receiver();
        run drain(1)
#endif
    }
}
