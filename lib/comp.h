/* SPDX-License-Identifier: MIT */
/* The compression session: what comp.c and comp_stream.c share. */
#ifndef WD_COMP_H
#define WD_COMP_H

#include <warpdrive/session.h>

#include "session.h"

struct wd_comp {
	struct wd_session session;
	enum wd_format format;
	int level;
};

#endif
