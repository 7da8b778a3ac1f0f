// SPDX-License-Identifier: MIT
/*
 * Transfers that leave the memory of the queue: nothing changes on either side,
 * the IOMMU reports them, and the device says that all went well.
 */
/* lab-profiles: vtd */
/* lab-expect-log: DMAR: (DRHD: handling fault|\[DMA (Read|Write) NO_PASID\]) */
#include "edu_raw.h"

#define LEN 64

/* The kernel says so some time after it happened. */
static bool reported(unsigned long address)
{
	char wanted[64], line[1024];
	bool found = false;
	FILE *log;
	int i;

	snprintf(wanted, sizeof(wanted), "fault addr 0x%lx ", address);
	for (i = 0; i < 50 && !found; i++) {
		log = popen("dmesg", "r");
		while (log && fgets(line, sizeof(line), log))
			found |= strstr(line, "DMAR: [DMA ") &&
				 strstr(line, wanted);
		if (log)
			pclose(log);
		lab_sleep_ms(found ? 0 : 100);
	}
	return found;
}

/* The kernel reports no more than a few in five seconds. */
static void start(struct edu_raw *q)
{
	lab_sleep_ms(6000);
	KTAP_REQUIRE(!edu_raw_start(q, LAB_PAGE));
}

static void *private_page(int value)
{
	void *at = mmap(NULL, LAB_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	KTAP_REQUIRE(at != MAP_FAILED);
	memset(at, value, LAB_PAGE);
	return at;
}

static void test_write(void)
{
	char *other = private_page(0x33);
	struct edu_raw q;

	start(&q);
	memset(q.memory, 0x44, LAB_PAGE);
	edu_raw_in(&q, q.memory, LEN);
	edu_raw_out(&q, other, LEN);
	KTAP_EQ(edu_raw_count(other, 0x33, LAB_PAGE), LAB_PAGE);
	KTAP_EXPECT(reported((unsigned long)other));
	edu_raw_close(&q);
}

/* What was in the device stays there. */
static void test_read(void)
{
	char *other = private_page(0x33);
	struct edu_raw q;

	start(&q);
	memset(q.memory, 0x44, LAB_PAGE);
	edu_raw_in(&q, q.memory, LEN);
	edu_raw_in(&q, other, LEN);
	edu_raw_out(&q, q.memory + LEN, LEN);
	KTAP_EQ(edu_raw_count(q.memory + LEN, 0x33, LEN), 0);
	KTAP_EXPECT(reported((unsigned long)other));
	edu_raw_close(&q);
}

/* Memory that was given back: what is there next is not the device's. */
static void test_unmapped(void)
{
	struct edu_raw q;
	char *at;

	start(&q);
	memset(q.memory, 0x44, LAB_PAGE);
	edu_raw_in(&q, q.memory, LEN);
	at = q.memory;
	q.memory = NULL;
	munmap(at, LAB_PAGE);
	KTAP_REQUIRE(mmap(at, LAB_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0) == at);
	edu_raw_out(&q, at, LEN);
	KTAP_EQ(edu_raw_count(at, 0, LAB_PAGE), LAB_PAGE);
	/* And reserved again, it is. */
	munmap(at, LAB_PAGE);
	KTAP_REQUIRE(!edu_raw_reserve(&q, at, LAB_PAGE));
	edu_raw_out(&q, at, LEN);
	KTAP_EQ(edu_raw_count(at, 0x44, LAB_PAGE), LEN);
	edu_raw_close(&q);
}

/* Physical address 1 MiB: without an IOMMU this would be the kernel's. */
static void test_physical(void)
{
	struct edu_raw q;

	start(&q);
	edu_raw_out(&q, (void *)0x100000, LEN);
	KTAP_EXPECT(reported(0x100000));
	edu_raw_close(&q);
}

static const struct ktap_test tests[] = {
	{ "write", test_write },
	{ "read", test_read },
	{ "unmapped", test_unmapped },
	{ "a physical address", test_physical },
};

int main(void)
{
	return KTAP_RUN(tests);
}
