/* Work shared by threads, its results taken in order. */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stddef.h>

/* Calls work(context, i, thread) and then take(context, i, thread) for every i < n. Calls of work run side by
 * side in up to `threads` threads, 0 (the caller) .. threads−1; take is called for 0, 1, 2, … one after the
 * other, by the thread that did the work: sums formed there do not depend on the number of threads. Threads
 * that wait sleep. Where no thread can be started the caller does all. Costs some 30 µs a thread. */
void base_share(int threads, size_t n, void (*work)(void *context, size_t i, int thread),
                void (*take)(void *context, size_t i, int thread), void *context);

#endif
