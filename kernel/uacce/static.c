// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static shared memory: pages of the kernel's that a process has mapped, and
 * that devices reach at the same addresses through every queue that has them.
 * The mapping holds them, and so does each queue: whose mapping made them, and
 * those that share them. When the last goes, in whatever order, they are freed.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "internal.h"

/* 2 MiB with pages of 4 KiB: the next size of most IOMMUs. */
#define UACCE_STATIC_ORDER 9

/*
 * struct uacce_static - static memory
 * @mm: the address space that it is charged to; kept
 * @addr: where it was mapped, which is where devices find it
 * @nr: pages
 * @users: the mapping, and queues; under uacce_space.static_lock
 */
struct uacce_static {
	struct mm_struct *mm;
	unsigned long addr;
	unsigned long nr;
	unsigned int users;
	struct page *pages[];
};

/*
 * Against the limit of locked memory, in the count that needs no lock: memory
 * is given back where mmap_lock may not be had.
 */
static int uacce_static_charge(struct mm_struct *mm, unsigned long nr)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	unsigned long total;

	total = atomic64_add_return(nr, &mm->pinned_vm) +
		READ_ONCE(mm->locked_vm);
	if (total <= limit || capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(nr, &mm->pinned_vm);
	return -EAGAIN;
}

/*
 * The largest order for the page at an address; then the device's pages can be
 * as large.
 */
static unsigned int uacce_static_order(unsigned long addr, unsigned long left)
{
	unsigned int order =
		min_t(unsigned int, UACCE_STATIC_ORDER, ilog2(left));

	return addr ? min_t(unsigned int, order, __ffs(addr >> PAGE_SHIFT)) :
		      order;
}

/*
 * Fills in some pages and says how many; 0 when there is no memory. It is
 * better to say so than to have other processes killed for it.
 */
static unsigned long uacce_static_alloc(struct page **pages, int node,
					unsigned int order)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
	struct page *page = NULL;
	unsigned long i;

	if (order)
		page = alloc_pages_node(node, gfp | __GFP_NORETRY, order);
	if (page)
		split_page(page, order);
	else
		page = alloc_pages_node(node, gfp | __GFP_RETRY_MAYFAIL,
					order = 0);
	if (!page)
		return 0;
	for (i = 0; i < 1ul << order; i++)
		pages[i] = page + i;
	return i;
}

static void uacce_static_free(struct uacce_static *ss)
{
	unsigned long i;

	for (i = 0; i < ss->nr; i++)
		if (ss->pages[i])
			__free_page(ss->pages[i]);
	atomic64_sub(ss->nr, &ss->mm->pinned_vm);
	mmdrop(ss->mm);
	kvfree(ss);
}

static int uacce_static_fill(struct uacce_static *ss, int node)
{
	unsigned long done, got;
	unsigned int order;

	for (done = 0; done < ss->nr; done += got) {
		order = uacce_static_order(ss->addr + (done << PAGE_SHIFT),
					   ss->nr - done);
		got = uacce_static_alloc(ss->pages + done, node, order);
		if (!got)
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static struct uacce_static *uacce_static_create(struct mm_struct *mm,
						unsigned long addr,
						unsigned long nr, int node)
{
	struct uacce_static *ss;
	int ret;

	ret = uacce_static_charge(mm, nr);
	if (ret)
		return ERR_PTR(ret);
	ss = kvzalloc(struct_size(ss, pages, nr), GFP_KERNEL_ACCOUNT);
	if (!ss) {
		atomic64_sub(nr, &mm->pinned_vm);
		return ERR_PTR(-ENOMEM);
	}
	ss->mm = mm;
	mmgrab(mm);
	ss->addr = addr;
	ss->nr = nr;
	ss->users = 1;
	ret = uacce_static_fill(ss, node);
	if (ret) {
		uacce_static_free(ss);
		return ERR_PTR(ret);
	}
	return ss;
}

static void __uacce_static_put(struct uacce_static *ss)
{
	if (!--ss->users)
		uacce_static_free(ss);
}

/* The queue's device reaches the memory from now on. */
static int __uacce_static_join(struct uacce_queue *q, struct uacce_static *ss)
{
	int ret;

	ret = uacce_domain_map(q->uacce->domain, ss->addr, ss->pages, ss->nr,
			       ss);
	if (ret)
		return ret;
	q->ss = ss;
	ss->users++;
	return 0;
}

static void __uacce_static_leave(struct uacce_queue *q)
{
	struct uacce_static *ss = q->ss;

	if (!ss)
		return;
	q->ss = NULL;
	uacce_domain_unmap(q->uacce->domain, ss->addr);
	__uacce_static_put(ss);
}

static struct uacce_static *__uacce_static_map(struct uacce_queue *q,
					       struct vm_area_struct *vma)
{
	unsigned long nr = vma_pages(vma), left = nr;
	struct uacce_static *ss;
	int ret;

	if (q->ss)
		return ERR_PTR(-EEXIST);
	ss = uacce_static_create(q->mm, vma->vm_start, nr,
				 dev_to_node(q->uacce->parent));
	if (IS_ERR(ss))
		return ss;
	ret = __uacce_static_join(q, ss);
	if (ret)
		goto err_put;
	vm_flags_set(vma, VM_MIXEDMAP);
	ret = vm_insert_pages(vma, vma->vm_start, ss->pages, &left);
	if (ret)
		goto err_leave;
	return ss;

err_leave:
	__uacce_static_leave(q);
err_put:
	__uacce_static_put(ss);
	return ERR_PTR(ret);
}

/*
 * For the mapping of a queue that has not been put and will not be meanwhile;
 * or an ERR_PTR.
 */
struct uacce_static *uacce_static_map(struct uacce_queue *q,
				      struct vm_area_struct *vma)
{
	struct uacce_static *ss;

	mutex_lock(&q->space->static_lock);
	ss = __uacce_static_map(q, vma);
	mutex_unlock(&q->space->static_lock);
	return ss;
}

/* The mapping is gone; the queue loses its memory with it. */
void uacce_static_unmap(struct uacce_queue *q, struct uacce_static *ss)
{
	struct mutex *lock = &q->space->static_lock;

	mutex_lock(lock);
	if (q->ss == ss)
		__uacce_static_leave(q);
	__uacce_static_put(ss);
	mutex_unlock(lock);
}

/* madvise() may have taken the page; the memory is still there. */
vm_fault_t uacce_static_fault(struct uacce_static *ss, struct vm_fault *vmf)
{
	unsigned long i = (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;

	vmf->page = ss->pages[i];
	get_page(vmf->page);
	return 0;
}

/* A started queue gets the memory of another of the same address space. */
int uacce_static_share(struct uacce_queue *q, struct uacce_queue *source)
{
	int ret;

	mutex_lock(&q->space->static_lock);
	if (q->ss)
		ret = -EEXIST;
	else if (!source->ss)
		ret = -EOPNOTSUPP;
	else
		ret = __uacce_static_join(q, source->ss);
	mutex_unlock(&q->space->static_lock);
	return ret;
}

/* The queue has been put; its device has stopped. */
void uacce_static_leave(struct uacce_queue *q)
{
	mutex_lock(&q->space->static_lock);
	__uacce_static_leave(q);
	mutex_unlock(&q->space->static_lock);
}
