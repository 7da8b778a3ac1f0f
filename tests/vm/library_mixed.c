// SPDX-License-Identifier: MIT
/* lab-timeout: 900 */
/* lab-profiles: stock */
/* lab-user: lib/libwarpdrive.so.0 */
/*
 * 100,000 operations of all kinds and many sizes, and what the device in this
 * process says to each of them.
 */
#include "library.h"

#define OPERATIONS 100000
#define DEPTH 64
#define MOST 6000
#define ROOM (2 * MOST)
#define TEXT 65536

struct piece {
	struct library_job job;
	uint8_t src[ROOM];
	uint8_t dst[ROOM];
	uint8_t wanted[ROOM];
};

static struct piece *pieces;
static struct wd_queue device, reference;
static uint8_t *text;
static uint64_t seed;
static unsigned int done[WD_OP_COUNT], failed[WD_OP_COUNT];

/* What "sw" makes of a copy of the request, in @wanted. */
static struct wd_request expect(struct piece *p)
{
	struct wd_request r = p->job.r;
	void *out;

	if (r.op != WD_COMPARE && r.dst)
		r.dst = p->wanted;
	if (wd_send(&reference, &r) || wd_recv(&reference, &out))
		r.status = 1;
	return r;
}

/* Something to decompress, now and then damaged or cut. */
static void fill_packed(struct piece *p, size_t len)
{
	struct wd_request pack = { .op = WD_COMPRESS,
				   .format = p->job.r.format,
				   .level = 1,
				   .src = p->wanted,
				   .src_len = len,
				   .dst = p->src,
				   .dst_len = ROOM };
	void *out;

	memcpy(p->wanted, p->src, len);
	if (wd_send(&reference, &pack) || wd_recv(&reference, &out))
		abort();
	p->job.r.src_len = pack.produced;
	p->job.r.dst_len = ROOM;
	if (raw_random(&seed) % 8 == 0)
		p->job.r.src_len -= 1 + raw_random(&seed) % 8;
	else if (raw_random(&seed) % 8 == 0)
		p->src[pack.produced - 1 - raw_random(&seed) % 4] ^= 0x55;
}

static void prepare(struct piece *p)
{
	static const uint8_t kinds[] = { WD_NOOP,    WD_COPY,	WD_FILL,
					 WD_COMPARE, WD_CRC32C, WD_CRC32,
					 WD_ADLER32, WD_COPY,	WD_CRC32C,
					 WD_FILL };
	uint64_t x = raw_random(&seed);
	size_t len = (x >> 16) % ((x >> 8) % 8 ? 200 : MOST);

	p->job = (struct library_job){ 0 };
	p->job.r.op = kinds[x % sizeof(kinds)];
	if (x % 23 == 0)
		p->job.r.op = x % 2 ? WD_COMPRESS : WD_DECOMPRESS;
	memcpy(p->src, text + (x >> 40) % (TEXT - MOST), len);
	memset(p->dst, 0xa5, len + 64);
	memset(p->wanted, 0xa5, len + 64);
	p->job.r.operand = x >> 5;
	p->job.r.src = p->src;
	p->job.r.src_len = len;
	p->job.r.dst = p->dst;
	p->job.r.dst_len = len;
	switch (p->job.r.op) {
	case WD_COMPARE:
		memcpy(p->dst, p->src, len);
		if (len && x & 1ull << 30)
			p->dst[(x >> 33) % len] ^= 1;
		break;
	case WD_CRC32C:
	case WD_CRC32:
	case WD_ADLER32:
		p->job.r.operand = (uint32_t)x % 65521;
		break;
	case WD_COMPRESS:
		p->job.r.format = WD_DEFLATE + x % 3;
		p->job.r.level = (int8_t)((x >> 12) % 13);
		p->job.r.dst_len = ROOM;
		break;
	case WD_DECOMPRESS:
		p->job.r.format = WD_ZLIB + x % 2;
		fill_packed(p, len);
		memset(p->dst, 0xa5, ROOM);
		memset(p->wanted, 0xa5, ROOM);
		break;
	default:
		break;
	}
}

/* Compressed bytes may differ, what they mean may not. */
static bool unpacks(struct piece *p)
{
	struct wd_request r = { .op = WD_DECOMPRESS,
				.format = p->job.r.format,
				.src = p->dst,
				.src_len = p->job.r.produced,
				.dst = p->wanted,
				.dst_len = ROOM };
	void *out;

	if (wd_send(&reference, &r) || wd_recv(&reference, &out))
		return false;
	return !r.status && r.produced == p->job.r.src_len &&
	       !memcmp(p->wanted, p->src, r.produced);
}

static bool right(struct piece *p)
{
	const struct wd_request *r = &p->job.r;
	struct wd_request wanted = expect(p);

	done[r->op]++;
	failed[r->op] += !!r->status;
	if (r->status != wanted.status || p->job.answers != 1)
		return false;
	if (r->status)
		return r->op == WD_DECOMPRESS;
	if (r->consumed != wanted.consumed || r->result != wanted.result ||
	    r->checksum != wanted.checksum)
		return false;
	if (r->op == WD_COMPRESS)
		return unpacks(p);
	if (r->produced != wanted.produced)
		return false;
	return r->op == WD_COMPARE || !memcmp(p->dst, p->wanted, r->produced);
}

static void test_mixed(unsigned int flags)
{
	unsigned int sent = 0, received = 0, wrong = 0, i;
	struct library_job *job;

	memset(done, 0, sizeof(done));
	memset(failed, 0, sizeof(failed));
	KTAP_REQUIRE(!library_open(&device, "vaccel-0", flags, DEPTH));
	KTAP_REQUIRE(
		!library_open(&reference, "sw", WD_QUEUE_SINGLE_THREAD, 1));
	for (; sent < DEPTH; sent++) {
		prepare(&pieces[sent]);
		KTAP_EQ(wd_send(&device, &pieces[sent].job.r), 0);
	}
	for (; received < OPERATIONS / 2; received++) {
		struct piece *p;

		KTAP_REQUIRE(library_recv(&device, &job) == 0);
		p = (struct piece *)job;
		if (!right(p) && wrong++ < 5)
			ktap_note("op %u, %zu bytes, format %u: %d, %zu -> %zu",
				  job->r.op, job->r.src_len, job->r.format,
				  job->r.status, job->r.consumed,
				  job->r.produced);
		if (sent < OPERATIONS / 2) {
			prepare(p);
			KTAP_EQ(wd_send(&device, &job->r), 0);
			sent++;
		}
	}
	KTAP_EQ(wrong, 0);
	for (i = 0; i <= WD_DECOMPRESS; i++)
		KTAP_EXPECT(done[i] > OPERATIONS / 500);
	KTAP_EXPECT(failed[WD_DECOMPRESS] > 0);
	wd_release_queue(&device);
	wd_release_queue(&reference);
}

static void test_shared(void)
{
	test_mixed(0);
}

static void test_single(void)
{
	test_mixed(WD_QUEUE_SINGLE_THREAD);
}

static const struct ktap_test tests[] = {
	{ "50,000 operations as sw does them", test_shared },
	{ "50,000 on a queue of one thread", test_single },
};

int main(void)
{
	seed = (uint64_t)time(NULL) | 1;
	printf("# seed %llu\n", (unsigned long long)seed);
	text = raw_anonymous(TEXT);
	raw_text(text, TEXT, 7);
	pieces = raw_anonymous(DEPTH * sizeof(*pieces));
	return KTAP_RUN(tests);
}
