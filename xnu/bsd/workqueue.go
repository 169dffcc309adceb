package bsd

import "github.com/beagle-emu/beagle/xnu/kern"

type worker struct{}

func workerGone(*kern.Thread) {}

func unbindKevent(*kern.Thread) error { return nil }
