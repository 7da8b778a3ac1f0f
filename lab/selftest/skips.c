// SPDX-License-Identifier: MIT
/* Skips although nothing here says that it may. */
#include "ktap.h"

static void test_skipped(void)
{
	KTAP_SKIP("no reason");
}

static const struct ktap_test tests[] = {
	{ "skipped", test_skipped },
};

int main(void)
{
	return KTAP_RUN(tests);
}
