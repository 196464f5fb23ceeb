//go:build race

package load

// raceDetector says that pools forget some of what is put back.
const raceDetector = true
