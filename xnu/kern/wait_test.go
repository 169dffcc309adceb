package kern

import (
	"slices"
	"testing"
)

// TestWakeAll: a wake that takes other waiters off the queue, or puts new ones on,
// keeps none from theirs.
func TestWakeAll(t *testing.T) {
	var q WaitQueue
	var woken []string
	add := func(name string, also func()) *Waiter {
		w := NewWaiter(func(w *Waiter, data any) {
			q.Remove(w)
			woken = append(woken, name+data.(string))
			also()
		})
		q.Add(w)
		return w
	}
	none := func() {}
	var second *Waiter
	add("a", func() { q.Remove(second); add("new", none) })
	second = add("b", none)
	add("c", none)
	add("d", none)
	if n, want := q.WakeAll("!"), []string{"a!", "c!", "d!"}; n != len(want) || !slices.Equal(woken, want) {
		t.Errorf("woke %d: %q, want %q", n, woken, want)
	}
	if n := q.WakeAll("?"); n != 1 || woken[len(woken)-1] != "new?" || q.Len() != 0 {
		t.Errorf("woke %d: %q; %d are left", n, woken, q.Len())
	}
	if n := q.WakeAll("?"); n != 0 {
		t.Errorf("woke %d of an empty queue", n)
	}
}
