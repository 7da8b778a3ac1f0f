// SPDX-License-Identifier: MIT
/*
 * A device that fails, for the tests of the command: preloaded, it changes
 * answers of the library before the command sees them. TAMPER says what:
 * "status" makes operation 5000 of them fail, "result" and "data" spoil the
 * check value and the output of each; "full" lets a session that has some refuse every
 * third request as one too many, "broken" the fourth for good.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <warpdrive/warpdrive.h>

#define FAILING 5000

static void tamper(struct wd_request *req)
{
	static const char *what;
	static unsigned long count;

	if (!what)
		what = getenv("TAMPER");
	if (!what)
		return;
	if (!strcmp(what, "status") && ++count == FAILING)
		req->status = -EIO;
	else if (!strcmp(what, "result"))
		req->result ^= 1;
	else if (!strcmp(what, "data") && req->produced)
		((unsigned char *)req->dst)[req->produced / 2] ^= 1;
}

__attribute__((visibility("default"))) int
wd_recv_burst(struct wd_queue *q, void **reqs, unsigned int n)
{
	static int (*next)(struct wd_queue * q, void **reqs, unsigned int n);
	int i, got;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "wd_recv_burst");
	got = next(q, reqs, n);
	for (i = 0; i < got; i++)
		tamper(reqs[i]);
	return got;
}

static unsigned long in_flight;
static wd_comp_callback answered;

static void answer(struct wd_comp *comp, const struct wd_request *req)
{
	in_flight--;
	answered(comp, req);
}

/* What is wrong with the next request, 0 if nothing. */
static int refusal(void)
{
	static unsigned long count;
	const char *what = getenv("TAMPER");

	count++;
	if (what && !strcmp(what, "full") && count % 3 == 0 && in_flight)
		return -EAGAIN;
	if (what && !strcmp(what, "broken") && count == 4)
		return -EIO;
	return 0;
}

/* The command has one session, one callback and one thread for them. */
__attribute__((visibility("default"))) int
wd_comp_submit(struct wd_comp *comp, const struct wd_request *req,
	       wd_comp_callback callback)
{
	static int (*next)(struct wd_comp * comp, const struct wd_request *req,
			   wd_comp_callback callback);
	int ret = refusal();

	if (ret)
		return ret;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "wd_comp_submit");
	answered = callback;
	in_flight++;
	ret = next(comp, req, answer);
	if (ret)
		in_flight--;
	return ret;
}
