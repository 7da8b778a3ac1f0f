/* SPDX-License-Identifier: MIT */
/* Inflate piece by piece, with state: ISA-L. */
#ifndef SW_INFLATER_H
#define SW_INFLATER_H

#include "cursor.h"

struct sw_inflater;

struct sw_inflater *sw_inflater_create(void);
void sw_inflater_destroy(struct sw_inflater *i);

/* Begins a new object. */
void sw_inflater_begin(struct sw_inflater *i, enum wd_format format);

/*
 * Goes on until the object ends (0), @src is used up (-ENODATA) or @dst is full
 * (-ENOSPC). Otherwise -EBADMSG, or -EOPNOTSUPP for a preset dictionary.
 */
int sw_inflater_run(struct sw_inflater *i, struct sw_cursor *src,
		    struct sw_cursor *dst);

/* The check value of an object that has ended, as the format has it. */
uint32_t sw_inflater_checksum(const struct sw_inflater *i);

#endif
