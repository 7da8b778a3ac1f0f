// SPDX-License-Identifier: MIT
/* What the IOMMU's address width allows, of 48 and of 39 bits. */
/* lab-profiles: vtd vtd39 */
#include "edu_raw.h"

#define LOW ((void *)0x4000000000ul) /* 38 bits */
#define HIGH ((void *)0x8000000000ul) /* 39 bits and one */
#define EDGE ((void *)0x7ffffff000ul)

/* VT-d says in sysfs what it can do: bits 21:16 of CAP, less one. */
static int iommu_width(void)
{
	char text[64];

	KTAP_REQUIRE(lab_read_file("/sys/class/iommu/dmar0/intel-iommu/cap",
				   text, sizeof(text)) > 0);
	return (int)(strtoull(text, NULL, 16) >> 16 & 0x3f) + 1;
}

static void copy_at(void *at)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_open(&q));
	KTAP_EQ(edu_raw_reserve(&q, at, LAB_PAGE), 0);
	KTAP_REQUIRE(q.memory);
	KTAP_EQ(ioctl(q.fd, UACCE_CMD_START_Q), 0);
	memset(q.memory, 0x66, 64);
	edu_raw_in(&q, q.memory, 64);
	edu_raw_out(&q, q.memory + 1000, 64);
	KTAP_EQ(edu_raw_count(q.memory, 0x66, LAB_PAGE), 128);
	edu_raw_close(&q);
}

static void refused_at(void *at, size_t size)
{
	struct edu_raw q;

	KTAP_REQUIRE(!edu_raw_open(&q));
	KTAP_EXPECT(edu_raw_reserve(&q, at, size) < 0 && errno == ERANGE);
	/* Nothing is left that would be in the way. */
	KTAP_EQ(edu_raw_reserve(&q, LOW, LAB_PAGE), 0);
	edu_raw_close(&q);
}

static void test_low(void)
{
	copy_at(LOW);
	copy_at(EDGE);
}

static void test_high(void)
{
	if (iommu_width() > 39) {
		copy_at(HIGH);
		copy_at(NULL);
	} else {
		refused_at(HIGH, LAB_PAGE);
		refused_at(EDGE, 2 * LAB_PAGE);
		refused_at(NULL, LAB_PAGE);
	}
}

static const struct ktap_test tests[] = {
	{ "below the 39th bit", test_low },
	{ "above it", test_high },
};

int main(void)
{
	return KTAP_RUN(tests);
}
