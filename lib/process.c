// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/mman.h>

#include "process.h"

union wd_process_page wd_process_page __attribute__((aligned(WD_PROCESS_PAGE)));

/* The highest number given so far; unlike the page, a child inherits it. */
static _Atomic uint64_t wd_process_last;

int wd_process_enter(void)
{
	uint64_t none = 0;
	uint64_t id;

	if (wd_process_id())
		return 0;

	/* Threads may do this at once: the mark is idempotent. */
	if (madvise(&wd_process_page, sizeof(wd_process_page), MADV_WIPEONFORK))
		return -errno;

	id = atomic_fetch_add(&wd_process_last, 1) + 1;
	atomic_compare_exchange_strong(&wd_process_page.id, &none, id);
	return 0;
}
