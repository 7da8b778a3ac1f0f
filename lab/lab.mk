# SPDX-License-Identifier: MIT
# What the top Makefile does with the kernel: build modules, boot machines.

kernel_steps := kernel-6.1 kernel-6.12 dkms lab-selftest lab-stock lab-debug \
	lab-vtd lab-vtd39

.PHONY: kernel lab lab-demo lab-compare check-kernel

kernel: ## build the modules for the newest 6.1 and 6.12 headers
	@packaging/deps kernel
	@for series in 6.1 6.12; do \
		$(MAKE) --no-print-directory -C kernel \
			KDIR="$$(lab/kernel headers $$series)" || exit; \
	done

lab: ## boot Debian's kernel, also behind a VT-d, and a debug kernel: all tests
	@packaging/deps lab
	@lab/run stock && lab/run vtd && lab/run vtd39 && lab/run debug

lab-demo: ## boot a machine, compress a file by pointer on its accelerator
	@packaging/deps lab demo
	@$(MAKE) --no-print-directory all
	@lab/demo/run $(BUILD)

lab-compare: ## one device by vfio and by uacce: the table in docs/uacce-and-vfio.md
	@packaging/deps lab demo
	@lab/compare/run build docs/uacce-and-vfio.md

check-kernel: ## what `make check` does with the kernel, and only that
	@packaging/deps check
	@tests/run $(kernel_steps)
