// SPDX-License-Identifier: MIT
/* The tests of uacce_fuzz on a device in shared-domain mode. */
/* lab-modules: uacce swiommu uacce_test,full=static */
/* lab-profiles: debug */
/* lab-timeout: 240 */
#include "uacce_fuzz.c"
