// SPDX-License-Identifier: MIT
#include <warpdrive/version.h>

const char *wd_version(void)
{
	return WD_VERSION_STRING;
}
