/* SPDX-License-Identifier: MIT */
/* The device's own threads: how they are started, and how long they spin. */
#ifndef SW_THREAD_H
#define SW_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* Starts a thread that leaves signals to the application's: 0 or -errno. */
int sw_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

/* Has the calling thread run on a NUMA node; -1: anywhere. */
void sw_thread_settle(int node);

/* How many ns whoever waits spins before it sleeps, with so many workers. */
uint64_t sw_thread_spin(unsigned int workers);

#endif
