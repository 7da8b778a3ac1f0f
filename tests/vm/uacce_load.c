// SPDX-License-Identifier: MIT
/* Loading and unloading: twenty times, in use, and beside another uacce. */
/* lab-modules: none */
/* lab-timeout: 240 */
#include <sys/klog.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "uacce_lab.h"

static int load(const char *module)
{
	char command[64];

	snprintf(command, sizeof(command), "modprobe %s 2>/dev/null", module);
	return system(command);
}

/* Without the second attempt that modprobe makes when the first one fails. */
static int load_once(const char *module)
{
	struct utsname system_name;
	char path[256];
	int fd, ret, saved;

	uname(&system_name);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/%s.ko",
		 system_name.release, module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK);
}

/* Lines of the kernel's log that say this. */
static int log_lines(const char *text)
{
	static char log[1 << 20];
	int length = klogctl(3, log, sizeof(log) - 1), lines = 0;
	char *at = log;

	log[length > 0 ? length : 0] = 0;
	while ((at = strstr(at, text))) {
		at++;
		lines++;
	}
	return lines;
}

static void test_reload(void)
{
	int i, fd;

	for (i = 0; i < 20; i++) {
		KTAP_REQUIRE(load("uacce") == 0);
		KTAP_REQUIRE(load("uacce_test") == 0);
		KTAP_EQ(lab_add("full"), 0);
		KTAP_EQ(lab_add("bare"), 0);
		fd = lab_open();
		KTAP_EXPECT(fd >= 0);
		KTAP_EQ(ioctl(fd, UACCE_CMD_START_Q), 0);
		KTAP_EXPECT(unload("uacce") && errno == EAGAIN);
		close(fd);
		if (i % 2)
			KTAP_EQ(lab_del(0), 0);
		KTAP_EQ(unload("uacce_test"), 0);
		KTAP_EQ(unload("uacce"), 0);
		KTAP_EQ(access("/dev/test-0", F_OK), -1);
		KTAP_EQ(access("/sys/class/uacce", F_OK), -1);
	}
}

/* A descriptor whose device has gone keeps uacce, and nothing else. */
static void test_orphaned_descriptor(void)
{
	int fd;

	KTAP_REQUIRE(load("uacce_test") == 0);
	KTAP_EQ(lab_add("full"), 0);
	fd = lab_open();
	KTAP_REQUIRE(fd >= 0);
	KTAP_EQ(lab_del(0), 0);
	KTAP_EQ(unload("uacce_test"), 0);
	KTAP_EXPECT(unload("uacce") && errno == EAGAIN);
	KTAP_ERRNO(ioctl(fd, UACCE_CMD_START_Q), ENODEV);
	close(fd);
	KTAP_EQ(unload("uacce"), 0);
}

/* One clear line, and no trace of having been there. */
static void test_class_taken(void)
{
	const char *line = "uacce: this kernel has a uacce class of its own; "
			   "not loading";
	int lines = log_lines(line), all;

	KTAP_REQUIRE(load("uacce_taken") == 0);
	all = log_lines("\n");
	KTAP_ERRNO(load_once("uacce"), EBUSY);
	KTAP_EQ(log_lines(line), lines + 1);
	KTAP_EQ(log_lines("\n"), all + 1);
	KTAP_EXPECT(load("uacce_test") != 0);
	KTAP_EQ(unload("uacce_taken"), 0);
	KTAP_EQ(load("uacce"), 0);
	KTAP_EQ(unload("uacce"), 0);
}

static const struct ktap_test tests[] = {
	{ "reload 20 times", test_reload },
	{ "a descriptor without its device", test_orphaned_descriptor },
	{ "a class that is taken", test_class_taken },
};

int main(void)
{
	return KTAP_RUN(tests);
}
