/* SPDX-License-Identifier: MIT */
/*
 * WarpDrive: work handed to an accelerator by pointer. All of the public API.
 *
 * Errors are negative errno values throughout; what each call returns stands
 * beside its declaration. The environment variables that the library reads are
 * described in wd(7).
 */
#ifndef WARPDRIVE_WARPDRIVE_H
#define WARPDRIVE_WARPDRIVE_H

#include <warpdrive/device.h>
#include <warpdrive/queue.h>
#include <warpdrive/request.h>
#include <warpdrive/session.h>
#include <warpdrive/version.h>

#endif
