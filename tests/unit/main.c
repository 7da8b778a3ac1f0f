/* SPDX-License-Identifier: MIT */
/* Unit tests of what the library keeps to itself. */
#include "suites.h"

int main(int argc, char **argv)
{
	static const struct suite *const suites[] = {
		&clock_suite,	 &cursor_suite, &device_suite, &event_suite,
		&fallback_suite, &pool_suite,	&ring_suite,
	};

	return runner_main(argc, argv, suites, ARRAY_SIZE(suites));
}
