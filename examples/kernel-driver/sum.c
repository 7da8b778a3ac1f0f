// SPDX-License-Identifier: MIT
/* Adds its arguments up, on the device: sum /dev/sum-N NUMBER... */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <uapi/uacce.h>

#include "sum.h"

int main(int argc, char **argv)
{
	long size = sysconf(_SC_PAGESIZE);
	struct sum_page *page;
	struct pollfd results;
	int i;

	if (argc < 2 || argc - 2 > SUM_NUMBERS) {
		fprintf(stderr, "usage: sum /dev/sum-N NUMBER...\n");
		return 2;
	}
	results.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	results.events = POLLIN;
	if (results.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, results.fd,
		    UACCE_QFRT_DUS * size);
	if (page == MAP_FAILED || ioctl(results.fd, UACCE_CMD_START_Q)) {
		perror("sum");
		return 1;
	}

	for (i = 2; i < argc; i++)
		page->numbers[i - 2] = strtoul(argv[i], NULL, 0);
	page->count = argc - 2;
	if (ioctl(results.fd, SUM_ADD) || poll(&results, 1, -1) != 1 ||
	    !(results.revents & POLLIN)) {
		perror("sum");
		return 1;
	}
	printf("%u\n", page->sum);
	return 0;
}
