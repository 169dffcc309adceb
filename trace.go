package beagle

import "github.com/beagle-emu/beagle/xnu/trace"

func newTracer(c *Cmd) (*trace.Tracer, error) {
	return trace.New(c.Trace, trace.Options{JSON: c.TraceJSON, Filter: c.TraceFilter, Time: c.TraceTime})
}
