//go:build !amd64

package stat

// splitVectors does nothing: there are no vectors for this processor.
func splitVectors([]float64, float64) (below, done int) { return 0, 0 }
