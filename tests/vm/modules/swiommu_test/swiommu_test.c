// SPDX-License-Identifier: GPL-2.0-only
/*
 * swiommu from the kernel's side: devices behind it, the DMA API and domains of
 * one's own. Reading /sys/kernel/debug/swiommu_test runs the tests and gives one
 * line for each: its name, and the line of the first check that failed, or 0.
 */
#include <linux/debugfs.h>
#include <linux/dma-mapping.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "swiommu/swiommu.h"

#define PAGES 300
#define IOVA 0x7f1234560000ull

#define CHECK(condition)                 \
	do {                             \
		if (!(condition))        \
			return __LINE__; \
	} while (0)

static struct platform_device *devices[2];
static struct dentry *file;

static int access_byte(struct device *dev, u64 addr, u8 *byte, bool write)
{
	struct swiommu_port port;
	int error;

	error = swiommu_port_init(&port, dev, SWIOMMU_NO_PASID);
	if (error)
		return error;
	if (write)
		swiommu_write(&port, addr, byte, 1, &error);
	else
		swiommu_read(&port, addr, byte, 1, &error);
	return error;
}

static int test_groups(void)
{
	struct iommu_group *groups[2];
	struct iommu_domain *domain;
	int i;

	for (i = 0; i < 2; i++) {
		groups[i] = iommu_group_get(&devices[i]->dev);
		CHECK(groups[i]);
		domain = iommu_get_domain_for_dev(&devices[i]->dev);
		CHECK(domain && domain->type == IOMMU_DOMAIN_DMA);
		iommu_group_put(groups[i]);
	}
	CHECK(groups[0] != groups[1]);
	return 0;
}

static int test_dma_api(void)
{
	struct device *dev = &devices[0]->dev;
	dma_addr_t addr;
	u8 *buf;
	u8 byte = 0;

	CHECK(!dma_set_mask_and_coherent(dev, DMA_BIT_MASK(48)));
	buf = kmalloc(8192, GFP_KERNEL);
	CHECK(buf);
	memset(buf, 0x5a, 8192);
	addr = dma_map_single(dev, buf, 8192, DMA_TO_DEVICE);
	CHECK(!dma_mapping_error(dev, addr));
	CHECK(!access_byte(dev, addr + 5000, &byte, false) && byte == 0x5a);
	/* To the device only; and not for its neighbour. */
	CHECK(access_byte(dev, addr, &byte, true) == -EFAULT);
	CHECK(access_byte(&devices[1]->dev, addr, &byte, false) == -EFAULT);
	dma_unmap_single(dev, addr, 8192, DMA_TO_DEVICE);
	CHECK(access_byte(dev, addr, &byte, false) == -EFAULT);
	kfree(buf);

	buf = dma_alloc_coherent(dev, PAGE_SIZE, &addr, GFP_KERNEL);
	CHECK(buf);
	byte = 0x77;
	CHECK(!access_byte(dev, addr + 9, &byte, true) && buf[9] == 0x77);
	dma_free_coherent(dev, PAGE_SIZE, buf, addr);
	CHECK(access_byte(dev, addr, &byte, false) == -EFAULT);
	return 0;
}

static int map_pages(struct iommu_domain *domain, struct page *page)
{
	int i;

	for (i = 0; i < PAGES; i++)
		CHECK(!compat_iommu_map(domain, IOVA + i * PAGE_SIZE,
					page_to_phys(page), PAGE_SIZE,
					IOMMU_READ | (i ? IOMMU_WRITE : 0),
					GFP_KERNEL));
	return 0;
}

static int domain_accesses(struct iommu_domain *domain, struct page *page)
{
	struct device *dev = &devices[0]->dev;
	u8 *bytes = page_address(page);
	u8 byte;

	CHECK(iommu_iova_to_phys(domain, IOVA + 0x1234) ==
	      page_to_phys(page) + 0x234);
	CHECK(iommu_iova_to_phys(domain, IOVA - 1) == 0);
	bytes[7] = 0x11;
	CHECK(!access_byte(dev, IOVA + 7, &byte, false) && byte == 0x11);
	byte = 0x22;
	CHECK(access_byte(dev, IOVA + 7, &byte, true) == -EFAULT);
	CHECK(!access_byte(dev, IOVA + PAGE_SIZE + 7, &byte, true));
	CHECK(bytes[7] == 0x22);
	CHECK(access_byte(dev, IOVA + PAGES * PAGE_SIZE, &byte, false) ==
	      -EFAULT);
	CHECK(access_byte(dev, ~0ull, &byte, false) == -EFAULT);
	/* The other device, once it is in the same domain. */
	CHECK(access_byte(&devices[1]->dev, IOVA, &byte, false) == -EFAULT);
	CHECK(!iommu_attach_device(domain, &devices[1]->dev));
	CHECK(!access_byte(&devices[1]->dev, IOVA + 7, &byte, false));
	iommu_detach_device(domain, &devices[1]->dev);
	CHECK(access_byte(&devices[1]->dev, IOVA, &byte, false) == -EFAULT);
	/* In part, and altogether. */
	CHECK(iommu_unmap(domain, IOVA + PAGE_SIZE, PAGE_SIZE) == PAGE_SIZE);
	CHECK(access_byte(dev, IOVA + PAGE_SIZE, &byte, false) == -EFAULT);
	CHECK(!access_byte(dev, IOVA + 2 * PAGE_SIZE, &byte, false));
	CHECK(iommu_unmap(domain, IOVA + 2 * PAGE_SIZE,
			  (PAGES - 2) * PAGE_SIZE) == (PAGES - 2) * PAGE_SIZE);
	CHECK(access_byte(dev, IOVA + 2 * PAGE_SIZE, &byte, false) == -EFAULT);
	CHECK(iommu_unmap(domain, IOVA, PAGE_SIZE) == PAGE_SIZE);
	CHECK(page_count(page) == 1);
	return 0;
}

static int test_domain(void)
{
	struct device *dev = &devices[0]->dev;
	struct iommu_domain *domain = compat_iommu_domain_alloc(dev);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	int line;

	CHECK(!IS_ERR(domain) && page);
	CHECK(!iommu_attach_device(domain, dev));
	CHECK(iommu_get_domain_for_dev(dev) == domain);
	line = map_pages(domain, page);
	if (!line)
		line = domain_accesses(domain, page);
	iommu_detach_device(domain, dev);
	CHECK(iommu_get_domain_for_dev(dev) != domain);
	iommu_domain_free(domain);
	__free_page(page);
	return line;
}

static int test_aperture(void)
{
	struct device *dev = &devices[0]->dev;
	struct iommu_domain *domain = compat_iommu_domain_alloc(dev);
	u8 byte;

	CHECK(!IS_ERR(domain));
	CHECK(domain->geometry.aperture_end == DMA_BIT_MASK(48));
	/* What is no memory is refused, and nothing of it stays. */
	CHECK(compat_iommu_map(domain, IOVA, 0xfed00000, PAGE_SIZE,
			       IOMMU_READ | IOMMU_MMIO, GFP_KERNEL));
	CHECK(iommu_iova_to_phys(domain, IOVA) == 0);
	CHECK(!iommu_attach_device(domain, dev));
	CHECK(access_byte(dev, IOVA, &byte, false) == -EFAULT);
	iommu_detach_device(domain, dev);
	iommu_domain_free(domain);
	return 0;
}

static int test_features(void)
{
	struct device *dev = &devices[0]->dev;

	CHECK(iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA) < 0);
	CHECK(!iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF));
	CHECK(iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_IOPF) < 0);
	CHECK(!iommu_dev_enable_feature(dev, IOMMU_DEV_FEAT_SVA));
	CHECK(iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF) < 0);
	CHECK(!iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_SVA));
	CHECK(!iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF));
	CHECK(iommu_dev_disable_feature(dev, IOMMU_DEV_FEAT_IOPF) < 0);
	return 0;
}

static int test_pasid(void)
{
	struct swiommu_port port;
	int error;
	u8 byte;

	CHECK(!swiommu_port_init(&port, &devices[0]->dev, 4711));
	CHECK(swiommu_read(&port, IOVA, &byte, 1, &error) == 0);
	CHECK(error == -ESRCH);
	CHECK(swiommu_port_init(&port, devices[0]->dev.parent, 0) == -ENODEV);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
	{ "groups", test_groups },     { "dma_api", test_dma_api },
	{ "domain", test_domain },     { "aperture", test_aperture },
	{ "features", test_features }, { "pasid", test_pasid },
};

static int swiommu_test_show(struct seq_file *seq, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tests); i++)
		seq_printf(seq, "%s %d\n", tests[i].name, tests[i].run());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(swiommu_test);

static struct platform_device *device_create_behind(int id)
{
	struct platform_device *pdev;
	int ret;

	pdev = platform_device_alloc("swiommu_test", id);
	if (!pdev)
		return ERR_PTR(-ENOMEM);
	ret = swiommu_endpoint_init(&pdev->dev);
	if (!ret)
		ret = platform_device_add(pdev);
	if (ret) {
		swiommu_endpoint_abort(&pdev->dev);
		platform_device_put(pdev);
		return ERR_PTR(ret);
	}
	return pdev;
}

static int __init swiommu_test_init(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		devices[i] = device_create_behind(i);
		if (IS_ERR(devices[i])) {
			if (i)
				platform_device_unregister(devices[0]);
			return PTR_ERR(devices[i]);
		}
	}
	file = debugfs_create_file("swiommu_test", 0400, NULL, NULL,
				   &swiommu_test_fops);
	return 0;
}

static void __exit swiommu_test_exit(void)
{
	debugfs_remove(file);
	platform_device_unregister(devices[1]);
	platform_device_unregister(devices[0]);
}

module_init(swiommu_test_init);
module_exit(swiommu_test_exit);

MODULE_DESCRIPTION("Tests of swiommu");
MODULE_LICENSE("GPL");
