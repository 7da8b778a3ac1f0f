// SPDX-License-Identifier: MIT
/* A test that fails, between two that do not. */
#include "ktap.h"

static void test_right(void)
{
	KTAP_EQ(1 + 1, 2);
}

static void test_wrong(void)
{
	KTAP_EQ(1 + 1, 3);
}

static const struct ktap_test tests[] = {
	{ "right", test_right },
	{ "wrong", test_wrong },
	{ "right again", test_right },
};

int main(void)
{
	return KTAP_RUN(tests);
}
