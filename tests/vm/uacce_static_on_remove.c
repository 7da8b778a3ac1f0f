// SPDX-License-Identifier: MIT
/* The tests of uacce_remove on a device in shared-domain mode. */
/* lab-modules: uacce swiommu uacce_test,full=static */
/* lab-timeout: 240 */
/* lab-profiles: stock */
#include "uacce_remove.c"
