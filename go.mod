module github.com/beagle-emu/beagle

go 1.26.0
