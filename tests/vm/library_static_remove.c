// SPDX-License-Identifier: MIT
/* The tests of library_remove on devices without SVA, with copies. */
/* lab-timeout: 300 */
/* lab-profiles: stock */
/* lab-user: lib/libwarpdrive.so.0 */
#define NAME "vaccel-2"
#define NUMBER "2"
#define WORDS "queues=64 sva=0"
#define PLAIN "vaccel-1"
#define FLAGS WD_QUEUE_BOUNCE
#define main remove_main
#include "library_remove.c"
#undef main

int main(void)
{
	int ret;

	if (make())
		return 1;
	ret = remove_main();
	return raw_write(RAW_DRIVER "del_device", "1") ? 1 : ret;
}
