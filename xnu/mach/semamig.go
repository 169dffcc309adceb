package mach

import "github.com/beagle-emu/beagle/xnu/abi"

func semaphoreRoutines() []routine {
	return []routine{
		onTask(3418, "semaphore_create", control, semaphoreCreate),
		onTask(3419, "semaphore_destroy", control, semaphoreDestroy).with(descPort),
		mig(617200, "semaphore_signal", semaphoreSignalMIG),
		mig(617201, "semaphore_signal_all", semaphoreSignalAllMIG),
	}
}

type semaphoreCreateReq struct{ Policy, Value int32 }

// syncPolicyUser is SYNC_POLICY_USER_MASK: FIFO, fixed priority, reversed,
// prepost. All wake in order of arrival here.
const syncPolicyUser = abi.SYNC_POLICY_FIXED_PRIORITY | abi.SYNC_POLICY_REVERSED | abi.SYNC_POLICY_PREPOST

func semaphoreCreate(c *call, k *task, r *semaphoreCreateReq) abi.KernReturn {
	if r.Value < 0 || r.Policy&^syncPolicyUser != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	if len(k.semaphores) >= maxSemaphores {
		return abi.KERN_RESOURCE_SHORTAGE
	}
	c.putPort(k.newSemaphore(r.Value).port.MakeSend())
	return 0
}

func semaphoreDestroy(c *call, k *task, r *noArgs) abi.KernReturn {
	right := c.right(0)
	if !right.Valid() {
		return abi.KERN_INVALID_ARGUMENT
	}
	s, ok := right.Port.Object.(*semaphore)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	if s.owner == k {
		s.destroy()
	}
	return 0
}

func semaphoreSignalMIG(_ *call, s *semaphore, _ *noArgs) abi.KernReturn { return s.signal(true) }

func semaphoreSignalAllMIG(_ *call, s *semaphore, _ *noArgs) abi.KernReturn { return s.signalAll() }
