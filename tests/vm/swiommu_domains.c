// SPDX-License-Identifier: MIT
/* lab-modules: uacce swiommu swiommu_test */
/*
 * swiommu's groups, domains and features: the tests are in the kernel, in
 * modules/swiommu_test; this tells their results.
 */
#include <stdio.h>
#include <string.h>

#include "ktap.h"

static char names[8][32];
static int lines[8];
static int count;

static void check(const char *name)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name)) {
			KTAP_EQ(lines[i], 0);
			return;
		}
	KTAP_EXPECT(!"there is no such test");
}

static void test_groups(void)
{
	check("groups");
}

static void test_dma_api(void)
{
	check("dma_api");
}

static void test_domain(void)
{
	check("domain");
}

static void test_aperture(void)
{
	check("aperture");
}

static void test_features(void)
{
	check("features");
}

static void test_pasid(void)
{
	check("pasid");
}

static const struct ktap_test tests[] = {
	{ "groups and default domains", test_groups },
	{ "the DMA API", test_dma_api },
	{ "an unmanaged domain, for one device and for two", test_domain },
	{ "what cannot be mapped", test_aperture },
	{ "features, in order only", test_features },
	{ "a PASID that is nobody's", test_pasid },
};

int main(void)
{
	FILE *file = fopen("/sys/kernel/debug/swiommu_test", "re");

	while (file && count < 8 &&
	       fscanf(file, "%31s %d", names[count], &lines[count]) == 2)
		count++;
	if (file)
		fclose(file);
	return KTAP_RUN(tests);
}
