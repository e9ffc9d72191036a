/* SPDX-License-Identifier: Apache-2.0
 *
 * partitions/runtime/port/sampling.hpp: sampling_open_sender, sampling_write and sampling_read, one statement a load or
 * store of theirs. The sender may stop at any point, start anew (another generation) and stop again; with HOSTILE
 * it writes any value to any word. Two slots instead of four and two attempts instead of three: overwriting is commoner.
 *
 * Seeded faults, each of which must be found: NO_BARRIER_1 (old number gone before the words), NO_BARRIER_2 (words before
 * LATEST), NO_BARRIER_3 (reader: words before the number is looked at again), NO_BARRIER_4 (start: generation before the
 * sender is known to have started), NO_BARRIER_5 (reader: LATEST before the words), NO_GENERATION (a start keeps the number).
 */
#define SLOTS 2
#define ATTEMPTS 2
#define LATEST 0
#define GENERATION 1
#define SEQUENCE(n) (2 + ((n) % SLOTS) * 4)
#define FIRST(n) (3 + ((n) % SLOTS) * 4)
#define SECOND(n) (4 + ((n) % SLOTS) * 4)
#define OWNER(n) (5 + ((n) % SLOTS) * 4)
#define WORDS 10
#define MESSAGES 4
#define STARTS 2

#include "memory.pml"

byte started;   /* the newest generation that every end can see */
bit is_done;

#ifdef NO_BARRIER_1
#define BARRIER_1 skip
#else
#define BARRIER_1 before_stores(0)
#endif
#ifdef NO_BARRIER_2
#define BARRIER_2 skip
#else
#define BARRIER_2 before_stores(0)
#endif

#ifdef NO_BARRIER_4
#define BARRIER_4 skip
#else
#define BARRIER_4 before_stores(0)
#endif

proctype sender() {
    byte number, generation, written;
    do
    :: generation < STARTS ->
        /* Start: whatever the last incarnation had stored has reached memory; how far it came does not matter. */
        before_stores(0);
        number = memory[LATEST];
        generation++;
#ifndef NO_GENERATION
        store(0, GENERATION, generation);
#else
        if
        :: memory[GENERATION] == 0 -> store(0, GENERATION, generation)
        :: else -> skip
        fi;
#endif
        BARRIER_4;
        started = generation;
        written = 0;
        do
        :: written < MESSAGES / STARTS ->
            number++;
            if :: store(0, SEQUENCE(number), 0) :: goto stopped fi;
            BARRIER_1;
            if :: store(0, OWNER(number), generation) :: goto stopped fi;
            if :: store(0, FIRST(number), number) :: goto stopped fi;
            if :: store(0, SECOND(number), number) :: goto stopped fi;
            if :: store(0, SEQUENCE(number), number) :: goto stopped fi;
            BARRIER_2;
            store(0, LATEST, number);
            written++
        :: break
        od;
stopped:
        skip
    :: break
    od;
    is_done = 1
}

proctype hostile() {
    byte word, value;
    do
    :: atomic { select(word : 0 .. WORDS - 1); select(value : 0 .. 1); memory[word] = value; word = 0; value = 0 }
    :: break
    od;
    is_done = 1
}

inline read_words(number) {
    do                                                       /* in any order */
    :: !has_owner -> owner = memory[OWNER(number)]; has_owner = 1
    :: !has_first -> first = memory[FIRST(number)]; has_first = 1
    :: !has_second -> second = memory[SECOND(number)]; has_second = 1
    :: has_owner && has_first && has_second -> break
    od
}

proctype reader() {
    byte early, attempt, number, owner, first, second, again, present, before, last;
    bit has_owner, has_first, has_second;
    do
    :: is_done -> break
    :: true ->
        before = started;
        attempt = 0;
        do
        :: attempt == ATTEMPTS -> break                      /* busy */
        :: attempt < ATTEMPTS ->
            attempt++;
            has_owner = 0; has_first = 0; has_second = 0;
#ifdef NO_BARRIER_5
            /* The words of a slot may be read before its number is known. */
            if :: read_words(0); early = 0 :: read_words(1); early = 1 :: early = 255 fi;
#endif
            number = memory[LATEST];
            if
            :: number == 0 -> break                          /* empty */
            :: else -> skip
            fi;
            assert(SEQUENCE(number) < WORDS && OWNER(number) < WORDS);
#ifdef NO_BARRIER_5
            if
            :: early != 255 && early != number % SLOTS -> has_owner = 0; has_first = 0; has_second = 0
            :: else -> skip
            fi;
#endif
#ifdef NO_BARRIER_3
            /* The number may be looked at before the words are. */
            if :: again = memory[SEQUENCE(number)] :: again = 255 fi;
#else
            again = 255;
#endif
            read_words(number);
            if
            :: again == 255 -> again = memory[SEQUENCE(number)]
            :: else -> skip
            fi;
            if
            :: again == number ->
                present = memory[GENERATION];
#ifndef HOSTILE
                assert(first == number && second == number); /* whole */
                assert(number >= last);                      /* never an older one */
                assert(present != owner || owner >= before); /* a former incarnation's is never current */
#endif
                last = number;
                break
            :: else -> skip
            fi
        od;
        early = 0; attempt = 0; number = 0; owner = 0; first = 0; second = 0; again = 0; present = 0; before = 0;
        has_owner = 0; has_first = 0; has_second = 0
    od
}

init {
    atomic {
#ifdef HOSTILE
        run hostile();
#else
        run sender();
        run drain(0);
#endif
        run reader()
    }
}
