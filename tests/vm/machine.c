// SPDX-License-Identifier: MIT
/* The machine itself: what every other test takes for granted. */
/* lab-timeout: 30 */
/* lab-modules: none */
#include <unistd.h>

#include "ktap.h"

static void test_processors(void)
{
	KTAP_EQ(sysconf(_SC_NPROCESSORS_ONLN), 2);
}

static void test_nodes(void)
{
	KTAP_EQ(access("/sys/devices/system/node/node1/cpu1", F_OK), 0);
}

static void test_debugfs(void)
{
	KTAP_EQ(access("/sys/kernel/debug/bdi", F_OK), 0);
}

static const struct ktap_test tests[] = {
	{ "two processors", test_processors },
	{ "two NUMA nodes", test_nodes },
	{ "debugfs is mounted", test_debugfs },
};

int main(void)
{
	return KTAP_RUN(tests);
}
