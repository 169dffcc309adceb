package bsd

import (
	"testing"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The table is built without a wrong declaration or a number claimed twice.
func TestTable(t *testing.T) {
	if n := len(Table()); n != 558 {
		t.Fatalf("%d rows", n)
	}
}

// Events need a work queue, and a registered place to start its threads at.
func TestRequestEventsRefused(t *testing.T) {
	p := &kern.Process{Ext: map[string]any{}}
	if err := requestEvents(p, abi.THREAD_QOS_UTILITY, &workEvents{}); err != abi.EINVAL {
		t.Errorf("without a work queue: %v", err)
	}
	wq := &workq{p: p}
	p.Ext["workq"] = wq
	if err := requestEvents(p, abi.THREAD_QOS_UTILITY, &workEvents{}); err != abi.EINVAL || len(wq.requests) != 0 {
		t.Errorf("without a start address: %v, %d requests", err, len(wq.requests))
	}
	pthreadOf(p).wqthread = 0x1000
	wq.requests = make([]*workRequest, maxRequests)
	if err := requestEvents(p, abi.THREAD_QOS_UTILITY, &workEvents{}); err != abi.ENOMEM {
		t.Errorf("with too many requests: %v", err)
	}
}
