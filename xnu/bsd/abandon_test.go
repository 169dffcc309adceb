package bsd

import (
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// killIn runs a call in a second process until it waits, kills that process and
// reaps it.
func killIn(t *testing.T, o hostfs.Options, before func(*guest), wait func(*guest), after func(*guest)) {
	t.Helper()
	var victim *kern.Process
	runGuests(t, o, func(g *guest) {
		before(g)
		pause := g.data(abi.Marshal(&abi.Timeval{Usec: 1000}))
		victim = g.p.Children[0]
		// It starts once what it needs is there, and is in its call when it is
		// blocked in something else than select.
		victim.Ext["go"] = true
		for {
			g.must(93, 0, 0, 0, 0, pause)
			if r, _ := victim.Threads[0].InCall(); r != nil && victim.Threads[0].State == kern.Blocked && r.Name != "select" {
				break
			}
		}
		g.must(37, uint64(victim.PID), uint64(abi.SIGKILL), 1)
		g.must(7, uint64(victim.PID), 0, 0, 0)
		after(g)
	}, func(g *guest) {
		pause := g.data(abi.Marshal(&abi.Timeval{Usec: 1000}))
		for g.p.Ext["go"] == nil {
			g.must(93, 0, 0, 0, 0, pause)
		}
		wait(g)
		g.t.Errorf("the call returned")
	})
}

// TestKilledInOpen: an end of a FIFO that was opened by a call which never
// returned is closed again.
func TestKilledInOpen(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, fifo string
		o          hostfs.Options
	}{{"memory", "/tmp/fifo", hostfs.Options{Isolated: true}}, {"host", dir + "/fifo", hostfs.Options{}}} {
		t.Run(c.name, func(t *testing.T) {
			killIn(t, c.o, func(g *guest) {
				g.must(132, g.str(c.fifo), 0o600)
			}, func(g *guest) {
				g.sys(5, g.str(c.fifo), abi.O_RDONLY)
			}, func(g *guest) {
				g.fails(abi.ENXIO, 5, g.str(c.fifo), abi.O_WRONLY|abi.O_NONBLOCK)
				if n := len(fifos(g.m)); n != 0 {
					g.t.Errorf("%d FIFOs are still known", n)
				}
			})
		})
	}
}

// TestKilledInWait: a word that only the dead waited on is forgotten.
func TestKilledInWait(t *testing.T) {
	killIn(t, hostfs.Options{Isolated: true}, func(*guest) {}, func(g *guest) {
		g.sys(515, abi.UL_COMPARE_AND_WAIT, g.alloc(8), 0, 0)
	}, func(g *guest) {
		if n := len(ulocksOf(g.m).m); n != 0 {
			g.t.Errorf("%d words are still waited on", n)
		}
	})
}
