/* SPDX-License-Identifier: MIT */
/* What stands around raw deflate data in a file: gzip and zlib. */
#ifndef WD_CONTAINER_H
#define WD_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include <warpdrive/warpdrive.h>

#define CONTAINER_HEADER_MAX 10
#define CONTAINER_TRAILER_MAX 8
/* Bytes from the start of a file that container_detect() wants to see. */
#define CONTAINER_MAGIC_LEN 2

/*
 * The format of that name: "deflate", "zlib" or "gzip".
 * Returns WD_FORMAT_QUEUE for another name.
 */
enum wd_format container_parse(const char *name);

/* Its name, and the suffix of its files with the dot. */
const char *container_name(enum wd_format format);
const char *container_suffix(enum wd_format format);

/*
 * Length of @path without the suffix of a compressed file, 0 if it has none.
 * *@add is what takes the suffix's place: "" mostly, ".tar" for ".tgz".
 */
size_t container_stem(const char *path, const char **add);

/*
 * The format that data beginning with @data has; WD_FORMAT_QUEUE if neither
 * gzip nor zlib data begins so.
 */
enum wd_format container_detect(const unsigned char *data, size_t len);

/* Write what comes before and after the deflate data; return its length. */
size_t container_header(enum wd_format format, int level, unsigned char *to);
size_t container_trailer(enum wd_format format, uint32_t checksum,
			 uint64_t total, unsigned char *to);

#endif
