/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory as weakly ordered as the ports must bear: each writing end has a buffer of stores, which reach memory in any
 * order (but one after the other to the same word); a barrier waits until the buffer is empty. Loads that no barrier
 * separates are made in any order by the models themselves.
 */
#ifndef WORDS
#define WORDS 12
#endif

byte memory[WORDS];

typedef Buffer {
    bit is_pending[WORDS];
    byte value[WORDS];
    byte count
};

/* One buffer an end. */
Buffer buffers[2];

inline store(end, word, new) {
    atomic {
        !buffers[end].is_pending[word];
        buffers[end].is_pending[word] = 1;
        buffers[end].value[word] = new;
        buffers[end].count++
    }
}

/* DMB ISH of the end. */
inline before_stores(end) {
    buffers[end].count == 0
}

/* What an end sees of a word that only it writes. */
inline own(end, word, result) {
    d_step {
        if
        :: buffers[end].is_pending[word] -> result = buffers[end].value[word]
        :: else -> result = memory[word]
        fi
    }
}

/* Stores leave the buffer in any order. */
proctype drain(byte end) {
    byte word;
end_drain:
    do
    :: buffers[end].count > 0 ->
        atomic {
            select(word : 0 .. WORDS - 1);
            if
            :: buffers[end].is_pending[word] ->
                memory[word] = buffers[end].value[word];
                buffers[end].is_pending[word] = 0;
                buffers[end].value[word] = 0;
                buffers[end].count--
            :: else -> skip
            fi;
            word = 0
        }
    od
}
