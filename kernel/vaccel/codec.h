/* SPDX-License-Identifier: GPL-2.0-only */
/* Compression: what an engine needs for it beyond its queue. */
#ifndef WARPDRIVE_KERNEL_VACCEL_CODEC_H
#define WARPDRIVE_KERNEL_VACCEL_CODEC_H

#include <linux/types.h>

#include <uapi/vaccel.h>

#define VACCEL_HISTORY VACCEL_STREAM_WINDOW_MAX
#define VACCEL_CODEC_IN 0x10000u
#define VACCEL_CODEC_OUT 0x1000u
#define VACCEL_CODEC_PLAIN (VACCEL_HISTORY + 0x10000u)

#define VACCEL_FAST_BITS 10

struct vaccel_device;
struct vaccel_request;

/*
 * struct vaccel_huffman - a canonical code
 * @max: the longest code
 * @count: codes of each length
 * @symbol: by code
 * @fast: for codes of up to VACCEL_FAST_BITS: symbol << 4 | length, else 0
 */
struct vaccel_huffman {
	u16 max;
	u16 count[16];
	u16 symbol[288];
	u16 fast[1 << VACCEL_FAST_BITS];
};

/* What vaccel_inflate_run() stopped for. */
enum vaccel_inflate_result {
	VACCEL_INFLATE_INPUT,
	VACCEL_INFLATE_OUTPUT,
	VACCEL_INFLATE_END,
	VACCEL_INFLATE_DATA,
};

/*
 * struct vaccel_inflate - a decoder at work
 * @s: where it is, in the form in which it is stored
 * @in, @in_end: input
 * @plain: history and output; VACCEL_CODEC_PLAIN bytes
 * @start: first valid byte of it
 * @pos: where the next byte goes
 * @limit: where there is no more room
 * @checked: bytes before it are part of the checksum
 */
struct vaccel_inflate {
	struct vaccel_stream *s;
	const u8 *in;
	const u8 *in_end;
	u8 *plain;
	u32 start;
	u32 pos;
	u32 limit;
	u32 checked;
	struct vaccel_huffman lit;
	struct vaccel_huffman dist;
};

/*
 * struct vaccel_codec - buffers of one engine that compresses or decompresses
 * @workspace: zlib's
 */
struct vaccel_codec {
	struct list_head node;
	void *workspace;
	struct vaccel_stream stream;
	struct vaccel_inflate inflate;
	u8 plain[VACCEL_CODEC_PLAIN];
	u8 in[VACCEL_CODEC_IN];
	u8 out[VACCEL_CODEC_OUT];
	u8 pending[VACCEL_STREAM_PENDING_MAX];
};

/*
 * struct vaccel_comp_param - the descriptor's param, taken apart
 */
struct vaccel_comp_param {
	u8 format;
	u8 level;
	u8 flush;
	u8 window;
};

/* codec.c */
struct vaccel_codec *vaccel_codec_get(struct vaccel_device *vdev);
void vaccel_codec_put(struct vaccel_device *vdev, struct vaccel_codec *codec);
void vaccel_codec_free_all(struct vaccel_device *vdev);
int vaccel_comp_param(struct vaccel_request *rq, bool compress,
		      struct vaccel_comp_param *param);
void vaccel_stream_init(struct vaccel_stream *s, u8 kind, u8 format, u8 window);
int vaccel_stream_load(struct vaccel_request *rq, struct vaccel_stream *s,
		       const struct vaccel_comp_param *param);
int vaccel_stream_save(struct vaccel_request *rq,
		       const struct vaccel_stream *s);
int vaccel_stream_read(struct vaccel_request *rq, u32 offset, void *buf,
		       u32 len);
int vaccel_stream_write(struct vaccel_request *rq, u32 offset, const void *buf,
			u32 len);
u32 vaccel_check(u8 format, u32 check, const void *data, u32 len);

/* inflate.c */
bool vaccel_inflate_resume(struct vaccel_inflate *z);
enum vaccel_inflate_result vaccel_inflate_run(struct vaccel_inflate *z);
void vaccel_inflate_check(struct vaccel_inflate *z);

#endif /* WARPDRIVE_KERNEL_VACCEL_CODEC_H */
