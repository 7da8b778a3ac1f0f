// SPDX-License-Identifier: MIT
/* The tests of uacce_ioctl on a device in shared-domain mode. */
/* lab-modules: uacce swiommu uacce_test,full=static */
/* lab-timeout: 200 */
/* lab-profiles: stock */
#include "uacce_ioctl.c"
