// SPDX-License-Identifier: MIT
/* gzip (RFC 1952) and zlib (RFC 1950) headers and trailers. */
#include <stdbool.h>
#include <string.h>

#include "container.h"

static const struct {
	const char *name;
	const char *suffix;
} formats[] = {
	[WD_DEFLATE] = { "deflate", ".deflate" },
	[WD_ZLIB] = { "zlib", ".zz" },
	[WD_GZIP] = { "gzip", ".gz" },
};

static const struct {
	const char *suffix;
	const char *add;
} stems[] = {
	{ ".gz", "" },
	{ ".tgz", ".tar" },
	{ ".zz", "" },
	{ ".deflate", "" },
};

enum wd_format container_parse(const char *name)
{
	enum wd_format format;

	for (format = WD_DEFLATE; format < WD_FORMAT_COUNT; format++) {
		if (!strcmp(formats[format].name, name))
			return format;
	}
	return WD_FORMAT_QUEUE;
}

const char *container_name(enum wd_format format)
{
	return formats[format].name;
}

const char *container_suffix(enum wd_format format)
{
	return formats[format].suffix;
}

size_t container_stem(const char *path, const char **add)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t len = strlen(base), cut, i;

	for (i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		cut = strlen(stems[i].suffix);
		if (len <= cut || strcmp(base + len - cut, stems[i].suffix))
			continue;
		*add = stems[i].add;
		return (size_t)(base - path) + len - cut;
	}
	return 0;
}

enum wd_format container_detect(const unsigned char *data, size_t len)
{
	if (len < CONTAINER_MAGIC_LEN)
		return WD_FORMAT_QUEUE;
	if (data[0] == 0x1f && data[1] == 0x8b)
		return WD_GZIP;
	/* method 8, window of at most 32 KiB, check bits (RFC 1950, 2.2) */
	if ((data[0] & 0x0f) == 8 && data[0] >> 4 <= 7 &&
	    (data[0] * 256 + data[1]) % 31 == 0)
		return WD_ZLIB;
	return WD_FORMAT_QUEUE;
}

static void put_le32(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)value;
	to[1] = (unsigned char)(value >> 8);
	to[2] = (unsigned char)(value >> 16);
	to[3] = (unsigned char)(value >> 24);
}

static void put_be32(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)(value >> 24);
	to[1] = (unsigned char)(value >> 16);
	to[2] = (unsigned char)(value >> 8);
	to[3] = (unsigned char)value;
}

/*
 * No name and no time: the same data always makes the same file. XFL tells the
 * fastest (4) and the strongest (2) levels; the system is Unix (3).
 */
static size_t gzip_header(int level, unsigned char *to)
{
	memset(to, 0, 10);
	to[0] = 0x1f;
	to[1] = 0x8b;
	to[2] = 8;
	to[8] = level >= 9 ? 2 : level <= 1 ? 4 : 0;
	to[9] = 3;
	return 10;
}

/* FLEVEL in the top bits of the second byte, FCHECK in its lowest five. */
static size_t zlib_header(int level, unsigned char *to)
{
	unsigned int flevel = level <= 1 ? 0 :
			      level < 6	 ? 1 :
			      level > 6	 ? 3 :
					   2;
	unsigned int header = 0x7800 | flevel << 6;

	header += 31 - header % 31;
	to[0] = (unsigned char)(header >> 8);
	to[1] = (unsigned char)header;
	return 2;
}

size_t container_header(enum wd_format format, int level, unsigned char *to)
{
	switch (format) {
	case WD_GZIP:
		return gzip_header(level, to);
	case WD_ZLIB:
		return zlib_header(level, to);
	default:
		return 0;
	}
}

size_t container_trailer(enum wd_format format, uint32_t checksum,
			 uint64_t total, unsigned char *to)
{
	switch (format) {
	case WD_GZIP:
		put_le32(to, checksum);
		put_le32(to + 4, (uint32_t)total);
		return 8;
	case WD_ZLIB:
		put_be32(to, checksum);
		return 4;
	default:
		return 0;
	}
}
