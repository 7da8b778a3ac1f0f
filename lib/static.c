// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "static.h"

int wd_static_map(const char *path, struct wd_region *region)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *at;
	int ret;

	if (fd < 0)
		return -errno;
	at = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  UACCE_QFRT_SS * sysconf(_SC_PAGESIZE));
	if (at == MAP_FAILED) {
		/* EAGAIN is RLIMIT_MEMLOCK's: here it means a full queue. */
		ret = errno == EAGAIN ? -ENOMEM : -errno;
		close(fd);
		return ret;
	}
	region->address = at;
	region->fd = fd;
	return 0;
}

int wd_static_share(int fd, const struct wd_region *region)
{
	if (region->fd < 0)
		return -EOPNOTSUPP; /* memory of the process */
	return ioctl(fd, UACCE_CMD_SHARE_SVAS, region->fd) ? -errno : 0;
}
