/* SPDX-License-Identifier: MIT */
/* Messages to standard error, as far as WARPDRIVE_LOG asks for them. */
#ifndef WD_LOG_H
#define WD_LOG_H

enum wd_log_level {
	WD_LOG_OFF,
	WD_LOG_ERROR,
	WD_LOG_WARNING,
	WD_LOG_INFO,
	WD_LOG_DEBUG,
};

void wd_log(enum wd_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
